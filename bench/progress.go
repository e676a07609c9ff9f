package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells on standard error how far the run is, a line for each cell.
type progress struct {
	to          io.Writer
	start       time.Time
	section     string
	done, cells int
}

// begin starts a section.
func (p *progress) begin(section string) { p.section, p.done, p.cells = section, 0, 0 }

// expect says how many cells the section has.
func (p *progress) expect(cells int) { p.cells = cells }

// cell says that one is done.
func (p *progress) cell(format string, args ...any) {
	p.done++
	fmt.Fprintf(p.to, "%4.0fs %s %d/%d: %s\n", time.Since(p.start).Seconds(), p.section, p.done, p.cells,
		fmt.Sprintf(format, args...))
}

// say is a line besides the cells.
func (p *progress) say(format string, args ...any) { fmt.Fprintf(p.to, format+"\n", args...) }
