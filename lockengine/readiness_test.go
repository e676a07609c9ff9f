package lockengine_test

import (
	"strings"
	"testing"

	"github.com/lockscope/lockscope/lockengine"
)

func TestReadinessFindingsNameWhatIsWrongAndWhatMendsIt(t *testing.T) {
	for _, c := range []struct {
		what  string
		args  []string
		code  string
		grave bool
		mend  string
	}{
		{"a replica", []string{"--replicaof", "127.0.0.1 1"}, "role", true, "REPLICAOF NO ONE"},
		{"it drops keys under pressure", []string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, "eviction", true, "CONFIG SET maxmemory-policy noeviction"},
		{"it keeps nothing", nil, "persistence", false, "CONFIG SET appendonly yes"},
		{"it syncs now and then", []string{"--appendonly", "yes", "--appendfsync", "everysec"}, "fsync", false, "CONFIG SET appendfsync always"},
		{"the user may not ask for settings", []string{"--appendonly", "yes", "--user", "default", "on", "nopass", "~*", "&*", "+@all", "-config|get"}, "permission", false, "+config|get"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			e := newServers(t, 1, c.args...).unmet(t, patient) // on a replica no marker can be written
			var found lockengine.Finding
			eventually(t, "the finding "+c.code, func() bool {
				for _, f := range e.Status()[0].Findings {
					if f.Code == c.code {
						found = f
					}
				}
				return found.Code != ""
			})
			if found.Grave != c.grave || found.Text == "" || !strings.Contains(found.Mend, c.mend) {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestANodeThatIsAsItShouldBeHasNoFindings(t *testing.T) {
	e := newServers(t, 1, "--appendonly", "yes", "--appendfsync", "always").engine(t, patient)
	if f := e.Status()[0].Findings; len(f) != 0 {
		t.Errorf("found %+v", f)
	}
}

func TestAnEvictionPolicyWithoutAMemoryLimitDropsNothing(t *testing.T) {
	e := newServers(t, 1, "--maxmemory-policy", "allkeys-lru").engine(t, patient)
	for _, f := range e.Status()[0].Findings {
		if f.Code == "eviction" {
			t.Errorf("found %+v", f)
		}
	}
}
