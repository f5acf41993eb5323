package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"scrip/feed"
	"scrip/history"
	"scrip/money"
	"scrip/store/query"
)

// The list of all events is in the order of their positions. What a transaction tells stands at the transaction's
// number, or, where an account's last event stands behind that, with it: so an account's events stand in their
// order, and none stands before the oldest transaction that is still open. docs/decisions/0008 tells why.

// placing asks where the transaction's events will stand, once the accounts are locked.
func (u *unit) placing(ctx context.Context, q *query.Queries) error {
	ask := q.ShiftedPlace
	if _, spread := u.sets.(eachRow); spread { // where what stands beside a table may be asked of any node
		ask = func(ctx context.Context) ([]int64, error) { return shifted(ctx, q) }
	}
	places, err := ask(ctx)
	for _, place := range places {
		u.place = place
	}
	return err
}

// shifted is ShiftedPlace, asked of this node by itself.
func shifted(ctx context.Context, q *query.Queries) ([]int64, error) {
	place, failedPlace := q.Place(ctx)
	shift, failedShift := q.Shift(ctx)
	if err := errors.Join(failedPlace, failedShift); err != nil {
		return nil, err
	}
	return []int64{place[0] + shift[0]}, nil
}

// placeEvents says of events and accounts that are to be written where they stand.
func (u *unit) placeEvents(ctx context.Context, r *rows) error {
	if u.place == 0 && len(r.events) > 0 {
		if u.direct == nil {
			return errAlone
		}
		if err := u.placing(ctx, query.New(u.direct)); err != nil {
			return err
		}
	}
	for at := range r.events {
		event := &r.events[at]
		event.Position = max(event.Position, u.place)
		if a := u.accounts[event.AccountID]; a != nil {
			event.Position = max(event.Position, a.LastPosition)
		}
	}
	for _, accounts := range [][]query.Account{r.accounts, r.saved} {
		for at := range accounts {
			accounts[at].LastPosition = max(accounts[at].LastPosition, u.place)
		}
	}
	return nil
}

// loadTold reads the last that was told of cards and batches, which are locked by none: who tells more under a number
// that is taken meanwhile fails with ErrConflict.
func (u *unit) loadTold(ctx context.Context, q *query.Queries, subjects []string) error {
	if len(subjects) == 0 {
		return nil
	}
	rows, err := q.LastTold(ctx, subjects)
	for _, subject := range subjects {
		u.told[subject] = &query.LastToldRow{AccountID: subject}
	}
	for _, row := range rows {
		u.told[row.AccountID] = &row
	}
	return err
}

// TellOf tells something of a subject that is no account: a card or a batch of cards. The write fails with ErrConflict
// where somebody else does at the same moment.
func (tx *Tx) TellOf(ctx context.Context, subject string, kind history.Kind, body json.RawMessage) error {
	last, err := read(ctx, tx.unit, tx.unit.told, subject, func(q *query.Queries) error { return tx.unit.loadTold(ctx, q, []string{subject}) })
	if err != nil {
		return err
	}
	last.Number++
	set(tx.unit, tx.unit.told, subject, &last)
	tx.unit.rows.events = append(tx.unit.rows.events, query.Event{AccountID: subject, Number: last.Number,
		ToldOn: tx.Now.UTC().Format(time.DateOnly), Kind: string(kind), Body: string(body), At: tx.Now.UnixMicro(), Position: last.Position})
	return nil
}

// Told is a row of what was told, and where it stands in the list of all.
type Told struct {
	feed.Told
	Position int64
}

// Feed are rows of what was told, from the one at a cursor on. What stands at or behind the oldest open transaction
// is not among them: something might still come before it.
func (tx *Tx) Feed(ctx context.Context, from feed.Cursor, most int) ([]Told, error) {
	end, err := tx.FeedEnd(ctx)
	if err != nil {
		return nil, err
	}
	var rows []query.FeedBehindRow
	if from.Position < end {
		at, err := tx.q.FeedAt(ctx, query.FeedAtParams{Position: from.Position, AccountID: from.Subject, Number: from.Number, Limit: int32(most)})
		if err != nil {
			return nil, err
		}
		for _, row := range at {
			rows = append(rows, query.FeedBehindRow(row))
		}
	}
	if len(rows) < most {
		behind, err := tx.q.FeedBehind(ctx, query.FeedBehindParams{Position: from.Position, Before: end, Limit: int32(most - len(rows))})
		if err != nil {
			return nil, err
		}
		rows = append(rows, behind...)
	}
	return toldOf(rows)
}

// FeedEnd is the position from which on nothing is in the list yet.
func (tx *Tx) FeedEnd(ctx context.Context) (int64, error) {
	shift, failedShift := tx.q.Shift(ctx)
	end, err := tx.q.FirstOpen(ctx)
	for _, more := range shift {
		end += more
	}
	return end, errors.Join(failedShift, err)
}

// FeedOf are rows of what was told of an account, a card or a batch, from a number on.
func (tx *Tx) FeedOf(ctx context.Context, subject string, number int64, most int) ([]Told, error) {
	rows, err := tx.q.FeedOf(ctx, query.FeedOfParams{AccountID: subject, Number: number, Limit: int32(most)})
	if err != nil {
		return nil, err
	}
	same := make([]query.FeedBehindRow, len(rows))
	for at, row := range rows {
		same[at] = query.FeedBehindRow(row)
	}
	return toldOf(same)
}

// FeedSince is the place in the list before all that was told since an instant. It looks at every event.
func (tx *Tx) FeedSince(ctx context.Context, since time.Time) (feed.Cursor, error) {
	position, err := tx.q.PositionAt(ctx, since.UnixMicro())
	if err == nil && position == 0 {
		position, err = tx.FeedEnd(ctx)
	}
	return feed.At(position), err
}

func toldOf(rows []query.FeedBehindRow) ([]Told, error) {
	told := make([]Told, len(rows))
	for at, row := range rows {
		t := feed.Told{Subject: row.AccountID, Number: row.Number, Kind: history.Kind(row.Kind), Body: json.RawMessage(row.Body), At: instant(row.At)}
		if row.Currency != "" {
			var err error
			if t.Currency, err = money.ParseCurrency(row.Currency); err != nil {
				return nil, fmt.Errorf("account %s: %w", row.AccountID, err)
			}
		}
		told[at] = Told{t, row.Position}
	}
	return told, nil
}

// PlaceEvents gives a place to what servers of an older release have told, which know nothing of the list.
func (tx *Tx) PlaceEvents(ctx context.Context) error {
	place, err := shifted(ctx, tx.q)
	if err == nil {
		_, err = tx.q.PlaceEvents(ctx, place[0])
	}
	return err
}

// goOn has events told from now on stand behind those that are there. In a database that was restored into another
// cluster, whose transactions have lower numbers, they would not by themselves.
func goOn(ctx context.Context, pool *pgxpool.Pool) error {
	q := query.New(pool)
	last, failedLast := q.LastPosition(ctx)
	next, failedNext := q.NextPlace(ctx)
	shift, failedShift := q.Shift(ctx)
	if err := errors.Join(failedLast, failedNext, failedShift); err != nil || last < next+shift[0] {
		return err
	}
	_, err := q.SetShift(ctx, last+1-next)
	return err
}
