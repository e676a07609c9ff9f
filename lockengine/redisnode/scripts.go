package redisnode

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// A script runs on the server as one step.
type script struct {
	text          string
	bySHA, inFull []byte // how a call begins on the wire, from its verb on
}

func newScript(text string) script {
	sum := sha1.Sum([]byte(text))
	return script{
		text:   text,
		bySHA:  words(nil, "EVALSHA", hex.EncodeToString(sum[:])),
		inFull: words(nil, "EVAL", text),
	}
}

// append begins a call with a number of keys and of keys and arguments
// together, which have to follow. A server that has forgotten the script needs
// it in full.
func (s *script) append(b []byte, keys, args int, full bool) []byte {
	b = appendHeader(b, 3+args)
	if full {
		b = append(b, s.inFull...)
	} else {
		b = append(b, s.bySHA...)
	}
	return appendInt(b, int64(keys))
}

// scripts are all that a server has to know.
var scripts = []script{acquireScript, raiseScript, extendScript, releaseScript, releaseManyScript}

// The scripts about one token answer 0 where the name is free and {PTTL} where
// somebody else holds it; a key of another type than a string is somebody
// else's. Otherwise the thing was done and they answer 1, or what they say.

// raiseScript raises the fence of KEYS[1] in KEYS[2] to at least ARGV[2], or
// with ARGV[3] = 1 above what it is, and answers it, if the token is ARGV[1].
// Fences stay below 2^53, so a double holds them.
var raiseScript = newScript(holds + `
local seen = tonumber(redis.call('ZSCORE', KEYS[2], KEYS[1]) or '0')
local fence = math.max(tonumber(ARGV[2]), seen + tonumber(ARGV[3]))
if fence > seen then
  redis.call('ZADD', KEYS[2], string.format('%.0f', fence), KEYS[1])
end
return string.format('%.0f', fence)`)

// extendScript makes a lease last at least ARGV[2] ms, if its token is
// ARGV[1]. It never shortens a lease and never creates a key.
var extendScript = newScript(holds + `
local left = redis.call('PTTL', KEYS[1])
if left >= 0 and left < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`)

// releaseScript deletes KEYS[1] if its token is ARGV[1].
var releaseScript = newScript(holds + `
redis.call('DEL', KEYS[1])
return 1`)

// releaseManyScript deletes each name whose token is the argument in the same
// place. In the ordinary case these are all of them, and it answers how many keys
// there were. Otherwise it answers for each 1, or 0 where the name is free, or where
// somebody else holds it 2 and what PTTL says, -1 for ever. It calls the server as
// seldom as it can, since that is what costs: MGET says nothing of a key of another
// type, which is told from a free name afterwards.
var releaseManyScript = newScript(`
local values = redis.call('MGET', unpack(KEYS))
local all = true
for i = 1, #KEYS do
  if values[i] ~= ARGV[i] then
    all = false
    break
  end
end
if all then return redis.call('DEL', unpack(KEYS)) end
local mine, said = {}, {}
for i = 1, #KEYS do
  if values[i] == ARGV[i] then
    mine[#mine + 1] = KEYS[i]
    said[i] = 1
  else
    local left = redis.call('PTTL', KEYS[i])
    said[i] = left == -2 and 0 or left < 0 and -1 or left + 2
  end
end
if #mine > 0 then redis.call('DEL', unpack(mine)) end
return said`)

// holds ends a script unless KEYS[1] holds ARGV[1].
const holds = `
local value = redis.pcall('GET', KEYS[1])
if not value then return 0 end
if value ~= ARGV[1] then return {redis.call('PTTL', KEYS[1])} end`

// acquireScript is SET NX GET and ZADD GT CH for servers before 7.0, which do
// not have them. It answers {what was there or false, whether the fence rose}.
var acquireScript = newScript(`
local value = redis.pcall('GET', KEYS[1])
if not value then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif type(value) == 'table' then
  return redis.error_reply('WRONGTYPE a key of another type')
end
local seen = tonumber(redis.call('ZSCORE', KEYS[2], KEYS[1]) or '0')
local rose = 0
if tonumber(ARGV[3]) > seen then
  redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
  rose = 1
end
return {value, rose}`)

// isNoScript reports whether the server did not know a script, which then did
// not run.
func isNoScript(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT")
}
