package views

import "strconv"

// StageData is what the stage page shows.
type StageData struct {
	Page
	// ID is the stage to watch, empty for somebody who has none yet.
	ID string
	// Scenario is what is to be played, Step where to begin, from 1; Compare
	// shows two worlds side by side.
	Scenario string
	Step     int
	Compare  bool
	// With are the ways to lock of free play, one for each world, with commas
	// between them; empty for the usual ones.
	With string
	// Scenarios are all that can be played, Policies how a client may lock.
	Scenarios []StageScenario
	Policies  []StagePolicy
	// Beside are what clients that lock in our way can be compared with.
	Beside []StagePolicy
	// MaxClients is how many clients a stage may have.
	MaxClients int
}

// A StageScenario is something that a stage can play.
type StageScenario struct {
	ID, Title, Watch, Teaches, Expected string
	// Help is the part of the Help page that says more.
	Help  string
	Steps int
	// Compare is true when it can be shown beside another world.
	Compare bool
}

// A StagePolicy is a way to lock.
type StagePolicy struct{ ID, Label string }

// stepText is where to begin, as an attribute.
func (d StageData) stepText() string {
	if d.Step == 0 {
		return ""
	}
	return strconv.Itoa(d.Step)
}

// An order is something that can be done to a client or a node.
type order struct {
	// Label is what people read, Do what is sent: a verb, and its arguments as
	// name=value.
	Label, Do string
	// When says when it makes sense, in words that all have to hold for the
	// client or node: "up", "!frozen", "state=idle|dead".
	When string
	// Danger marks what cannot be undone.
	Danger bool
}

const (
	whenAlive = "state!=dead"
	whenRuns  = "state!=dead|paused"
)

// clientOrders and nodeOrders are the menus, in groups.
var (
	clientOrders = [][]order{
		{
			{Label: "Take the lock", Do: "acquire", When: "state=idle"},
			{Label: "Wait for the lock", Do: "acquire wait=60s", When: "state=idle"},
			{Label: "Write to the resource", Do: "write", When: whenRuns},
			{Label: "Extend", Do: "extend", When: "from " + whenAlive},
			{Label: "Release", Do: "release", When: "from " + whenAlive},
			{Label: "Work in a loop", Do: "loop on=true", When: "!loop " + whenAlive},
			{Label: "Stop the loop", Do: "loop", When: "loop " + whenAlive},
		},
		{
			{Label: "Pause past its TTL", Do: "pause for=11s", When: whenRuns},
			{Label: "Pause", Do: "pause", When: whenRuns},
			{Label: "Resume", Do: "resume", When: "state=paused"},
			{Label: "Ignore the deadline", Do: "reckless on=true", When: "!reckless " + whenAlive},
			{Label: "Heed the deadline", Do: "reckless", When: "reckless " + whenAlive},
		},
		{
			{Label: "Kill", Do: "kill", When: whenAlive, Danger: true},
			{Label: "Start again", Do: "add", When: "state=dead"},
			{Label: "Remove", Do: "remove", Danger: true},
		},
	}
	nodeOrders = [][]order{
		{
			{Label: "Stop", Do: "stop", When: "up", Danger: true},
			{Label: "Start", Do: "restart", When: "!up"},
			{Label: "Restart empty", Do: "amnesia", Danger: true},
			{Label: "Freeze", Do: "freeze", When: "up !frozen"},
			{Label: "Thaw", Do: "thaw", When: "frozen"},
			{Label: "Forget everything", Do: "empty", When: "up !frozen", Danger: true},
			{Label: "Evict the lock", Do: "evict", When: "up !frozen", Danger: true},
		},
		{
			{Label: "Cut off", Do: "cut way=both", When: "up"},
			{Label: "Cut off requests", Do: "cut way=in", When: "up"},
			{Label: "Cut off answers", Do: "cut way=out", When: "up"},
			{Label: "Lose answers", Do: "lossy on=true", When: "up !lossy"},
			{Label: "Slow by 200 ms", Do: "slow for=200ms", When: "up"},
			{Label: "Mend the network", Do: "heal", When: "words"},
		},
		{
			{Label: "Clock ahead 15 s", Do: "jump for=15s"},
			{Label: "Clock back 15 s", Do: "jump for=-15s"},
			{Label: "Clock twice as fast", Do: "skew rate=2", When: "rate=1"},
			{Label: "Clock at the right rate", Do: "skew rate=1", When: "rate!=1"},
		},
	}
)

// voteSigns are the signs of votes as paths in a square of 15: the same as in
// votes.css, where they cannot be used for drawing.
var voteSigns = []struct {
	Vote, Path string
	Dots       [][3]string
}{
	{Vote: "granted", Path: "M4 7.8l2.4 2.4L11 5.2"},
	{Vote: "other", Path: "M4 6h7M4 9h7M9.3 3.8l-3.6 7.4"},
	{Vote: "free", Dots: [][3]string{{"7.5", "7.5", "1.1"}}},
	{Vote: "down", Path: "M4.8 4.8l5.4 5.4M10.2 4.8l-5.4 5.4"},
	{Vote: "timeout", Dots: [][3]string{{"4.3", "7.5", "1"}, {"7.5", "7.5", "1"}, {"10.7", "7.5", "1"}}},
	{Vote: "amnesia", Path: "M7.5 3.8v4.6", Dots: [][3]string{{"7.5", "11", "1"}}},
	{Vote: "quarantined", Path: "M4.4 7.2a3 3 0 1 0 6 0a3 3 0 1 0-6 0M8.6 8.8l2.1 2.1"},
	{Vote: "unknown", Path: "M5.6 5.7a1.9 1.9 0 1 1 2.7 1.7c-.5.3-.8.6-.8 1.2", Dots: [][3]string{{"7.5", "10.8", ".9"}}},
}

// stageIcons are the signs of the controls, in a square of 16.
var stageIcons = []struct{ ID, Fill, Line string }{
	{ID: "restart", Line: "M3.5 8a4.7 4.7 0 1 0 1.5-3.4M3.3 2.5v2.7H6"},
	{ID: "back", Fill: "M12.5 3v10L5.5 8zM3 3h1.8v10H3z"},
	{ID: "play", Fill: "M4.500 2.500v11l9-5.500z"},
	{ID: "pause", Fill: "M4 3h2.800v10H4zM9.200 3H12v10H9.200z"},
	{ID: "next", Fill: "M3.500 3v10l7-5zM11.200 3H13v10h-1.800z"},
	{ID: "step", Fill: "M1.500 8a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0", Line: "M8.500 8h5M11 5.500L13.500 8L11 10.500"},
}

// stageNodes are the nodes of every stage.
var stageNodes = []string{"a", "b", "c", "d", "e"}

// stageQuorum is how many of them have to say yes.
const stageQuorum = 3

// voteX is where in a client's card the vote of a node stands.
func voteX(i int) string {
	x := 21 + 19*i
	if i >= stageQuorum {
		x += 5
	}
	return strconv.Itoa(x)
}

// half is the left or upper edge of a square of a size whose middle is at 0.
func half(size int) string { return strconv.Itoa(-size / 2) }
