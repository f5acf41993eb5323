package client

import (
	"context"
	"iter"
	"time"
)

// TestClock is the time of the accounts that are bound to it, in a sandbox.
type TestClock struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	At        time.Time `json:"at"`     // what it shows
	Status    string    `json:"status"` // ready or advancing
	Target    time.Time `json:"target"` // of one that is advancing
	CreatedAt time.Time `json:"created_at"`
}

// NewTestClock is a clock to be made.
type NewTestClock struct {
	At   time.Time `json:"at"`
	Name string    `json:"name,omitempty"`
}

// CreateTestClock makes a clock that shows an instant and stands there.
func (c *Client) CreateTestClock(ctx context.Context, clock NewTestClock, options ...Option) (TestClock, error) {
	return change[TestClock](ctx, c, path("test-clocks"), clock, options)
}

// ListTestClocks lists the clocks, the newest first.
func (c *Client) ListTestClocks(ctx context.Context) iter.Seq2[TestClock, error] {
	return list[TestClock](ctx, c, path("test-clocks"), nil)
}

// GetTestClock is a clock.
func (c *Client) GetTestClock(ctx context.Context, clock string) (TestClock, error) {
	return get[TestClock](ctx, c, path("test-clocks", clock), nil)
}

// AdvanceTestClock moves a clock forward, and waits until all that was due on the way has happened.
func (c *Client) AdvanceTestClock(ctx context.Context, clock string, to time.Time, options ...Option) (TestClock, error) {
	return change[TestClock](ctx, c, path("test-clocks", clock, "advance"), map[string]time.Time{"to": to}, options)
}

// StoppedTestClock is a clock that was deleted.
type StoppedTestClock struct {
	ID string `json:"id"`
}

// DeleteTestClock stops a clock for good.
func (c *Client) DeleteTestClock(ctx context.Context, clock string, options ...Option) (StoppedTestClock, error) {
	return change[StoppedTestClock](ctx, c, path("test-clocks", clock, "delete"), nil, options)
}
