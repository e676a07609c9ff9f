// Package format recognises whose lock a value is: which library writes values
// of that form, and what the value tells to everybody.
//
// The forms of different libraries look alike, so an answer means "probably".
// Each form is one row of the table in forms.go.
package format
