package store

import (
	"context"
	"time"

	"scrip/store/query"
)

// Wait is somebody who is told by mail once a card works.
type Wait struct {
	Digest   string // the card's
	Email    string
	Language string
	AskedAt  time.Time
	Attempts int // to mail it
}

// AddWait adds somebody who waits for a card, from an instant on; who waits for it already goes on waiting.
func (tx *Tx) AddWait(ctx context.Context, w Wait, due time.Time) error {
	return tx.q.InsertWait(ctx, query.InsertWaitParams{Digest: w.Digest, Email: w.Email, Language: w.Language,
		AskedAt: tx.Now.UnixMicro(), DueAt: due.UnixMicro()})
}

// DueWaits are those whose cards are to be looked at.
func (tx *Tx) DueWaits(ctx context.Context, at time.Time, most int) ([]Wait, error) {
	rows, err := tx.q.DueWaits(ctx, query.DueWaitsParams{DueAt: at.UnixMicro(), Limit: int32(most)})
	due := make([]Wait, len(rows))
	for i, row := range rows {
		due[i] = Wait{row.Digest, row.Email, row.Language, instant(row.AskedAt), int(row.Attempts)}
	}
	return due, err
}

// LeaseWait takes a wait's letter for one attempt, as LeaseSignIn does.
func (tx *Tx) LeaseWait(ctx context.Context, w Wait, until time.Time) (bool, error) {
	return mine(tx.q.LeaseWait(ctx, query.LeaseWaitParams{Digest: w.Digest, Email: w.Email, Attempts: int64(w.Attempts), DueAt: until.UnixMicro()}))
}

// DelayWait has a wait looked at again at an instant, unless somebody else has it.
func (tx *Tx) DelayWait(ctx context.Context, w Wait, until time.Time) error {
	_, err := tx.q.DelayWait(ctx, query.DelayWaitParams{Digest: w.Digest, Email: w.Email, Attempts: int64(w.Attempts), DueAt: until.UnixMicro()})
	return err
}

// EndWait forgets who waited.
func (tx *Tx) EndWait(ctx context.Context, w Wait) error {
	_, err := tx.q.DeleteWait(ctx, query.DeleteWaitParams{Digest: w.Digest, Email: w.Email})
	return err
}
