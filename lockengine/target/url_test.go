package target

import (
	"strings"
	"testing"
)

func TestAURLSaysWhereANodeIs(t *testing.T) {
	for _, c := range []struct {
		url, mode, address, places string
		tls                        bool
		user, password             string
		db                         int
	}{
		{"redis://127.0.0.1:6379", "standalone", "127.0.0.1:6379", "127.0.0.1:6379", false, "", "", 0},
		{"redis://u:pw@a:1/3", "standalone", "a:1/3", "a:1", false, "u", "pw", 3},
		{"unix:///run/r.sock?db=2", "standalone", "/run/r.sock/2", "/run/r.sock", false, "", "", 2},
		{"redis+sentinel://h1,h2:1,[::1]/mymaster", "sentinel", "mymaster",
			"h1:26379/mymaster h2:1/mymaster [::1]:26379/mymaster", false, "", "", 0},
		{"rediss+sentinel://u:p%40w@h1/my%20master/4?sentinel_username=s&sentinel_password=t", "sentinel", "my master/4",
			"h1:26379/my master", true, "u", "p@w", 4},
		{"redis+cluster://:pw@h1,h2:7000", "cluster", "h1:6379", "h1:6379 h2:7000", false, "", "pw", 0},
		{"rediss+cluster://h1/0?read_timeout=3s", "cluster", "h1:6379", "h1:6379", true, "", "", 0},
		{" redis+cluster://user:a@b@h1 ", "cluster", "h1:6379", "h1:6379", false, "user", "a@b", 0},
	} {
		x, err := Parse(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if string(x.Mode) != c.mode || x.Address() != c.address || strings.Join(x.Places(), " ") != c.places {
			t.Errorf("%s: %s %q %q", c.url, x.Mode, x.Address(), x.Places())
		}
		if o := x.Options; (o.TLSConfig != nil) != c.tls || o.Username != c.user || o.Password != c.password || o.DB != c.db {
			t.Errorf("%s: %+v", c.url, x.Options)
		}
		if c.mode != "standalone" && x.Options.TLSConfig != nil && x.Options.TLSConfig.ServerName != "" {
			t.Errorf("%s: all servers are taken for %q", c.url, x.Options.TLSConfig.ServerName)
		}
	}
	x, _ := Parse("rediss+sentinel://u:p%40w@h1/my%20master/4?sentinel_username=s&sentinel_password=t")
	if s := x.sentinel; s.Username != "s" || s.Password != "t" || s.TLSConfig == nil {
		t.Errorf("the sentinels are asked with %+v", s)
	}
	if s, _ := Parse("redis+sentinel://u:pw@h1/m"); s.sentinel.Password != "" || s.sentinel.TLSConfig != nil {
		t.Error("the sentinels are given the password of the servers")
	}
}

func TestAURLThatCannotBeUsedIsRefusedWithoutItsPassword(t *testing.T) {
	for url, want := range map[string]string{
		"":                                     "empty address",
		"localhost:6379":                       "no scheme",
		"http://h":                             `scheme "http"`,
		"redis+other://h":                      `scheme "redis+other"`,
		"redis://u:hunter2%zz@h":               "not a URL",
		"redis+sentinel://u:hunter2@h1":        "no name of a master",
		"redis+sentinel://u:hunter2@h1/m/x":    "not a number",
		"redis+sentinel://u:hunter2@/m":        "host 1",
		"redis+sentinel://u:hunter2@h1,,h2/m":  "host 2",
		"redis+sentinel://u:hunter2@h1,h1/m":   "named twice",
		"redis+sentinel://u:hunter2@h1:x/m":    "host 1",
		"redis+sentinel://u:hunter2@h1:0/m":    "host 1",
		"redis+sentinel://u:hun/ter2@h1/m":     "not a URL",
		"redis+sentinel://u:hunter2:x@h1/m?a=": "unexpected option: a",
		"redis+cluster://u:hunter2@h1/3":       "no database but 0",
		"redis+cluster://u:hunter2@h 1":        "host 1",
		"redis+cluster://u:hunter2%zz@h1":      "not a URL",
		"redis+cluster://h1?pool_size=hunter":  "pool_size",
		"redis+cluster://h1?%zz":               "not a URL",
		"redis+cluster://":                     "host 1",
	} {
		_, err := Parse(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", url, err, want)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%q: the error tells the password: %v", url, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("redis+sentinel://u:%s@h1,h2:1/m/0?sentinel_password=%s")
	f.Add("redis+cluster://:%s@[::1]:1,h2?db=%s")
	f.Add("rediss://%s")
	f.Fuzz(func(t *testing.T, raw string) {
		if x, err := Parse(raw); err == nil && (x.Options == nil || x.Address() == "" && x.Mode != Standalone || len(x.Places()) == 0) {
			t.Errorf("%q: %+v", raw, x)
		}
	})
}
