package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher/format"
)

func load(t *testing.T, args []string, env ...string) (*Config, []string) {
	t.Helper()
	c, err := Load(args, env, filepath.Join(t.TempDir(), ".env"))
	if err == nil {
		return c, nil
	}
	return nil, strings.Split(err.Error(), "\n")
}

func TestTheDefaultsAreAWorkingProgram(t *testing.T) {
	c, problems := load(t, nil)
	if problems != nil {
		t.Fatal(problems)
	}
	if c.Addr != "127.0.0.1:8080" || c.Nodes != NodesEmbedded || c.EmbeddedCount != 5 || c.TTL != 10*time.Second ||
		c.BasePath != "/" || len(c.Watch) != 1 || c.Watch[0] != "lock:*" || len(c.Warnings) != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestFlagsWinOverTheEnvironmentAndTheEnvironmentOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("LOCKSCOPE_TTL=1s\nLOCKSCOPE_MAX_TTL=2s\nLOCKSCOPE_NODE_TIMEOUT=3ms\nOTHER=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load([]string{"-node-timeout", "5ms", "--read-only"}, []string{"LOCKSCOPE_MAX_TTL=4s", "LOCKSCOPE_NODE_TIMEOUT=4ms", "PATH=/bin"}, file)
	if err != nil {
		t.Fatal(err)
	}
	if c.TTL != time.Second || c.MaxTTL != 4*time.Second || c.NodeTimeout != 5*time.Millisecond || !c.ReadOnly {
		t.Errorf("got %+v", c)
	}
}

func TestAllProblemsAreReportedTogether(t *testing.T) {
	_, problems := load(t, []string{"-nodes", "http://a", "-bogus", "-read-only=perhaps", "word", "-log-level", "loud"},
		"LOCKSCOPE_NODE_TIMEOT=1s", "LOCKSCOPE_TTL=soon", "LOCKSCOPE_RETRY_COUNT=-1", "LOCKSCOPE_WATCH_BUDGET=99", "LOCKSCOPE_CHECK_CONFIG=true",
		"LOCKSCOPE_EMBEDDED_COUNT=0", "LOCKSCOPE_BASE_PATH=x", "LOCKSCOPE_NOTIFICATIONS=maybe", "LOCKSCOPE_LOG_FORMAT=xml",
		"LOCKSCOPE_AUTH=basic", "LOCKSCOPE_ADDR=8080", "LOCKSCOPE_WATCH=,", "LOCKSCOPE_HOSTS=http://x", "LOCKSCOPE_DRIFT_FACTOR=2", "LOCKSCOPE_QUARANTINE=maybe", "LOCKSCOPE_LIBRARIES=a:*=redlocked,b:*")
	all := strings.Join(problems, "\n")
	for _, want := range []string{
		"LOCKSCOPE_NODE_TIMEOT: got \"a setting that does not exist\", want one of the settings of .env.example (did you mean LOCKSCOPE_NODE_TIMEOUT?)",
		"LOCKSCOPE_TTL: got \"soon\", want a duration such as 10s",
		"LOCKSCOPE_WATCH_BUDGET: got \"99\", want a whole number from 100 (such as 60000)",
		"LOCKSCOPE_RETRY_COUNT: got \"-1\", want 0 or more",
		"LOCKSCOPE_CHECK_CONFIG:", "LOCKSCOPE_EMBEDDED_COUNT: got \"0\"", "LOCKSCOPE_BASE_PATH:", "LOCKSCOPE_NOTIFICATIONS:",
		"LOCKSCOPE_LOG_FORMAT:", "LOCKSCOPE_AUTH:", "LOCKSCOPE_ADDR:", "LOCKSCOPE_WATCH:", "LOCKSCOPE_HOSTS:", "LOCKSCOPE_DRIFT_FACTOR:",
		"-nodes: got \"entry 1\", want a node's URL: scheme \"http\", want redis, rediss, unix, redis+sentinel",
		"LOCKSCOPE_QUARANTINE: got \"maybe\", want on or off",
		`LOCKSCOPE_LIBRARIES: got "a:*=redlocked", want pattern=library ("redlocked" is none of the known libraries: lockscope, redsync,`,
		`LOCKSCOPE_LIBRARIES: got "b:*", want pattern=library (such as orders:*=redsync)`,
		"-bogus:", "-read-only: got \"perhaps\", want true or false", "argument: got \"word\"", "-log-level: got \"loud\", want debug",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not reported: %s\nin:\n%s", want, all)
		}
	}
	if len(problems) != 22 {
		t.Errorf("%d problems:\n%s", len(problems), all)
	}
}

