package journal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Key is the stream that the entries are in, each with the fields id and entry,
// the second in JSON.
const Key = "lockscope:journal"

const (
	// streamLength is about how many entries stay in the stream.
	streamLength = 100_000
	// streamBatch is how many are added in one go.
	streamBatch = 100
	// streamTimeout is how long the Redis may take for one go.
	streamTimeout = 2 * time.Second
	// A Redis that is away is tried again after firstPause, and then after twice as
	// long each time, up to lastPause.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// A stream is where entries outlive the process.
type stream struct {
	client *redis.Client
	signal chan struct{} // capacity 1: entries wait
}

func newStream(opts *redis.Options) *stream {
	o := *opts
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = streamTimeout, streamTimeout, streamTimeout
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &stream{client: redis.NewClient(&o), signal: make(chan struct{}, 1)}
}

func (s *stream) wake() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// Open reads back what the stream holds. It takes two seconds at most; where the
// Redis is away, Run goes on trying.
func (j *Journal) Open(ctx context.Context) {
	if j.stream != nil {
		j.told(j.readBack(ctx))
	}
}

// Run adds entries to the stream until ctx ends, and then what waits, for two
// seconds at most. Without a stream it does nothing.
func (j *Journal) Run(ctx context.Context) {
	if j.stream == nil {
		return
	}
	defer j.stream.client.Close()
	read := j.Status().Away == ""
	pause := firstPause
	for {
		var err error
		if !read {
			err = j.readBack(ctx)
			read = err == nil
		}
		if err == nil {
			err = j.write(ctx)
		}
		if ctx.Err() != nil {
			break
		}
		j.told(err)
		if err == nil {
			pause = firstPause
			select {
			case <-j.stream.signal:
			case <-ctx.Done():
			}
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), streamTimeout)
	defer cancel()
	if err := j.write(last); err != nil {
		j.log.Error("entries of the journal are lost: they could not be added to its stream", "entries", j.Status().Waiting, "reason", words(err))
	}
}

// told notes whether the stream can be written to, and tells the log when that
// changes.
func (j *Journal) told(err error) {
	j.mu.Lock()
	before, lost := j.status.Away, j.status.Lost
	j.status.Away = words(err)
	if (before == "") != (err == nil) {
		j.status.Since = time.Now()
	}
	waiting := len(j.waiting)
	j.mu.Unlock()
	switch {
	case before == "" && err != nil:
		j.log.Error("the journal cannot be written: its entries wait in memory", "reason", words(err), "waiting", waiting)
	case before != "" && err == nil:
		j.log.Info("the journal is written again", "lost", lost)
	}
}

// write adds all that waits.
func (j *Journal) write(ctx context.Context) error {
	for {
		j.mu.Lock()
		batch := slices.Clone(j.waiting[:min(len(j.waiting), streamBatch)])
		j.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		adding, cancel := context.WithTimeout(ctx, streamTimeout)
		_, err := j.stream.client.Pipelined(adding, func(p redis.Pipeliner) error {
			for _, e := range batch {
				text, err := json.Marshal(e)
				if err != nil {
					return err
				}
				p.XAdd(adding, &redis.XAddArgs{Stream: Key, MaxLen: streamLength, Approx: true, Values: []any{"id", e.ID, "entry", text}})
			}
			return nil
		})
		cancel()
		if err != nil {
			return err
		}
		j.mu.Lock()
		// Meanwhile some may have been dropped at the front.
		last := batch[len(batch)-1].Seq
		j.waiting = slices.DeleteFunc(j.waiting, func(e *Entry) bool { return e.Seq <= last })
		j.mu.Unlock()
	}
}

// readBack takes in the last entries of the stream.
func (j *Journal) readBack(ctx context.Context) error {
	reading, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	found, err := j.stream.client.XRevRangeN(reading, Key, "+", "-", Kept).Result()
	if err != nil {
		return err
	}
	j.mu.Lock()
	known := make(map[string]bool, len(found))
	for _, e := range j.waiting {
		known[e.ID] = true // of this process, and added without our knowledge
	}
	j.mu.Unlock()
	entries := make([]Entry, 0, len(found))
	for _, message := range found {
		text, _ := message.Values["entry"].(string)
		var e Entry
		if json.Unmarshal([]byte(text), &e) != nil || e.ID == "" || e.Action == "" || known[e.ID] {
			continue // not one of ours, or there twice
		}
		known[e.ID] = true
		entries = append(entries, e)
	}
	slices.Reverse(entries)
	j.adopt(entries)
	return nil
}

// words says what went wrong in one line, without the URL.
func words(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within " + streamTimeout.String()
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "?")), " ")
}
