package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lockscope/lockscope/internal/glob"
)

// A Pin says which library takes the locks whose names a pattern selects.
type Pin struct {
	Pattern string // as in Redis globs
	Library string // one of Libraries
}

// Pins are asked in order: the first whose pattern selects a name counts.
type Pins []Pin

// ParsePin reads "pattern=library". The library may be written in any case. The
// error says what is wrong and which libraries there are.
func ParsePin(s string) (Pin, error) {
	at := strings.LastIndexByte(s, '=')
	if at < 0 {
		return Pin{}, errors.New("such as orders:*=" + Redsync)
	}
	pattern, library := strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+1:])
	if pattern == "" {
		return Pin{}, errors.New("there is no pattern before the =")
	}
	for i := range libraries {
		if strings.EqualFold(libraries[i].Name, library) {
			return Pin{Pattern: pattern, Library: libraries[i].Name}, nil
		}
	}
	names := make([]string, len(libraries))
	for i := range libraries {
		names[i] = libraries[i].Name
	}
	return Pin{}, fmt.Errorf("%q is none of the known libraries: %s", library, strings.Join(names, ", "))
}

// library returns the library that name is pinned to, nil for none.
func (p Pins) library(name string) *Library {
	for _, pin := range p {
		if !glob.Match(pin.Pattern, name) {
			continue
		}
		for i := range libraries {
			if libraries[i].Name == pin.Library {
				return &libraries[i]
			}
		}
	}
	return nil
}
