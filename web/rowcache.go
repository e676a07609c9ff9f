package web

import (
	"bytes"
	"reflect"
	"strings"
	"sync"

	"github.com/lockscope/lockscope/watcher"
)

// maxRows bounds the rows that are kept encoded, at about 2 KB each.
const maxRows = 8192

// A rowCache keeps rows encoded, so that a row that many windows show is
// encoded once for each of its changes. It knows since which change each member
// of a row is as it is, and so what a client that has an earlier one lacks.
type rowCache struct {
	mu   sync.Mutex // guards rows and what they point to
	rows map[string]*encodedRow
}

// An encodedRow is a row as it was at its change seq.
type encodedRow struct {
	seq     uint64
	members []member
	whole   []byte
}

// A member is one of a row, in JSON: all rows that were given out from the
// change since on have it.
type member struct {
	json  []byte
	since uint64
}

// rowMembers are the names of the members of a row, in their order.
var rowMembers = func() []string {
	names := make([]string, 0, 16)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Lock]()) {
		names = append(names, strings.Split(field.Tag.Get("json"), ",")[0])
	}
	return names
}()

func newRowCache() *rowCache { return &rowCache{rows: make(map[string]*encodedRow)} }

// all returns the rows of locks in JSON. They are not to be changed.
func (c *rowCache) all(locks []watcher.Lock) [][]byte { return c.patches(locks, nil) }

// patches returns what leads from the rows that a client has, by the numbers of
// their changes, to the rows of locks: JSON merge patches, and whole rows for
// those that it does not have. They are not to be changed.
func (c *rowCache) patches(locks []watcher.Lock, from map[string]uint64) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([][]byte, len(locks))
	for i, lock := range locks {
		row := c.encoded(lock)
		list[i] = row.whole
		if seq, ok := from[lock.Name]; ok {
			list[i] = row.patch(seq)
		}
	}
	return list
}

// encoded returns the row of a lock. The caller holds mu.
func (c *rowCache) encoded(lock watcher.Lock) *encodedRow {
	known := c.rows[lock.Name]
	switch {
	case known == nil:
		if len(c.rows) >= maxRows {
			clear(c.rows)
		}
		known = newEncodedRow(lock)
		c.rows[lock.Name] = known
	case known.seq < lock.Seq:
		next := newEncodedRow(lock)
		for i, m := range known.members {
			if bytes.Equal(m.json, next.members[i].json) {
				next.members[i].since = m.since
			}
		}
		known = next
		c.rows[lock.Name] = known
	case known.seq > lock.Seq:
		// A row of the past, with which the present one was not compared: who
		// gets it gets all of the next one.
		for i := range known.members {
			known.members[i].since = known.seq
		}
		return newEncodedRow(lock)
	}
	return known
}

func newEncodedRow(lock watcher.Lock) *encodedRow {
	value := reflect.ValueOf(toLock(lock))
	row := &encodedRow{seq: lock.Seq, members: make([]member, len(rowMembers))}
	for i := range rowMembers {
		row.members[i] = member{json: encode(value.Field(i).Interface()), since: lock.Seq}
	}
	row.whole = row.patch(0)
	return row
}

// patch returns the members that changed after the change seq, and the name.
func (r *encodedRow) patch(seq uint64) []byte {
	b := []byte{'{'}
	for i, m := range r.members {
		named := strings.HasPrefix(rowMembers[i], "name") && string(m.json) != "null"
		if m.since <= seq && !named {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, rowMembers[i]...)
		b = append(b, `":`...)
		b = append(b, m.json...)
	}
	return append(b, '}')
}
