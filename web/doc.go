// Package web is the face of Lockscope: the pages, the HTTP API and the live
// stream.
//
//	browser --POST--> doors --> commands --> lockengine
//	browser --GET---> doors --> pages, api <-- Board
//	browser <=socket= doors <-- hub <--------- Board
//
// Every request first passes the doors: the Host must be one of ours (a name
// that an attacker points at this machine is not), a command must not come from
// another site, bodies and rates are bounded, and every answer carries the
// security headers. What fails is told as application/problem+json with a code
// for programs and the name of the field for people, or as a page to whoever
// asked for one.
//
// # Secrets
//
// The token of a lease is what allows to extend and to release it on the nodes.
// It leaves this package in one place only: the answer to the acquire or extend
// of the session that owns the lease. Everybody else, every log line and every
// frame of the stream gets a fingerprint.
//
// A lease is named by an id of 128 random bits, bound to the session cookie of
// the browser that took it. The id of a lease of another session is answered
// exactly like one that never was.
//
// # The stream
//
// The hub keeps no queue for a socket. It remembers which state of the Board a
// socket's windows are at, and when the socket may have its next frame the
// difference to the present one is computed and sent. A slow browser therefore
// gets fewer and fresher frames, and costs the same memory as a fast one.
//
// # What it does not do
//
// There are no users and roles yet: whoever reaches the address may take locks.
// That is why the program listens on loopback alone unless told otherwise.
package web