func TestPatternsArePinnedToLibraries(t *testing.T) {
	c, problems := load(t, nil, "LOCKSCOPE_LIBRARIES=orders:*=redsync, jobs:*=REDISSON")
	if problems != nil {
		t.Fatal(problems)
	}
	want := format.Pins{{Pattern: "orders:*", Library: format.Redsync}, {Pattern: "jobs:*", Library: format.Redisson}}
	if !slices.Equal(c.Libraries, want) {
		t.Errorf("got %+v", c.Libraries)
	}
}

func TestNobodyElseIsLetInUnlessThatIsSaid(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:8080", ":8080", "192.0.2.1:80", "example.com:80", "[::]:80"} {
		if _, problems := load(t, []string{"-addr", addr}); len(problems) != 1 || !strings.Contains(problems[0], "LOCKSCOPE_AUTH=none") {
			t.Errorf("%s: %v", addr, problems)
		}
		if _, problems := load(t, []string{"-addr", addr, "-auth", "none"}); problems != nil {
			t.Errorf("%s with auth none: %v", addr, problems)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:8080", "[::1]:80", ":0"} {
		if _, problems := load(t, []string{"-addr", addr}); problems != nil {
			t.Errorf("%s: %v", addr, problems)
		}
	}
}

func TestNodesThatAreNotIndependentAreRefusedAndAnEvenNumberIsWarnedAbout(t *testing.T) {
	_, problems := load(t, []string{"-nodes", "redis://localhost:6379/0,redis://127.0.0.1:6379/1,redis://b:1"})
	if len(problems) != 1 || !strings.Contains(problems[0], "entries 1 and 2 are both 127.0.0.1:6379") {
		t.Errorf("got %v", problems)
	}
	c, problems := load(t, []string{"-nodes", "redis://a:1, rediss://user:pw@b:2/3, unix:///run/redis.sock?db=1, redis://d:4"})
	if problems != nil {
		t.Fatal(problems)
	}
	if len(c.Targets) != 4 || c.Targets[1].Options.TLSConfig == nil || c.Targets[1].Options.Password != "pw" || c.Targets[2].Options.Network != "unix" {
		t.Errorf("got %+v", c.Targets)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "4 nodes tolerate the loss of 1") {
		t.Errorf("warned %v", c.Warnings)
	}
}

func TestANodeMayBeASentinelMasterOrACluster(t *testing.T) {
	c, problems := load(t, []string{"-nodes",
		"redis+sentinel://u:pw@s1:26379,s2:26379, s3:26379/mymaster/2,redis://b:1,redis+cluster://c1:7000,c2:7000,rediss+cluster://d1"})
	if problems != nil {
		t.Fatal(problems)
	}
	var got []string
	for _, x := range c.Targets {
		got = append(got, string(x.Mode)+" "+strings.Join(x.Places(), " "))
	}
	want := []string{"sentinel s1:26379/mymaster s2:26379/mymaster s3:26379/mymaster", "standalone b:1", "cluster c1:7000 c2:7000", "cluster d1:6379"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for nodes, want := range map[string]string{
		"redis+sentinel://h1,h2/m,redis+sentinel://h3,h2/m,redis://a": "entries 1 and 2 are both h2:26379/m",
		"redis+cluster://h1,h2,redis://h2:6379,redis://c":             "entries 1 and 2 are both h2:6379",
		"redis+sentinel://h1,h2":                                      "no name of a master",
		"redis+cluster://h1,h2/3":                                     "no database but 0",
		"redis://a,h2":                                                "no scheme",
	} {
		if _, problems := load(t, []string{"-nodes", nodes}); len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("%s: %q, want %q", nodes, problems, want)
		}
	}
	if _, problems := load(t, []string{"-nodes", "redis+sentinel://h1,h2/m,redis+sentinel://h1,h2/n,redis://a"}); problems != nil {
		t.Errorf("two masters of the same sentinels: %q", problems)
	}
}

func TestNoProblemRepeatsAPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("LOCKSCOPE_NODES 'redis://u:hunter2@h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(nil, nil, file)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	for _, nodes := range []string{"redis://u:hunter2@h:port/0", "redis://u:hunter2@h:1/x", "redis://u:hunter2@h:1/0?what=1", "http://u:hunter2@h", "u:hunter2@h", "redis://u:hunter2%zz@h", "redis+sentinel://u:hunter2@h1,h2:x/m", "redis+cluster://u:hunter2@h1,h2/2"} {
		_, problems := load(t, []string{"-nodes", nodes})
		if all := strings.Join(problems, "\n"); all == "" || strings.Contains(all, "hunter2") {
			t.Errorf("%s: %s", nodes, all)
		}
	}
}

func TestALeaseThatCannotBeIsNamed(t *testing.T) {
	if _, problems := load(t, []string{"-ttl", "2m"}); len(problems) != 1 || !strings.Contains(problems[0], "at most 1m0s") {
		t.Errorf("got %v", problems)
	}
	if _, problems := load(t, []string{"-ttl", "5ms"}); len(problems) != 1 || !strings.Contains(problems[0], "clock drift") {
		t.Errorf("got %v", problems)
	}
}

func TestHelpAndVersionNeedNoSettings(t *testing.T) {
	if _, err := Load([]string{"-help"}, []string{"LOCKSCOPE_TTL=x"}, "none"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	if c, err := Load([]string{"-version"}, nil, "none"); err != nil || !c.ShowVersion {
		t.Errorf("got %v", err)
	}
	var b strings.Builder
	Usage(&b)
	if !strings.Contains(b.String(), "-node-timeout") {
		t.Error("usage lists no flags")
	}
}

func TestTheExampleFileDocumentsEverySettingWithItsDefault(t *testing.T) {
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#?(LOCKSCOPE_[A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2]
	}
	define(&Config{}, &raw{}).VisitAll(func(f *flag.Flag) {
		if actions[f.Name] {
			return
		}
		key := envName(f.Name)
		if got, ok := documented[key]; !ok {
			t.Errorf("%s is not documented", key)
		} else if got != f.DefValue {
			t.Errorf("%s is documented with %q, its default is %q", key, got, f.DefValue)
		}
		delete(documented, key)
	})
	for key := range documented {
		t.Errorf("%s is documented and does not exist", key)
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	f.Add("-ttl", "5s", "LOCKSCOPE_NODES=redis://a:1")
	f.Add("--", "-=", "LOCKSCOPE_=x")
	f.Fuzz(func(t *testing.T, a, b, env string) {
		_, _ = Load([]string{a, b}, []string{env}, "/nonexistent/.env")
	})
}

func TestTheJournalIsOneServer(t *testing.T) {
	c, err := Load(nil, []string{"LOCKSCOPE_JOURNAL=redis://user:secret@10.0.0.9:6379/2"}, "")
	if err != nil || c.Journal == nil || c.Journal.Address() != "10.0.0.9:6379/2" || c.Journal.Options.Password != "secret" {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err := Load(nil, nil, ""); err != nil || c.Journal != nil {
		t.Errorf("without one: got %+v, %v", c, err)
	}
	for _, bad := range []string{"secret@nowhere", "http://user:secret@host", "redis+cluster://user:secret@10.0.0.9:6379"} {
		_, err := Load(nil, []string{"LOCKSCOPE_JOURNAL=" + bad}, "")
		if err == nil || !strings.HasPrefix(err.Error(), "LOCKSCOPE_JOURNAL: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
