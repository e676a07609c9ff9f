package redisnode

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A server that may be replaced by one of its replicas needs more than a marker in
// its memory to be known: the replica has the marker, too, and not the writes of
// the last moment. So the marker of such a node names the *history* that it was
// written into, which is that of one process from its start, or from when it was
// made a master:
//
//	<history>|<marker>
//
// A marker that names another history vouches for nothing.

// historyOf is the history of the server that said this of itself: its process,
// and if it was a replica before, since when it is none.
func historyOf(info map[string]string) string {
	run := info["run_id"]
	if promoted(info) {
		half := len(run) / 2
		return run[:half] + info["master_replid"][:min(half, len(info["master_replid"]))]
	}
	return run
}

// promoted reports whether the server was a replica before. Only then it has a
// second replication ID, that of the master before it.
func promoted(info map[string]string) bool {
	return strings.Trim(info["master_replid2"], "0") != ""
}

var errReplica = errors.New("it is a replica now")

// readHistory asks a new connection which history the server has, and refuses one
// that is no master.
func readHistory(ctx context.Context, conn *redis.Conn) (string, map[string]string, error) {
	fields := make(map[string]string)
	for _, section := range []string{"server", "replication"} {
		info, err := conn.Info(ctx, section).Result()
		if err != nil {
			if refused(err) {
				err = fmt.Errorf("INFO tells whether it is the server that it was, and is refused: %w", err)
			}
			return "", nil, err
		}
		for key, value := range parseInfo(info) {
			fields[key] = value
		}
	}
	history := historyOf(fields)
	switch {
	case fields["role"] != "master":
		return "", nil, errReplica
	case history == "":
		return "", nil, errors.New("it does not say which process it is (run_id)")
	}
	return history, fields, nil
}

// cutHistory takes what stands under the key of the marker apart.
func cutHistory(value string) (history, marker string, ok bool) { return strings.Cut(value, "|") }

// withHistory is what is written there.
func withHistory(history, marker string) string { return history + "|" + marker }
