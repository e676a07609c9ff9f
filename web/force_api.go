package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lockscope/lockscope/internal/glob"
	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// A Forcer deletes the token of a lock that others hold, see
// [watcher.Watcher.ForceRelease].
type Forcer interface {
	ForceRelease(ctx context.Context, name, fingerprint string) ([]watcher.Forced, error)
}

// The length of the reason for a release by force, in characters.
const (
	minReason = 3
	maxReason = 200
)

// forceRefusals are the refusals that say what each node has, by their status.
var forceRefusals = map[string]string{
	"404": "Nobody holds it", "409": "Somebody else holds it by now; nothing was deleted", "503": "Too few nodes answer",
}

type forceInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		Name        *string `json:"name,omitempty" doc:"The lock's name. It has to match a watched pattern."`
		NameB64     *string `json:"nameB64,omitempty" doc:"The name in base64, instead of name."`
		Fingerprint string  `json:"fingerprint" doc:"The holder that was seen: the fingerprint of its token."`
		Reason      string  `json:"reason" doc:"Why, for the audit: 3 to 200 characters."`
	}
}

type forceOutput struct {
	Body ForcedRelease
}

// A ForcedRelease is what came of a release by force.
type ForcedRelease struct {
	Name        *string       `json:"name"`
	NameB64     *string       `json:"nameB64"`
	Fingerprint string        `json:"fingerprint"`
	Managed     bool          `json:"managed" doc:"True when it was a lease of this server: its holder was told at once."`
	Deleted     int           `json:"deleted" doc:"On how many nodes it was deleted."`
	Nodes       []ForceAnswer `json:"nodes" nullable:"false"`
}

// A ForceAnswer is what became of the token on one node.
type ForceAnswer struct {
	Node        string  `json:"node"`
	Result      string  `json:"result" enum:"deleted,absent,changed,kept,refused,down,timeout" doc:"deleted · absent: nothing was there · changed: another token was put there · kept: what the node has was left alone · refused: the node does not allow it · down, timeout: it did not answer."`
	Fingerprint *string `json:"fingerprint" doc:"What the node has instead; null for nothing, or where it did not tell."`
	Reason      *string `json:"reason" doc:"Why that is no clear answer; null when it is."`
}

// A ForceProblem says why nothing was released by force.
type ForceProblem struct {
	Problem
	Holder *ProblemHolder `json:"holder" doc:"Who holds it now, where somebody else does."`
	Nodes  []ForceAnswer  `json:"nodes" nullable:"false"`
}

// forceRelease takes a lock from whoever was seen to hold it. Where it changed
// hands nothing is touched.
func (s *Server) forceRelease(ctx context.Context, in *forceInput, entry *journal.Entry) (*forceOutput, error) {
	b := &in.Body
	entry.Name, entry.Expected, entry.Reason = nameGiven(b.Name, b.NameB64), shorten(b.Fingerprint), shortenTo(b.Reason, 4*maxReason)
	name, bad := s.parseForce(in)
	if len(bad) > 0 {
		return nil, invalid(bad...)
	}
	if lock, ok := s.board.Lock(name); ok && lock.Holder.Fingerprint == b.Fingerprint {
		entry.Owner = lock.Holder.Owner
	}
	// It is carried out to its end, whether the client waits for it or not.
	forcing := context.WithoutCancel(ctx)
	votes, ours := s.engine.ForceRelease(forcing, name, b.Fingerprint)
	forced, err := forcedVotes(votes), error(nil)
	if !ours {
		forced, err = s.forcer.ForceRelease(forcing, name, b.Fingerprint)
	}
	entry.Nodes = journalForced(forced)
	out := &forceOutput{Body: ForcedRelease{Fingerprint: b.Fingerprint, Managed: ours, Nodes: forceAnswers(forced)}}
	out.Body.Name, out.Body.NameB64 = splitName(name)
	for _, f := range forced {
		if f.Result == watcher.ForceDeleted {
			out.Body.Deleted++
		}
	}
	if err != nil {
		p := s.forceProblem(name, b.Fingerprint, forced, err)
		if p.Holder != nil {
			entry.Found = p.Holder.Fingerprint
		}
		return nil, p
	}
	s.log.Warn("a lock was released by force", "name", name, "fingerprint", b.Fingerprint, "nodes", out.Body.Deleted,
		"by", entry.Actor, "from", entry.Address, "reason", b.Reason)
	return out, nil
}

// fingerprintForm is what a fingerprint looks like.
var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

// parseForce checks all fields, and reports every bad one.
func (s *Server) parseForce(in *forceInput) (name string, bad []FieldError) {
	b := &in.Body
	name, err := s.parseSeen(b.Name, b.NameB64)
	if err != nil {
		bad = append(bad, *err)
	}
	if !fingerprintForm.MatchString(b.Fingerprint) {
		bad = append(bad, FieldError{Field: "fingerprint", Message: "want the 8 hex digits of the holder that was seen", Got: shorten(b.Fingerprint)})
	}
	if err := checkText("reason", b.Reason, minReason, maxReason); err != nil {
		bad = append(bad, *err)
	}
	return name, bad
}

