package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A process is a process that once ran: the number alone may be another's by
// now, so its start time is part of it.
type process struct {
	pid     int
	started string
}

// childrenOf lists the children of a process.
func childrenOf(pid int) ([]process, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var children []process
	for _, path := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		if parent, _, started, ok := readStat(child); ok && parent == pid {
			children = append(children, process{pid: child, started: started})
		}
	}
	return children, nil
}

// alive reports whether the process still runs. A dead one that nobody has
// asked about yet does not.
func (p process) alive() bool {
	_, state, started, ok := readStat(p.pid)
	return ok && started == p.started && state != "Z" && state != "X"
}

// readStat reads /proc/<pid>/stat. The second field is the name in parentheses
// and may hold anything, so the fields are counted from its end.
func readStat(pid int) (parent int, state, started string, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", "", false // it has ended meanwhile
	}
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return 0, "", "", false
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[0], fields[19], err == nil
}
