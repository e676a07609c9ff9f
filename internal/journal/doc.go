// Package journal keeps who did what: every command that was given through the
// dashboard, and what came of it, refusals included.
//
// It is append-only, and holds no secrets: a token is named by its fingerprint. The
// last [Kept] entries are in memory. Where the journal is given a Redis, each entry
// is also added to a stream there, and the stream is read back at the start, so that
// the entries outlive the process and those of several dashboards come together.
//
// Adding an entry never waits for that Redis. While it is away the entries wait in
// memory, up to as many as are kept, and [Journal.Status] tells how many do and
// why, as does the log; what does not fit is counted as lost. An entry whose adding
// was not confirmed is added again: readers of the stream know it by its id.
package journal
