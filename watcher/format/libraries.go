package format

// The libraries whose locks are recognised.
const (
	Lockscope       = "lockscope"
	Redsync         = "redsync"
	Redislock       = "redislock"
	Rueidislock     = "rueidislock"
	Valkeylock      = "valkeylock"
	Redisson        = "redisson"
	NodeRedlock     = "node-redlock"
	RedisSemaphore  = "redis-semaphore"
	RedisPy         = "redis-py"
	Pottery         = "pottery"
	RedlockPy       = "redlock-py"
	PythonRedisLock = "python-redis-lock"
	RedLockNet      = "RedLock.net"
	DistributedLock = "DistributedLock"
	RedlockRB       = "redlock-rb"
	Spring          = "spring-integration"
	ShedLock        = "ShedLock"
	// Sample is the short class that texts about Redlock show: a UUID and the
	// time until which it is valid.
	Sample = "redlock-sample"
)

// A Library is a lock library and how it writes its locks.
type Library struct {
	Name     string
	Language string
	// Keys says under which names, Value says what it writes there.
	Keys, Value string
	forms       []form
}

// A form is one way in which a library writes its locks.
type form struct {
	typ string
	// fit says how well a key of type typ fits.
	// It writes what the key tells to m, if it fits.
	fit func(name string, v *Value, m *Match) fit
}

// A fit is how well a form fits a key.
type fit int

const (
	// unfit: not this form.
	unfit fit = iota
	// fitsPinned: too loose to be believed unless the name is pinned.
	fitsPinned
	// fitsLoosely: it may be, and so may others.
	fitsLoosely
	// fitsWell: hardly by accident.
	fitsWell
	// fitsOnly: nothing else is known to write this.
	fitsOnly
)

// libraries are all that are recognised. Where several fit equally well the
// first one is named, so the more widespread come first.
var libraries = []Library{
	{Lockscope, "Go", "verbatim", "ls1:<microseconds>:<22 characters>:<owner>", []form{{"string", fitLockscope}}},
	{Redsync, "Go", "verbatim", "base64 of 16 bytes", []form{{"string", fitRedsync}}},
	{Redislock, "Go", "verbatim", "base64url of 16 bytes without padding, then metadata", []form{{"string", fitRedislock}}},
	{Rueidislock, "Go", "rueidislock:<i>:<name>, a majority of them", "24 random bytes", []form{{"string", fitRueidislock}}},
	{Valkeylock, "Go", "valkeylock:<i>:<name>, a majority of them", "24 random bytes", []form{{"string", fitValkeylock}}},
	{Redisson, "Java", "verbatim; queue, fencing token and more beside it", "hash: <uuid>:<thread> -> hold count, mode", []form{{"hash", fitRedisson}, {"string", fitPermits}, {"zset", fitTaken}}},
	{Spring, "Java", "<registry>:<key>", "UUID of the registry", []form{{"string", fitSpring}}},
	{ShedLock, "Java", "job-lock:<environment>:<name>", "ADDED:<time>@<host>:<uuid>", []form{{"string", fitShedLock}}},
	{NodeRedlock, "JavaScript", "verbatim", "32 hexadecimal digits", []form{{"string", fitNodeRedlock}}},
	{RedisSemaphore, "JavaScript", "mutex:<name>; semaphore:<name>", "UUID; sorted set of UUIDs by time", []form{{"string", fitMutex}, {"zset", fitSemaphore}}},
	{RedisPy, "Python", "verbatim", "UUID of version 1 in 32 digits: time and network card", []form{{"string", fitRedisPy}}},
	{RedLockNet, "C#", "redlock:<resource>", "GUID", []form{{"string", fitRedLockNet}}},
	{Pottery, "Python", "redlock:<name>", "UUID", []form{{"string", fitPottery}}},
	{RedlockPy, "Python", "verbatim", "22 letters and digits", []form{{"string", fitRedlockPy}}},
	{PythonRedisLock, "Python", "lock:<name>", "base64 of 18 bytes", []form{{"string", fitPythonRedisLock}}},
	{DistributedLock, "C#", "verbatim; <name>.writer and <name>.readers", "<machine>_<process>_<32 digits>; set or sorted set of them", []form{{"string", fitMachine}, {"set", fitMachines}, {"zset", fitMachines}}},
	{RedlockRB, "Ruby", "verbatim", "UUID", []form{{"string", fitRedlockRB}}},
	{Sample, "any", "verbatim", "<uuid>:<milliseconds until which it is valid>", []form{{"string", fitSample}}},
}

// Libraries returns all that are recognised.
func Libraries() []Library { return libraries }

// fit returns how well the library fits a key, and writes what the key tells to
// m, if it does.
func (l *Library) fit(name string, v *Value, m *Match) fit {
	for i := range l.forms {
		if l.forms[i].typ != v.Type {
			continue
		}
		if how := l.forms[i].fit(name, v, m); how != unfit {
			m.Library = l.Name
			return how
		}
	}
	return unfit
}

// writes reports whether the library has keys of the type.
func (l *Library) writes(typ string) bool {
	for _, f := range l.forms {
		if f.typ == typ {
			return true
		}
	}
	return false
}
