package stage

// What there is to see on a stage, as it is recorded and drawn. Times are
// microseconds of the stage since it began; 0 where there is none.

// A NodeView is a node: key "n/a".
type NodeView struct {
	ID      string `json:"id"`
	Address string `json:"addr"`
	Up      bool   `json:"up"`
	Frozen  bool   `json:"frozen"`
	// Cut is "in", "out" or "both": which messages do not get through.
	Cut string `json:"cut"`
	// Slow is how much longer a message takes each way, in milliseconds.
	Slow int64 `json:"slow"`
	// Lossy nodes do what they are asked and their answers get lost.
	Lossy bool `json:"lossy"`
	// Offset is how far its clock was moved, in milliseconds, and Rate how fast
	// it goes.
	Offset int64   `json:"offset"`
	Rate   float64 `json:"rate"`
	// Out is until when its votes do not count, and Why.
	Out int64  `json:"out"`
	Why string `json:"why"`
	// Holder is whose token it holds: a client, or "?" for a stranger. Until is
	// when that ends, TTL how long it was to last.
	Holder string `json:"holder"`
	Until  int64  `json:"until"`
	TTL    int64  `json:"ttl"`
	// Fence is what it remembers of the fencing tokens.
	Fence int64 `json:"fence"`
	// Words say what is wrong with it, and Trouble is that as a vote: down,
	// timeout, or nothing.
	Words   string `json:"words"`
	Trouble string `json:"trouble"`
}

// A ClientView is a client: key "c/alice".
type ClientView struct {
	Name   string `json:"name"`
	Policy string `json:"policy"`
	// State is idle, asking, waiting, holding, working, writing, releasing,
	// paused or dead.
	State    string `json:"state"`
	Loop     bool   `json:"loop"`
	Reckless bool   `json:"reckless"`
	// From and Until are when the lease was taken and until when its holder may
	// believe in it.
	From  int64 `json:"from"`
	Until int64 `json:"until"`
	Fence int64 `json:"fence"`
	// Votes are what the nodes said in its last attempt, and Try the number of
	// that attempt.
	Votes map[string]string `json:"votes"`
	Try   int               `json:"try"`
	// Says is what it does or has last learned, in words, and Bad is true when
	// that is bad news.
	Says string `json:"says"`
	Bad  bool   `json:"bad"`
	// Paused is since when it does not run.
	Paused int64 `json:"paused"`
}

// A MessageView is a message on its way: key "m/12".
type MessageView struct {
	From string `json:"from"`
	To   string `json:"to"`
	Text string `json:"text"`
	// Kind is ask, free (a node tells that the lock is), write, or for an answer
	// the vote.
	Kind string `json:"kind"`
	// Sent and Due are when it was sent and will arrive.
	Sent int64 `json:"sent"`
	Due  int64 `json:"due"`
	// Lost says why it did not arrive, Held why it waits where it has arrived.
	Lost string `json:"lost,omitempty"`
	Held string `json:"held,omitempty"`
}

// A ResourceView is what the lock protects: key "r".
type ResourceView struct {
	// Check says whether it looks at fencing tokens.
	Check bool `json:"check"`
	// Version counts the writes, By is who made the last, and Fence the highest
	// token seen.
	Version int    `json:"version"`
	By      string `json:"by"`
	Fence   int64  `json:"fence"`
	// Corrupt is true once a write destroyed another that it had not seen.
	Corrupt bool `json:"corrupt"`
	// Writes are the last ones, oldest first.
	Writes []WriteView `json:"writes"`
}

// A WriteView is one write to the resource.
type WriteView struct {
	Client string `json:"client"`
	Fence  int64  `json:"fence"`
	At     int64  `json:"at"`
	OK     bool   `json:"ok"`
	// Corrupt is true when it destroyed another.
	Corrupt bool `json:"corrupt"`
	// Late is true when the lease of the writer was over.
	Late bool `json:"late"`
}

// A HoldView is a stretch of time of a client: key "h/3".
type HoldView struct {
	Client string `json:"client"`
	// Kind is hold or wait.
	Kind string `json:"kind"`
	From int64  `json:"from"`
	// To is when it ended, 0 while it lasts; Until is when it will at the latest.
	To    int64 `json:"to"`
	Until int64 `json:"until"`
	Fence int64 `json:"fence"`
	// Clash is true when another held the lock at the same time.
	Clash bool `json:"clash"`
}

// A SideView is what tells one half of a comparison from the other: key "side".
type SideView struct {
	Label      string `json:"label"`
	Quarantine bool   `json:"quarantine"`
	Quorum     int    `json:"quorum"`
}
