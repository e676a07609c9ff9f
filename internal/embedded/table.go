package embedded

// table holds every command by its name in lower case. It is filled by init,
// because COMMAND reads it.
var table map[string]*command

func init() {
	table = make(map[string]*command)
	for _, group := range [][]*command{
		connectionCommands, serverCommands, stringCommands, keyCommands, expiryCommands,
		hashCommands, zsetCommands, scriptCommands, txCommands, pubsubCommands,
	} {
		for _, cmd := range group {
			table[cmd.name] = cmd
		}
	}
	table["command"].arity, table["command"].run = -1, commandInfo
}

// container makes a command of subcommands, whose full names are "name|sub".
func container(name string, subs ...*command) *command {
	c := &command{name: name, arity: -2, subs: make(map[string]*command), run: func(*call) {}}
	for _, s := range subs {
		c.subs[s.name] = s
		s.name = name + "|" + s.name
		c.flags |= s.flags
	}
	return c
}

var connectionCommands = []*command{
	{name: "ping", arity: -1, flags: inPubsub, run: ping},
	{name: "echo", arity: 2, run: func(x *call) { x.out.bulk(x.args[1]) }},
	{name: "quit", arity: -1, flags: noAuth | inPubsub | immediate | noScript, run: quit},
	{name: "reset", arity: 1, flags: noAuth | inPubsub | immediate | noScript, run: reset},
	{name: "hello", arity: -1, flags: noAuth | noScript, run: hello},
	{name: "auth", arity: -2, flags: noAuth | noScript, run: auth},
	{name: "select", arity: 2, run: selectDB},
	container("client",
		&command{name: "id", arity: 2, flags: noScript, run: func(x *call) { x.out.int(x.conn.id) }},
		&command{name: "setname", arity: 3, flags: noScript, run: clientSetName},
		&command{name: "getname", arity: 2, flags: noScript, run: clientGetName},
		&command{name: "setinfo", arity: 4, flags: noScript, run: clientSetInfo},
		&command{name: "info", arity: 2, flags: noScript, run: func(x *call) { x.out.lines(x.conn.describe() + "\n") }},
		&command{name: "list", arity: -2, flags: noScript, run: clientList},
		&command{name: "no-evict", arity: 3, flags: noScript, run: clientNoEvict},
		&command{name: "reply", arity: 3, flags: noScript, run: clientReply},
	),
}

var serverCommands = []*command{
	container("command",
		&command{name: "count", arity: 2, run: func(x *call) { x.out.int(int64(len(table))) }},
		&command{name: "docs", arity: -2, run: func(x *call) { x.out.dict(0) }},
		&command{name: "info", arity: -2, run: commandInfo},
		&command{name: "list", arity: -2, run: commandList},
	),
	container("config",
		&command{name: "get", arity: -3, flags: noScript, run: configGet},
		&command{name: "set", arity: -4, flags: noScript, run: configSet},
		&command{name: "resetstat", arity: 2, flags: noScript, run: configResetStat},
	),
	{name: "debug", arity: -2, flags: noScript, run: debug},
	{name: "info", arity: -1, run: serverReport},
	{name: "time", arity: 1, run: tellTime},
	{name: "shutdown", arity: -1, flags: noScript | noTx, run: shutdown},
	{name: "wait", arity: 3, run: wait},
}

var stringCommands = []*command{
	{name: "get", arity: 2, flags: firstIsKey, run: get},
	{name: "set", arity: -3, flags: write | firstIsKey, run: set},
	{name: "setnx", arity: 3, flags: write | firstIsKey, run: setNX},
	{name: "setex", arity: 4, flags: write | firstIsKey, run: func(x *call) { setEX(x, 1000) }},
	{name: "psetex", arity: 4, flags: write | firstIsKey, run: func(x *call) { setEX(x, 1) }},
	{name: "getset", arity: 3, flags: write | firstIsKey, run: getSet},
	{name: "getdel", arity: 2, flags: write | firstIsKey, run: getDel},
	{name: "mget", arity: -2, flags: firstIsKey | manyKeys, run: mget},
	{name: "getrange", arity: 4, flags: firstIsKey, run: getRange},
	{name: "strlen", arity: 2, flags: firstIsKey, run: strlen},
	{name: "incr", arity: 2, flags: write | firstIsKey, run: func(x *call) { incrementBy(x, 1) }},
	{name: "decr", arity: 2, flags: write | firstIsKey, run: func(x *call) { incrementBy(x, -1) }},
	{name: "incrby", arity: 3, flags: write | firstIsKey, run: incrBy},
	{name: "decrby", arity: 3, flags: write | firstIsKey, run: decrBy},
}

var keyCommands = []*command{
	{name: "del", arity: -2, flags: write | firstIsKey | manyKeys, run: del},
	{name: "unlink", arity: -2, flags: write | firstIsKey | manyKeys, run: del},
	{name: "exists", arity: -2, flags: firstIsKey | manyKeys, run: exists},
	{name: "touch", arity: -2, flags: firstIsKey | manyKeys, run: exists},
	{name: "type", arity: 2, flags: firstIsKey, run: typeOf},
	{name: "keys", arity: 2, run: keys},
	{name: "scan", arity: -2, run: scan},
	{name: "dbsize", arity: 1, run: func(x *call) { x.out.int(int64(len(x.db.entries))) }},
	{name: "flushall", arity: -1, flags: write, run: flushAll},
	{name: "flushdb", arity: -1, flags: write, run: flushDB},
}

