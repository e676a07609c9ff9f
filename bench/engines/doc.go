// Package engines puts the lock libraries that the benchmark compares behind
// one interface, each set up the way its own documentation advises for speed.
//
// What each is asked to do is the same: take a lock whose name nobody else
// wants for [TTL], and give it back. Where a library offers a choice that
// matters for its speed, the file that opens it says which was made.
package engines
