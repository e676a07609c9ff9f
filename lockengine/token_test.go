package lockengine

import (
	"strings"
	"testing"
	"time"
)

func TestATokenTellsItsOwnerAndVersionAndNothingElse(t *testing.T) {
	for _, owner := range []string{"", "alice", "alice: of ops", "ünïcode"} {
		token := newToken(1795402113000000, owner)
		parts, ok := ParseToken(token)
		if !ok || parts.Owner != owner || parts.Version != 1795402113000000 {
			t.Errorf("%q: %+v, %v", owner, parts, ok)
		}
		if again := newToken(1795402113000000, owner); again == token {
			t.Error("a token was given out twice")
		}
		if fp := Fingerprint(token); len(fp) != 8 || strings.Contains(token, fp) {
			t.Errorf("fingerprint %q", fp)
		}
	}
	if at := (TokenParts{Version: 1_000_000}).At(); !at.Equal(time.Unix(1, 0)) {
		t.Errorf("at %s", at)
	}
}

func TestValuesOfOthersAreNotOurTokens(t *testing.T) {
	token := newToken(5, "a")
	for _, value := range []string{"", "ls1:", "v", strings.Replace(token, "ls1", "ls2", 1), strings.Replace(token, ":5:", ":05:", 1),
		strings.Replace(token, ":5:", ":-5:", 1), token[:len(token)-3], token + "\n", "ls1:5:!!!!!!!!!!!!!!!!!!!!!!:a"} {
		if _, ok := ParseToken(value); ok {
			t.Errorf("%q was taken for ours", value)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(newToken(5, "alice"))
	f.Add("ls1:1::")
	f.Fuzz(func(t *testing.T, value string) {
		parts, ok := ParseToken(value)
		if !ok {
			return
		}
		rest := strings.Split(value, ":")
		if parts.Version <= 0 || !strings.HasSuffix(value, ":"+parts.Owner) || len(rest) < 4 || len(rest[2]) != tokenRandom {
			t.Errorf("%q was read as %+v", value, parts)
		}
	})
}
