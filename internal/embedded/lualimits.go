package embedded

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxString is how long a string the library functions may build.
	maxString = 16 << 20
	// maxSteps is how many steps a pattern may take at worst. Nothing can
	// end a match that has begun.
	maxSteps = 1e9
	// maxUnpack is how many values unpack may make of a table.
	maxUnpack = 8000
)

func init() {
	// A table's array part is filled up to the index written: one
	// assignment must not take a gigabyte.
	lua.MaxArrayIndex = 1 << 20
}

// limit raises an error when size bytes are more than most.
func limit(L *lua.LState, size, most int) {
	if size > most {
		L.RaiseError("%s", fmt.Sprintf("string of %d bytes is too long, at most %d", size, most))
	}
}

// tameStrings bounds what the functions that multiply strings can make, because
// the watchdog sees them only when they are done.
func (in *interpreter) tameStrings(t *lua.LTable) {
	L := in.state
	wrap := func(name string, size func(L *lua.LState) int) {
		inner := t.RawGetString(name).(*lua.LFunction).GFunction
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			limit(L, size(L), maxString)
			return inner(L)
		}))
	}
	wrap("rep", func(L *lua.LState) int {
		text, n := len(L.CheckString(1)), L.CheckInt(2)
		if n > 0 && text > maxString/n {
			return maxString + 1
		}
		return 0
	})
	wrap("format", func(L *lua.LState) int {
		size := 0
		for i := 1; i <= L.GetTop(); i++ {
			if s, ok := L.Get(i).(lua.LString); ok {
				size += len(s)
			}
		}
		return size
	})
	wrap("gsub", func(L *lua.LState) int {
		text, with := len(L.CheckString(1)), 1
		if s, ok := L.Get(3).(lua.LString); ok {
			with = len(s)
		}
		if with > 0 && text > maxString/with {
			return maxString + 1
		}
		return text
	})
	in.tamePatterns(t)
	t.RawSetString("__index", lua.LNil)
	meta := L.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__metatable", lua.LFalse)
	L.SetMetatable(lua.LString(""), meta)
}

// tamePatterns refuses patterns that could take for ever.
func (in *interpreter) tamePatterns(t *lua.LTable) {
	L := in.state
	for _, name := range []string{"find", "match", "gmatch", "gfind", "gsub"} {
		inner := t.RawGetString(name).(*lua.LFunction)
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			if plain := name == "find" && L.ToBool(4); !plain && worstSteps(L.CheckString(1), L.CheckString(2)) > maxSteps {
				L.RaiseError("pattern too complex for a string of %d bytes", len(L.CheckString(1)))
			}
			n := L.GetTop()
			L.Push(inner)
			for i := 1; i <= n; i++ {
				L.Push(L.Get(i))
			}
			L.Call(n, lua.MultRet)
			return L.GetTop() - n
		}))
	}
}

// worstSteps is how many steps matching s may take: every start, times every
// choice that a repetition in the pattern has.
func worstSteps(s, pattern string) float64 {
	steps := 1.0
	if !strings.HasPrefix(pattern, "^") {
		steps = float64(len(s) + 1)
	}
	for i := 1; i < len(pattern); i++ {
		switch pattern[i] {
		case '*', '+', '-':
			steps *= float64(len(s) + 1)
		case '?':
			steps *= 2
		}
	}
	return steps
}

// tameTables bounds table.concat in the same way, and unpack.
func (in *interpreter) tameTables(g, t *lua.LTable) {
	L := in.state
	concat := t.RawGetString("concat").(*lua.LFunction).GFunction
	t.RawSetString("concat", L.NewFunction(func(L *lua.LState) int {
		list, sep, size := L.CheckTable(1), len(L.OptString(2, "")), 0
		for i := 1; i <= list.Len(); i++ {
			size += sep
			if s, ok := list.RawGetInt(i).(lua.LString); ok {
				size += len(s)
			}
			limit(L, size, maxString)
		}
		return concat(L)
	}))
	unpack := g.RawGetString("unpack").(*lua.LFunction).GFunction
	g.RawSetString("unpack", L.NewFunction(func(L *lua.LState) int {
		first, last := L.OptInt(2, 1), L.OptInt(3, L.CheckTable(1).Len())
		if last >= first && uint64(last)-uint64(first) >= maxUnpack {
			L.RaiseError("too many results to unpack")
		}
		return unpack(L)
	}))
}
