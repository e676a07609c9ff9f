package main

// A mutant is an engine, or a node, with one thing wrong: a mistake that a
// known library makes, or that was or could be made here.
type mutant struct {
	name string
	// kind is the kind of trouble in which it shows. Without it, it must show
	// in what the seeds draw.
	kind  string
	edits []edit
}

// An edit replaces a text that stands in a file below lockengine exactly once.
type edit struct {
	file, old, new string
}

// mutants are all that must be caught.
var mutants = []mutant{
	{name: "quorum N/2", edits: []edit{
		{"engine.go", "len(nodes)/2 + 1,", "max(1, len(nodes)/2),"},
	}},
	{name: "quorum of reachable", edits: []edit{
		{"round.go", "// certain reports", `// reachable is a quorum of the nodes that are not down.
func (r *round) reachable() int {
	down := 0
	for i := range r.ops {
		if r.ops[i].judged.done && r.ops[i].judged.vote == VoteDown {
			down++
		}
	}
	return max(1, (len(r.ops)-down)/2+1)
}

// certain reports`},
		{"round.go",
			"return r.granted >= r.engine.quorum || len(r.ops)-r.refused < r.engine.quorum",
			"return r.granted >= r.engine.quorum || r.granted+r.refused == len(r.ops)"},
		{"round.go",
			"	return r.granted >= r.engine.quorum\n}",
			"	return r.granted >= r.reachable()\n}"},
		{"fence.go", "raised := r.raised\n", "raised, quorum := r.raised, r.reachable()\n"},
		{"fence.go", "if raised >= e.quorum {", "if raised >= quorum {"},
		{"fence.go", "raise.fence(e.quorum)", "raise.fence(quorum)"},
	}},
	{name: "plain DEL", edits: []edit{
		{"locksim/server.go",
			"if s.mine(op, a) {\n\t\ts.watch(\"release\", op)",
			"if s.mine(op, a) || true {\n\t\ts.watch(\"release\", op)"},
	}},
	{name: "validity from the end of the round", edits: []edit{
		{"acquire.go",
			"	r.wait(ctx)\n",
			"	r.wait(ctx)\n\tlease.validUntil = e.now().Add(ttl - e.cfg.drift(ttl))\n"},
	}},
	{name: "extension counted from its end", edits: []edit{
		{"lease.go",
			"if until := start.Add(ttl - l.engine.cfg.drift(ttl)); until",
			"if until := l.engine.now().Add(ttl - l.engine.cfg.drift(ttl)); start != until && until"},
	}},
	{name: "no undo", edits: []edit{
		{"undo.go", "	undo.toTheEnd()\n\tundo.send()\n", ""},
	}},
	{name: "undo only where yes", edits: []edit{
		{"undo.go", "	undo.send()\n", `	for i, m := range e.members {
		if a, ok := r.answer(i); ok && a.Vote == VoteGranted {
			m.submit(&undo.ops[i])
		} else {
			undo.heard()
		}
	}
`},
	}},
	{name: "undo is not repeated", edits: []edit{
		{"undo.go",
			"	case nothingLeft, op.Answer.Vote == VoteGranted:\n",
			"	case true:\n"},
	}},
	{name: "what a heal left is not taken back", kind: "replies", edits: []edit{
		{"lease.go",
			"return answered && acquired.Void && !healed, settled",
			"return answered && acquired.Void, settled"},
	}},
	{name: "no second fence round", edits: []edit{
		{"fence.go", "if raised >= e.quorum {", "if raised >= 0 {"},
	}},
	{name: "no agreement on the raised fence", kind: "fences", edits: []edit{
		{"fence.go", "		if agreed {\n", "		if agreed || true {\n"},
	}},
	{name: "a release overtakes what was sent before it", edits: []edit{
		{"locksim/batch.go", "case part.isAbout(op.Name):", "case false:"},
	}},
	{name: "extend recreates", edits: []edit{
		{"locksim/server.go",
			"if s.mine(op, a) {\n\t\ts.watch(\"extend\", op)",
			"if s.mine(op, a) || a.Vote == lockengine.VoteFree {\n\t\ta.Vote = lockengine.VoteGranted\n\t\ts.watch(\"extend\", op)"},
	}},
	{name: "extended after its end", edits: []edit{
		{"lease.go",
			"	if l.ended != nil || !l.engine.now().Before(l.validUntil) {\n		l.mu.Unlock()\n		l.expire()",
			"	if l.ended != nil && false {\n		l.mu.Unlock()\n		l.expire()"},
		{"lease.go",
			"	both, stop := joined(ctx, l.Context())\n",
			"	both, stop := joined(ctx, context.Background())\n"},
	}},
	{name: "own deadline is not looked at", edits: []edit{
		{"lease.go",
			"return l.ended == nil && l.engine.now().Before(l.validUntil)",
			"return l.ended == nil"},
		{"lease.go",
			"l.expiry = l.engine.afterFunc(l.engine.until(l.validUntil), l.expire)",
			"l.expiry = l.engine.afterFunc(time.Hour, l.expire)"},
	}},
	{name: "no quarantine", edits: []edit{
		{"member.go",
			"if m.engine.cfg.NoQuarantine || op.Kind == KindRelease {",
			"if true || m.engine.cfg.NoQuarantine || op.Kind == KindRelease {"},
	}},
	{name: "a quarantine that is over at once", edits: []edit{
		{"member.go", "until := m.engine.now().Add(m.engine.cfg.MaxTTL)\n", "until := m.engine.now()\n"},
	}},
	{name: "an old marker that came back is believed", kind: "restarts", edits: []edit{
		{"member.go",
			"case restarted && (m.health == nil || !m.health.durable()):",
			"case restarted && born == m.identity.born && (m.health == nil || !m.health.durable()):"},
		{"member.go", "if !ok || byHand || m.remembered.IsZero() {", "if !ok || byHand || !at.IsZero() {"},
	}},
	{name: "a restart before the first contact is not seen", kind: "restarts", edits: []edit{
		{"poll.go", "young.After(now) {", "false {"},
	}},
	{name: "a clock that keeps to the drift has jumped", kind: "clocks", edits: []edit{
		{"clock.go", "before.err+s.err+allowed+drifted", "before.err+s.err+allowed+0*drifted"},
	}},
}
