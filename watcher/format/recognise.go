package format

import "strings"

// Recognise says what is known of the string that a key of type typ holds
// under name, without any pins. The zero Match means that no form fits.
func Recognise(name, typ, text string) Match {
	return Pins(nil).Recognise(name, Value{Type: typ, Text: text})
}

// Recognise says what is known of the value under name: by the first pin that
// selects the name, as far as the value may be of that library, and otherwise
// by its form.
func (p Pins) Recognise(name string, v Value) Match {
	if len(v.Text) > MaxText || len(v.Fields) > MaxMembers || len(v.Members) > MaxMembers {
		return Match{}
	}
	v.parse()
	m := p.decide(name, &v)
	if m.Library == "" && v.Type == "string" && isInteger(v.Text) {
		m.Mode = ModeInteger
	}
	// What is kept of a value must not keep the whole value alive.
	m.Owner, m.Host = strings.Clone(m.Owner), strings.Clone(m.Host)
	return m
}

// decide is Recognise for a value within the limits.
func (p Pins) decide(name string, v *Value) Match {
	pinned := p.library(name)
	if pinned == nil {
		return best(name, v)
	}
	var m Match
	if pinned.fit(name, v, &m) != unfit {
		m.Confidence = Certain
		return m
	}
	m = best(name, v)
	if m.Confidence == Certain || m.Confidence == Likely || !pinned.writes(v.Type) {
		return m // it is another's, whatever the pin says
	}
	// Many libraries let their users choose the value.
	m.Also = without(append([]string{m.Library}, m.Also...), pinned.Name)
	m.Library, m.Confidence = pinned.Name, Likely
	return m
}

// best returns the match of the library that fits best.
func best(name string, v *Value) Match {
	top, also, fit := Match{}, []string(nil), fitsPinned
	var m Match
	for i := range libraries {
		how := libraries[i].fit(name, v, &m)
		if how == unfit {
			continue // and m is as it was
		}
		switch {
		case how > fit:
			top, also, fit = m, nil, how
		case how == fit && fit > fitsPinned:
			also = append(also, m.Library)
		}
		m = Match{}
	}
	switch {
	case fit == fitsPinned:
		return Match{}
	case fit == fitsLoosely || also != nil:
		top.Confidence = Ambiguous
	case fit == fitsWell:
		top.Confidence = Likely
	case fit == fitsOnly:
		top.Confidence = Certain
	}
	top.Also = also
	return top
}

// without returns the names that are neither empty nor name.
func without(names []string, name string) []string {
	var rest []string
	for _, n := range names {
		if n != "" && n != name {
			rest = append(rest, n)
		}
	}
	return rest
}
