package embedded

import (
	"strings"
	"testing"
	"time"
)

func TestAScriptThatNeverEndsIsKilledAndTheNodeGoesOn(t *testing.T) {
	n := startNode(t, Config{ScriptTime: 100 * time.Millisecond})
	w, other := dial(t, n.Addr()), dial(t, n.Addr())
	for _, script := range []string{
		`while true do end`,
		`while true do pcall(function() while true do end end) end`,
		`local co = coroutine.wrap(function() while true do end end) co()`,
		`redis.call("SET", "kept", "1") while true do redis.call("GET", "kept") end`,
	} {
		w.send("EVAL", script, "0")
		other.do("PING")
		if got := w.receive(); got.kind != '-' || !strings.HasPrefix(got.text, "ERR Script killed") {
			t.Errorf("%s: got %s", script, got)
		}
		if got := w.do("EVAL", "return redis.call('PING')", "0").text; got != "PONG" {
			t.Errorf("the next script got %q", got)
		}
	}
	if got := w.do("GET", "kept").text; got != "1" {
		t.Errorf("what the killed script wrote: %q", got)
	}
}

func TestAScriptCannotTakeTheMemoryOfTheProcess(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	for _, script := range []string{
		`local s = "x" while true do s = s .. s end`,
		`local t = {} for i = 1, 1e9 do t[i] = {i} end`,
		`return string.rep("x", 1e9)`,
		`return ("x"):rep(1e9)`,
		`return string.rep("", 1e18)`,
		`local a = string.rep("a", 1e6) return string.gsub(a, "a", a)`,
		`local a = string.rep("a", 1e6) local t = {} for i = 1, 1000 do t[i] = a end return table.concat(t)`,
		`local t = {} t[60000000] = 1 return #t`,
		`return unpack({}, 1, 1e8)`,
		`local function f() return 1 + f() end return f()`,
		`local t = {} t[1] = t return t`,
		`return string.format("%099999999d", 1)`,
		`return string.format("%s%s", string.rep("a", 1e7), string.rep("b", 1e7))`,
		`return string.find(string.rep("a", 300), string.rep("a?", 300) .. string.rep("a", 300))`,
	} {
		start := time.Now()
		w.do("EVAL", script, "0")
		if took := time.Since(start); took > 30*time.Second { // it ends by itself, on however busy a machine
			t.Errorf("%s took %v", script, took)
		}
		if got := w.do("EVAL", "return 1", "0").text; got != "1" {
			t.Fatalf("after %s a script returns %q", script, got)
		}
	}
	deep := strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000)
	w.do("EVAL", "return "+deep, "0")
	w.do("EVAL", "return '"+strings.Repeat("x", 300<<10)+"'", "0")
}

func TestAScriptLeavesNothingBehindForTheNext(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	for _, script := range []string{
		`leak = 1`, `_G.leak = 1`, `rawset(_G, "leak", 1)`, `redis.leak = 1`, `string.leak = 1`, `table.leak = 1`, `math.leak = 1`,
		`getmetatable("").__index = {}`, `setmetatable(_G, {})`, `setmetatable(redis, nil)`, `getmetatable(_G).__index = nil`, `string.rep = nil`,
		`redis.call = function() return "leak" end`, `rawset(string, "rep", nil)`, `loadstring("leak = 1")()`, `coroutine.wrap(function() leak = 1 end)()`,
		`getmetatable(redis).__index.call = nil`, `pairs = nil`, `_G = nil`,
	} {
		w.do("EVAL", script, "0")
		check := `return {tostring(rawget(_G, "leak")), tostring(redis.leak), tostring(string.leak), tostring(math.leak), string.rep("x", 2), ("y"):rep(2), redis.call("PING").ok, type(pairs)}`
		want := `*["nil" "nil" "nil" "nil" "xx" "yy" "PONG" "function"]`
		if got := w.do("EVAL", check, "0").String(); got != want {
			t.Errorf("after %s: %s", script, got)
		}
	}
}
