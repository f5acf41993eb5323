package engine

import (
	"context"
	"errors"
	"time"

	"scrip/store"
)

// Sessions keeps the web's sessions (scs.CtxStore). Their tokens come hashed.
type Sessions struct{ db *store.DB }

// Sessions is where sessions are kept.
func (e *Engine) Sessions() Sessions { return Sessions{e.db} }

// FindCtx reads a session that has not expired.
func (s Sessions) FindCtx(ctx context.Context, token string) (data []byte, exists bool, err error) {
	data, err = s.db.Session(ctx, token)
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx writes a session.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return tx.PutSession(ctx, token, data, expiry) })
}

// DeleteCtx ends a session.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, token) })
}

// Find, Commit and Delete are the same for callers without a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
