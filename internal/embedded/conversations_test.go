package embedded

import (
	"fmt"
	"strings"
)

// conversations are the command sequences that a node must answer as a real
// server does.
func conversations() []conversation {
	var all []conversation
	for _, group := range [][]conversation{
		connectionTalk, configTalk, stringTalk, expiryTalk, keyTalk, hashTalk, zsetTalk, txTalk, pubsubTalk, scriptTalk,
		{largeValues(), allArities()},
	} {
		all = append(all, group...)
	}
	return all
}

var connectionTalk = []conversation{
	{"ping, echo, select", []string{
		`PING`, `ping "a b"`, `PING a b`, `ECHO ""`, `ECHO x`, `ECHO`, `SELECT 1`, `SET k one`, `SELECT 0`, `GET k`,
		`SELECT 16`, `SELECT -1`, `SELECT a`, `SELECT 1 2`, `SELECT 1`, `GET k`, `DEL k`, `SELECT 15`, `DBSIZE`,
	}},
	{"unknown commands", []string{
		`FOO`, `foo bar "baz qux" "\r\n"`, `"" a`, `FOO ` + strings.Repeat("x", 300) + ` b`, `foo ` + strings.Repeat("abcdefghi ", 20),
		`"G\x00T" a`, `CONFIG FOO`, `CLIENT FOO bar`, `SCRIPT FOO`, `PUBSUB FOO`, `COMMAND FOO`, `CONFIG`, `CLIENT`, `SCRIPT`, `PUBSUB`,
	}},
	{"hello", []string{
		`HELLO 4`, `HELLO x`, `HELLO 2 AUTH`, `HELLO 2 AUTH a`, `HELLO 2 SETNAME`, `HELLO 2 NONSENSE`, `HELLO 3 SETNAME "a b"`,
		`- HELLO 2 AUTH default secret SETNAME me`, `CLIENT GETNAME`, `PING`, `HELLO 2 AUTH somebody secret`,
	}},
	{"auth without a password", []string{`AUTH a`, `AUTH default a`, `AUTH a b`, `AUTH a b c`, `AUTH`}},
	{"client", []string{
		`CLIENT GETNAME`, `CLIENT SETNAME me`, `CLIENT GETNAME`, `CLIENT SETNAME "a b"`, `CLIENT SETNAME ""`, `CLIENT GETNAME`,
		`CLIENT NO-EVICT on`, `CLIENT NO-EVICT maybe`, `CLIENT REPLY on`, `CLIENT REPLY maybe`, `CLIENT ID x`, `CLIENT LIST foo`,
		`CLIENT LIST TYPE foo`, `CLIENT LIST ID 999999`, `CLIENT LIST TYPE master`, `CLIENT LIST ID x`,
	}},
	{"reset", []string{
		`SELECT 3`, `CLIENT SETNAME me`, `WATCH k`, `MULTI`, `SET k v`, `RESET`, `CLIENT GETNAME`, `EXEC`, `GET k`,
	}},
	{"others", []string{
		`WAIT 0 0`, `WAIT a 0`, `DEBUG SLEEP 0`, `DEBUG`, `SHUTDOWN FOO`, `SHUTDOWN ABORT`, `TIME 1`, `INFO nothing`, `COMMAND COUNT x`,
		`COMMAND DOCS nothing`, `SCRIPT KILL`,
	}},
}

var configTalk = []conversation{
	{"notify-keyspace-events in canonical order", func() []string {
		var lines []string
		for _, flags := range []string{"KEA", "A", "", "KEg$lshzxetdmn", "KEn", "KEAm", "mnKE", "Elgsh", "K", "xKE", "Kg$xeh", "KEg$lshzxetd", "KEAn"} {
			lines = append(lines, `CONFIG SET notify-keyspace-events "`+flags+`"`, `CONFIG GET notify-keyspace-events`)
		}
		return append(lines, `CONFIG SET notify-keyspace-events Q`, `CONFIG SET notify-keyspace-events KEA`)
	}()},
	{"values", []string{
		`CONFIG GET maxmemory-policy`, `CONFIG SET maxmemory-policy foo`, `CONFIG SET maxmemory-policy ALLKEYS-LRU`,
		`CONFIG GET maxmemory-policy`, `CONFIG SET maxmemory-policy noeviction`,
		`CONFIG GET appendfsync`, `CONFIG SET appendfsync always`, `CONFIG GET appendfsync`, `CONFIG SET appendfsync x`, `CONFIG SET appendfsync everysec`,
		`CONFIG GET appendonly`, `CONFIG SET appendonly x`, `CONFIG SET appendonly yes`, `CONFIG GET appendonly`, `CONFIG SET appendonly no`,
		`CONFIG GET maxmemory`, `CONFIG SET maxmemory 100mb`, `CONFIG GET maxmemory`, `CONFIG SET maxmemory 1k`, `CONFIG SET maxmemory x`,
		`CONFIG SET MAXMEMORY 0`, `CONFIG GET MAXMEMORY`, `CONFIG SET save "3600 1 300 100"`, `CONFIG GET save`, `CONFIG SET save x`, `CONFIG SET save ""`, `CONFIG GET save`,
		`CONFIG GET databases`, `CONFIG SET databases 4`, `CONFIG GET nonsense`, `CONFIG GET`, `CONFIG SET`, `CONFIG SET a`, `CONFIG SET a b`,
		`CONFIG SET appendonly no appendonly no`, `CONFIG SET appendonly no x`, `? CONFIG GET maxmemory-p[ox]* maxmemory`, `? CONFIG GET maxmemory max?emory`,
		`CONFIG SET appendonly yes nonsense x`, `CONFIG GET appendonly`, `CONFIG RESETSTAT`,
	}},
}

