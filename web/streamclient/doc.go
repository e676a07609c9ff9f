// Package streamclient is the reference client of Lockscope's live stream, for
// tests, benchmarks and other programs in Go.
//
// It shows what a client of the stream has to do: offer the protocol, wait for
// the hello, ask for windows, apply snapshots and deltas to them, and after a
// break resume from the last change it has seen.
//
//	dial --> hello --> resume, watch... --> snapshot or delta, delta, delta...
//	  ^                                                     |
//	  +---------- a pause with full jitter <--- broken -----+
//
// A Conn is one connection and knows frames only. A Client keeps windows of
// locks and feeds of events through any number of connections, and counts what
// should never happen: a change that came twice, and one that did not come.
//
// What the frames say is described in docs/asyncapi.yaml.
package streamclient
