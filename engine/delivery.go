package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"scrip/access"
	"scrip/feed"
	"scrip/giftcode"
	"scrip/store"
	"scrip/webhook"
)

const (
	// fannedOutAtOnce is how many rows of what was told are looked at in one transaction: few, so that SQLite's one writer
	// is not held up.
	fannedOutAtOnce = 100
	// deliveryLease is how long deliveries that are taken together may take before they are taken for lost.
	deliveryLease = 2 * time.Minute
	// shortestRest is how long an endpoint rests after a pass in which it took nothing; it doubles up to longestRest.
	shortestRest = time.Second
	longestRest  = 5 * time.Minute
)

// FanOut queues for an endpoint the events that were told since its cursor, at most those of a hundred rows, and
// tells whether there were any rows. Events of one subject are queued in their order.
func (e *Engine) FanOut(ctx context.Context, actor access.Actor, id string) (some bool, err error) {
	if err := actor.May(access.LiveDue, ""); err != nil {
		return false, err
	}
	if some, err = e.hasNews(ctx, id); err != nil || !some {
		return false, err
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.LockEndpoint(ctx, id)
		if err != nil || endpoint.State != store.EndpointEnabled {
			return noEndpoint(err)
		}
		rows, err := tx.Feed(ctx, endpoint.Cursor, fannedOutAtOnce)
		if err != nil {
			return err
		}
		deliveries, err := fanOut(&endpoint, rows)
		if err != nil {
			return err
		}
		return errors.Join(tx.QueueDeliveries(ctx, deliveries), tx.SaveEndpoint(ctx, endpoint))
	})
	return some, err
}

// hasNews reports whether something stands behind an endpoint's cursor.
func (e *Engine) hasNews(ctx context.Context, id string) (some bool, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.Endpoint(ctx, id)
		if err != nil || endpoint.State != store.EndpointEnabled {
			return noEndpoint(err)
		}
		rows, err := tx.Feed(ctx, endpoint.Cursor, 2)
		some = slices.ContainsFunc(rows, func(row store.Told) bool { return !behind(endpoint, row) })
		return err
	})
	return some, err
}

// behind reports whether a row is the one at which an endpoint's cursor is.
func behind(endpoint store.Endpoint, row store.Told) bool {
	return endpoint.Cursor.Skips(row.Position, row.Told, feed.Places-1)
}

// fanOut are the deliveries of what rows tell to an endpoint, whose cursor goes behind them.
func fanOut(endpoint *store.Endpoint, rows []store.Told) ([]store.Delivery, error) {
	var deliveries []store.Delivery
	for _, row := range rows {
		if behind(*endpoint, row) {
			continue
		}
		events, err := feed.Of(row.Told)
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if len(endpoint.Types) == 0 || slices.Contains(endpoint.Types, event.Type) {
				key := store.DeliveryKey{Subject: row.Subject, Number: row.Number, Place: event.Place()}
				deliveries = append(deliveries, store.Delivery{DeliveryKey: key, Endpoint: endpoint.ID, Type: event.Type})
			}
		}
		endpoint.Cursor = feed.Behind(row.Position, row.Told)
	}
	return deliveries, nil
}

// Delivery is a delivery that was taken for one attempt, with the message to send.
type Delivery struct {
	store.Delivery
	Message webhook.Message
	until   time.Time
}

// Leased is until when nobody else makes a delivery that was taken.
func (d Delivery) Leased() time.Time { return d.until }

// TakeDeliveries takes deliveries to an endpoint that are due, at most so many, for one attempt each. Of one that took
// nothing at last, a single one. One that somebody else has taken is not among them.
func (e *Engine) TakeDeliveries(ctx context.Context, actor access.Actor, id string, most int) ([]Delivery, error) {
	if err := actor.May(access.LiveDue, ""); err != nil {
		return nil, err
	}
	endpoint, due, err := e.dueDeliveries(ctx, id, most)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	secrets, err := e.secretsOf(endpoint)
	if err != nil {
		return nil, err
	}
	var leased map[store.DeliveryKey]bool
	var until time.Time
	if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		until = tx.Now.Add(deliveryLease)
		leased, err = tx.LeaseDeliveries(ctx, due, until)
		return err
	}); err != nil {
		return nil, err
	}
	var taken []Delivery
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		taken = nil
		for _, d := range due {
			if !leased[d.DeliveryKey] {
				continue
			}
			message, err := message(ctx, tx, endpoint.URL, secrets, d.DeliveryKey)
			if err != nil {
				return err
			}
			taken = append(taken, Delivery{d, message, until})
		}
		return nil
	})
	return taken, err
}

func (e *Engine) dueDeliveries(ctx context.Context, id string, most int) (endpoint store.Endpoint, due []store.Delivery, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		endpoint, err = tx.Endpoint(ctx, id)
		if err != nil || endpoint.State != store.EndpointEnabled || tx.Now.Before(endpoint.RestsUntil) {
			return noEndpoint(err)
		}
		if endpoint.Failures > 0 {
			most = 1
		}
		due, err = tx.DueDeliveries(ctx, id, most)
		return err
	})
	return endpoint, due, err
}

// message is what is sent of an event: always the same, under the same id.
func message(ctx context.Context, tx *store.Tx, url string, secrets []webhook.Secret, key store.DeliveryKey) (webhook.Message, error) {
	event, err := eventOf(ctx, tx, key)
	if err != nil {
		return webhook.Message{}, err
	}
	body, err := json.Marshal(event)
	return webhook.Message{ID: event.ID, URL: url, Body: body, Secrets: secrets}, err
}

