package web

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// A streamDoc is the description of the stream in docs/.
type streamDoc struct {
	t        *testing.T
	content  fields
	compiler *jsonschema.Compiler
	strict   *jsonschema.Compiler // knows no members that are not described
}

func readStreamDoc(t *testing.T) *streamDoc {
	t.Helper()
	text, err := os.ReadFile("../docs/asyncapi.yaml")
	must(t, err)
	d := &streamDoc{t: t}
	must(t, yaml.Unmarshal(text, &d.content))
	closed := asJSON(t, d.content)
	forbidMore(closed)
	d.compiler, d.strict = compiler(t, asJSON(t, d.content)), compiler(t, closed)
	return d
}

func compiler(t *testing.T, doc any) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	must(t, c.AddResource("stream.json", doc))
	return c
}

func asJSON(t *testing.T, v any) any {
	t.Helper()
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(v)))
	must(t, err)
	return content
}

// forbidMore closes every schema that lists members.
func forbidMore(v any) {
	switch v := v.(type) {
	case map[string]any:
		if typ := v["type"]; v["properties"] != nil && typ != nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			forbidMore(inner)
		}
	case []any:
		for _, inner := range v {
			forbidMore(inner)
		}
	}
}

// check validates a message of a kind.
func (d *streamDoc) check(c *jsonschema.Compiler, kind string, message []byte) error {
	d.t.Helper()
	schema, err := c.Compile("stream.json#/components/schemas/" + kind)
	must(d.t, err)
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(message))
	must(d.t, err)
	return schema.Validate(content)
}

