package watcher

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/watcher/format"
)

// neededFlags of notify-keyspace-events: K events by key, g generic commands
// (DEL, EXPIRE, RENAME), $ strings, x expired, e evicted, h hashes.
const neededFlags = "Kg$xeh"

// moreFlags are needed where there are locks of some libraries, by the type of
// their keys. Other nodes need not pay for them.
var moreFlags = map[string]string{"set": "s", "zset": "z", "list": "l"}

// flagsOfA are those that A stands for.
const flagsOfA = "g$lshzxetd"

// notifySetting is the name of the setting.
const notifySetting = "notify-keyspace-events"

// errFlagsRefused says that the node does not let us read or write its
// notification flags.
var errFlagsRefused = errors.New("the node refuses " + notifySetting)

// mergeFlags returns have with those of needed added that it lacks. Nothing is
// taken away: other programs may need the rest.
func mergeFlags(have, needed string) string {
	effective := have
	if strings.Contains(have, "A") {
		effective += flagsOfA
	}
	for _, f := range needed {
		if !strings.ContainsRune(effective, f) {
			have += string(f)
		}
	}
	return have
}

// checkFlags returns what the setting of the node should be; empty when it is
// enough.
func checkFlags(ctx context.Context, client *redis.Client, needed string) (want string, err error) {
	have, err := client.ConfigGet(ctx, notifySetting).Result()
	if err != nil {
		return "", refusedFlags(err)
	}
	flags, ok := have[notifySetting]
	if !ok {
		return "", errFlagsRefused
	}
	if want = mergeFlags(flags, needed); want == flags {
		return "", nil
	}
	return want, nil
}

// ensureFlags adds the needed flags to the setting of the node. It looks
// again after writing, since another program may do the same at the same time
// and each would undo what the other added.
func ensureFlags(ctx context.Context, client *redis.Client, needed string) error {
	for range 3 {
		want, err := checkFlags(ctx, client, needed)
		if err != nil || want == "" {
			return err
		}
		if err := client.ConfigSet(ctx, notifySetting, want).Err(); err != nil {
			return refusedFlags(err)
		}
	}
	return errFlagsRefused
}

// ensureFlags adds them on every server.
func (s *session) ensureFlags(ctx context.Context, needed string) error {
	for _, c := range s.servers {
		if err := ensureFlags(ctx, c, needed); err != nil {
			return err
		}
	}
	return nil
}

// checkFlags returns the flags that some server of the node lacks, see the
// function of that name.
func (s *session) checkFlags(ctx context.Context, needed string) (want string, err error) {
	for _, c := range s.servers {
		if want, err = checkFlags(ctx, c, needed); want != "" || err != nil {
			break
		}
	}
	return want, err
}

// learn asks the node for the events of keys of further types, once there are
// locks that have such. What changed before the node began to send them is read
// anew. A node that refuses is scanned now and then, as it is anyway.
func (s *session) learn(ctx context.Context, readings []reading) error {
	if !s.live || s.cfg.Notifications != ModeAuto {
		return nil
	}
	more := s.more
	for i := range readings {
		if f := readings[i].wants(); f != "" && !strings.Contains(s.more, f) {
			name, _ := s.filter.lock(readings[i].name)
			s.dirty.add(name)
			if !strings.Contains(more, f) {
				more += f
			}
		}
	}
	if more == s.more {
		return nil
	}
	s.more = more
	if err := s.ensureFlags(ctx, neededFlags+more); !errors.Is(err, errFlagsRefused) {
		return err
	}
	return nil
}

// wants returns the notification flag without which changes of what was read
// are not told, empty when there is none. Redisson's fair locks have a list
// beside them, which is not there before somebody waits.
func (r *reading) wants() string {
	if r.typ == "hash" && r.match.Library == format.Redisson {
		return moreFlags["list"]
	}
	return moreFlags[r.typ]
}

// refusedFlags tells an answer of the node from a lost connection.
func refusedFlags(err error) error {
	if isReply(err) && !isUnfit(err) {
		return errFlagsRefused
	}
	return err
}
