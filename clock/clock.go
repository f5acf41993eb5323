// Package clock is a clock that can be moved: the demo's, and the tests'. The real clock is read in
// cmd/scrip alone.
package clock

import (
	"sync"
	"time"
)

// Moved is a clock that shows another time than the one it goes by. Any number may read it at once.
type Moved struct {
	mu     sync.RWMutex
	source func() time.Time
	offset time.Duration
}

// From is a clock that goes on as its source does.
func From(source func() time.Time) *Moved { return &Moved{source: source} }

// Stopped is a clock that goes on only where it is moved.
func Stopped(at time.Time) *Moved { return &Moved{source: func() time.Time { return at }} }

// Now is the time that the clock shows.
func (c *Moved) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.source().Add(c.offset)
}

// Set makes the clock show an instant, and go on from there.
func (c *Moved) Set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = to.Sub(c.source())
}

// Offset is how far the clock was moved.
func (c *Moved) Offset() time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.offset
}
