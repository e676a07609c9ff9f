// Bench measures the lock engine beside other lock libraries, on real
// redis-server nodes on this machine, in one run.
//
// It has four sections:
//
//   - locks: callers that each take and release locks of their own.
//   - contention: callers that want the same lock, in one process and in two.
//   - hung: what one node of five that hangs adds to every operation.
//   - watcher: what keyspace events and our watcher cost.
//
// The machine is noisy, and its absolute numbers say little. So every cell is
// measured several times, in rounds in which the engines take turns, each round
// beginning with another engine; ratios are taken between neighbours of one
// round, and what is printed are medians over the rounds.
//
// The tables go to standard output, progress to standard error, and the numbers
// as JSON to the folder out: latest.json for the locks, and a file for each of
// the other sections.
package main
