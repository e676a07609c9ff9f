package embedded

import "bytes"

// A hash keeps its fields in the order in which they came, as small Redis hashes
// do.
type hash struct {
	fields      map[string]*field
	first, last *field
}

type field struct {
	name       string
	value      []byte
	prev, next *field
}

func newHash() *hash { return &hash{fields: make(map[string]*field)} }

// set stores a copy of value and tells whether the field is new.
func (h *hash) set(name, value []byte) bool {
	if f := h.fields[string(name)]; f != nil {
		f.value = bytes.Clone(value)
		return false
	}
	f := &field{name: string(name), value: bytes.Clone(value), prev: h.last}
	if h.last != nil {
		h.last.next = f
	} else {
		h.first = f
	}
	h.last = f
	h.fields[f.name] = f
	return true
}

// remove tells whether there was such a field.
func (h *hash) remove(name []byte) bool {
	f := h.fields[string(name)]
	if f == nil {
		return false
	}
	delete(h.fields, f.name)
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		h.first = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		h.last = f.prev
	}
	return true
}
