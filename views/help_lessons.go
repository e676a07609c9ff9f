package views

// A lesson is something about locks that people should know, and what shows it.
type lesson struct {
	// ID is its place on the page: scenarios of the stage lead there.
	ID, Title, Text string
	// Scenarios are those of the stage that show it.
	Scenarios []string
}

// lessons are what the scenarios of the stage teach, and somewhat more of it.
var lessons = []lesson{
	{"single-node", "One node", "SET key value NX PX ttl writes only where nothing is. A node carries out one command after the other, so no two clients both hear a yes. The value is the secret of the holder, the TTL ends what a dead holder cannot. A replica does not make it safer: it gets the key a moment later, and after a failover that moment may be missing.",
		[]string{"one-node"}},
	{"quorum", "A majority", "Redlock takes the same key on N independent nodes. The lock is had with N/2+1 votes, counted over the nodes that are configured and not over those that answer. What is left of the lease is its TTL, less the time since before the first node was asked, less what the clocks may differ. Two majorities share a node, and that one says yes only once. Who is content with fewer votes has no lock.",
		[]string{"first-yes", "two-down"}},
	{"no-quorum", "No majority", "Too few nodes, or too few votes: then nobody gets the lock, and what a minority gave is taken back on every node at once. If that is left out, the next one waits for the end of leases that nobody holds. A lock that has to be safe is sometimes not to be had.",
		[]string{"three-down"}},
	{"split", "Split votes", "Several that ask at the same moment may get two, two and one of five votes. All of them undo theirs and try again after a pause, a different one for each: after a few milliseconds one is ahead of the others. The shorter it takes to ask all nodes, the less often votes are split, so they are asked at once and not in turn.",
		[]string{"split-vote"}},
	{"lost-replies", "Lost replies", "No answer is not a no: the node may have done what it was asked. So a release and an undo go to every node, also to those that were never heard, and are repeated until the lease has ended by itself. They delete only the own token, so that they can never hit anybody else.",
		[]string{"lost-reply"}},
	{"slow-nodes", "Slow and hung nodes", "An attempt is decided as soon as no further answer can change it. A node that is slow or hangs costs nothing while a majority answers, and after a few timeouts it is not asked any more until a probe finds it back. What it was sent it may carry out much later; the undo is in line behind it.",
		[]string{"slow-node"}},
	{"fencing", "Fencing tokens", "A process can stand still between its last look at the lease and its write: a garbage collection, a full disk, a laptop that is closed. No lock can stop that write. So every lease here has a number that is higher than those before it, and a resource that remembers the highest one refuses those who come too late. Without that check a lock makes mistakes rare, and not impossible.",
		[]string{"pause-fence"}},
	{"quarantine", "Nodes that forget", "A majority is a memory. A node that restarts without its data could give the vote a second time that it gave before. Each node keeps a marker beside the locks; where it is gone, or another, the node sits out the longest lease that there may be. Append-only with fsync always does without that, at the price of a disk write per lock.",
		[]string{"amnesia"}},
	{"clocks", "Clocks", "A node ends a lease by its own clock, the holder by its own: both only have to go at about the same rate, which is what the drift allowance is for. A clock that jumps ahead ends leases early, so the clocks of all nodes are read once a second, and one that jumped sits out as if the node had forgotten.",
		[]string{"clock-jump"}},
	{"release", "Giving it back", "DEL deletes whatever is there. A holder that is late then deletes the lock of the next one, and a third comes in beside that: A, B, A again, and nobody can tell. So the value is compared and deleted in one step on the node, and no value is ever written twice.",
		[]string{"plain-del"}},
	{"waiting", "Waiting", "Those who poll load every node while nobody can get the lock, and are late all the same. Here the nodes tell when a lock is released or has ended, the callers of one process queue in the order in which they came, and only the first of them asks.",
		[]string{"herd"}},
}
