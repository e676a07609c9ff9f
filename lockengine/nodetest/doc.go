// Package nodetest is the conformance suite of [lockengine.Node]: what every
// node must do, whatever it is made of.
//
// The suite looks at a node through the seam alone, operations in and answers
// out, so that it holds for a real server, for one inside the process and for
// one that exists only in a simulation. [Run] runs it as subtests; a caller
// that cannot have subtests where the node lives, as in a testing/synctest
// bubble, goes through [Cases] itself.
package nodetest
