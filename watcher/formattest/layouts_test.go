package formattest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What the libraries write that cannot be had here, from their sources.
const (
	client  = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c"
	another = "a1b2c3d4-e5f6-4789-8abc-def012345678"
	machine = "web-1_4711_3f2a9c1e7b4d4e8a9c3f0d1e2f3a4b5c"
)

// layout is a lock that is taken and released by commands, one on each line, on
// every server. NAME is the name of the lock, NOW the time in milliseconds
// and LATER that in a minute.
func layout(take, release string) func(*testing.T, *rig, string) hold {
	return func(t *testing.T, r *rig, name string) hold {
		run := func(commands string) func() {
			return func() {
				t.Helper()
				now := time.Now()
				commands := strings.NewReplacer("NAME", name, "NOW", fmt.Sprint(now.UnixMilli()),
					"LATER", fmt.Sprint(now.Add(time.Minute).UnixMilli())).Replace(commands)
				for _, c := range r.clients {
					for command := range strings.Lines(commands) {
						var args []any
						for _, word := range strings.Fields(command) {
							args = append(args, word)
						}
						if len(args) > 0 {
							must(t, c.Do(t.Context(), args...).Err())
						}
					}
				}
			}
		}
		return hold{run(take), run(release)}
	}
}

// value is a lock that is one string under its name.
func value(v string) func(*testing.T, *rig, string) hold {
	return layout("SET NAME "+v+" NX PX 60000", "DEL NAME")
}

var (
	redissonLock = layout(`
		HINCRBY NAME `+client+`:1 1
		PEXPIRE NAME 30000`, `
		SET redisson_unlock_latch:{NAME}:00112233445566778899aabbccddeeff 1 PX 1000
		DEL NAME`)
	redissonFenced = layout(`
		INCR redisson_lock_token:{NAME}
		HINCRBY NAME `+client+`:1 1
		PEXPIRE NAME 30000`, `
		DEL NAME`)
	redissonFair = layout(`
		HSET NAME `+client+`:1 1
		PEXPIRE NAME 30000
		ZADD redisson_lock_timeout:{NAME} NOW `+another+`:7
		RPUSH redisson_lock_queue:{NAME} `+another+`:7`, `
		DEL NAME
		LPOP redisson_lock_queue:{NAME}
		ZREM redisson_lock_timeout:{NAME} `+another+`:7`)
	redissonReaders = layout(`
		HSET NAME mode read `+client+`:1 1
		SET {NAME}:`+client+`:1:rwlock_timeout:1 1 PX 30000
		HINCRBY NAME `+another+`:1 1
		SET {NAME}:`+another+`:1:rwlock_timeout:1 1 PX 30000
		PEXPIRE NAME 30000`, `
		DEL {NAME}:`+client+`:1:rwlock_timeout:1 {NAME}:`+another+`:1:rwlock_timeout:1 NAME`)
	redissonWriter = layout(`
		HSET NAME mode write `+client+`:1:write 1
		PEXPIRE NAME 30000`, `
		DEL NAME`)
	redissonPermits = layout(`
		SET NAME 2
		ZADD {NAME}:timeout LATER 0123456789abcdef`, `
		DEL NAME {NAME}:timeout`)
	machineReaders = layout(`
		SADD lock:rw.readers `+machine+`
		PEXPIRE lock:rw.readers 60000`, `
		SREM lock:rw.readers `+machine)
	machineSemaphore = layout(`
		ZADD NAME LATER `+machine+`
		PEXPIRE NAME 90000`, `
		ZREM NAME `+machine)
)