var stringTalk = []conversation{
	{"set and get", []string{
		`GET k`, `SET k v`, `GET k`, `SET k ""`, `GET k`, `STRLEN k`, `STRLEN none`, `SET k`, `SET`, `GET`, `GET a b`, `GETDEL k`, `GETDEL k`,
		`GETRANGE none 0 5`, `SET r abcdef`, `GETRANGE r 0 2`, `GETRANGE r 0 99`, `GETRANGE r -3 -1`, `GETRANGE r -99 1`, `GETRANGE r 4 2`, `GETRANGE r -1 -3`,
		`GETRANGE r 99 100`, `GETRANGE r 0 -99`, `GETRANGE r x 1`, `GETRANGE r 1`, `SET r ""`, `GETRANGE r 0 -1`, `HSET rh f v`, `GETRANGE rh 0 1`, `GETRANGE rh x 1`, `DEL r rh`,
		`SETNX k 1`, `SETNX k 2`, `GET k`, `GETSET k 3`, `GETSET k2 3`, `MGET k none k2`, `MGET`, `SET k v GET`, `SET k2 v GET NX`, `SET k3 v NX GET`, `SET k4 v XX GET`,
		`SET k v NX`, `SET n v NX`, `SET n w XX`, `SET m w XX`, `SET k v XX NX`, `SET k v NX XX`, `SET k v FOO`, `SET k v nx get px 10000`, `~ PTTL k`,
	}},
	{"set with expiry", []string{
		`SET k v PX 10000`, `~ PTTL k`, `TTL k`, `SET k v EX 100`, `~ PTTL k`, `SET k v`, `PTTL k`, `SET k v EX 100`, `SET k w KEEPTTL`, `~ PTTL k`, `SET k v PX 60000 NX`, `~ PTTL k`,
		`SET k v PX 70000 XX`, `~ PTTL k`, `SET k v PXAT 4102444800000`, `PEXPIRETIME k`, `EXPIRETIME k`, `SET k v EXAT 4102444800`, `PEXPIRETIME k`, `SETEX k 100 v`, `TTL k`, `PSETEX k 10000 v`, `~ PTTL k`,
		`SET k v GET KEEPTTL`, `~ PTTL k`, `GETSET k x`, `PTTL k`,
	}},
	{"set with bad expiry", []string{
		`SET k v EX`, `SET k v EX 0`, `SET k v EX a`, `SET k v PX -1`, `SET k v PX 1.5`, `SET k v EX 9223372036854775807`, `SET k v EX 9223372036854775`, `SET k v PX 9223372036854775807`,
		`SET k v EX 1 PX 1`, `SET k v KEEPTTL EX 1`, `SET k v EX 1 KEEPTTL`, `SET k v EX a FOO`, `SET k v EX 0 FOO`, `SET k v PXAT 0`, `SET k v EXAT 99999999999999999`, `SET k v EX " 1"`, `SET k v EX 01`, `SET k v EX +1`,
		`SETEX k 0 v`, `SETEX k a v`, `PSETEX k a v`, `PSETEX k 0 v`, `SETEX k 10000000000000000 v`, `SETEX k`, `EXISTS k`, `HSET h f v`, `SET h v GET EX 0`, `SET h v GET`,
	}},
	{"set in the past", []string{`SET k v PXAT 1`, `EXISTS k`, `GET k`, `SET k v EXAT 1`, `GET k`, `SET k v`, `SET k w PXAT 1`, `GET k`, `SET k v NX PXAT 1 GET`, `GET k`}},
	{"counters", []string{
		`INCR n`, `INCR n`, `DECR n`, `INCRBY n 10`, `DECRBY n 3`, `INCRBY n -5`, `GET n`, `INCRBY n a`, `INCRBY n 1.5`, `INCRBY n " 1"`, `SET n abc`, `INCR n`, `SET n 9223372036854775807`, `INCR n`, `DECR n`,
		`SET n -9223372036854775808`, `DECR n`, `DECRBY n -9223372036854775808`, `SET n " 1"`, `INCR n`, `SET n 007`, `INCR n`, `SET n -0`, `INCR n`, `SET n ""`, `INCR n`, `SET n 1 EX 100`, `INCR n`, `TTL n`,
		`HSET h f v`, `INCR h`, `SET n 1e3`, `INCR n`,
	}},
	{"wrong types", []string{
		`SET s v`, `HSET h f v`, `ZADD z 1 a`, `GET h`, `GET z`, `STRLEN h`, `INCR z`, `GETSET h x`, `GETDEL z`, `SET h v GET`, `MGET s h z`, `HGET s f`, `HSET s f v`, `HGETALL z`, `HLEN s`, `HEXISTS s f`, `HINCRBY s f 1`, `HDEL s f`,
		`HSETNX s f v`, `HMGET s f`, `HKEYS s`, `HVALS s`, `ZADD s 1 a`, `ZSCORE h a`, `ZREM s a`, `ZCARD s`, `ZRANGE s 0 -1`, `ZRANGEBYSCORE s 0 1`, `ZREMRANGEBYSCORE s 0 1`, `ZCOUNT s 0 1`, `ZINCRBY s 1 a`, `SET h v`, `GET h`, `SETNX z v`, `TYPE z`,
	}},
	{"binary keys and values", []string{
		`SET "a\x00b\r\n" "\x00\xff\r\n$5\r\n"`, `GET "a\x00b\r\n"`, `STRLEN "a\x00b\r\n"`, `HSET "\xff" "\x00" "\r\n"`, `HGETALL "\xff"`, `? KEYS *`, `EXISTS "a\x00b\r\n" a`, `SET "" empty`, `GET ""`, `DEL ""`, `PEXPIRE "a\x00b\r\n" 100000`, `DEL "a\x00b\r\n"`,
	}},
}

