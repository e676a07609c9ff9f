package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/views"
)

// nodesPage shows all that is known of the nodes.
func (s *Server) nodesPage(c echo.Context) error {
	d := views.NodesData{Page: s.page("Nodes", "nodes"), Cluster: s.cluster(), MaxDrift: s.maxDrift()}
	samples := s.trend.all()
	for i := range d.Nodes {
		line := views.Trend{RTT: make([]time.Duration, len(samples))}
		for j, sample := range samples {
			line.RTT[j] = sample.nodes[i].rtt
		}
		d.Trends = append(d.Trends, line)
	}
	return s.render(c, http.StatusOK, views.NodesPage(d))
}

// helpPage says what all this means.
func (s *Server) helpPage(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Help(views.HelpData{
		Page: s.page("Help", "help"), Cluster: s.cluster(), MaxTTL: s.cfg.MaxTTL,
	}))
}
