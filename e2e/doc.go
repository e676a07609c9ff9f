// Package e2e holds the end-to-end tests: a real Chromium on the real program,
// with nodes inside it and with real Redis servers as its children.
//
// The program is built once and driven only from outside: its flags, its log,
// its pages, its HTTP API, and redis-cli on its nodes. It runs with an empty
// environment in an empty folder, and every stop is checked: exit code 0 within
// five seconds, no child left, no port open. Every page is watched: a message
// on the console, an exception, a violation of the content policy or a request
// to another server fails the test.
//
// The tests need Linux, go, chromium, redis-server and redis-cli. Pictures of
// the pages go to out/, or to the folder in E2E_PICTURES; with E2E_LOOKS=all there
// are more of them, in all widths and schemes. E2E_RACE=1 builds the program with the
// race detector.
package e2e