var expiryTalk = []conversation{
	{"expire and its conditions", []string{
		`EXPIRE none 10`, `SET k v`, `TTL k`, `PTTL k`, `TTL none`, `PTTL none`, `EXPIRETIME k`, `PEXPIRETIME none`, `EXPIRE k 100`, `TTL k`, `PEXPIRE k 10000`, `~ PTTL k`, `PERSIST k`, `PERSIST k`, `PERSIST none`, `TTL k`,
		`EXPIRE k 100 XX`, `EXPIRE k 100 GT`, `EXPIRE k 100 LT`, `TTL k`, `EXPIRE k 200 NX`, `EXPIRE k 50 GT`, `EXPIRE k 200 GT`, `TTL k`, `EXPIRE k 300 LT`, `EXPIRE k 100 LT`, `TTL k`, `EXPIRE k 150 XX GT`, `EXPIRE k 140 XX LT`, `TTL k`, `PERSIST k`, `EXPIRE k 100 nx`, `TTL k`, `EXPIRE k 1 LT XX`,
		`EXPIREAT k 4102444800`, `PEXPIRETIME k`, `PEXPIREAT k 4102444800001`, `PEXPIRETIME k`, `EXPIRETIME k`, `PEXPIREAT k 4102444800500`, `EXPIRETIME k`,
	}},
	{"bad expire", []string{
		`SET k v`, `EXPIRE k a`, `EXPIRE k 10 NX XX`, `EXPIRE k 10 NX GT`, `EXPIRE k 10 GT LT`, `EXPIRE k 10 FOO`, `EXPIRE k 10 NX FOO`, `EXPIRE k 9223372036854775807`, `EXPIRE k -9223372036854775807`, `PEXPIRE k 9223372036854775807`, `EXPIRE k 1.5`, `EXPIRE k`, `EXPIREAT k 9223372036854775807`,
		`EXPIRE none a`, `EXPIRE none 10 FOO`, `TTL k`, `PEXPIREAT k 9223372036854775807`, `PEXPIRETIME k`, `TTL`,
	}},
	{"expire in the past deletes", []string{
		`SET k v`, `PEXPIRE k -1`, `EXISTS k`, `SET k v`, `EXPIRE k 0`, `GET k`, `SET k v`, `EXPIREAT k 1`, `GET k`, `SET k v`, `PEXPIREAT k -1`, `SET k v EX 100`, `PEXPIRE k -9223372036854775808`, `EXISTS k`, `SET k v`, `EXPIRE k -1 GT`, `EXPIRE k -1 XX`, `EXISTS k`,
	}},
	{"expiry on time", []string{
		`SET k v PX 30`, `expired k`, `EXISTS k`, `GET k`, `HSET h f v`, `PEXPIRE h 20`, `expired h`, `HGETALL h`, `SET b 1 PX 10000`, `SET c 1`, `SET a 1 PX 10`, `expired a`, `DBSIZE`, `SET b 2`, `TTL b`, `SET d v PX 20 NX`, `expired d`, `SET d w NX PX 100000`,
		`ZADD z 1 a`, `PEXPIRE z 10`, `expired z`, `TYPE z`,
	}},
	{"a new value clears the old deadline", []string{`SET k v PX 10000`, `SET k w`, `TTL k`, `SET k v PX 10000`, `DEL k`, `SET k v`, `TTL k`, `SET k v EX 10`, `INCR n`, `EXPIRE n 100`, `INCR n`, `TTL n`, `HSET h a 1`, `EXPIRE h 100`, `HSET h b 2`, `TTL h`}},
}

