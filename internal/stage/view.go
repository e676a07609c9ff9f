package stage

import (
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
)

// A view is which moment of a stage is looked at: the present, or one of its
// history. It is guarded by the Stage.
type view struct {
	live bool
	// at is the moment that was looked at when since was, in microseconds of the
	// stage, and rate how fast it goes from there, 0 when it stands.
	at    int64
	since time.Time
	rate  float64
	// next moves it on.
	next *time.Timer
}

// A Moment is what is looked at.
type Moment struct {
	// At is the moment, in microseconds of the stage, and Rate how fast it moves
	// on.
	At   int64   `json:"at"`
	Rate float64 `json:"rate"`
	// Head is the present.
	Head int64 `json:"head"`
	// Live is true when At is the present, and Paused when that stands because
	// somebody wanted it.
	Live   bool `json:"live"`
	Paused bool `json:"paused"`
	// Speed is what was asked for, 0 for as fast as can be.
	Speed float64 `json:"speed"`
	Even  bool    `json:"even"`
}

// moment is what is looked at now. Callers hold mu.
func (s *Stage) moment(now time.Time) Moment {
	r := s.showing.Clock.Read()
	m := Moment{
		At: r.Elapsed.Microseconds(), Rate: r.Rate, Head: r.Elapsed.Microseconds(),
		Live: true, Paused: r.Paused, Speed: r.Speed.Rate, Even: r.Speed.Even,
	}
	if r.Rate >= pace.Fastest {
		m.Rate = 0 // there is nothing to be seen in between
	}
	if speed := s.showing.player.wantedSpeed(); speed.Rate < pace.Fastest {
		m.Speed, m.Even = speed.Rate, speed.Even
	} else {
		m.Speed = 0
	}
	if !s.view.live {
		m.Live, m.At, m.Rate, m.Paused = false, s.view.now(now), s.view.rate, s.view.rate == 0
	}
	return m
}

// now is the moment that a view of the past has come to.
func (v *view) now(now time.Time) int64 {
	return v.at + int64(float64(now.Sub(v.since).Microseconds())*v.rate)
}

// stop keeps the view where it is.
func (v *view) stop() {
	if v.next != nil {
		v.next.Stop()
		v.next = nil
	}
	if !v.live {
		now := time.Now()
		v.at, v.since, v.rate = v.now(now), now, 0
	}
}

// seek looks at a moment of the history. The present stands.
func (s *Stage) seek(at int64) {
	s.showing.Clock.Pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.stop()
	_, first, _ := s.showing.Log.First()
	head := s.showing.Clock.Elapsed().Microseconds()
	s.view = view{at: min(max(at, first), head), since: time.Now()}
	s.nudgeLocked()
}

// present looks at the present again, where it stands.
func (s *Stage) present() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.stop()
	s.view = view{live: true}
	s.nudgeLocked()
}

// replay lets the view of the past go on, at the pace of the stage, until it comes
// to the present. step ends it with the next thing to be seen.
func (s *Stage) replay(step bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.stop()
	s.advance(step)
	s.nudgeLocked()
}

// advance plans the way to the next frame. Callers hold mu.
func (s *Stage) advance(step bool) {
	v := &s.view
	if s.ended || v.live {
		return
	}
	to, ok := s.showing.Log.After(v.at)
	if !ok {
		s.view = view{live: true}
		s.nudgeLocked()
		return
	}
	gap := time.Duration(to-v.at) * time.Microsecond
	speed := s.showing.player.wantedSpeed()
	rate := speed.Rate
	if !speed.Even {
		rate = pace.Linger(rate, gap)
	}
	if rate >= pace.Fastest {
		rate = 1e6
	}
	v.since, v.rate = time.Now(), rate
	epoch := s.epoch
	v.next = time.AfterFunc(time.Duration(float64(gap)/rate), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.epoch != epoch || s.view.live || s.view.rate == 0 {
			return
		}
		s.view.at, s.view.since, s.view.rate = to, time.Now(), 0
		if !step {
			s.advance(false)
		}
		s.nudgeLocked()
	})
}
