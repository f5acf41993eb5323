package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"scrip/clock"
)

// errEnough ends a load early: there is nothing left to ask for.
var errEnough = errors.New("nothing is left to ask for")

// mostReasons is how many different reasons of failures are kept.
const mostReasons = 5

// load is how hard clients ask.
type load struct {
	clients int
	rate    int // requests a second of all clients together; 0 for as many as are answered
	each    int // for how many things a client asks at once
	warmup  time.Duration
	lasts   time.Duration
}

// client asks once, for one or several things at the same moment, and takes down how each went. It is used by
// one goroutine.
type client func(*tally) error

// tally is what a client has seen. A request that began while warming up is not counted.
type tally struct {
	began     time.Time // of the request under way
	counts    bool
	took      histogram
	attempted int64
	failed    int64
	reasons   map[string]int64
}

// add takes down how one thing went.
func (t *tally) add(took time.Duration, err error) {
	t.attempted++
	if !t.counts {
		return
	}
	if err != nil {
		t.failed++
		if text := err.Error(); t.reasons[text] > 0 || len(t.reasons) < mostReasons {
			t.reasons[text]++
		}
		return
	}
	t.took.add(took)
}

// once is a client that asks for one thing at a time.
func once(ask func() error) client {
	return func(t *tally) error {
		err := ask()
		if errors.Is(err, errEnough) {
			return err
		}
		t.add(time.Since(t.began), err)
		return nil
	}
}

// measured is what all clients have seen.
type measured struct {
	tally
	elapsed time.Duration // without warming up
	short   bool          // there was nothing left to ask for
}

// run has all clients ask until the time is over. Where a rate is set, the time that a request takes counts from when it
// was to be sent, not from when a client was free to send it: who is slow makes others wait.
func (l load) run(ctx context.Context, clients []client) measured {
	begin := time.Now()
	counting, end := begin.Add(l.warmup), begin.Add(l.warmup+l.lasts)
	var tickets atomic.Int64
	var short atomic.Bool
	tallies := make([]tally, len(clients))
	var all sync.WaitGroup
	for at, ask := range clients {
		t := &tallies[at]
		t.reasons = map[string]int64{}
		all.Go(func() {
			for ctx.Err() == nil {
				t.began = time.Now()
				if l.rate > 0 {
					t.began = begin.Add(time.Duration(tickets.Add(1)-1) * time.Duration(max(1, l.each)) * time.Second / time.Duration(l.rate))
					if !t.began.After(end) {
						clock.Rest(ctx, time.Until(t.began))
					}
				}
				if t.began.After(end) {
					return
				}
				t.counts = !t.began.Before(counting)
				if ask(t) != nil {
					short.Store(true)
					return
				}
			}
		})
	}
	all.Wait()
	m := measured{elapsed: max(time.Since(counting), time.Millisecond), short: short.Load(), tally: tally{reasons: map[string]int64{}}}
	for at := range tallies {
		m.merge(&tallies[at])
	}
	return m
}

func (m *measured) merge(t *tally) {
	m.took.merge(&t.took)
	m.attempted += t.attempted
	m.failed += t.failed
	for reason, count := range t.reasons {
		m.reasons[reason] += count
	}
}