var keyTalk = []conversation{
	{"del, exists, type", []string{
		`DEL a`, `SET a 1`, `SET b 1`, `HSET h f v`, `ZADD z 1 m`, `EXISTS a b c a`, `TOUCH a c`, `TYPE a`, `TYPE h`, `TYPE z`, `TYPE none`, `DBSIZE`, `DEL a b c a`, `UNLINK h z none`, `DBSIZE`, `DEL`, `EXISTS`, `TYPE`, `UNLINK`,
	}},
	{"keys and patterns", []string{
		`SET lock:a 1`, `SET lock:b 1`, `SET other 1`, `SET "l[x" 1`, `SET "we*rd" 1`, `SET aXb 1`, `? KEYS *`, `? KEYS lock:*`, `? KEYS lock:?`, `? KEYS lock:[ab]`, `? KEYS lock:[^a]`, `? KEYS lock:[a-c]`, `? KEYS lock:[c-a]`, `KEYS none*`, `? KEYS "l\\[x"`, `? KEYS "we\\*rd"`, `? KEYS a?b`, `? KEYS *o*`,
		`? KEYS [`, `? KEYS lock:[a`, `? KEYS "lock:\\"`, `? KEYS ""`, `? KEYS ***`, `? KEYS lock:[^a-b]`, `? KEYS lock:[]a]`, `KEYS`, `KEYS a b`,
	}},
	{"scan", []string{
		`SCAN 0`, `SET lock:a 1`, `SET lock:b 1`, `HSET lock:h f v`, `ZADD z 1 a`, `SET x 1 PX 100000`, `? SCAN 0`, `? SCAN 0 COUNT 1000`, `? SCAN 0 MATCH lock:* COUNT 100`, `? SCAN 0 TYPE hash`, `? SCAN 0 TYPE STRING MATCH l*`, `SCAN 0 TYPE foo`, `SCAN 0 TYPE zset`,
		`SCAN a`, `SCAN 0 MATCH`, `SCAN 0 COUNT 0`, `SCAN 0 COUNT -1`, `SCAN 0 COUNT a`, `SCAN 0 FOO bar`, `SCAN 99999999999999999999999`, `SCAN`, `? SCAN 0 COUNT 9223372036854775807`, `SCAN 1.5`, `? SCAN ""`,
	}},
	{"flush", []string{
		`SET a 1 EX 100`, `SELECT 1`, `SET b 1`, `FLUSHDB`, `DBSIZE`, `SELECT 0`, `DBSIZE`, `FLUSHALL`, `DBSIZE`, `SET a 1`, `FLUSHALL SYNC`, `FLUSHDB ASYNC`, `FLUSHALL FOO`, `FLUSHDB SYNC ASYNC`, `GET a`, `SET a 1`, `TTL a`,
	}},
	{"misses and new keys make events when asked for", []string{
		`CONFIG SET notify-keyspace-events KEAmn`, `GET none`, `SET a 1`, `SET a 2`, `EXISTS none a`, `TYPE none`, `TTL none`, `HGET none f`, `HSET h f v`, `HSET h f w`, `MGET a none`, `DEL none`, `SET b 1 GET`, `GETSET c 1`, `GETDEL none`, `ZADD z 1 a`, `ZSCORE none a`, `STRLEN none`, `INCR n`, `EXPIRE none 10`, `SET k v PXAT 1`, `GET k`,
		`EVAL "return redis.call('GET', 'none')" 0`, `HDEL none f`, `HGETALL none`, `HEXISTS none f`,
		`CONFIG SET notify-keyspace-events KEA`,
	}},
	{"only the events asked for", []string{
		`CONFIG SET notify-keyspace-events Kgx`, `SET a 1 EX 100`, `DEL a`, `HSET h f v`, `DEL h`, `CONFIG SET notify-keyspace-events E$h`, `SET a 1 EX 100`, `DEL a`, `HSET h f v`, `DEL h`, `CONFIG SET notify-keyspace-events KE`, `SET a 1`, `CONFIG SET notify-keyspace-events KEA`,
	}},
}

var hashTalk = []conversation{
	{"hashes", []string{
		`HGET h f`, `HSET h a 1 b 2`, `HSET h a 3 c 4`, `HGET h a`, `HGET h none`, `HGETALL h`, `HLEN h`, `HLEN none`, `HEXISTS h a`, `HEXISTS h z`, `HEXISTS none a`, `HKEYS h`, `HVALS h`, `HMGET h a none b`, `HMGET none a`, `HGETALL none`, `HKEYS none`,
		`HDEL h a none`, `HGETALL h`, `HSET h a 9`, `HGETALL h`, `HDEL h a b c`, `EXISTS h`, `HDEL h a`, `HSETNX h a 1`, `HSETNX h a 2`, `HMSET h x 1 y 2`, `HINCRBY h n 5`, `HINCRBY h n -7`, `HINCRBY h a 1`, `HGETALL h`,
	}},
	{"hash errors", []string{
		`HSET h`, `HSET h a`, `HSET h a b c`, `HMSET h a b c`, `HSET h f abc`, `HINCRBY h f 1`, `HINCRBY h a b`, `HINCRBY h a`, `HSET h m 9223372036854775807`, `HINCRBY h m 1`, `HINCRBY none f x`, `EXISTS none`, `HGET h`, `HGETALL`, `HDEL h`, `HINCRBY h new 9223372036854775807`, `HINCRBY h new 1`,
	}},
	{"redisson style", []string{
		`EVAL "if (redis.call('exists', KEYS[1]) == 0) then redis.call('hincrby', KEYS[1], ARGV[2], 1); redis.call('pexpire', KEYS[1], ARGV[1]); return nil; end; return redis.call('pttl', KEYS[1]);" 1 lock 30000 id:1`,
		`HGETALL lock`, `~ EVAL "if (redis.call('exists', KEYS[1]) == 0) then return nil; end; return redis.call('pttl', KEYS[1]);" 1 lock`, `SET lock x NX GET PX 1000`, `HINCRBY lock id:1 -1`, `HDEL lock id:1`, `EXISTS lock`,
	}},
}