// parseSeen returns the name of a lock that exists, which may hold any bytes.
func (s *Server) parseSeen(plain, encoded *string) (string, *FieldError) {
	field, name := "name", ""
	switch {
	case plain != nil && encoded != nil:
		return "", &FieldError{Field: field, Message: "give name or nameB64, not both", Got: shorten(*plain)}
	case plain == nil && encoded == nil:
		return "", &FieldError{Field: field, Message: "is missing"}
	case plain != nil:
		name = *plain
	default:
		field = "nameB64"
		raw, err := base64.StdEncoding.DecodeString(*encoded)
		if err != nil {
			return "", &FieldError{Field: field, Message: "want base64", Got: shorten(*encoded)}
		}
		name = string(raw)
	}
	switch {
	case name == "":
		return "", &FieldError{Field: field, Message: "is empty"}
	case len(name) > lockengine.MaxName:
		return "", &FieldError{Field: field, Message: fmt.Sprintf("is %d bytes long, want at most %d", len(name), lockengine.MaxName), Got: shorten(name)}
	case strings.HasPrefix(name, reservedPrefix):
		return "", &FieldError{Field: field, Message: "begins with " + reservedPrefix + ", which is reserved", Got: shorten(name)}
	}
	for _, pattern := range s.cfg.Watch {
		if glob.Match(pattern, name) {
			return name, nil
		}
	}
	return "", &FieldError{Field: field, Message: "matches no watched pattern, want " + strings.Join(s.cfg.Watch, " or "), Got: shorten(name)}
}

// checkText says what is wrong with a line that somebody wrote for others to read.
func checkText(field, text string, least, most int) *FieldError {
	n := utf8.RuneCountInString(strings.TrimSpace(text))
	switch {
	case n == 0 && least > 0:
		return &FieldError{Field: field, Message: fmt.Sprintf("is missing: want %d to %d characters", least, most)}
	case n < least:
		return &FieldError{Field: field, Message: fmt.Sprintf("is %d characters long, want %d to %d", n, least, most), Got: shorten(text)}
	case utf8.RuneCountInString(text) > most:
		return &FieldError{Field: field, Message: fmt.Sprintf("is %d characters long, want at most %d", utf8.RuneCountInString(text), most), Got: shorten(text)}
	}
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return &FieldError{Field: field, Message: fmt.Sprintf("holds the character %U, want printable text", r), Got: shorten(text)}
		}
	}
	return nil
}

// forceProblem says why nothing was released.
func (s *Server) forceProblem(name, seen string, forced []watcher.Forced, err error) *ForceProblem {
	p := &ForceProblem{Nodes: forceAnswers(forced)}
	switch {
	case errors.Is(err, watcher.ErrChanged):
		p.Holder = s.presentHolder(name, seen, forced)
		detail := "the lock changed hands"
		if p.Holder != nil {
			detail += ": it is held with the token " + p.Holder.Fingerprint
		}
		p.Problem = *problem(http.StatusConflict, codeChanged, detail+". Nothing was deleted")
	case errors.Is(err, watcher.ErrNotHeld):
		p.Problem = *problem(http.StatusNotFound, codeNotHeld, "nobody holds the lock any more")
	case errors.Is(err, watcher.ErrNotComparable):
		detail := "what the nodes hold does not tell one holder from another, so the next one might be met"
		for _, f := range forced {
			if f.Reason != "" && f.Fingerprint == seen {
				detail += ": " + f.Reason
				break
			}
		}
		p.Problem = *problem(http.StatusUnprocessableEntity, codeNotComparable, detail)
	case errors.Is(err, watcher.ErrNotAllowed):
		p.Problem = *problem(http.StatusForbidden, codeNotAllowed, "the nodes do not let the user of this server read or delete it")
	case errors.Is(err, watcher.ErrNotWatched):
		p.Problem = *invalid(FieldError{Field: "name", Message: "is none of the names that are watched", Got: shorten(name)})
	default:
		p.Problem = *problem(http.StatusServiceUnavailable, codeNoNodes, "too few nodes answer to know who holds the lock")
	}
	return p
}

// presentHolder is who holds a lock instead of the one that was seen: whom most
// nodes have.
func (s *Server) presentHolder(name, seen string, forced []watcher.Forced) *ProblemHolder {
	nodes, most := make(map[string]int), ""
	for _, f := range forced {
		if f.Fingerprint == "" || f.Fingerprint == seen {
			continue
		}
		nodes[f.Fingerprint]++
		if n := nodes[f.Fingerprint]; n > nodes[most] || n == nodes[most] && f.Fingerprint < most {
			most = f.Fingerprint
		}
	}
	if most == "" {
		return nil
	}
	holder := &ProblemHolder{Fingerprint: most}
	if lock, ok := s.board.Lock(name); ok && lock.Holder.Fingerprint == most {
		holder.Owner = nullable(lock.Holder.Owner)
	}
	return holder
}

func forceAnswers(forced []watcher.Forced) []ForceAnswer {
	answers := make([]ForceAnswer, len(forced))
	for i, f := range forced {
		answers[i] = ForceAnswer{Node: f.Node, Result: string(f.Result), Fingerprint: nullable(f.Fingerprint), Reason: nullable(f.Reason)}
	}
	return answers
}

// forcedVotes are the answers to a release by force of a lease of the engine.
func forcedVotes(votes []lockengine.NodeVote) []watcher.Forced {
	results := map[lockengine.Vote]watcher.ForceResult{
		lockengine.VoteGranted: watcher.ForceDeleted, lockengine.VoteFree: watcher.ForceAbsent,
		lockengine.VoteOther: watcher.ForceChanged, lockengine.VoteTimeout: watcher.ForceTimeout,
		lockengine.VoteUnknown: watcher.ForceTimeout,
	}
	forced := make([]watcher.Forced, len(votes))
	for i, v := range votes {
		forced[i] = watcher.Forced{Node: v.Node, Result: watcher.ForceDown, Fingerprint: v.Fingerprint, Reason: v.Reason}
		if result, ok := results[v.Vote]; ok {
			forced[i].Result = result
		}
	}
	return forced
}
