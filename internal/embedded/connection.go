package embedded

import (
	"crypto/subtle"
)

// version is the Redis whose behaviour a node has.
const version = "7.0.15"

func ping(x *call) {
	if len(x.args) > 2 {
		x.fail("ERR wrong number of arguments for 'ping' command")
		return
	}
	switch {
	case x.out.proto == 2 && x.conn.subscribed():
		x.out.array(2)
		x.out.text("pong")
		if len(x.args) == 2 {
			x.out.bulk(x.args[1])
		} else {
			x.out.text("")
		}
	case len(x.args) == 2:
		x.out.bulk(x.args[1])
	default:
		x.out.status("PONG")
	}
}

func quit(x *call) {
	x.out.ok()
	x.conn.closing = true
}

// reset makes the connection as it was when it was new.
func reset(x *call) {
	c := x.conn
	x.node.unwatch(c)
	x.node.unsubscribeAll(c)
	c.tx = transaction{}
	c.db, c.name = 0, ""
	c.muteAll, c.muteNext, c.muteThis = false, false, false
	c.authed = x.node.cfg.Password == ""
	c.out.proto = 2
	x.out.status("RESET")
}

func selectDB(x *call) {
	i, ok := x.integer(x.args[1])
	if !ok {
		return
	}
	if i < 0 || i >= databases {
		x.fail("ERR DB index is out of range")
		return
	}
	x.conn.db = int(i)
	x.out.ok()
}

func auth(x *call) {
	switch {
	case len(x.args) > 3:
		x.fail(errSyntax)
	case len(x.args) == 2 && x.node.cfg.Password == "":
		x.fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	default:
		user := []byte("default")
		if len(x.args) == 3 {
			user = x.args[1]
		}
		if x.login(user, x.args[len(x.args)-1]) {
			x.out.ok()
		}
	}
}

// login checks a name and password, and replies with an error if they are wrong.
// Without a configured password every one is right.
func (x *call) login(user, password []byte) bool {
	want := x.node.cfg.Password
	right := want == "" || subtle.ConstantTimeCompare(password, []byte(want)) == 1
	if string(user) != "default" || !right {
		x.fail("WRONGPASS invalid username-password pair or user is disabled.")
		return false
	}
	x.conn.authed = true
	return true
}

func hello(x *call) {
	proto := x.out.proto
	if len(x.args) > 1 {
		v, ok := parseInt(x.args[1])
		if !ok {
			x.fail("ERR Protocol version is not an integer or out of range")
			return
		}
		if v != 2 && v != 3 {
			x.fail("NOPROTO unsupported protocol version")
			return
		}
		proto = int(v)
	}
	var user, password, name []byte
	for i := 2; i < len(x.args); i++ {
		switch more := len(x.args) - i - 1; {
		case is(x.args[i], "auth") && more >= 2:
			user, password = x.args[i+1], x.args[i+2]
			i += 2
		case is(x.args[i], "setname") && more >= 1:
			name = x.args[i+1]
			i++
		default:
			x.fail("ERR Syntax error in HELLO option '" + string(x.args[i]) + "'")
			return
		}
	}
	if user != nil && !x.login(user, password) {
		return
	}
	if !x.conn.authed {
		x.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if name != nil && !x.setName(name) {
		return
	}
	x.conn.out.proto = proto
	x.out.dict(7)
	x.out.text("server")
	x.out.text("redis")
	x.out.text("version")
	x.out.text(version)
	x.out.text("proto")
	x.out.int(int64(proto))
	x.out.text("id")
	x.out.int(x.conn.id)
	x.out.text("mode")
	x.out.text("standalone")
	x.out.text("role")
	x.out.text("master")
	x.out.text("modules")
	x.out.array(0)
}
