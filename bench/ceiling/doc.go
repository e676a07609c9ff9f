// Package ceiling takes locks as fast as this form of client can, and does
// nothing else. It is what an engine is measured against, not one to use.
//
// Per node there is one connection, one goroutine that writes whatever has
// gathered in one go, and one that reads the answers. A caller encodes its
// command once, appends it to what each node has gathered, and sleeps until an
// atomic count of votes says that a majority answered. Locking is SET NX PX,
// unlocking a script that compares and deletes.
//
// What is left out is what a lock needs: a fence, the validity of the lease,
// timeouts, the undo of a failed attempt, retries, reconnects. A node that does
// not answer is waited for, and one that is gone votes no for ever.
package ceiling
