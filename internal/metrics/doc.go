// Package metrics counts what the lock engine does and how the nodes are, for
// Prometheus.
//
// No metric carries a lock's name, an owner or a token: names are as many as
// there are jobs, and a time series for each would be more than the locks cost.
package metrics
