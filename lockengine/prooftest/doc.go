// Package prooftest holds the proofs of the lock engine that need programs of
// others: a proxy that injects faults, lock libraries beside which ours must
// hold, a SQL database whose writes are fenced.
//
// It is a module of its own so that none of them becomes a dependency of the
// product, and it contains nothing but tests.
package prooftest
