// Package redistest gives tests real Redis servers.
package redistest

import (
	"testing"

	"github.com/lockscope/lockscope/internal/spawn"
)

// Start runs one real Redis server for the length of the test.
func Start(t testing.TB, args ...string) *spawn.Server {
	t.Helper()
	return StartAll(t, 1, args...)[0]
}

// StartAll runs n real Redis servers for the length of the test. A machine
// without redis-server fails the test: a skipped proof is no proof.
func StartAll(t testing.TB, n int, args ...string) []*spawn.Server {
	t.Helper()
	servers, err := spawn.StartAll(t.Context(), n, args...)
	if err != nil {
		t.Fatalf("real Redis servers: %v", err)
	}
	t.Cleanup(func() { spawn.StopAll(servers) })
	return servers
}
