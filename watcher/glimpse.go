package watcher

// A Glimpse is what queries go by of one name, as it was when the Board was asked.
type Glimpse struct {
	Name   string
	folded string
	shown  *shownEntry // nil where the Board does not know the name
}

// Glimpses returns what queries go by of names, in their order, so that many
// queries can be asked about them without the Board.
func (b *Board) Glimpses(names []string) []Glimpse {
	list := make([]Glimpse, len(names))
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, name := range names {
		list[i] = Glimpse{Name: name, folded: fold(name)}
		if e := b.entries[name]; e != nil {
			list[i].shown = e.shown.Load()
		}
	}
	return list
}

// Selects reports whether the query selects the name, on whatever page.
func (q *Query) Selects(g *Glimpse) bool {
	return g.shown != nil && q.inState(g.shown) && matches(g.folded, g.shown, fold(q.Text))
}
