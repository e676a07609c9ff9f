// Package loadtest holds the load tests of the live stream: the real program on
// a real Redis server, and a crowd of clients.
//
// They print what they measure: how long a change takes from the write on Redis
// to the frame at a client, what the server costs in CPU and memory, what a slow
// client costs the others, and what a killed server costs anybody. With -full
// they run at the size that is promised, which takes a minute and a machine of
// its own; without it they are a test of a few seconds.
//
// The clients run in the test and share the machine with the server and Redis,
// so times are an upper bound.
package loadtest
