package redisnode

// The requests of the hot path, as they are on the wire as far as they are
// always the same.

var (
	askMarker   = words(header(2), "GET", bornKey)
	raiseFences = words(nil, "ZADD", fencesKey, "GT", "CH")
)

// A setCommand is SET with options, the last of which is PX.
type setCommand struct{ verb, options []byte }

var (
	setNXGet = setCommand{words(header(7), "SET"), words(nil, "NX", "GET", "PX")}
	setNX    = setCommand{words(header(6), "SET"), words(nil, "NX", "PX")}
)

func header(args int) []byte { return appendHeader(nil, args) }

func words(b []byte, words ...string) []byte {
	for _, w := range words {
		b = appendString(b, w)
	}
	return b
}
