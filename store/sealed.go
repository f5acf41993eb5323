package store

import (
	"context"
	"time"

	"scrip/store/query"
)

// SealedCode is a code that was made for an answer and may be told once more: it is encrypted under a key that is
// not in the database, and erased.
type SealedCode struct {
	Digest  string // the card's
	KeyID   string
	Sealed  string
	EraseAt time.Time
}

// AddSealedCode keeps a sealed code.
func (tx *Tx) AddSealedCode(ctx context.Context, s SealedCode) error {
	return tx.q.InsertSealedCode(ctx, query.InsertSealedCodeParams{Digest: s.Digest, KeyID: s.KeyID, Sealed: s.Sealed, EraseAt: s.EraseAt.UnixMicro()})
}

// SealedCode reads a card's sealed code, or ErrNotFound where there is none any more.
func (tx *Tx) SealedCode(ctx context.Context, digest string) (SealedCode, error) {
	row, err := tx.q.SealedCode(ctx, digest)
	if err == nil && !tx.Now.Before(instant(row.EraseAt)) {
		return SealedCode{}, ErrNotFound
	}
	return SealedCode{digest, row.KeyID, row.Sealed, instant(row.EraseAt)}, found(err)
}
