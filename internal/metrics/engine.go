package metrics

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lockscope/lockscope/lockengine"
)

// roundTrips are the bounds of histograms of round trips, in seconds: from
// loopback to another continent.
var roundTrips = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1}

// waits are the bounds of histograms of waiting for a lock, in seconds.
var waits = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60}

// An Engine counts the events of a lock engine. It is its Observer.
type Engine struct {
	attempts    *prometheus.CounterVec
	votes       *prometheus.CounterVec
	answers     *prometheus.HistogramVec
	raised      prometheus.Counter
	leases      prometheus.Gauge
	ended       *prometheus.CounterVec
	extended    prometheus.Counter
	waited      prometheus.Histogram
	quarantines *prometheus.CounterVec
	circuits    *prometheus.CounterVec
	jumps       *prometheus.CounterVec
}

var _ lockengine.Observer = (*Engine)(nil)

// NewEngine registers the metrics of an engine.
func NewEngine(r prometheus.Registerer) *Engine {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "lockscope", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	e := &Engine{
		attempts:    counter("attempts_total", "Attempts to take a lock, by how they ended: acquired, held, no_quorum, too_slow, cancelled or closed.", "outcome"),
		votes:       counter("votes_total", "Answers of nodes to attempts, by what they said.", "node", "vote"),
		ended:       counter("leases_ended_total", "Leases that ended, by how: released, lost or forced.", "how"),
		quarantines: counter("quarantines_total", "How often a node was told to sit out.", "node"),
		circuits:    counter("circuits_opened_total", "How often a node was found not to answer.", "node"),
		jumps:       counter("clock_jumps_total", "How often the clock of a node was seen to jump.", "node"),
		raised:      counter("fence_raises_total", "Attempts in which the nodes had to be asked again to agree on a fence.").WithLabelValues(),
		extended:    counter("extensions_total", "Leases made longer.").WithLabelValues(),
		answers: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "lockscope", Name: "vote_seconds", Buckets: roundTrips,
			Help: "Time from asking a node to its answer, in attempts.",
		}, []string{"node"}),
		leases: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "lockscope", Name: "leases", Help: "Leases that this process holds.",
		}),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "lockscope", Name: "wait_seconds", Buckets: waits,
			Help: "How long those who waited for a lock in this process did, whether they got it or not.",
		}),
	}
	r.MustRegister(e.answers, e.leases, e.waited)
	return e
}

// Observe counts one event.
func (e *Engine) Observe(ev lockengine.Event) {
	switch ev.Kind {
	case lockengine.EventVote:
		for _, v := range ev.Votes {
			e.votes.WithLabelValues(v.Node, v.Vote.String()).Inc()
			if v.RTT > 0 {
				e.answers.WithLabelValues(v.Node).Observe(v.RTT.Seconds())
			}
		}
	case lockengine.EventAcquired:
		e.attempts.WithLabelValues("acquired").Inc()
		e.leases.Inc()
	case lockengine.EventRefused:
		e.attempts.WithLabelValues(outcome(ev.Err)).Inc()
	case lockengine.EventRaised:
		e.raised.Inc()
	case lockengine.EventExtended:
		e.extended.Inc()
	case lockengine.EventReleased, lockengine.EventLost:
		how := ev.Kind.String()
		if errors.Is(ev.Err, lockengine.ErrForced) {
			how = "forced"
		}
		e.ended.WithLabelValues(how).Inc()
		e.leases.Dec()
	case lockengine.EventWaiting:
		if ev.Waited > 0 {
			e.waited.Observe(ev.Waited.Seconds())
		}
	case lockengine.EventQuarantined:
		e.quarantines.WithLabelValues(ev.Node).Inc()
	case lockengine.EventCircuit:
		if ev.Err != nil {
			e.circuits.WithLabelValues(ev.Node).Inc()
		}
	case lockengine.EventClock:
		e.jumps.WithLabelValues(ev.Node).Inc()
	}
}

// outcome is why an attempt was refused, in one word.
func outcome(err error) string {
	var (
		held *lockengine.HeldError
		none *lockengine.NoQuorumError
		slow *lockengine.TooSlowError
	)
	switch {
	case errors.As(err, &held):
		return "held"
	case errors.As(err, &none):
		return "no_quorum"
	case errors.As(err, &slow):
		return "too_slow"
	case errors.Is(err, lockengine.ErrClosed):
		return "closed"
	}
	return "cancelled"
}
