package views

import (
	"strings"
	"time"
)

// HelpData is what the Help page shows.
type HelpData struct {
	Page
	Cluster
	MaxTTL time.Duration
}

// maxTTL is the longest lease in words.
func (d HelpData) maxTTL() string {
	if seconds := strings.TrimSuffix(Whole(d.MaxTTL), "s"); strings.Trim(seconds, "0123456789") == "" {
		return seconds + thin + "s"
	}
	return Whole(d.MaxTTL)
}

// A picture is a row of the table and what it means.
type picture struct {
	state, means string
	lock         Lock
}

// pictures are the states, drawn as they are in the table, for five nodes.
func (d HelpData) pictures() []picture {
	show := func(state, owner string, left time.Duration, votes ...string) Lock {
		l := Lock{State: state, Votes: make([]Vote, len(votes))}
		for i, vote := range votes {
			l.Votes[i] = Vote{Node: string(rune('a' + i)), Vote: vote}
			if left > 0 && (vote == "granted" || vote == "other") {
				l.Votes[i].ExpiresAt = d.ServerTime.Add(left)
			}
		}
		if left > 0 {
			l.ExpiresAt = d.ServerTime.Add(left)
			l.Holder = Holder{Owner: owner, Fingerprint: "1a2b3c4d", Since: d.ServerTime.Add(left - 10*time.Second)}
		}
		return l
	}
	return []picture{
		{"held", "A quorum of the nodes holds one and the same token. Its holder has the lock until the countdown ends.",
			show("held", "alice", 8400*time.Millisecond, "granted", "granted", "granted", "granted", "granted")},
		{"expiring", "Held, but the quorum ends within a second unless its holder extends it.",
			show("expiring", "alice", 600*time.Millisecond, "granted", "granted", "granted", "granted", "granted")},
		{"contested", "Several tokens are there and none has a quorum: attempts met and split the votes. Nobody holds the lock.",
			show("contested", "", 4100*time.Millisecond, "granted", "granted", "other", "other", "free")},
		{"residue", "A minority of the nodes still holds a token: an attempt that failed, or nodes that were away when it was released. Nobody holds the lock.",
			show("residue", "", 6300*time.Millisecond, "granted", "free", "free", "free", "free")},
		{"unknown", "Too many nodes do not answer to tell whether somebody holds it.",
			show("unknown", "alice", 7700*time.Millisecond, "granted", "granted", "down", "timeout", "down")},
		{"free", "No node holds a key of this name. It is shown for a while and then goes.",
			show("free", "", 0, "free", "free", "free", "free", "free")},
	}
}
