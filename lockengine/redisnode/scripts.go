package redisnode

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// A script runs on the server as one step.
type script struct {
	text string
	sha  string // what EVALSHA knows it by
}

func newScript(text string) script {
	sum := sha1.Sum([]byte(text))
	return script{text: text, sha: hex.EncodeToString(sum[:])}
}

// scripts are all that a server has to know.
var scripts = []script{extendScript, releaseScript}

// The scripts answer 1 where the token was there and the thing was done, 0
// where the name is free, and {PTTL} where somebody else holds it. A key of
// another type than a string is somebody else's.

// extendScript makes a lease last at least ARGV[2] ms, if its token is
// ARGV[1]. It never shortens a lease and never creates a key.
var extendScript = newScript(holds + `
local left = redis.call('PTTL', KEYS[1])
if left >= 0 and left < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`)

// releaseScript deletes the name if its token is ARGV[1].
var releaseScript = newScript(holds + `
redis.call('DEL', KEYS[1])
return 1`)

// holds ends a script unless KEYS[1] holds ARGV[1].
const holds = `
local value = redis.pcall('GET', KEYS[1])
if not value then return 0 end
if value ~= ARGV[1] then return {redis.call('PTTL', KEYS[1])} end`

// isNoScript reports whether the server did not know a script, which then did
// not run.
func isNoScript(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT")
}
