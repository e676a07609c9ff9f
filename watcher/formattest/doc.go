// Package formattest holds the tests of the watcher beside the libraries whose
// locks it recognises: each takes, holds and releases a lock on a real server
// while a watcher looks on. A library that cannot be had here is stood in for by
// the commands that it sends, by its documentation or source.
//
// It is a module of its own so that none of them becomes a dependency of the
// product, and it contains nothing but tests.
package formattest
