package watcher

// One returns the part of the Board that a single name is: its lock, or none
// while the Board does not know the name.
func (b *Board) One(name string) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	v := View{Counts: b.counts, Seq: b.log.last}
	if e := b.entries[name]; e != nil {
		v.Locks, v.Total = []Lock{b.view(e, c)}, 1
	}
	return v
}