var expiryCommands = []*command{
	{name: "expire", arity: -3, flags: write | firstIsKey, run: func(x *call) { expire(x, 1000, true) }},
	{name: "pexpire", arity: -3, flags: write | firstIsKey, run: func(x *call) { expire(x, 1, true) }},
	{name: "expireat", arity: -3, flags: write | firstIsKey, run: func(x *call) { expire(x, 1000, false) }},
	{name: "pexpireat", arity: -3, flags: write | firstIsKey, run: func(x *call) { expire(x, 1, false) }},
	{name: "persist", arity: 2, flags: write | firstIsKey, run: persist},
	{name: "ttl", arity: 2, flags: firstIsKey, run: func(x *call) { ttl(x, 1000, true) }},
	{name: "pttl", arity: 2, flags: firstIsKey, run: func(x *call) { ttl(x, 1, true) }},
	{name: "expiretime", arity: 2, flags: firstIsKey, run: func(x *call) { ttl(x, 1000, false) }},
	{name: "pexpiretime", arity: 2, flags: firstIsKey, run: func(x *call) { ttl(x, 1, false) }},
}

var hashCommands = []*command{
	{name: "hset", arity: -4, flags: write | firstIsKey, run: func(x *call) { hset(x, false) }},
	{name: "hmset", arity: -4, flags: write | firstIsKey, run: func(x *call) { hset(x, true) }},
	{name: "hsetnx", arity: 4, flags: write | firstIsKey, run: hsetNX},
	{name: "hget", arity: 3, flags: firstIsKey, run: hget},
	{name: "hmget", arity: -3, flags: firstIsKey, run: hmget},
	{name: "hgetall", arity: 2, flags: firstIsKey, run: hgetAll},
	{name: "hkeys", arity: 2, flags: firstIsKey, run: hkeys},
	{name: "hvals", arity: 2, flags: firstIsKey, run: hvals},
	{name: "hlen", arity: 2, flags: firstIsKey, run: hlen},
	{name: "hexists", arity: 3, flags: firstIsKey, run: hexists},
	{name: "hincrby", arity: 4, flags: write | firstIsKey, run: hincrBy},
	{name: "hdel", arity: -3, flags: write | firstIsKey, run: hdel},
}

var zsetCommands = []*command{
	{name: "zadd", arity: -4, flags: write | firstIsKey, run: zadd},
	{name: "zincrby", arity: 4, flags: write | firstIsKey, run: zincrBy},
	{name: "zscore", arity: 3, flags: firstIsKey, run: zscore},
	{name: "zcard", arity: 2, flags: firstIsKey, run: zcard},
	{name: "zcount", arity: 4, flags: firstIsKey, run: zcount},
	{name: "zrem", arity: -3, flags: write | firstIsKey, run: zrem},
	{name: "zremrangebyscore", arity: 4, flags: write | firstIsKey, run: zremRangeByScore},
	{name: "zrange", arity: -4, flags: firstIsKey, run: zrange},
	{name: "zrangebyscore", arity: -4, flags: firstIsKey, run: zrangeByScore},
}

var scriptCommands = []*command{
	{name: "eval", arity: -3, flags: noScript, run: eval},
	{name: "evalsha", arity: -3, flags: noScript, run: evalSHA},
	container("script",
		&command{name: "load", arity: 3, flags: noScript, run: scriptLoad},
		&command{name: "exists", arity: -3, flags: noScript, run: scriptExists},
		&command{name: "flush", arity: -2, flags: noScript, run: scriptFlush},
		&command{name: "kill", arity: 2, flags: noScript, run: scriptKill},
	),
}

var txCommands = []*command{
	{name: "multi", arity: 1, flags: noScript | immediate, run: multi},
	{name: "exec", arity: 1, flags: noScript | immediate, run: execTx},
	{name: "discard", arity: 1, flags: noScript | immediate, run: discard},
	{name: "watch", arity: -2, flags: noScript | immediate, run: watch},
	{name: "unwatch", arity: 1, flags: noScript, run: unwatch},
}

var pubsubCommands = []*command{
	{name: "publish", arity: 3, run: publish},
	{name: "subscribe", arity: -2, flags: inPubsub | noScript, run: subscribe},
	{name: "psubscribe", arity: -2, flags: inPubsub | noScript, run: psubscribe},
	{name: "unsubscribe", arity: -1, flags: inPubsub | noScript, run: unsubscribe},
	{name: "punsubscribe", arity: -1, flags: inPubsub | noScript, run: punsubscribe},
	container("pubsub",
		&command{name: "channels", arity: -2, run: pubsubChannels},
		&command{name: "numsub", arity: -2, run: pubsubNumSub},
		&command{name: "numpat", arity: 2, run: func(x *call) { x.out.int(int64(len(x.node.pubsub.patterns))) }},
	),
}