var zsetTalk = []conversation{
	{"zadd", []string{
		`ZADD z 1 a`, `ZADD z 2 a`, `ZADD z CH 3 a 1 b`, `ZADD z NX 9 a 9 c`, `ZADD z XX 4 a 4 d`, `ZADD z GT CH 3 a`, `ZADD z GT CH 5 a`, `ZADD z LT CH 6 a`, `ZADD z LT CH 2 a`, `ZADD z GT CH 1 new`, `ZADD z INCR 5 a`, `ZADD z XX INCR 5 none`, `ZADD z GT INCR -1 a`, `ZADD z NX INCR 1 a`, `ZADD z XX GT CH 100 a 100 none`, `ZADD z CH 100 a`,
		`ZRANGE z 0 -1 WITHSCORES`, `ZSCORE z a`, `ZSCORE z none`, `ZSCORE none a`, `ZCARD z`, `ZCARD none`, `ZINCRBY z 2.5 a`, `ZADD none XX 1 a`, `EXISTS none`, `ZADD z 1 x 2 x 3 x`, `ZSCORE z x`, `ZADD z CH 1 y 2 y`, `ZADD none XX INCR 1 a`, `ZADD z INCR 1 fresh`,
	}},
	{"scores", []string{
		`ZADD z 1.5 a 3 b inf c -inf d 1e17 e 1700000000000000 f 0.1 g 1795399271596163 h -0 i 123456789012345678 j 0x10 k +5 l 1e-7 m .5 n`, `ZRANGE z 0 -1 WITHSCORES`, `ZADD z INCR -inf c`, `ZADD z a b`, `ZADD z nan b`, `ZADD z " 1" b`, `ZADD z 1_0 b`, `ZADD z "" b`, `ZADD z infinity q`, `ZSCORE z q`, `ZADD z 1e400 b`, `ZADD z 1 x nan y`, `ZSCORE z x`,
	}},
	{"zadd errors", []string{
		`ZADD z`, `ZADD z 1`, `ZADD z NX XX 1 a`, `ZADD z NX GT 1 a`, `ZADD z GT LT 1 a`, `ZADD z INCR 1 a 2 b`, `ZADD z 1 a 2`, `ZADD z NX`, `ZADD z NX CH`, `ZADD z INCR nan a`, `ZADD z FOO 1 a`, `ZSCORE z`, `ZINCRBY z x a`, `ZINCRBY z 1`, `EXISTS z`,
	}},
	{"removal", []string{
		`ZADD z 1 a 2 b 3 c 4 d 5 e`, `ZREM z a none`, `ZREM none a`, `ZREMRANGEBYSCORE z (2 3`, `ZRANGE z 0 -1`, `ZREMRANGEBYSCORE z 10 20`, `ZREMRANGEBYSCORE z -inf +inf`, `EXISTS z`, `ZREMRANGEBYSCORE z 0 1`, `ZADD z 1 a`, `ZREM z a`, `EXISTS z`, `ZREMRANGEBYSCORE z a b`, `ZREM z`,
		`ZADD z 1 a 2 b`, `ZREMRANGEBYSCORE z 2 1`, `ZREMRANGEBYSCORE z ( 1`,
	}},
	{"ranges", []string{
		`ZADD z 1 a 2 b 2 bb 3 c 4 d`, `ZRANGE z 0 -1`, `ZRANGE z 1 2`, `ZRANGE z -2 -1`, `ZRANGE z 5 9`, `ZRANGE z 3 1`, `ZRANGE z -100 100`, `ZRANGE z 0 1 REV`, `ZRANGE z -1 -1 REV WITHSCORES`, `ZRANGE z 0 x`, `ZRANGE none 0 -1`, `ZRANGE z 0 -1 FOO`, `ZRANGE z 0 -1 LIMIT 0 1`, `ZRANGE z 2 (4 BYSCORE`, `ZRANGE z +inf (2 BYSCORE REV LIMIT 0 1 WITHSCORES`, `ZRANGE z 1 4 BYSCORE LIMIT 1 2`, `ZRANGE z 1 4 BYSCORE LIMIT -1 2`, `ZRANGE z 1 4 BYSCORE LIMIT 1 -1`, `ZRANGE z 1 4 BYSCORE LIMIT 9 1`,
		`ZRANGEBYSCORE z 2 3`, `ZRANGEBYSCORE z (1 3 WITHSCORES`, `ZRANGEBYSCORE z -inf +inf LIMIT 1 2`, `ZRANGEBYSCORE z a b`, `ZRANGEBYSCORE z 1 2 LIMIT a b`, `ZRANGEBYSCORE z 1 2 LIMIT 1`, `ZRANGEBYSCORE z 1 2 FOO`, `ZRANGEBYSCORE none 1 2`, `ZRANGEBYSCORE z 1 2 BYSCORE`, `ZCOUNT z 2 3`, `ZCOUNT z (2 +inf`, `ZCOUNT z x y`, `ZCOUNT none 0 1`,
	}},
	{"the fence's scripts", []string{
		`ZADD lockscope:fences GT CH 1795399271596163 lock:a`, `ZADD lockscope:fences GT CH 1795399271596162 lock:a`, `ZSCORE lockscope:fences lock:a`, `ZADD lockscope:fences GT CH 1795399271596164 lock:a`,
		`EVAL "local s = redis.call('ZSCORE', KEYS[1], ARGV[1]); local n = math.max(tonumber(s) + 1, tonumber(ARGV[2])); redis.call('ZADD', KEYS[1], string.format('%.0f', n), ARGV[1]); return redis.call('ZSCORE', KEYS[1], ARGV[1])" 1 lockscope:fences lock:a 5`, `ZREMRANGEBYSCORE lockscope:fences -inf (1795399271596165`, `ZCARD lockscope:fences`,
	}},
}