// eventOf reads one event, or ErrNoEvent.
func eventOf(ctx context.Context, tx *store.Tx, key store.DeliveryKey) (feed.Event, error) {
	rows, err := tx.FeedOf(ctx, key.Subject, key.Number, 1)
	if err != nil {
		return feed.Event{}, err
	}
	if len(rows) == 0 || rows[0].Number != key.Number {
		return feed.Event{}, ErrNoEvent
	}
	events, err := feed.Of(rows[0].Told)
	if err != nil {
		return feed.Event{}, err
	}
	at := slices.IndexFunc(events, func(event feed.Event) bool { return event.Place() == key.Place })
	if at < 0 {
		return feed.Event{}, ErrNoEvent
	}
	return events[at], nil
}

// Attempt is how an attempt at a delivery ended. One that the receiver did not take is due again after Pause, or dead
// where there is none.
type Attempt struct {
	Delivery Delivery
	Answer   webhook.Answer
	Problem  string // why there is no answer
	Pause    time.Duration
}

func (a Attempt) settled(now time.Time) store.Delivery {
	d := a.Delivery.Delivery
	d.Answered, d.Problem = a.Answer.Status, a.Problem
	switch {
	case a.Answer.Taken():
		d.State, d.SettledAt, d.Problem = store.Delivered, now, ""
	case a.Pause > 0:
		d.State, d.DueAt = store.DeliveryQueued, now.Add(a.Pause)
	default:
		d.State, d.SettledAt = store.DeliveryDead, now
	}
	return d
}

// SettleDeliveries records how attempts at deliveries to one endpoint ended. Where none was taken the endpoint rests;
// where it answered that it is gone, nothing more is sent to it. Those to an endpoint that was deleted are forgotten.
func (e *Engine) SettleDeliveries(ctx context.Context, actor access.Actor, id string, attempts []Attempt) error {
	if err := actor.May(access.LiveDue, ""); err != nil || len(attempts) == 0 {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		endpoint, err := tx.LockEndpoint(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		settled := make([]store.Delivery, len(attempts))
		for at, attempt := range attempts {
			settled[at] = attempt.settled(tx.Now)
		}
		if err := tx.EndDeliveries(ctx, settled); err != nil {
			return err
		}
		was := endpoint
		judge(&endpoint, attempts, tx.Now)
		if endpoint.State == was.State && endpoint.Failures == 0 && was.Failures == 0 {
			return nil
		}
		return tx.SaveEndpoint(ctx, endpoint)
	})
}

// judge says of an endpoint what follows from attempts.
func judge(endpoint *store.Endpoint, attempts []Attempt, now time.Time) {
	if slices.ContainsFunc(attempts, func(a Attempt) bool { return a.Answer.Gone() }) && endpoint.State == store.EndpointEnabled {
		endpoint.State = store.EndpointGone
	}
	if slices.ContainsFunc(attempts, func(a Attempt) bool { return a.Answer.Taken() }) {
		endpoint.Failures, endpoint.RestsUntil = 0, time.Time{}
		return
	}
	endpoint.RestsUntil = now.Add(min(longestRest, shortestRest<<min(endpoint.Failures, 10)))
	endpoint.Failures++
}

// DeadLetter is a delivery that was given up, and the event as its receiver would have got it.
type DeadLetter struct {
	Event    feed.Event
	Delivery store.Delivery
}

// DeadLetters are the deliveries to an endpoint that were given up, from behind a place on, and the place behind them. It
// fails with access.ErrDenied.
func (e *Engine) DeadLetters(ctx context.Context, actor access.Actor, endpoint string, from feed.Cursor, most int) (dead []DeadLetter, next feed.Cursor, err error) {
	if err := actor.May(access.ManageEndpoints, ""); err != nil {
		return nil, from, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		dead, next = nil, from
		after := store.DeliveryKey{Subject: from.Subject, Number: from.Number, Place: from.Place}
		deliveries, err := tx.DeadDeliveries(ctx, endpoint, after, min(max(most, 1), MostEvents))
		if err != nil {
			return err
		}
		for _, d := range deliveries {
			event, err := eventOf(ctx, tx, d.DeliveryKey)
			if err != nil {
				return err
			}
			dead, next = append(dead, DeadLetter{event, d}), feed.Cursor{Subject: d.Subject, Number: d.Number, Place: d.Place}
		}
		return nil
	})
	return dead, next, err
}

// Event is one event, and its deliveries to whichever endpoint. It fails with access.ErrDenied and ErrNoEvent.
func (e *Engine) Event(ctx context.Context, actor access.Actor, id feed.ID) (event feed.Event, deliveries []store.Delivery, err error) {
	if err := actor.May(access.ReadEvents, ""); err != nil {
		return event, nil, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		key, err := keyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if event, err = eventOf(ctx, tx, key); err != nil {
			return err
		}
		deliveries, err = tx.DeliveriesOf(ctx, key)
		return err
	})
	return event, deliveries, err
}

// keyOf is under what an event is kept: a card's serial number stands for its digest.
func keyOf(ctx context.Context, tx *store.Tx, id feed.ID) (store.DeliveryKey, error) {
	key := store.DeliveryKey{Subject: id.Of, Number: id.Number, Place: id.Place}
	serial, err := giftcode.ParseSerial(id.Of)
	if err != nil || serial.String() != id.Of {
		return key, nil
	}
	key.Subject, err = tx.DigestOfSerial(ctx, id.Of)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoEvent
	}
	return key, err
}
