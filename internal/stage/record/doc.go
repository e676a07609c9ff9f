// Package record keeps the history of a stage: what there was to see at any
// moment.
//
// The picture of a stage is a set of things, each with a key and a small JSON
// document. A Frame says which of them changed at a moment. Whoever has the
// picture of one moment and the frames since then can draw every moment between
// then and now, forwards and backwards.
//
// # Limits
//
// A Log is bounded in frames and bytes. When it is full, its oldest frames become
// part of the picture that it begins with, and can no longer be told apart.
// Whoever reads frames keeps the number of the last one, not a queue: a slow
// reader costs nothing, and one that is too slow starts with a fresh picture.
package record
