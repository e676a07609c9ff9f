package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/gorilla/websocket"
)

// proxyConfig is what README.md tells to write, with all that nginx keeps in a
// folder of the test.
const proxyConfig = `
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events { worker_connections 256; }
http {
  access_log %[1]s/access.log;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen %[2]s;
    location /ops/locks {
      proxy_pass http://%[3]s;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 60s;
    }
    location / { return 418; }
  }
}
`

// behindNginx puts a real nginx before the program and returns the address of
// the page there.
func behindNginx(t *testing.T, p *program) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // where not everybody looks
	}
	folder := t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	config := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, proxyConfig, folder, address, p.host()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", folder, "-c", config, "-e", filepath.Join(folder, "error.log"))
	if err := cmd.Start(); err != nil {
		t.Fatalf("nginx: %v (make tools installs it)", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(stopTime):
			_ = cmd.Process.Kill()
			<-exited
		}
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			t.Logf("nginx said:\n%s", said)
		}
	})
	again, deadline := time.NewTicker(10*time.Millisecond), time.NewTimer(startTime)
	defer again.Stop()
	defer deadline.Stop()
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address + "/ops/locks/"
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatal("nginx does not listen")
		}
	}
}

func TestEverythingWorksBehindNginx(t *testing.T) {
	p := start(t, "embedded", "-base-path", "/ops/locks")
	page := behindNginx(t, p)
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, page)
	b.waitLive()
	b.waitNodes()
	name := lockName(t, "proxied")
	b.acquire(form{name: name, ttl: "20s"})
	b.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.CanRelease })
	b.act(name, "release")
	b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
	b.palette(name, name)
	b.wait("the palette leads to the lock", `location.pathname === "/ops/locks/lock"`)
	b.waitLive()
	b.keys("gn")
	b.wait("g n leads to the nodes", `location.pathname === "/ops/locks/nodes"`)
	b.waitLive()
	for _, request := range b.asked() {
		asked, err := url.Parse(request)
		if err != nil || (asked.Host != "" && (asked.Host != u.Host || !strings.HasPrefix(asked.Path, "/ops/locks/"))) {
			t.Errorf("the page asked for %s, not below %s", request, page)
		}
	}
	cookies := call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{page}}).Cookies
	if len(cookies) != 1 || cookies[0].Path != "/ops/locks/" || !cookies[0].HTTPOnly || cookies[0].SameSite != network.CookieSameSiteStrict {
		t.Errorf("the cookies are %+v", cookies)
	}

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{
		"": "308 /ops/locks/", "?q=a": "308 /ops/locks/?q=a",
		"/healthz": "200 ", "/readyz": "200 ", "/api/openapi.json": "200 ", "/api/v1/locks": "200 ", "/nothing": "404 ",
	} {
		answer, err := client.Get(strings.TrimSuffix(page, "/") + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location")); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
	checkOrigins(t, u)
}

// checkOrigins sees to it that the page of another site gets no stream and no
// command through the proxy.
func checkOrigins(t *testing.T, page *url.URL) {
	t.Helper()
	stream := "ws://" + page.Host + page.Path + "api/v1/stream"
	dialer := websocket.Dialer{Subprotocols: []string{"lockscope.v1.json"}, HandshakeTimeout: startTime}
	for origin, want := range map[string]int{"http://" + page.Host: http.StatusSwitchingProtocols, "http://evil.example": http.StatusForbidden} {
		conn, answer, err := dialer.Dial(stream, http.Header{"Origin": {origin}})
		if err == nil {
			conn.Close()
		}
		if answer == nil || answer.StatusCode != want {
			t.Errorf("a stream for %s: got %+v, %v, want %d", origin, answer, err, want)
		}
	}
	command, err := http.NewRequest(http.MethodPost, page.String()+"api/v1/locks/acquire", strings.NewReader(`{"name":"lock:x"}`))
	if err != nil {
		t.Fatal(err)
	}
	command.Header.Set("Content-Type", "application/json")
	command.Header.Set("Origin", "http://evil.example")
	answer, err := http.DefaultClient.Do(command)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a command of another site: got %s", answer.Status)
	}
}