var txTalk = []conversation{
	{"multi and exec", []string{
		`MULTI`, `SET a 1`, `INCR a`, `GET a`, `PING`, `EXEC`, `GET a`, `MULTI`, `EXEC`, `EXEC`, `DISCARD`, `MULTI`, `SET a 9`, `DISCARD`, `GET a`, `MULTI x`, `WATCH`, `EXEC`, `MULTI`, `MULTI`, `PING`, `EXEC`,
	}},
	{"errors inside", []string{
		`SET s abc`, `MULTI`, `INCR s`, `SET b 1`, `EXEC`, `GET b`, `MULTI`, `FOO`, `SET b 2`, `EXEC`, `GET b`, `MULTI`, `GET`, `EXEC`, `MULTI`, `CONFIG FOO`, `DISCARD`, `MULTI`, `WATCH s`, `SET b 3`, `EXEC`, `MULTI`, `SHUTDOWN`, `EXEC`, `MULTI`, `EVAL "return redis.call('INCR','s')" 0`, `GET s`, `EXEC`,
	}},
	{"watch", []string{
		`SET k 1`, `WATCH k`, `@b SET k 2`, `MULTI`, `SET k 3`, `EXEC`, `GET k`, `WATCH k`, `MULTI`, `SET k 3`, `EXEC`, `GET k`, `WATCH k none`, `@b SET none 1`, `MULTI`, `GET k`, `EXEC`, `WATCH k`, `@b SET k 9`, `UNWATCH`, `MULTI`, `GET k`, `EXEC`, `WATCH k`, `@b SET k 9`, `MULTI`, `DISCARD`, `MULTI`, `PING`, `EXEC`,
		`WATCH k`, `SET k 10`, `MULTI`, `GET k`, `EXEC`, `WATCH k k`, `@b DEL k`, `MULTI`, `GET k`, `EXEC`, `WATCH k`, `@b FLUSHALL`, `MULTI`, `PING`, `EXEC`, `SET k 1`, `WATCH k`, `@b FLUSHALL`, `MULTI`, `PING`, `EXEC`, `WATCH k`, `@b SELECT 1`, `@b SET k 1`, `MULTI`, `PING`, `EXEC`, `@b DEL k`,
		`SET k 1`, `WATCH k`, `@c PEXPIRE k 10000`, `MULTI`, `PING`, `EXEC`, `WATCH k`, `@c GET k`, `@c SET k 5 NX`, `@c HDEL none x`, `MULTI`, `PING`, `EXEC`, `UNWATCH`,
	}},
	{"watched key that expires", []string{`SET k 1 PX 300`, `WATCH k`, `expired k`, `MULTI`, `PING`, `EXEC`, `SET k 1 PXAT 1`, `WATCH k`, `EXISTS k`, `MULTI`, `PING`, `EXEC`}},
	{"events within a transaction", []string{`MULTI`, `SET a 1 PX 10000`, `DEL a`, `HSET h f v`, `HDEL h f`, `ZADD z 1 a`, `ZREM z a`, `SELECT 1`, `SET one 1`, `SELECT 0`, `EXEC`, `MULTI`, `PUBLISH ch x`, `EXEC`}},
}

var pubsubTalk = []conversation{
	{"subscribe and publish", []string{
		`PUBLISH ch x`, `SUBSCRIBE ch`, `@b PUBLISH ch hello`, `receive x`, `SUBSCRIBE ch`, `PSUBSCRIBE c*`, `@b PUBLISH ch twice`, `receive x`, `receive x`, `@b PUBSUB NUMSUB ch none`, `@b PUBSUB NUMPAT`, `@b ? PUBSUB CHANNELS`, `@b PUBSUB CHANNELS x*`, `@b PUBSUB NUMSUB`,
		`UNSUBSCRIBE ch`, `@b PUBLISH ch once`, `receive x`, `PUNSUBSCRIBE c*`, `@b PUBLISH ch none`, `PING`, `UNSUBSCRIBE`, `PUNSUBSCRIBE`, `UNSUBSCRIBE none`, `SUBSCRIBE`, `PSUBSCRIBE`, `PUBLISH ch`, `@b PUBSUB CHANNELS a b`,
	}},
	{"several at once", []string{`SUBSCRIBE a b`, `receive x`, `PSUBSCRIBE p`, `UNSUBSCRIBE a c`, `receive x`, `UNSUBSCRIBE`, `PUNSUBSCRIBE`, `PING`, `GET k`}},
	{"what a subscriber may say", []string{`SUBSCRIBE ch`, `PING`, `PING hello`, `GET k`, `PING a b`, `FOO`, `SUBSCRIBE`, `MULTI`, `HELLO 2`, `RESET`, `GET k`, `PUBSUB NUMSUB ch`}},
	{"binary messages", []string{`SUBSCRIBE "c\x00\r\n"`, `@b PUBLISH "c\x00\r\n" "\x00\xff\r\n"`, `receive x`}},
	{"keyspace events of one key", []string{
		`SUBSCRIBE __keyspace@0__:k`, `@b SET k v PX 10000`, `receive x`, `receive x`, `@b DEL k`, `receive x`, `@b SELECT 1`, `@b SET k v`, `@b SELECT 0`, `@b SET k w`, `receive x`, `@b SELECT 1`, `@b DEL k`,
	}},
}

