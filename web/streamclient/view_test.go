package streamclient

import (
	"encoding/json"
	"reflect"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// after applies frames to a view of a window, or of a feed.
func after(t *testing.T, watch Watch, frames ...string) (view, Stats) {
	t.Helper()
	v, stats := view{watch: watch}, Stats{}
	for _, text := range frames {
		f, err := parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v.apply(f, &stats)
	}
	return v, stats
}

func TestPatchesAreMergedAsRFC7396Says(t *testing.T) {
	for _, c := range []struct{ row, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":"text"}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	} {
		var row, patch, want Row
		for into, text := range map[*Row]string{&row: c.row, &patch: c.patch, &want: c.want} {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		if got := row.Patched(patch); !reflect.DeepEqual(got, want) {
			t.Errorf("%s with %s: got %v, want %v", c.row, c.patch, got, want)
		}
	}
}

const shot = `{"t":"snapshot","e":"x","s":5,"rows":[{"name":"a","seq":5,"state":"held","votes":[],"fence":7}],"total":1,"counts":{"held":1}}`

func TestAWindowTakesInWhatChangedAndWhatLeft(t *testing.T) {
	v, stats := after(t, Watch{View: "locks"}, shot,
		`{"t":"delta","e":"x","s":8,"set":[{"name":"a","seq":6,"fence":null},{"nameB64":"/w==","seq":8,"state":"free","votes":[]}],"del":[],"total":2}`)
	if v.Seq != 8 || v.Epoch != "x" || v.Total != 2 || len(v.Rows) != 2 || v.Rows["a"]["fence"] != nil || v.Rows["a"].State() != "held" || v.Rows["b64:/w=="].Seq() != 8 {
		t.Errorf("got %+v", v.Window)
	}
	if stats.Doubled+stats.Lost+stats.Repeated != 0 || stats.Snapshots != 1 || stats.Deltas != 1 {
		t.Errorf("got %+v", stats)
	}
	v, _ = after(t, Watch{View: "locks"}, shot, `{"t":"delta","e":"x","s":9,"set":[],"del":[{"name":"a"}],"total":0}`)
	if len(v.Rows) != 0 {
		t.Errorf("got %+v", v.Rows)
	}
}

func TestRowsThatCameTwiceOrNotAtAllAreCounted(t *testing.T) {
	if _, stats := after(t, Watch{}, shot, `{"t":"delta","e":"x","s":6,"set":[{"name":"a","seq":5,"fence":8}]}`); stats.Doubled != 1 {
		t.Errorf("a row again: got %+v", stats)
	}
	if _, stats := after(t, Watch{}, shot, `{"t":"delta","e":"x","s":6,"set":[{"name":"b","seq":6,"fence":8}]}`); stats.Lost != 1 {
		t.Errorf("a patch of a row that never came: got %+v", stats)
	}
	v, stats := after(t, Watch{}, shot)
	f, _ := parse([]byte(`{"t":"delta","e":"x","s":6,"set":[{"name":"a","seq":5}]}`))
	v.resumed = 4
	if v.apply(f, &stats); stats.Repeated != 1 || stats.Doubled != 0 || v.resumed != 0 {
		t.Errorf("a row again after a break: got %+v", stats)
	}
}

func TestEventsThatCameTwiceOrNotAtAllAreCounted(t *testing.T) {
	event := `{"t":"event","e":"x","after":3,"events":[{"seq":2},{"seq":3}]}`
	for what, c := range map[string]struct {
		watch  Watch
		frames []string
		want   Stats
	}{
		"in order":      {Watch{}, []string{event, `{"t":"event","e":"x","after":4,"events":[{"seq":4}]}`}, Stats{Events: 3}},
		"again":         {Watch{}, []string{event, event}, Stats{Events: 2, Doubled: 2}},
		"left out":      {Watch{}, []string{event, `{"t":"event","e":"x","after":7,"events":[{"seq":7}]}`}, Stats{Events: 3, Lost: 3}},
		"filtered":      {Watch{Kind: "lost"}, []string{event, `{"t":"event","e":"x","after":7,"events":[{"seq":7}]}`}, Stats{Events: 3}},
		"another epoch": {Watch{}, []string{event, `{"t":"event","e":"y","after":1,"events":[{"seq":1}]}`}, Stats{Events: 3}},
		"after a gap": {Watch{}, []string{event, `{"t":"gap","e":"x","after":6,"from":4,"to":6,"count":3}`, `{"t":"event","e":"x","after":7,"events":[{"seq":7}]}`},
			Stats{Events: 3, Gaps: []Gap{{4, 6, 3}}}},
	} {
		if _, got := after(t, c.watch, c.frames...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", what, got, c.want)
		}
	}
}
