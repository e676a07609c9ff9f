package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/lockscope/lockscope/lockengine"
)

// The codes of problems. They are part of the API: programs switch on them.
const (
	codeBadJSON         = "bad_json"
	codeBadHost         = "bad_host"
	codeBadRequest      = "bad_request"
	codeChanged         = "changed"
	codeForbiddenOrigin = "forbidden_origin"
	codeFull            = "full"
	codeGone            = "gone"
	codeHeld            = "held"
	codeInternal        = "internal"
	codeInvalid         = "invalid"
	codeKeyInUse        = "key_in_use"
	codeLost            = "lost"
	codeMethod          = "method"
	codeNoQuorum        = "no_quorum"
	codeNodeDown        = "node_down"
	codeNoNodes         = "no_nodes"
	codeNotAllowed      = "not_allowed"
	codeNotComparable   = "not_comparable"
	codeNotFound        = "not_found"
	codeNotHeld         = "not_held"
	codeNotQuarantined  = "not_quarantined"
	codeNotReady        = "not_ready"
	codeNotDriver       = "not_driver"
	codeQueueFull       = "queue_full"
	codeRateLimited     = "rate_limited"
	codeShuttingDown    = "shutting_down"
	codeTooLarge        = "too_large"
	codeTooManyLeases   = "too_many_leases"
	codeTooSlow         = "too_slow"
	codeUnsupported     = "unsupported"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// maxGot bounds what is repeated of a bad value, in bytes.
const maxGot = 80

// A FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field   string `json:"field" doc:"The field, such as ttl."`
	Message string `json:"message" doc:"What is wrong, and what is wanted."`
	Got     string `json:"got" doc:"What was sent, shortened where it is long."`
}

// A Problem is how the API says no, in the form of RFC 9457.
type Problem struct {
	Type   string       `json:"type" doc:"Always about:blank; look at code."`
	Title  string       `json:"title" doc:"The status in words."`
	Status int          `json:"status" doc:"The HTTP status."`
	Detail string       `json:"detail" doc:"What happened, for people."`
	Code   string       `json:"code" doc:"What happened, for programs, such as held."`
	Errors []FieldError `json:"errors,omitempty" nullable:"false" doc:"One entry for each bad field."`
}

// A HeldProblem says that somebody else holds the lock.
type HeldProblem struct {
	Problem
	Holder    ProblemHolder `json:"holder"`
	TTLMillis *int64        `json:"ttlMillis" doc:"How much longer it is held: null when no node told, -1 when it never expires."`
	Votes     []AttemptVote `json:"votes" nullable:"false"`
	Queued    int           `json:"queued" doc:"How many callers of this server wait for it before."`
}

// A ProblemHolder is who holds a lock that was refused.
type ProblemHolder struct {
	Owner       *string `json:"owner" doc:"Who, where the value tells."`
	Fingerprint string  `json:"fingerprint" doc:"Names the token without giving it away."`
}

// A NoQuorumProblem says that too few nodes said yes.
type NoQuorumProblem struct {
	Problem
	Votes  []AttemptVote `json:"votes" nullable:"false"`
	Quorum int           `json:"quorum" doc:"How many nodes had to say yes."`
}

// Error makes a problem an error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status of the problem.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of a problem, whatever was negotiated.
func (p *Problem) ContentType(string) string { return problemType }

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
	_ huma.StatusError       = (*HeldProblem)(nil)
	_ huma.StatusError       = (*NoQuorumProblem)(nil)
	_ huma.StatusError       = (*ForceProblem)(nil)
)

// problem returns a problem with the given status, code and detail.
func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// invalid returns the 422 that names the fields.
func invalid(fields ...FieldError) *Problem {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Field + ": " + f.Message
	}
	p := problem(http.StatusUnprocessableEntity, codeInvalid, strings.Join(names, "; "))
	p.Errors = fields
	return p
}

// lost is the answer for a lease that is over, was never, or is another's.
func lost() *Problem {
	return problem(http.StatusGone, codeLost, "the lease is not held: it ran out, was released, or is not yours")
}

// shuttingDown is the answer to commands that come too late.
func shuttingDown() *Problem {
	return problem(http.StatusServiceUnavailable, codeShuttingDown, "the server is shutting down")
}

// shorten returns value as it may be repeated in a problem.
func shorten(value string) string { return shortenTo(value, maxGot) }

// shortenTo returns value in at most so many bytes, give or take a mark.
func shortenTo(value string, most int) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if len(value) <= most {
		return value
	}
	cut := most
	for !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + "…"
}