var scriptTalk = []conversation{
	{"what a script returns", scriptLines(
		`return 1`, `return 3.99`, `return -3.99`, `return 1e300`, `return "x"`, `return ""`, `return nil`, `return`, `return true`, `return false`, `return {1,2,nil,3}`, `return {1,false,"a",{ok="X"},{err="BAD thing"}}`, `return {}`, `return {a=1}`, `return {ok="fine"}`, `return {err="ERR bad"}`, `return {err="bad"}`, `return {double=3.5}`, `return function() end`, `return {{{1}}}`,
		`return tostring(1700000000000000)`, `return tostring(12345)`, `return tostring(0.1)`, `return tostring(1/3)`, `return tostring(-1/0)`, `return tostring(nil)`, `return type(redis)`, `return {1,2,3,"four",{5}}`, `return redis.status_reply("TICK")`, `return redis.error_reply("BAD thing")`, `return redis.error_reply("bad")`, `return redis.error_reply("-BAD thing")`, `return redis.error_reply()`, `return redis.status_reply(1,2)`, `return redis.sha1hex("")`, `return redis.sha1hex("abc")`, `return redis.sha1hex(12)`,
		`return 9007199254740993`, `return tonumber("0x10")`, `return tonumber("abc")`, `return #"abc"`, `return redis.REDIS_VERSION`, `return redis.REDIS_VERSION_NUM`, `return redis.LOG_WARNING`, `return redis.log(redis.LOG_NOTICE, "x")`, `return redis.replicate_commands()`, `return string.format("%d %s %.0f", 3, "x", 1795399271596163)`,
		`return redis.x`, `return {map={a=1}}`,
	)},
	{"keys and arguments", []string{
		`EVAL "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}" 2 a b c d`, `EVAL "return #KEYS + #ARGV * 10" 1 a b c`, `EVAL "return ARGV[1]" 0 "\x00\xff\r\n"`, `EVAL "return KEYS[1]" 0`, `EVAL "return 1"`, `EVAL`, `EVAL "return 1" a`, `EVAL "return 1" -1`, `EVAL "return 1" 1`, `EVAL "return 1" 1.5`,
	}},
	{"redis.call", []string{
		`EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 k v`, `GET k`, `EVAL "return redis.call('GET', 'k')" 0`, `EVAL "return redis.call('GET', 'none')" 0`, `EVAL "return type(redis.call('GET', 'none'))" 0`, `EVAL "return redis.call('SET', 'k', 'x', 'NX')" 0`, `EVAL "return type(redis.call('SET', 'k', 'x', 'NX'))" 0`, `EVAL "return redis.call('PING').ok" 0`,
		`EVAL "redis.call('SET', 'n', 1700000000000000) return redis.call('GET', 'n')" 0`, `EVAL "redis.call('SET', 'n', 0.1) return redis.call('GET', 'n')" 0`, `EVAL "redis.call('SET', 'n', 10) return redis.call('INCR', 'n') + 1" 0`, `EVAL "return redis.call('PEXPIRE', 'n', 10000)" 0`, `~ EVAL "return redis.call('PTTL', 'n')" 0`, `EVAL "return redis.call('HSET', 'h', 'a', '1', 'b', '2')" 0`, `EVAL "return redis.call('HGETALL', 'h')" 0`, `EVAL "return redis.call('hget', 'h', 'zz')" 0`, `EVAL "return redis.call('DEL', 'k', 'h', 'n')" 0`,
		`EVAL "redis.call('SELECT', 1) return redis.call('SET', 'one', '1')" 0`, `EXISTS one`, `SELECT 1`, `DEL one`, `EVAL "return redis.call('PUBLISH', 'ch', 'x')" 0`, `EVAL "return redis.call('ZADD', 'z', 'GT', 'CH', 5, 'a')" 0`, `EVAL "return redis.call('ZSCORE', 'z', 'a')" 0`,
		`EVAL "redis.setresp(3) return redis.call('ZSCORE', 'z', 'a').double" 0`, `EVAL "redis.setresp(3) return type(redis.call('GET', 'none'))" 0`, `EVAL "redis.setresp(3) return redis.call('HGETALL', 'none')" 0`, `EVAL "return type(redis.call('GET', 'none'))" 0`, `EVAL "return redis.call('SCAN', '0')" 0`, `EVAL "return #redis.call('TIME')" 0`,
	}},
	{"errors", append(scriptLines(
		`return redis.call()`, `return redis.call("foo")`, `return redis.call("get")`, `return redis.call("get",{})`, `return redis.call("subscribe","a")`, `return redis.call("multi")`, `return redis.call("eval","return 1",0)`, `return redis.call("config","get","maxmemory")`, `return redis.call("config","foo")`, `return redis.call("client","id")`, `return redis.call("client","foo")`, `return redis.call("shutdown")`, `return redis.call("watch","a")`, `return redis.call("auth","a")`, `return redis.call("hello")`, `return redis.call("script","load","x")`, `return redis.call("quit")`, `return redis.call("reset")`, `return redis.call("debug","sleep","0")`,
		`return redis.pcall("foo")`, `return redis.pcall("get")`, `return redis.pcall("foo").err`, `error("x")`, `error("x", 0)`, `error({err="BAD thing"})`, `error({err="BAD thing", line=7})`, `error()`, `error(3)`, `return foo`, `foo = 1`, `redis.x = 1`, `string.x = 1`, `redis = nil`, `return redis.sha1hex()`, `return redis.setresp(4)`, `return type(os)`, `return type(io)`, `return type(print)`, `return require`, `return dofile`, `return loadfile`,
		"\nreturn redis.call('foo')", "local x = 1\nlocal y = 2\nerror('here')", "return pcall(redis.call, 'foo')", "local ok, e = pcall(redis.call, 'foo') return e.err", "local ok, e = pcall(error, {err='X y'}) return e.err", "local ok, e = pcall(function() error('inner', 0) end) return e", "local ok = pcall(redis.call, 'foo') return ok",
		`rawset(_G, "x", 1)`, `return KEYS.x`, `local a = {} ; a[1] = 2; return a`, `return assert(false, "asserted")`, `return select("#", 1, 2)`, `return unpack({1,2})`,
	), `! EVAL "return {" 0`, `! EVAL "return nil + 1" 0`, `! EVAL "local t = nil; return t.x" 0`, `! EVAL "x y z" 0`, `SET s abc`, `EVAL "return redis.call('INCR', 's')" 0`, `EVAL "return redis.pcall('INCR', 's')" 0`, `EVAL "local e = redis.pcall('INCR', 's') return e.err" 0`, `EVAL "redis.call('SET', 'kept', '1') redis.call('INCR', 's')" 0`, `GET kept`, `EVAL "return redis.call('HGET', 's', 'f')" 0`)},
	{"load, evalsha, exists, flush", []string{
		`SCRIPT LOAD "return 42"`, `EVALSHA 1fa00e76656cc152ad327c13fe365858fd7be306 0`, `EVALSHA 1FA00E76656CC152AD327C13FE365858FD7BE306 0`, `EVALSHA abc 0`, `EVALSHA abc`, `EVALSHA abc x`, `SCRIPT EXISTS 1fa00e76656cc152ad327c13fe365858fd7be306 abc`, `EVAL "return 43" 0`, `SCRIPT EXISTS f6abd45e2bcfd41b8b0b8e0e2a4ad6c7d5a9b4d1`, `SCRIPT FLUSH`, `EVALSHA 1fa00e76656cc152ad327c13fe365858fd7be306 0`, `SCRIPT FLUSH ASYNC`, `SCRIPT FLUSH FOO`, `SCRIPT FLUSH SYNC x`, `SCRIPT LOAD`, `SCRIPT EXISTS`, `! SCRIPT LOAD "return {"`,
	}},
	{"shebang", []string{
		`EVAL "#!lua\nreturn 1" 0`, `EVAL "#!lua name=x\nreturn 1" 0`, `EVAL "#!lua flags=no-writes\nreturn redis.call('SET','a','b')" 0`, `EVAL "#!lua flags=no-writes\nreturn redis.call('GET','a')" 0`, `EVAL "#!lua flags=nonsense\nreturn 1" 0`, `EVAL "#!python\nreturn 1" 0`, `EVAL "#!lua" 0`,
	}},
	{"compare and delete, compare and expire", []string{
		`SET lock token PX 10000 NX`, `EVAL "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end" 1 lock wrong`, `EVAL "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end" 1 lock token 20000`, `~ PTTL lock`, `EVAL "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end" 1 lock token`, `EXISTS lock`,
	}},
	{"no key expires while a script runs", []string{
		`EVAL "redis.call('SET', KEYS[1], 'v', 'PX', 20) local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end local start = now() while now() < start + 60 do end return redis.call('GET', KEYS[1])" 1 k`, `expired k`, `EXISTS k`,
	}},
}

// scriptLines makes an EVAL of each script.
func scriptLines(scripts ...string) []string {
	lines := make([]string, len(scripts))
	for i, s := range scripts {
		lines[i] = fmt.Sprintf("EVAL %q 0", s)
	}
	return lines
}

func largeValues() conversation {
	megabyte := strings.Repeat("0123456789abcdef", 1<<16)
	return conversation{"large values", []string{
		`SET k ` + megabyte, `STRLEN k`, `GET k`, `HSET h f ` + megabyte, `HGET h f`, `EVAL "return #redis.call('GET', KEYS[1])" 1 k`, `EVAL "return ARGV[1]" 0 ` + megabyte, `SET k small`, `GET k`, `DEL ` + strings.Repeat("k ", 10000),
	}}
}

// allArities says every command with too few words.
func allArities() conversation {
	c := conversation{name: "too few words"}
	for name, cmd := range table {
		least := cmd.arity
		if least < 0 {
			least = -least
		}
		if least < 2 || cmd.subs != nil {
			continue
		}
		c.lines = append(c.lines, name+strings.Repeat(" x", least-2))
		if cmd.arity > 0 {
			c.lines = append(c.lines, name+strings.Repeat(" x", least))
		}
	}
	return c
}