// kinds are the messages of an operation.
func (d *streamDoc) kinds(operation string) []string {
	d.t.Helper()
	var names []string
	for _, m := range d.content["operations"].(fields)[operation].(fields)["messages"].([]any) {
		ref := m.(fields)["$ref"].(string)
		name := ref[strings.LastIndex(ref, "/")+1:]
		messages := d.content["components"].(fields)["messages"].(fields)
		listed := d.content["channels"].(fields)["stream"].(fields)["messages"].(fields)
		if messages[name] == nil || listed[name] == nil {
			d.t.Errorf("%s is not among the messages of the channel and the components", name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sentKinds are the kinds of frames that the code of this package makes.
func sentKinds(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	must(t, err)
	found := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "frameHead" {
				kind, ok := call.Args[0].(*ast.BasicLit)
				if !ok {
					t.Errorf("%s: a frame whose kind is not written out", name)
					return true
				}
				text, _ := strconv.Unquote(kind.Value)
				found[text] = true
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryFrameThatTheServerSendsIsAsDescribed(t *testing.T) {
	doc := readStreamDoc(t)
	sent := sentKinds(t)
	if described := doc.kinds("show"); !slices.Equal(described, sent) {
		t.Fatalf("described are %q, sent %q", described, sent)
	}
	w := begin(t, 3)
	w.server.hub.beat = 200 * time.Millisecond
	alice := w.browser()
	w.set("lock:held", "v", time.Minute, 0, 1, 2)
	w.set("lock:residue\xff", "v", time.Minute, 0)
	w.awaitState("lock:held", watcher.StateHeld)
	v := alice.openTabUnread("t1")
	v.send(watchFrame("w"))
	v.send(fields{"t": "watch", "id": "f", "view": "events", "after": 0})
	v.send(fields{"t": "watch", "id": "l", "view": "lock", "name": "lock:held"})
	v.send(fields{"t": "watch", "id": "a", "view": "audit", "after": 0})

	seen := map[string]int{}
	read := func(until string) {
		t.Helper()
		for kind := ""; kind != until; {
			f, err := v.read()
			must(t, err)
			if err := doc.check(doc.strict, f.T, f.Text); err != nil {
				t.Errorf("%s\n%v", f.Text, err)
			}
			kind = f.T
			seen[kind]++
		}
	}
	read("snapshot")
	read("snapshot")
	lease := alice.post("acquire", fields{"name": "lock:mine", "ttl": "30s", "owner": "alice"}).json()["lease"].(fields)
	read("delta")
	w.set("lock:held", "other", time.Minute, 0)
	alice.post("extend", fields{"lease": lease["id"], "ttl": "40s"}).status(200)
	read("delta")
	alice.post("release", fields{"lease": lease["id"]}).status(200)
	read("delta")
	alice.post("force-release", fields{"name": "lock:held", "fingerprint": "12345678", "reason": "reason"})
	read("audit")
	w.server.tabs.moved(tabKey{newSession(onlySession(t, alice)), "t1"}, "lock:mine", place{2, 3})
	read("wait")
	w.servers[1].Stop()
	read("node")
	read("beat")
	// More events than the Board remembers take too long here; a test of the
	// feed sees to it that a gap comes.
	f := &feed{id: "f"}
	gap := f.gapFrame(w.board.Epoch(), 7, 500, 400, 100)
	if err := doc.check(doc.strict, "gap", gap); err != nil {
		t.Errorf("%s\n%v", gap, err)
	}
	seen["gap"]++
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, sent) {
		t.Errorf("only %q were seen of %q", got, sent)
	}
}

func TestWhatClientsMaySendIsAsDescribed(t *testing.T) {
	doc := readStreamDoc(t)
	messages := doc.content["components"].(fields)["messages"].(fields)
	for _, kind := range doc.kinds("ask") {
		examples := messages[kind].(fields)["examples"].([]any)
		if len(examples) == 0 {
			t.Errorf("%s has no example", kind)
		}
		for _, example := range examples {
			text := encode(example.(fields)["payload"])
			if err := doc.check(doc.strict, kind, text); err != nil {
				t.Errorf("%s\n%v", text, err)
			}
			if _, err := parseClientFrame(text); err != nil {
				t.Errorf("%s: the server refuses the example: %v", text, err)
			}
		}
	}
	// What the reference client sends.
	after := uint64(3)
	for _, watch := range []streamclient.Watch{
		{View: "locks", Q: "x", State: "held", Sort: "-name", Mine: true, Offset: 3, Limit: 7},
		{View: "lock", NameB64: "/w=="}, {View: "events", Owner: "bob", Kind: "lost", After: &after},
		{View: "audit", Actor: "browser-3f2a", Kind: "acquire,force-release", After: &after},
	} {
		message := fields{"t": "watch", "id": "w"}
		must(t, json.Unmarshal(encode(watch), &message))
		if err := doc.check(doc.strict, "watch", encode(message)); err != nil {
			t.Error(err)
		}
	}
	// What the server refuses, the description does not allow.
	for message := range malformed {
		var frame struct{ T string }
		if json.Unmarshal([]byte(message), &frame) != nil || !slices.Contains(doc.kinds("ask"), frame.T) {
			continue // of no kind that is described
		}
		if err := doc.check(doc.compiler, frame.T, []byte(message)); err == nil {
			t.Errorf("%s is refused but described", message)
		}
	}
}

func TestTheDescriptionKnowsAllWords(t *testing.T) {
	doc := readStreamDoc(t)
	schemas := doc.content["components"].(fields)["schemas"].(fields)
	words := func(schema, member string) []any {
		return schemas[schema].(fields)["properties"].(fields)[member].(fields)["enum"].([]any)
	}
	for where, c := range map[string]struct {
		described []any
		want      any
	}{
		"the states of a lock": {words("lockMembers", "state"), states},
		"the states to watch":  {words("watch", "state"), append([]string{""}, states...)},
		"the orders":           {words("watch", "sort"), append([]string{""}, sorts...)},
		"the kinds of events":  {words("activity", "kind"), watcher.ActivityKinds},
		"the actions":          {words("entry", "action"), actions},
		"the views":            {words("watch", "view"), streamViews},
	} {
		if got, want := encode(c.described), encode(c.want); !bytes.Equal(got, want) {
			t.Errorf("%s: described are %s, there are %s", where, got, want)
		}
	}
}

func TestTheDescriptionNamesTheCloseCodesAndLimits(t *testing.T) {
	text, err := os.ReadFile("../docs/asyncapi.yaml")
	must(t, err)
	for _, code := range []int{closeMalformed, closeSlow, closeTooMany, streamclient.CloseMalformed, streamclient.CloseSlow, streamclient.CloseTooMany, 1001, 1009} {
		if !strings.Contains(string(text), "| "+strconv.Itoa(code)+" |") {
			t.Errorf("%d is not explained", code)
		}
	}
	if !strings.Contains(string(text), "`"+streamProtocol+"`") || streamProtocol != streamclient.Protocol {
		t.Error("the protocol is not named")
	}
}
