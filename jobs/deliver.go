package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"scrip/access"
	"scrip/clock"
	"scrip/engine"
	"scrip/webhook"
)

const (
	// endpointsRead is how many endpoints are read at once.
	endpointsRead = 100
	// deliveriesAtOnce is how many events are sent to one endpoint side by side, of deliveriesRead that are taken
	// together. How they ended is recorded for as many at a time: that many may be sent twice where the program is killed.
	deliveriesAtOnce = 8
	deliveriesRead   = 32
	// An event that is not taken is sent again after a pause that doubles, from the first to the longest, and is a fifth
	// longer at most, by chance, so that what failed together does not come back together. It is given up after the last
	// attempt: between 77 and 94 hours after the first.
	firstDeliveryPause   = 5 * time.Second
	longestDeliveryPause = 4 * time.Hour
	lastDelivery         = 30
	longestProblem       = 300
)

// fanOut queues what was told for the endpoints that want it.
func (l *Loops) fanOut(ctx context.Context) (outcome, error) {
	endpoints, err := l.engine.Endpoints(ctx, access.Loop(), "", endpointsRead)
	all := outcome{}
	for _, endpoint := range endpoints {
		some, err := l.engine.FanOut(ctx, access.Loop(), endpoint.ID)
		if err == nil && !some || errors.Is(err, engine.ErrNoEndpoint) { // deleted just now
			continue
		}
		all.found++
		if l.did(ctx, "fan_out", err, "endpoint", endpoint.ID) {
			all.done++
		}
	}
	return all, err
}

// deliverAll sends what is due to each endpoint, one after another.
func (l *Loops) deliverAll(ctx context.Context) (outcome, error) {
	endpoints, err := l.engine.Endpoints(ctx, access.Loop(), "", endpointsRead)
	all := outcome{}
	for _, endpoint := range endpoints {
		o := l.deliverTo(ctx, endpoint.ID)
		all.found, all.done = all.found+o.found, all.done+o.done
	}
	return all, err
}

// deliverSideBySide sends what is due to each endpoint beside the others, so that one that is slow holds up none.
func (l *Loops) deliverSideBySide(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	var busy sync.Map
	for ctx.Err() == nil {
		endpoints, err := l.engine.Endpoints(ctx, access.Loop(), "", endpointsRead)
		if err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, "a loop could not read what is due", "error", err)
			clock.Rest(ctx, longPause)
		}
		for _, endpoint := range endpoints {
			if _, is := busy.LoadOrStore(endpoint.ID, true); !is {
				working.Go(func() {
					defer busy.Delete(endpoint.ID)
					l.deliverOn(ctx, endpoint.ID)
				})
			}
		}
		clock.Rest(ctx, pause)
	}
}

// deliverOn sends to an endpoint until nothing is due, and rests where nothing can be done.
func (l *Loops) deliverOn(ctx context.Context, endpoint string) {
	for ctx.Err() == nil {
		o := l.deliverTo(ctx, endpoint)
		if o.done > 0 {
			continue
		}
		if o.found > 0 {
			clock.Rest(ctx, longPause)
		}
		return
	}
}

// deliverTo takes what is due to an endpoint, sends it, and records how that ended. Done is what was recorded, taken
// by the receiver or not.
func (l *Loops) deliverTo(ctx context.Context, endpoint string) outcome {
	taken, err := l.engine.TakeDeliveries(ctx, access.Loop(), endpoint, deliveriesRead)
	if errors.Is(err, engine.ErrNoEndpoint) { // deleted just now
		return outcome{}
	}
	if err != nil {
		l.did(ctx, "deliver", err, "endpoint", endpoint)
		return outcome{found: 1}
	}
	attempts := l.attemptAll(ctx, taken)
	err = l.again(ctx, func() error {
		return l.engine.SettleDeliveries(context.WithoutCancel(ctx), access.Loop(), endpoint, attempts)
	})
	if err != nil {
		l.did(ctx, "deliver", err, "endpoint", endpoint)
		return outcome{found: len(taken)}
	}
	return outcome{found: len(taken), done: len(attempts)}
}

// attemptAll sends events side by side, and tells how it ended with those that were sent.
func (l *Loops) attemptAll(ctx context.Context, taken []engine.Delivery) (attempts []engine.Attempt) {
	var mu sync.Mutex
	sideBySide(taken, deliveriesAtOnce, func(d engine.Delivery) bool {
		attempt, err := l.attempt(ctx, d)
		if err != nil { // the next pass sends it
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		attempts = append(attempts, attempt)
		return l.did(ctx, "deliver", failure(attempt), "endpoint", d.Endpoint, "event", d.Message.ID)
	})
	return attempts
}

// attempt sends an event once, unless its lease is all but over or the loops were told to stop.
func (l *Loops) attempt(ctx context.Context, d engine.Delivery) (engine.Attempt, error) {
	if err := ctx.Err(); err != nil {
		return engine.Attempt{}, err
	}
	ctx, done := lingering(ctx)
	defer done()
	now := l.engine.Now()
	if now.Add(webhook.Timeout).After(d.Leased()) {
		return engine.Attempt{}, errTooLate
	}
	answer, err := l.hooks.Send(ctx, d.Message, now)
	if ctx.Err() != nil && err != nil { // the program is stopping, and it is not known whether it was taken
		return engine.Attempt{}, err
	}
	return engine.Attempt{Delivery: d, Answer: answer, Problem: problem(answer, err), Pause: deliveryPause(d.Attempts)}, nil
}

// deliveryPause is after what time an event is sent again that was not taken, after so many attempts before; none says
// that it is given up.
func deliveryPause(attempts int) time.Duration {
	if attempts >= lastDelivery {
		return 0
	}
	pause := min(longestDeliveryPause, firstDeliveryPause<<min(attempts, 12))
	return pause + rand.N(pause/5)
}

// problem is what was wrong with an attempt, in a line. It does not repeat the address, which may hold what only its
// owner should know.
func problem(answer webhook.Answer, err error) string {
	text := answer.Says
	if wrapped, is := errors.AsType[*url.Error](err); is {
		err = wrapped.Err
	}
	if err != nil {
		text = err.Error()
	}
	return text[:min(len(text), longestProblem)]
}

// failure is an attempt's error, for the counters and the log.
func failure(a engine.Attempt) error {
	switch {
	case a.Answer.Taken():
		return nil
	case a.Answer.Status == 0:
		return errors.New(a.Problem)
	}
	return fmt.Errorf("the receiver answered %d", a.Answer.Status)
}
