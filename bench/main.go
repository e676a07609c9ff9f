package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	redis.SetLogger(quiet{}) // nodes that hang are a part of it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// run is main with everything that a test replaces, and the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == childCommand {
		return childMain(ctx, stdin, stdout)
	}
	b := &bench{stdout: stdout, progress: &progress{to: stderr, start: time.Now()}}
	switch err := b.parse(args, stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	err := b.run(ctx)
	if ctx.Err() != nil {
		err = errors.New("interrupted; the sections that were not finished are not written")
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// A bench is one run.
type bench struct {
	settings
	stdout   io.Writer
	progress *progress
	goals    []goalRow // of the sections that are done
}

// run measures the sections that were asked for and prints each as soon as it
// is done.
func (b *bench) run(ctx context.Context) error {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return fmt.Errorf("folder for the results: %w", err)
	}
	fmt.Fprintln(b.stdout, machine(ctx, time.Now()))
	fmt.Fprintln(b.stdout, b.settings)
	stopProfile, err := b.startProfile()
	if err != nil {
		return err
	}
	defer stopProfile()
	for _, s := range sections {
		if !b.wants(s.name) {
			continue
		}
		b.progress.begin(s.name)
		if err := s.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if err := b.reportGoals(); err != nil {
		return err
	}
	b.progress.say("%4.0fs done, numbers in %s", time.Since(b.progress.start).Seconds(), b.out)
	return nil
}

// sections are the parts of a run, in their order.
var sections = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{sectionLocks, (*bench).reportLocks},
	{sectionContention, (*bench).reportContention},
	{sectionHung, (*bench).reportHung},
	{sectionWatcher, (*bench).reportWatcher},
}

func (b *bench) reportLocks(ctx context.Context) error {
	samples, err := b.locks(ctx)
	if err != nil {
		return err
	}
	rows, costs := samples.lockRows(), samples.costRows()
	locks := lockTable(rows)
	locks.notes = append(locks.notes, samples.troubles()...)
	locks.print(b.stdout)
	costTable(costs).print(b.stdout)
	b.goals = append(b.goals, lockGoals(samples)...)
	return errors.Join(b.write("latest.json", rows), b.write("cpu.json", costs))
}

// write puts rows into a file of the results.
func (b *bench) write(name string, rows any) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.out, name), append(text, '\n'), 0o644)
}

// startProfile profiles the whole run where that was asked for.
func (b *bench) startProfile() (stop func(), err error) {
	if b.cpuProfile == "" {
		return func() {}, nil
	}
	f, err := os.Create(b.cpuProfile)
	if err != nil {
		return nil, fmt.Errorf("-cpuprofile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("-cpuprofile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}
