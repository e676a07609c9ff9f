package watcher

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// What a node refuses beside commands, by what it calls them.
const (
	// MissingKeys: keys of watched names.
	MissingKeys = "keys"
	// MissingChannels: the channels of their events.
	MissingChannels = "channels"
)

// refusals are what a node does not let its user do, as far as it was tried.
type refusals struct {
	count atomic.Int32

	mu    sync.Mutex // guards whats
	whats map[string]bool
}

// note takes in the answer to a command.
func (r *refusals) note(cmd redis.Cmder, err error) {
	if err == nil && r.count.Load() == 0 {
		return
	}
	denied := err != nil && replyIs(err, "NOPERM")
	if err != nil && !denied {
		return
	}
	r.set(refusedWhat(commandName(cmd), err), denied)
}

// set notes whether the node refuses a thing.
func (r *refusals) set(what string, denied bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case denied && r.whats == nil:
		r.whats = map[string]bool{what: true}
	case denied:
		r.whats[what] = true
	default:
		delete(r.whats, what)
	}
	r.count.Store(int32(len(r.whats)))
}

// list returns what is refused, with spaces between.
func (r *refusals) list() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	whats := make([]string, 0, len(r.whats))
	for what := range r.whats {
		whats = append(whats, what)
	}
	slices.Sort(whats)
	return strings.Join(whats, " ")
}

// refusedWhat tells a command that is refused from keys and channels that are.
func refusedWhat(command string, err error) string {
	switch {
	case err == nil:
		return command
	case strings.Contains(err.Error(), "channel"):
		return MissingChannels
	case strings.Contains(err.Error(), " key"):
		return MissingKeys
	}
	return command
}

// commandName is the name of a command as ACL has it: "config|get".
func commandName(cmd redis.Cmder) string {
	args := cmd.Args()
	if name := cmd.Name(); name != "config" && name != "memory" || len(args) < 2 {
		return name
	}
	sub, _ := args[1].(string)
	return cmd.Name() + "|" + strings.ToLower(sub)
}
