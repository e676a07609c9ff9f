package main

// A mutant is an engine, or a node, with one thing wrong: a mistake that a
// known library makes, or that somebody could make here.
type mutant struct {
	name  string
	edits []edit
}

// An edit replaces a text that stands in a file below lockengine exactly once.
type edit struct {
	file, old, new string
}

// mutants are all that must be caught.
var mutants = []mutant{
	{"quorum N/2", []edit{{"engine.go",
		"quorum:    len(nodes)/2 + 1",
		"quorum:    max(1, len(nodes)/2)"}}},
	{"quorum of reachable", []edit{
		{"round.go",
			"// certain reports",
			`// reachable is a quorum of the nodes that are not down.
func (r *round) reachable() int {
	down := 0
	for i := range r.judged {
		if r.judged[i].done && r.judged[i].vote == VoteDown {
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
		{"fence.go",
			"raised := r.raised\n",
			"raised, quorum := r.raised, r.reachable()\n"},
		{"fence.go",
			"if raised >= e.quorum {",
			"if raised >= quorum {"},
		{"fence.go",
			"raise.fence(e.quorum)",
			"raise.fence(quorum)"},
	}},
	{"plain DEL", []edit{{"locksim/server.go",
		"if s.mine(op, a) {\n\t\ts.watch(\"release\", op)",
		"if s.mine(op, a) || true {\n\t\ts.watch(\"release\", op)"}}},
	{"validity from the end of the round", []edit{{"acquire.go",
		"	r.wait(ctx)\n",
		"	r.wait(ctx)\n\tlease.validUntil = time.Now().Add(ttl - e.cfg.drift(ttl))\n"}}},
	{"extension counted from its end", []edit{{"lease.go",
		"if until := start.Add(ttl - l.engine.cfg.drift(ttl)); until",
		"if until := time.Now().Add(ttl - l.engine.cfg.drift(ttl)); start != until && until"}}},
	{"no undo", []edit{{"undo.go",
		"	e.hold(len(e.members))\n\tundo.send()\n",
		""}}},
	{"undo only where yes", []edit{{"undo.go",
		"	undo.send()\n",
		`	for i, m := range e.members {
		if a, ok := r.answer(i); ok && a.Vote == VoteGranted {
			m.submit(&undo.ops[i])
		} else {
			e.end()
		}
	}
`}}},
	{"undo is not repeated", []edit{{"undo.go",
		"	case nothingLeft, op.Answer.Vote == VoteGranted:\n",
		"	case true:\n"}}},
	{"no second fence round", []edit{{"fence.go",
		"if raised >= e.quorum {",
		"if raised >= 0 {"}}},
	{"no agreement on the raised fence", []edit{{"fence.go",
		"		if agreed {\n",
		"		if agreed || true {\n"}}},
	{"extend recreates", []edit{{"locksim/server.go",
		"if s.mine(op, a) {\n\t\ts.watch(\"extend\", op)",
		"if s.mine(op, a) || a.Vote == lockengine.VoteFree {\n\t\ta.Vote = lockengine.VoteGranted\n\t\ts.watch(\"extend\", op)"}}},
	{"extended after its end", []edit{{"lease.go",
		"	if l.ended != nil || !time.Now().Before(l.validUntil) {\n		l.mu.Unlock()\n		l.expire()",
		"	if l.ended != nil && false {\n		l.mu.Unlock()\n		l.expire()"},
		{"lease.go",
			"	both, stop := joined(ctx, l.ctx)\n",
			"	both, stop := joined(ctx, context.Background())\n"}}},
	{"no quarantine", []edit{{"member.go",
		"if m.engine.cfg.NoQuarantine || op.Kind == KindRelease {",
		"if true || m.engine.cfg.NoQuarantine || op.Kind == KindRelease {"}}},
	{"a forgotten memory is believed", []edit{{"member.go",
		"until := time.Now().Add(m.engine.cfg.MaxTTL)\n",
		"until := time.Now()\n"}}},
	{"an old marker that came back is believed", []edit{{"member.go",
		"case restarted && (m.health == nil || !m.health.durable()):",
		"case restarted && born == m.identity.born && (m.health == nil || !m.health.durable()):"}}},
	{"a node that was restarted before the first contact is believed", []edit{{"poll.go",
		"young.After(now) {",
		"false {"}}},
	{"what a heal left is not taken back", []edit{{"lease.go",
		"return answered && acquired.Void && !healed, settled",
		"return answered && acquired.Void, settled"}}},
	{"a clock that runs within the drift has jumped", []edit{{"clock.go",
		"before.err+s.err+allowed+drifted",
		"before.err+s.err+allowed+0*drifted"}}},
	{"own deadline is not looked at", []edit{{"lease.go",
		"return l.ended == nil && time.Now().Before(l.validUntil)",
		"return l.ended == nil"},
		{"lease.go",
			"l.expiry = time.AfterFunc(time.Until(l.validUntil), l.expire)",
			"l.expiry = time.AfterFunc(time.Hour, l.expire)"}}},
}
