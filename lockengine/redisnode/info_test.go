package redisnode

import (
	"strings"
	"testing"
)

func TestInfoIsReadLineByLine(t *testing.T) {
	fields := parseInfo("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n\r\n# Replication\r\nrole:master\r\nslave0:ip=::1,port=6380\r\nbroken")
	for key, want := range map[string]string{"redis_version": "7.0.15", "run_id": "abc", "role": "master", "slave0": "ip=::1,port=6380"} {
		if fields[key] != want {
			t.Errorf("%s is %q", key, fields[key])
		}
	}
	if len(fields) != 4 {
		t.Errorf("read %q", fields)
	}
	for version, want := range map[string]int{"7.0.15": 7, "6.2.14": 6, "10.1": 10} {
		if major, _, ok := cutVersion(version); !ok || major != want {
			t.Errorf("%s is of %d, %v", version, major, ok)
		}
	}
	for _, version := range []string{"", "7", ".1", "x.1"} {
		if major, _, ok := cutVersion(version); ok {
			t.Errorf("%q is of %d", version, major)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("# Server\r\nredis_version:7.0.15\r\n")
	f.Add("a:b\nc:\n:d\n")
	f.Fuzz(func(t *testing.T, info string) {
		for key, value := range parseInfo(info) {
			if strings.ContainsAny(key, ":\n") || strings.Contains(value, "\n") || !strings.Contains(info, key+":"+value) {
				t.Errorf("%q was read as %q: %q", info, key, value)
			}
		}
		cutVersion(info)
	})
}
