package engine

import (
	"context"

	"scrip/access"
	"scrip/feed"
	"scrip/store"
)

const (
	// MostEvents is how many events a page may have.
	MostEvents = 500
	// toldAtOnce is how many rows are read at once to find a page's events. Not every row has some, so a page may be
	// looked for in as many as mostReads reads; then it is what was found.
	toldAtOnce = 500
	mostReads  = 20
)

// Events are a page of the list of events, and where the next page begins.
type Events struct {
	Events []feed.Event
	Next   feed.Cursor
	More   bool // there may be more already; else there will be, later
}

// Events are events of all accounts and cards from a place in the list on, at most so many. What commits later stands
// behind them: whoever goes on from Next misses nothing, and gets nothing twice. They stop before the oldest
// transaction that is open. It fails with access.ErrDenied.
func (e *Engine) Events(ctx context.Context, actor access.Actor, from feed.Cursor, most int) (Events, error) {
	if err := actor.May(access.ReadEvents, ""); err != nil {
		return Events{}, err
	}
	return e.page(ctx, from, most, func(tx *store.Tx, from feed.Cursor) ([]store.Told, error) { return tx.Feed(ctx, from, toldAtOnce) })
}

// EventsOf are the events of one account, as Events are of all. It fails with access.ErrDenied,
// ErrNoAccount, and feed.ErrCursor where the place is not in this account's list.
func (e *Engine) EventsOf(ctx context.Context, actor access.Actor, account string, from feed.Cursor, most int) (Events, error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return Events{}, err
	}
	if from.Subject != "" && from.Subject != account {
		return Events{}, feed.ErrCursor
	}
	return e.page(ctx, from, most, func(tx *store.Tx, from feed.Cursor) ([]store.Told, error) {
		rows, err := tx.FeedOf(ctx, account, from.Number, toldAtOnce)
		if err != nil || len(rows) > 0 {
			return rows, err
		}
		_, err = tx.Account(ctx, account)
		return nil, missing(err)
	})
}

func (e *Engine) page(ctx context.Context, from feed.Cursor, most int, read func(*store.Tx, feed.Cursor) ([]store.Told, error)) (page Events, err error) {
	most = min(max(most, 1), MostEvents)
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		page = Events{Next: from, More: true}
		for range mostReads {
			rows, err := read(tx, page.Next)
			if err != nil {
				return err
			}
			if err := page.take(rows, most); err != nil || len(page.Events) == most {
				return err
			}
			if len(rows) < toldAtOnce {
				page.More = false
				return nil
			}
		}
		return nil
	})
	return page, err
}

// take takes the events of rows until the page has as many as it may.
func (p *Events) take(rows []store.Told, most int) error {
	for _, row := range rows {
		events, err := feed.Of(row.Told)
		if err != nil {
			return err
		}
		for _, event := range events {
			at := feed.Cursor{Position: row.Position, Subject: row.Subject, Number: row.Number, Place: event.Place()}
			if p.Next.Skips(row.Position, row.Told, event.Place()) {
				continue
			}
			if len(p.Events) == most {
				return nil
			}
			p.Events, p.Next = append(p.Events, event), at
		}
		if len(events) == 0 {
			p.Next = feed.Behind(row.Position, row.Told)
		}
	}
	return nil
}
