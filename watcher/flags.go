package watcher

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
)

// neededFlags of notify-keyspace-events: K events by key, g generic commands
// (DEL, EXPIRE, RENAME), $ strings, x expired, e evicted, h hashes.
const neededFlags = "Kg$xeh"

// flagsOfA are those that A stands for.
const flagsOfA = "g$lshzxetd"

// notifySetting is the name of the setting.
const notifySetting = "notify-keyspace-events"

// errFlagsRefused says that the node does not let us read or write its
// notification flags.
var errFlagsRefused = errors.New("the node refuses " + notifySetting)

// mergeFlags returns have with the needed flags that it lacks added. Nothing is
// taken away: other programs may need the rest.
func mergeFlags(have string) string {
	effective := have
	if strings.Contains(have, "A") {
		effective += flagsOfA
	}
	for _, f := range neededFlags {
		if !strings.ContainsRune(effective, f) {
			have += string(f)
		}
	}
	return have
}

// ensureFlags adds the needed flags to the setting of the node. It looks
// again after writing, since another program may do the same at the same time
// and each would undo what the other added.
func ensureFlags(ctx context.Context, client *redis.Client) error {
	for range 3 {
		have, err := client.ConfigGet(ctx, notifySetting).Result()
		if err != nil {
			return refusedFlags(err)
		}
		flags, ok := have[notifySetting]
		if !ok {
			return errFlagsRefused
		}
		want := mergeFlags(flags)
		if want == flags {
			return nil
		}
		if err := client.ConfigSet(ctx, notifySetting, want).Err(); err != nil {
			return refusedFlags(err)
		}
	}
	return errFlagsRefused
}

// refusedFlags tells an answer of the node from a lost connection.
func refusedFlags(err error) error {
	if isReply(err) && !isUnfit(err) {
		return errFlagsRefused
	}
	return err
}
