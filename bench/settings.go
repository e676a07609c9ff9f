package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
)

// The names of the sections.
const (
	sectionLocks      = "locks"
	sectionContention = "contention"
	sectionHung       = "hung"
	sectionWatcher    = "watcher"
)

// settings say what to measure and how long.
type settings struct {
	nodes      []int
	callers    []int
	waiters    []int
	names      []int
	engines    []string
	sections   []string
	seconds    time.Duration // per cell and round
	rounds     int
	full       bool
	out        string
	cpuProfile string
}

// The short run has to end within four minutes, the full one takes about
// half an hour.
const (
	shortSeconds, shortRounds = 0.2, 5
	fullSeconds, fullRounds   = 2, 7
)

// parse reads the flags. An empty value means the default, so that a Makefile
// can pass on what may not be set.
func (s *settings) parse(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(usage)
	nodes := flags.String("nodes", "", "how many nodes, several separated by commas (default 1,3,5)")
	callers := flags.String("callers", "", "how many callers, several separated by commas (default 1,16,64,256)")
	waiters := flags.String("waiters", "", "how many wait for one lock, several separated by commas (default 1,8,64)")
	names := flags.String("names", "", "how many names the watcher knows, several separated by commas (default 0,1000,100000)")
	seconds := flags.String("seconds", "", fmt.Sprintf("seconds per cell and round (default %g, with -full %d)", shortSeconds, fullSeconds))
	rounds := flags.String("rounds", "", fmt.Sprintf("rounds, of which medians are taken (default %d, with -full %d)", shortRounds, fullRounds))
	libraries := flags.String("engines", "", "which engines, separated by commas (default all)")
	parts := flags.String("sections", "", "which sections, separated by commas (default all, or locks where nodes, callers or engines are given)")
	flags.BoolVar(&s.full, "full", false, "take the time that stable numbers need")
	flags.StringVar(&s.out, "out", "out", "folder for the results")
	flags.StringVar(&s.cpuProfile, "cpuprofile", "", "write a CPU profile of the run to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("got %q, want flags only", flags.Arg(0))
	}

	wantSeconds, wantRounds := shortSeconds, shortRounds
	if s.full {
		wantSeconds, wantRounds = fullSeconds, fullRounds
	}
	narrowed := *nodes != "" || *callers != "" || *libraries != ""
	s.engines, s.sections = list(*libraries), list(*parts)
	if narrowed && len(s.sections) == 0 {
		s.sections = []string{sectionLocks}
	}
	var errs []error
	s.nodes = numbers("nodes", *nodes, []int{1, 3, 5}, &errs)
	s.callers = numbers("callers", *callers, []int{1, 16, 64, 256}, &errs)
	s.waiters = numbers("waiters", *waiters, []int{1, 8, 64}, &errs)
	s.names = numbers("names", *names, knownNames, &errs)
	s.rounds = numbers("rounds", *rounds, []int{wantRounds}, &errs)[0]
	if *seconds != "" {
		var err error
		if wantSeconds, err = strconv.ParseFloat(*seconds, 64); err != nil || !(wantSeconds > 0 && wantSeconds <= 3600) {
			errs = append(errs, fmt.Errorf("-seconds: got %q, want a number above 0 such as 0.5", *seconds))
		}
	}
	s.seconds = time.Duration(wantSeconds * float64(time.Second))
	for _, name := range s.sections {
		if !slices.Contains(allSections(), name) {
			errs = append(errs, fmt.Errorf("-sections: got %q, want some of %s", name, strings.Join(allSections(), ", ")))
		}
	}
	_, err := engines.Named(s.engines)
	return errors.Join(append(errs, err)...)
}

func allSections() []string {
	return []string{sectionLocks, sectionContention, sectionHung, sectionWatcher}
}

// wants reports whether a section was asked for.
func (s *settings) wants(section string) bool {
	return len(s.sections) == 0 || slices.Contains(s.sections, section)
}

// String says how the numbers are made, and what a short run leaves out.
func (s settings) String() string {
	text := fmt.Sprintf("Medians of %d rounds in which the engines take turns, %g s per cell and round;\n"+
		"contention: %d of %g s, a relay %g s; watcher: %d.", s.rounds, s.seconds.Seconds(),
		s.fewRounds(), s.longer().Seconds(), s.relay().Seconds(), s.someRounds())
	if !s.full {
		text += fmt.Sprintf("\nThis is a short run: make bench-full takes %d rounds of %d s.", fullRounds, fullSeconds)
	}
	return text
}

// fewRounds is how many rounds contention has, whose cells last longer.
func (s settings) fewRounds() int { return max(s.rounds/3, 1) }

// someRounds is how many the watcher has, which takes long to read many names.
func (s settings) someRounds() int { return max(s.rounds*2/3, 1) }

// longer is how long a cell of contention lasts.
func (s settings) longer() time.Duration { return 5 * s.seconds }

// relay is how long one lasts: an engine that polls does few hand-overs.
func (s settings) relay() time.Duration { return 8 * s.seconds }

// list splits at commas; nothing for an empty text.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// numbers reads numbers from 0 to a million, and 0 only where it is a default.
func numbers(flag, text string, otherwise []int, errs *[]error) []int {
	if text == "" {
		return otherwise
	}
	var out []int
	for _, word := range list(text) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > 1_000_000 || n == 0 && !slices.Contains(otherwise, 0) {
			*errs = append(*errs, fmt.Errorf("-%s: got %q, want whole numbers above 0, separated by commas", flag, word))
			continue
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return otherwise
	}
	return out
}
