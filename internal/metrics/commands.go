package metrics

import "github.com/prometheus/client_golang/prometheus"

// Commands counts what people do through the dashboard.
type Commands struct{ commands *prometheus.CounterVec }

// NewCommands registers the metrics of commands, and of the journal that keeps
// them: waiting tells how many of its entries are not in its Redis yet, and whether
// that can be written.
func NewCommands(r prometheus.Registerer, waiting func() (entries int, away bool)) *Commands {
	c := &Commands{commands: prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "lockscope", Name: "commands_total",
		Help: "Commands, by action (acquire, extend, release, force-release, admit) and by outcome: done, or the code of the refusal.",
	}, []string{"action", "outcome"})}
	r.MustRegister(c.commands,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "lockscope", Name: "journal_waiting", Help: "Entries of the journal that are not in its Redis yet.",
		}, func() float64 { n, _ := waiting(); return float64(n) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "lockscope", Name: "journal_up", Help: "0 while the Redis of the journal cannot be written, otherwise 1.",
		}, func() float64 {
			if _, away := waiting(); away {
				return 0
			}
			return 1
		}))
	return c
}

// Count counts one command.
func (c *Commands) Count(action, outcome string) { c.commands.WithLabelValues(action, outcome).Inc() }
