// Package format recognises whose lock a key is: which library writes keys of
// that form, and what the form tells to everybody.
//
// # How sure
//
// The forms of different libraries look alike: a random UUID is the value of
// four of them. So each form of the table says how well it fits a key, and
// the best one wins:
//
//	certain    nothing else is known to write this, or the pattern is pinned
//	likely     one library writes it, and it is no form that others would hit on
//	ambiguous  several libraries write it, or the form is a loose one
//
// A prefix of the name raises a form above others ("mutex:" is
// redis-semaphore's). [Pins] say for a pattern of names which library it is,
// and so decide where the form cannot.
//
// # What it promises
//
// The cost of a recognition is bounded by the limits on what it looks at
// ([MaxText], [MaxMembers]): no form looks at a value more than a few times, and
// none uses a regular expression. Values are hostile: whatever they hold,
// nothing panics, and no part of a value that could be a secret gets into a
// [Match].
//
// # Keys beside a lock
//
// Some libraries spread one lock over several keys, or keep queues and counters
// beside it. keys.go knows them by name: [Hidden] are no locks, [Lock] names the
// lock that a key is part of, [Parts] the further keys of a lock.
package format
