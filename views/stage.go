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
	// Scenarios are all that can be played, Policies how a client may lock.
	Scenarios []StageScenario
	Policies  []StagePolicy
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
	// Label is what people read, Do what is sent; Args are further fields of it,
	// as name, value, name, value.
	Label, Do string
	Args      string
	// When says, in words that the page's scripts know, when it makes sense.
	When string
	// Danger marks what cannot be undone.
	Danger bool
}

// clientOrders and nodeOrders are the menus, in groups.
var (
	clientOrders = [][]order{
		{
			{Label: "Take the lock", Do: "acquire", When: "idle"},
			{Label: "Wait for the lock", Do: "acquire", Args: "wait=60s", When: "idle"},
			{Label: "Write to the resource", Do: "write", When: "running"},
			{Label: "Extend", Do: "extend", When: "holding"},
			{Label: "Release", Do: "release", When: "holding"},
			{Label: "Work in a loop", Do: "loop", Args: "on=true", When: "unlooped"},
			{Label: "Stop the loop", Do: "loop", When: "looped"},
		},
		{
			{Label: "Pause past its TTL", Do: "pause", Args: "for=11s", When: "running"},
			{Label: "Pause", Do: "pause", When: "running"},
			{Label: "Resume", Do: "resume", When: "paused"},
			{Label: "Ignore the deadline", Do: "reckless", Args: "on=true", When: "careful"},
			{Label: "Heed the deadline", Do: "reckless", When: "reckless"},
		},
		{
			{Label: "Kill", Do: "kill", When: "alive", Danger: true},
			{Label: "Start again", Do: "add", When: "dead"},
			{Label: "Remove", Do: "remove", Danger: true},
		},
	}
	nodeOrders = [][]order{
		{
			{Label: "Stop", Do: "stop", When: "up", Danger: true},
			{Label: "Start", Do: "restart", When: "down"},
			{Label: "Restart empty", Do: "amnesia", Danger: true},
			{Label: "Freeze", Do: "freeze", When: "thawed"},
			{Label: "Thaw", Do: "thaw", When: "frozen"},
			{Label: "Forget everything", Do: "empty", When: "answers", Danger: true},
			{Label: "Evict the lock", Do: "evict", When: "answers", Danger: true},
		},
		{
			{Label: "Cut off", Do: "cut", Args: "way=both", When: "up"},
			{Label: "Cut off requests", Do: "cut", Args: "way=in", When: "up"},
			{Label: "Cut off answers", Do: "cut", Args: "way=out", When: "up"},
			{Label: "Lose answers", Do: "lossy", Args: "on=true", When: "lossless"},
			{Label: "Slow by 200 ms", Do: "slow", Args: "for=200ms", When: "up"},
			{Label: "Mend the network", Do: "heal", When: "troubled"},
		},
		{
			{Label: "Clock ahead 15 s", Do: "jump", Args: "for=15s"},
			{Label: "Clock back 15 s", Do: "jump", Args: "for=-15s"},
			{Label: "Clock twice as fast", Do: "skew", Args: "rate=2"},
			{Label: "Clock right", Do: "skew", Args: "rate=1"},
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
