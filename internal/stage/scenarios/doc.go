// Package scenarios has the stories that a stage can play: what goes wrong with
// locks, and what does not.
//
// Each says who is there, what they do and what breaks. Everything else happens
// on the real engine and real nodes, and the facts at its end are checked, here by
// tests and on the page for whoever looks.
package scenarios
