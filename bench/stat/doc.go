// Package stat has the little arithmetic of a benchmark: percentiles of what
// one run measured, and medians over runs.
//
// The machine is noisy, so nothing is compared across runs by its absolute
// numbers. A ratio is taken between neighbours in one round, and the median of
// those is what is reported.
package stat
