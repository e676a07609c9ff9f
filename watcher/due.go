package watcher

import "container/heap"

// A dueHeap orders entries by when their votes or state next change by time
// alone. It implements heap.Interface.
type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].heapAt < h[j].heapAt }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i, j
}

// Push implements heap.Interface; use set.
func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.heapIndex = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface; use set.
func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.heapIndex = -1
	return e
}

// set makes e due at the instant, or not at all when it is never.
func (h *dueHeap) set(e *entry, at instant) {
	switch {
	case at == never && e.heapIndex >= 0:
		heap.Remove(h, e.heapIndex)
	case at == never:
	case e.heapIndex < 0:
		e.heapAt = at
		heap.Push(h, e)
	case e.heapAt != at:
		e.heapAt = at
		heap.Fix(h, e.heapIndex)
	}
}

// next returns when the first entry is due, or never.
func (h dueHeap) next() instant {
	if len(h) == 0 {
		return never
	}
	return h[0].heapAt
}
