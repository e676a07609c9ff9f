package config

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

const prefix = "LOCKSCOPE_"

// A Problem is one setting that cannot be used.
type Problem struct {
	// Setting is its name where it was set: LOCKSCOPE_TTL, or -ttl.
	Setting string
	// Got is what it was, without secrets.
	Got string
	// Want is what it has to be.
	Want string
	// Hint says how to mend it; may be empty.
	Hint string
}

func (p Problem) Error() string {
	s := fmt.Sprintf("%s: got %q, want %s", p.Setting, p.Got, p.Want)
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Load reads the settings from args (without the program's name), from environ
// ("KEY=value") and from the file dotenv where it exists. It returns an error
// that joins a [Problem] for each thing that is wrong, or flag.ErrHelp.
func Load(args, environ []string, dotenv string) (*Config, error) {
	l := &loader{origin: make(map[string]string), refused: make(map[string]bool)}
	l.fs = define(&l.cfg, &l.raw)

	env := l.dotenv(dotenv)
	for _, kv := range environ {
		if key, value, ok := strings.Cut(kv, "="); ok {
			env[key] = value
		}
	}
	l.environment(env)
	if err := l.flags(args); err != nil {
		return nil, err
	}
	if l.cfg.ShowVersion {
		return &l.cfg, nil
	}
	l.check()
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	return &l.cfg, nil
}

// A loader collects settings and problems.
type loader struct {
	cfg      Config
	raw      raw
	fs       *flag.FlagSet
	origin   map[string]string // flag name -> the name under which it was set last
	refused  map[string]bool   // settings whose value was not even of the right kind
	problems []error
}

func (l *loader) problem(setting, got, want, hint string) {
	if from, ok := l.origin[setting]; ok {
		setting = from
	} else if l.fs.Lookup(setting) != nil {
		setting = envName(setting)
	}
	l.problems = append(l.problems, Problem{Setting: setting, Got: got, Want: want, Hint: hint})
}

// dotenv reads the file. One that is not there is none; the environment wins
// over it.
func (l *loader) dotenv(path string) map[string]string {
	env, err := godotenv.Read(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return make(map[string]string)
	case err != nil:
		l.problem(path, "a file that cannot be read", "lines of the form LOCKSCOPE_NAME=value", withoutValues(err))
		return make(map[string]string)
	}
	return env
}

// withoutValues shortens an error of godotenv, which quotes the line it did
// not like, passwords included.
func withoutValues(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	text, _, _ := strings.Cut(err.Error(), "near")
	text, _, _ = strings.Cut(text, "\"")
	return strings.TrimSpace(text)
}

// environment sets what the environment and .env say.
func (l *loader) environment(env map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(env)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(key, prefix)), "_", "-")
		if l.fs.Lookup(name) == nil || actions[name] || envName(name) != key {
			l.problem(key, "a setting that does not exist", "one of the settings of .env.example", l.nearest(name))
			continue
		}
		if env[key] == "" {
			continue // set to nothing is not set
		}
		l.set(name, env[key], key)
	}
}

// set gives a setting its value, or notes that it cannot have it.
func (l *loader) set(name, value, from string) {
	l.origin[name] = from
	if err := l.fs.Set(name, value); err != nil {
		l.refused[name] = true
		l.problem(name, value, l.wanted(name), "")
	}
}

// wanted says in words what kind of value a setting takes.
func (l *loader) wanted(name string) string {
	f := l.fs.Lookup(name)
	if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
		return "true or false"
	}
	switch get := f.Value.(type) {
	case flag.Getter:
		switch get.Get().(type) {
		case int:
			return "a whole number such as " + f.DefValue
		case float64:
			return "a number such as " + f.DefValue
		case string:
			return "text"
		}
	}
	if _, ok := f.Value.(*onOff); ok {
		return "on or off"
	}
	if name == "log-level" {
		return "debug, info, warn or error"
	}
	return "a duration such as " + f.DefValue
}

// flags reads the command line. The flag package stops at the first mistake,
// so each argument is parsed apart to report all of them.
func (l *loader) flags(args []string) error {
	for len(args) > 0 {
		arg := args[0]
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		f := l.fs.Lookup(name)
		switch {
		case !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--":
			l.problem("argument", arg, "flags only", "see lockscope -help")
			args = args[1:]
		case name == "h" || name == "help":
			return flag.ErrHelp
		case f == nil:
			l.problem("-"+name, "a flag that does not exist", "one of those that lockscope -help lists", l.nearest(name))
			args = args[1:]
		case hasValue:
			l.set(name, value, "-"+name)
			args = args[1:]
		case l.wanted(name) == "true or false":
			l.set(name, "true", "-"+name)
			args = args[1:]
		case len(args) == 1:
			l.problem("-"+name, "nothing", "a value", "as in -"+name+"="+f.DefValue)
			args = nil
		default:
			l.set(name, args[1], "-"+name)
			args = args[2:]
		}
	}
	return nil
}

// envName is the name of a setting in the environment.
func envName(flagName string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// nearest hints at the setting that a misspelt name probably means.
func (l *loader) nearest(name string) string {
	best, least := "", 4
	l.fs.VisitAll(func(f *flag.Flag) {
		if d := distance(name, f.Name); d < least && !actions[f.Name] {
			best, least = f.Name, d
		}
	})
	if best == "" {
		return ""
	}
	return "did you mean " + envName(best) + "?"
}

// distance is the number of single-letter edits between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
