package views

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// values are the query as it stands in an address.
func (q Query) values() url.Values {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("q", q.Text)
	set("state", q.State)
	set("owner", q.Owner)
	set("library", q.Library)
	if q.Waiting {
		values.Set("waiting", "true")
	}
	if q.Mine {
		values.Set("mine", "true")
	}
	if q.Sort != "name" {
		set("sort", q.Sort)
	}
	if q.Offset > 0 {
		values.Set("offset", strconv.Itoa(q.Offset))
	}
	return values
}

// href is the address of this page with another query.
func (d LocksData) href(q Query) string {
	values := q.values()
	if len(values) == 0 {
		return d.Base + "/"
	}
	return d.Base + "/?" + values.Encode()
}

// export is the address of a file with all locks of the query.
func (d LocksData) export(format string) string {
	d.Query.Offset = 0
	values := d.Query.values()
	values.Set("format", format)
	return d.Base + "/api/v1/locks?" + values.Encode()
}

// in is the query for another state.
func (q Query) in(state string) Query {
	q.State, q.Offset = state, 0
	return q
}

// all is the query without any filter.
func (q Query) all() Query { return Query{Sort: q.Sort} }

// narrowed is the query for a library or an owner, or for any.
func (q Query) narrowed(facet, value string) Query {
	q.Offset = 0
	if facet == "owner" {
		q.Owner = value
	} else {
		q.Library = value
	}
	return q
}

// chosen is the value of a facet that is asked for, empty for any.
func (q Query) chosen(facet string) string {
	if facet == "owner" {
		return q.Owner
	}
	return q.Library
}

// toggled is the query with one of "waiting" and "mine" the other way.
func (q Query) toggled(chip string) Query {
	q.Offset = 0
	if chip == "mine" {
		q.Mine = !q.Mine
	} else {
		q.Waiting = !q.Waiting
	}
	return q
}

// at is the query from another row on.
func (q Query) at(offset int) Query {
	q.Offset = max(offset, 0)
	return q
}

// mostFirst are the columns where a first click asks for the most first.
var mostFirst = []string{"fence", "waiters"}

// sorted is the query in the order that a click on a column's header asks for.
func (q Query) sorted(column string) Query {
	first, second := column, "-"+column
	if slices.Contains(mostFirst, column) {
		first, second = second, first
	}
	if q.sortNow() == first {
		first = second
	}
	q.Sort, q.Offset = first, 0
	return q
}

// sortNow is the order in force.
func (q Query) sortNow() string {
	if q.Sort == "" {
		return "name"
	}
	return q.Sort
}

func (q Query) ariaSort(column string) string {
	switch q.sortNow() {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

// filtered is true when the query does not ask for all locks.
func (q Query) filtered() bool {
	return q.Text != "" || q.State != "" || q.Owner != "" || q.Library != "" || q.Waiting || q.Mine
}

// otherState is the state that a click on a chip asks for: none where it is on.
func (d LocksData) otherState(state string) string {
	if d.Query.State == state {
		return ""
	}
	return state
}

// names are the parts of the query that stand in an address, in order.
func (q Query) names() []string { return slices.Sorted(maps.Keys(q.values())) }