// engineProblem says what the engine refused. A nil means that the error is
// none of the refusals it knows.
func engineProblem(err error) error {
	var (
		held     *lockengine.HeldError
		noQuorum *lockengine.NoQuorumError
		tooSlow  *lockengine.TooSlowError
		argument *lockengine.ArgumentError
		full     *lockengine.QueueFullError
	)
	switch {
	case errors.As(err, &held):
		return heldProblem(held)
	case errors.As(err, &noQuorum):
		p := problem(http.StatusServiceUnavailable, codeNoQuorum, noQuorum.Error())
		return &NoQuorumProblem{Problem: *p, Votes: attemptVotes(noQuorum.Votes), Quorum: noQuorum.Quorum}
	case errors.As(err, &tooSlow):
		return problem(http.StatusServiceUnavailable, codeTooSlow, tooSlow.Error())
	case errors.As(err, &full):
		return problem(http.StatusServiceUnavailable, codeQueueFull, full.Error())
	case errors.As(err, &argument):
		return invalid(FieldError{Field: argument.Field, Message: "want " + argument.Want, Got: shorten(argument.Got)})
	case errors.Is(err, lockengine.ErrClosed):
		return shuttingDown()
	case errors.Is(err, lockengine.ErrLost), errors.Is(err, lockengine.ErrReleased):
		return lost()
	}
	return nil
}

func heldProblem(held *lockengine.HeldError) *HeldProblem {
	p := &HeldProblem{
		Problem: *problem(http.StatusConflict, codeHeld, held.Error()),
		Holder:  ProblemHolder{Owner: nullable(held.Owner), Fingerprint: held.Fingerprint},
		Votes:   attemptVotes(held.Votes),
		Queued:  held.Queued,
	}
	switch {
	case held.TTL == lockengine.NoExpiry:
		never := int64(-1)
		p.TTLMillis = &never
	case held.TTL > 0:
		millis := held.TTL.Milliseconds()
		p.TTLMillis = &millis
	}
	return p
}

// newHumaError turns what huma finds wrong into our form. It is huma's only
// seam for that, and it is global; nothing else in this program uses huma.
func newHumaError(status int, message string, errs ...error) huma.StatusError {
	for _, err := range errs {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return bodyTooLarge()
		}
		var p *Problem
		if errors.As(err, &p) {
			return p
		}
	}
	switch status {
	case http.StatusUnprocessableEntity:
		if fields := fieldErrors(errs); len(fields) > 0 {
			return invalid(fields...)
		}
		return problem(status, codeInvalid, message)
	case http.StatusBadRequest:
		return badJSON(errs)
	case http.StatusRequestEntityTooLarge:
		return bodyTooLarge()
	case http.StatusUnsupportedMediaType:
		return unsupportedMedia("")
	case http.StatusRequestTimeout:
		return problem(status, codeBadRequest, "the body did not arrive in time")
	}
	if status >= 500 {
		// What went wrong inside is for the log, not for the world.
		return problem(status, codeInternal, "something went wrong on the server")
	}
	return problem(status, codeBadRequest, message)
}

func init() {
	huma.NewError = newHumaError
	// A field in another case is an unknown field.
	huma.ValidateStrictCasing = true
}

func fieldErrors(errs []error) []FieldError {
	fields := make([]FieldError, 0, len(errs))
	for _, err := range errs {
		var detail huma.ErrorDetailer
		if !errors.As(err, &detail) {
			continue
		}
		d := detail.ErrorDetail()
		// A location is "body.ttl" or "query.state"; the page knows "ttl".
		_, field, ok := strings.Cut(d.Location, ".")
		if !ok {
			field = d.Location
		}
		if missing := ""; scan(d.Message, validation.MsgExpectedRequiredProperty, &missing) {
			fields = append(fields, FieldError{Field: missing, Message: "is missing"})
			continue
		}
		got := ""
		switch value := d.Value.(type) {
		case nil:
		case map[string]any, []any:
			// The whole body: nothing to repeat.
		default:
			got = shorten(fmt.Sprint(value))
		}
		if field == "body" {
			got = ""
		}
		fields = append(fields, FieldError{Field: field, Message: d.Message, Got: got})
	}
	return fields
}

// scan reports whether message was made with format, and from which word.
func scan(message, format string, word *string) bool {
	n, err := fmt.Sscanf(message, format, word)
	return n == 1 && err == nil
}

// badJSON says where a body stops being JSON, without repeating it.
func badJSON(errs []error) *Problem {
	detail := "the body is not JSON"
	if fields := fieldErrors(errs); len(fields) > 0 {
		detail += ": " + fields[0].Message
	}
	return problem(http.StatusBadRequest, codeBadJSON, detail)
}

func bodyTooLarge() *Problem {
	return problem(http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body is over %d bytes", maxBody))
}

func unsupportedMedia(got string) *Problem {
	detail := "the body has to be application/json"
	if got != "" {
		detail += ", got " + shorten(got)
	}
	return problem(http.StatusUnsupportedMediaType, codeUnsupported, detail)
}
