package e2e

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/chromedp"
)

func TestHostileNamesAreShownAndDoNothing(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		names := []struct{ name, shown string }{
			{"lock:<script>window.pwned=1</script>", "lock:<script>window.pwned=1</script>"},
			{`lock:"><img src=x onerror=window.pwned=1>`, `lock:"><img src=x onerror=window.pwned=1>`},
			{`lock:' onmouseover='window.pwned=1' {{7*7}} ${7*7}`, `lock:' onmouseover='window.pwned=1' {{7*7}} ${7*7}`},
			{"lock:\u202egnp.exe", "lock:U+202Egnp.exe"},
			{"lock:two\nlines", `lock:two\nlines`},
			{"lock:zero\u200bwidth", "lock:zeroU+200Bwidth"},
			{"lock:\xff\xfeé", `lock:\xff\xfeé`},
		}
		b := open(t, p.page("/"))
		b.waitLive()
		for _, n := range names {
			setOn(t, p.nodes, n.name, "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:<img src=x onerror=window.pwned=1>", time.Minute)
		}
		check := func(how string) {
			t.Helper()
			for _, n := range names {
				r := b.waitRow(attribute(n.name), "held "+how, func(r *row) bool { return r.State == "held" })
				if r.Name != n.shown {
					t.Errorf("%s, %q is shown as %q", how, n.name, r.Name)
				}
				if r.Owner != "<img src=x onerror=window.pwned=1>" {
					t.Errorf("%s, the owner of %q is shown as %q", how, n.name, r.Owner)
				}
			}
			if ask[int](b, `document.querySelectorAll("main script, main img, main [onmouseover], main [onerror]").length`) != 0 {
				t.Errorf("%s, a name became an element", how)
			}
			if ask[bool](b, `"pwned" in window`) {
				t.Errorf("%s, a name was executed", how)
			}
		}
		check("by the stream")
		for _, n := range names {
			selector := `[data-name=` + cssQuoted(n.name) + `]`
			if attribute(n.name) != n.name {
				selector = `[data-name-b64="` + attribute(n.name) + `"]`
			}
			b.click("#rows .row" + selector + " .c-name")
			b.wait("the panel shows it", `document.querySelector("#panel [data-field=name]").textContent === `+quoted(n.shown))
		}
		b.picture(p.kind + "-hostile-names")
		b.do("load again", chromedp.Reload())
		check("by the first paint")
		b.waitLive()
		check("live after the first paint")

		b.do("search", chromedp.Navigate(p.page("/?q="+url.QueryEscape(`"><script>window.pwned=1</script>`))))
		b.waitLive()
		b.wait("nothing is found", `document.querySelector("#no-match").checkVisibility()`)
		if got := ask[string](b, `document.querySelector("#q").value`); got != `"><script>window.pwned=1</script>` {
			t.Errorf("the search says %q", got)
		}
		if ask[bool](b, `"pwned" in window`) {
			t.Error("the search was executed")
		}
		for _, n := range names {
			redisDelete(t, p.nodes, n.name)
		}
	})
}

// attribute is how a row names a lock: as it is, or in base64 where it cannot
// be text.
func attribute(name string) string {
	if utf8.ValidString(name) && !strings.ContainsAny(name, "\n\t\r\x00") {
		return name
	}
	return base64.StdEncoding.EncodeToString([]byte(name))
}

// cssQuoted is a string in a selector.
func cssQuoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
