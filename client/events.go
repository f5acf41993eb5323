package client

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Event is one event, as it is delivered to webhook endpoints too. docs/webhooks.md has the types, and the data of each.
type Event struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Version int             `json:"version"`
	At      time.Time       `json:"timestamp"`
	Account string          `json:"account"` // of what happened on an account
	Number  int64           `json:"number"`  // counts up within the account, the card or the batch
	Data    json.RawMessage `json:"data"`
}

// EventPage is a page of the list of events.
type EventPage struct {
	Data []Event `json:"data"`
	Next string  `json:"next"` // cursor of what stands behind: keep it beside what you have handled
	More bool    `json:"more"` // there may be more already
}

// ListEvents gives pages of all events from a cursor on, or, without one, from the first, until there is no more now.
// Going on later from the last page's Next misses nothing, and gets nothing twice.
func (c *Client) ListEvents(ctx context.Context, cursor string) iter.Seq2[EventPage, error] {
	return c.events(ctx, path("events"), cursor)
}

// ListAccountEvents is ListEvents for one account.
func (c *Client) ListAccountEvents(ctx context.Context, account, cursor string) iter.Seq2[EventPage, error] {
	return c.events(ctx, path("accounts", account, "events"), cursor)
}

func (c *Client) events(ctx context.Context, path, cursor string) iter.Seq2[EventPage, error] {
	return func(yield func(EventPage, error) bool) {
		for {
			page, err := get[EventPage](ctx, c, path, given("cursor", cursor, "limit", "200"))
			if !yield(page, err) || err != nil || !page.More {
				return
			}
			cursor = page.Next
		}
	}
}

// ToldEvent is one event, and where it was delivered.
type ToldEvent struct {
	Event      Event      `json:"event"`
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is how the delivery of an event to an endpoint stands.
type Delivery struct {
	Endpoint  string    `json:"endpoint"`
	State     string    `json:"state"` // queued, delivered or dead
	Attempts  int       `json:"attempts"`
	Answered  int       `json:"answered"` // the status of the last answer
	Problem   string    `json:"problem"`  // what was wrong at last
	CreatedAt time.Time `json:"created_at"`
	DueAt     time.Time `json:"due_at"`
	SettledAt time.Time `json:"settled_at"`
}

// GetEvent is one event.
func (c *Client) GetEvent(ctx context.Context, event string) (ToldEvent, error) {
	return get[ToldEvent](ctx, c, path("events", event), nil)
}

// Endpoint is where events are delivered.
type Endpoint struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Types     []string  `json:"types"` // that it wants; none for all
	State     string    `json:"state"` // enabled, disabled or gone
	CreatedAt time.Time `json:"created_at"`
	OldUntil  time.Time `json:"old_secret_until"` // until then messages are signed with the secret before, too
	RestsTill time.Time `json:"rests_until"`      // it took nothing at last
}

// CountedEndpoint is an endpoint with what became of its events.
type CountedEndpoint struct {
	Endpoint   Endpoint       `json:"endpoint"`
	Deliveries map[string]int `json:"deliveries"` // how many are in which state
}

// Receiver is where events go, and which; no types for all.
type Receiver struct {
	URL   string   `json:"url"`
	Types []string `json:"types,omitempty"`
}

// MadeEndpoint is a new endpoint with its secret.
type MadeEndpoint struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Types     []string  `json:"types"`
	CreatedAt time.Time `json:"created_at"`
	Secret    Secret    `json:"secret"` // it is told again under the same key until Until, and never after
	Until     time.Time `json:"secret_until"`
}

// CreateEndpoint has what is told from now on delivered to an address.
func (c *Client) CreateEndpoint(ctx context.Context, receiver Receiver, options ...Option) (MadeEndpoint, error) {
	return change[MadeEndpoint](ctx, c, path("endpoints"), receiver, options)
}

// ListEndpoints lists where events are delivered.
func (c *Client) ListEndpoints(ctx context.Context) iter.Seq2[Endpoint, error] {
	return list[Endpoint](ctx, c, path("endpoints"), nil)
}

// GetEndpoint is an endpoint, and how many events were delivered to it lately, wait, or were given up.
func (c *Client) GetEndpoint(ctx context.Context, endpoint string) (CountedEndpoint, error) {
	return get[CountedEndpoint](ctx, c, path("endpoints", endpoint), nil)
}

// ChangedEndpoint is what a change of an endpoint came to.
type ChangedEndpoint struct {
	ID    string `json:"id"`
	State string `json:"state"` // enabled, disabled, gone or deleted
}

// ChangeEndpoint has events delivered elsewhere, or others.
func (c *Client) ChangeEndpoint(ctx context.Context, endpoint string, receiver Receiver, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint), receiver, options)
}

// EnableEndpoint delivers again to an endpoint that was disabled, or was gone, from where it stopped on.
func (c *Client) EnableEndpoint(ctx context.Context, endpoint string, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint, "enable"), nil, options)
}

// DisableEndpoint delivers nothing to an endpoint until it is enabled.
func (c *Client) DisableEndpoint(ctx context.Context, endpoint string, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint, "disable"), nil, options)
}

// DeleteEndpoint forgets an endpoint, and all that was queued for it.
func (c *Client) DeleteEndpoint(ctx context.Context, endpoint string, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint, "delete"), nil, options)
}

// RenewedSecret is an endpoint's new secret.
type RenewedSecret struct {
	Endpoint string    `json:"endpoint"`
	OldUntil time.Time `json:"old_secret_until"` // until then messages are signed with the secret before, too
	Secret   Secret    `json:"secret"`           // it is told again under the same key until Until, and never after
	Until    time.Time `json:"secret_until"`
}

// RotateSecret gives an endpoint a new secret. Messages are signed with the old one, too, for some hours; 0 is 24.
func (c *Client) RotateSecret(ctx context.Context, endpoint string, overlapHours int, options ...Option) (RenewedSecret, error) {
	body := map[string]int{}
	if overlapHours > 0 {
		body["overlap_hours"] = overlapHours
	}
	return change[RenewedSecret](ctx, c, path("endpoints", endpoint, "rotate"), body, options)
}

// DeadLetter is an event that an endpoint did not take, and that was given up.
type DeadLetter struct {
	Event    Event    `json:"event"`
	Delivery Delivery `json:"delivery"`
}

// ListDeadLetters lists the events that an endpoint did not take, and that were given up.
func (c *Client) ListDeadLetters(ctx context.Context, endpoint string) iter.Seq2[DeadLetter, error] {
	return list[DeadLetter](ctx, c, path("endpoints", endpoint, "dead-letters"), nil)
}

// RedeliverEvent sends one event to an endpoint now, whatever became of it before.
func (c *Client) RedeliverEvent(ctx context.Context, endpoint, event string, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint, "redeliver"), map[string]string{"event": event}, options)
}

// ReplayEvents delivers again everything that was told since an instant, in order and under the same ids.
func (c *Client) ReplayEvents(ctx context.Context, endpoint string, since time.Time, options ...Option) (ChangedEndpoint, error) {
	return change[ChangedEndpoint](ctx, c, path("endpoints", endpoint, "replay"), map[string]time.Time{"since": since}, options)
}
