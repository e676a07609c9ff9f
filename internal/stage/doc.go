// Package stage shows how locks behave when things break: virtual clients that
// run the real engine, on real connections, over nodes that can be broken on
// purpose, in a time that can be slowed down.
//
//	         ask, held back on the way
//	client ------------------------------> node
//	 (lockengine.Engine, or one of the      (embedded.Node, asked through
//	  ways people lock without it)           redisnode on its TCP port)
//	       <------------------------------
//	         answer, held back on the way
//
// # What is real
//
// A client of the policy "ours" is a process of its own as far as its locks are
// concerned: an engine over redisnode over TCP, with nothing shared but the nodes.
// The nodes are Redis as far as any client can tell. Nothing that is shown is
// played from a script: a scenario says what people do and what breaks, and
// everything else is what then happens. What was expected of it is checked.
//
// # What is not
//
// The network between a client and a node is a [link]: it delays, loses and holds
// messages. Time is that of a [pace.Clock], so that a lease keeps its proportion
// to a message at every speed. Reading the resource costs nothing. Five nodes in
// one process are not five failure domains.
//
// # What it cannot do
//
// A stage starts its nodes itself and knows no others, so nothing that is done on
// it can reach the nodes that hold anybody's locks. It is bounded: in clients, in
// history, in the number of stages and in the time that one lives unwatched.
//
// # Concurrency
//
// A World is guarded by one mutex, which is never held while a node is asked, an
// engine is called or a clock is waited for. The order is World, then record.Log
// and pace.Clock.
package stage
