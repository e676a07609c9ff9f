// Program simrun runs the simulator of package locksim over many seeds, and
// then over engines with one thing wrong in each, which it must catch. Its last
// line is
//
//	sim: n seeds, v violations, c/m mutants caught
//
// and it exits with a status other than 0 unless v is 0 and c is m. It is to be
// run in the module, and needs the go command.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	simPackage = "./lockengine/locksim"
	seedsTest  = "^TestSeedsKeepEveryPromise$"
)

func main() {
	seeds := flag.Int("seeds", 40, "how many histories to run")
	first := flag.Uint64("first", 1, "the first of them")
	tries := flag.Int("tries", 500, "how many histories a mutant may survive")
	only := flag.String("only", "", "run only the mutants whose name contains this, and no seeds")
	flag.Parse()
	r := runner{seeds: *seeds, first: *first, tries: *tries, only: *only}
	ok, err := r.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simrun:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// A runner runs seeds and mutants.
type runner struct {
	seeds, tries int
	first        uint64
	only         string
	root, dir    string // of the module, and for what is built
}

// A summary is what the test of many seeds writes.
type summary struct {
	Seeds, Acquired, Extended int
	Broken                    []struct {
		Seed            uint64
		Invariant, Text string
	}
}

func (r *runner) run() (ok bool, err error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return false, fmt.Errorf("find the module: %w", err)
	}
	r.root = strings.TrimSpace(string(root))
	if r.dir, err = os.MkdirTemp("", "simrun"); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()

	broken, err := r.runSeeds()
	if err != nil {
		return false, err
	}
	caught, all, err := r.runMutants()
	if err != nil {
		return false, err
	}
	fmt.Printf("sim: %d seeds, %d violations, %d/%d mutants caught\n", r.seeds, broken, caught, all)
	return broken == 0 && caught == all, nil
}

// runSeeds runs the engine as it is, and returns in how many histories a
// promise was broken.
func (r *runner) runSeeds() (broken int, err error) {
	if r.only != "" {
		r.seeds = 0
		return 0, nil
	}
	begun := time.Now()
	sum, output, err := r.simulate("", "", r.seeds, false)
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, output)
	}
	if len(sum.Broken) > 0 {
		fmt.Println(output)
	}
	fmt.Printf("%d seeds in %s: %d leases, %d extensions\n",
		sum.Seeds, time.Since(begun).Round(100*time.Millisecond), sum.Acquired, sum.Extended)
	for _, b := range sum.Broken {
		fmt.Printf("violation  seed %d: %s: %s\n", b.Seed, b.Invariant, b.Text)
	}
	return len(sum.Broken), nil
}

// runMutants runs every mutant until it is caught.
func (r *runner) runMutants() (caught, all int, err error) {
	for _, m := range mutants {
		if !strings.Contains(m.name, r.only) {
			continue
		}
		all++
		overlay, err := r.mutate(m)
		if err != nil {
			return 0, 0, fmt.Errorf("mutant %q: %w", m.name, err)
		}
		sum, output, err := r.simulate(overlay, m.kind, r.tries, true)
		if err != nil {
			return 0, 0, fmt.Errorf("mutant %q: %w\n%s", m.name, err, output)
		}
		if len(sum.Broken) == 0 {
			fmt.Printf("SURVIVED   %s: %d seeds broke nothing\n", m.name, sum.Seeds)
			continue
		}
		caught++
		b := sum.Broken[0]
		fmt.Printf("caught     %s: %s, by seed %d of %d: %s\n", m.name, b.Invariant, b.Seed, sum.Seeds, b.Text)
	}
	return caught, all, nil
}

// simulate builds the simulator, with some files replaced where overlay names
// a list of them, and runs seeds. A run that ends without a summary is an
// error: an engine that hangs or panics was not caught, it broke the simulator.
func (r *runner) simulate(overlay, kind string, seeds int, untilBroken bool) (sum summary, output string, err error) {
	binary, result := filepath.Join(r.dir, "sim.test"), filepath.Join(r.dir, "summary.json")
	build := exec.Command("go", "test", "-c", "-o", binary, "-overlay", overlay, simPackage)
	build.Dir = r.root
	if text, err := build.CombinedOutput(); err != nil {
		return sum, string(text), fmt.Errorf("build: %w", err)
	}
	if err := os.RemoveAll(result); err != nil {
		return sum, "", err
	}
	run := exec.Command(binary, "-test.run", seedsTest, "-test.timeout", "30m",
		"-seeds", strconv.Itoa(seeds), "-first", strconv.FormatUint(r.first, 10),
		"-kind", kind, "-until="+strconv.FormatBool(untilBroken), "-summary", result)
	run.Dir = filepath.Join(r.root, simPackage)
	text, runErr := run.CombinedOutput()
	written, err := os.ReadFile(result)
	if err != nil {
		return sum, string(text), fmt.Errorf("no summary: %w", runErr)
	}
	return sum, string(text), json.Unmarshal(written, &sum)
}

// mutate writes the files that a mutant changes, and the list of them for the
// compiler.
func (r *runner) mutate(m mutant) (overlay string, err error) {
	texts := make(map[string]string)
	for _, e := range m.edits {
		path := filepath.Join(r.root, "lockengine", filepath.FromSlash(e.file))
		if texts[path] == "" {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			texts[path] = string(text)
		}
		if n := strings.Count(texts[path], e.old); n != 1 {
			return "", fmt.Errorf("%d places in %s read %q, want 1: bring the mutant up to date", n, e.file, e.old)
		}
		texts[path] = strings.Replace(texts[path], e.old, e.new, 1)
	}
	replace := make(map[string]string)
	for path, text := range texts {
		changed := filepath.Join(r.dir, strconv.Itoa(len(replace))+filepath.Base(path))
		if err := os.WriteFile(changed, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[path] = changed
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(r.dir, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o644)
}
