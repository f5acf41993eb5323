package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// errUndone says that SQLite undid the whole transaction on account of one write, as it does where the
// disk is full or fails.
var errUndone = errors.New("the transaction was undone as a whole")

// write puts a use case behind those that wait. All that wait at the same moment share one commit.
func (db *sqlite) write(w *work) error {
	select {
	case <-db.closing:
		return ErrClosed
	case <-w.ctx.Done():
		return w.ctx.Err()
	case db.writes <- w:
	}
	select {
	case <-w.done:
		return w.err
	case <-db.done:
	}
	select {
	case <-w.done:
		return w.err
	default:
		return ErrClosed
	}
}

// commits is the only writer: it takes all that waits, never waits for more, and commits it at once.
func (db *sqlite) commits() {
	defer close(db.done)
	for {
		select {
		case first := <-db.writes:
			db.share(allWaiting(first, db.writes))
		case <-db.large:
			db.beginLogAnew()
		case <-db.closing:
			for len(db.writes) > 0 {
				db.share(allWaiting(<-db.writes, db.writes))
			}
			return
		}
	}
}

// beginLogAnew copies what little is left of the write-ahead log, between two commits, so that the next one begins
// it anew. Where a long read
// is still on it, it is tried again at the next tick.
func (db *sqlite) beginLogAnew() {
	ctx := context.Background()
	_ = db.writer.run(ctx, "PRAGMA busy_timeout = "+itoa(readersWaitMillis))
	_ = db.writer.run(ctx, "PRAGMA wal_checkpoint(RESTART)")
	_ = db.writer.run(ctx, "PRAGMA busy_timeout = "+itoa(busyTimeoutMillis))
}

func (db *sqlite) share(batch []*work) {
	db.commit(batch)
	for _, w := range batch {
		close(w.done)
	}
}

func (db *sqlite) commit(batch []*work) {
	ctx := context.Background()
	if err := db.writer.run(ctx, "BEGIN IMMEDIATE"); err != nil {
		fail(batch, fmt.Errorf("begin to write: %w", meant(err)))
		return
	}
	if again, undone := db.all(ctx, batch); undone {
		// Nothing of the batch is left. Where the transaction is gone already, this fails, and no matter.
		_ = db.writer.run(ctx, "ROLLBACK")
		if len(again) > 0 {
			db.commit(again)
		}
		return
	}
	end := "COMMIT"
	if !slices.ContainsFunc(batch, func(w *work) bool { return w.err == nil }) {
		end = "ROLLBACK"
	}
	if err := db.writer.run(ctx, end); err != nil {
		fail(batch, fmt.Errorf("commit: %w", errors.Join(ErrUnknown, err)))
		// The connection must not stay inside a transaction; where it left it, this fails, and no matter.
		_ = db.writer.run(ctx, "ROLLBACK")
	}
}

// all attempts a batch: what can go together in one go, or two where some presumed too much, and the others one by one. Where SQLite undid the
// whole transaction, it gives those that are to try again.
func (db *sqlite) all(ctx context.Context, batch []*work) (again []*work, undone bool) {
	shared, alone := []*work(nil), batch
	if len(batch) > 1 {
		alone = nil
		for _, w := range batch {
			if w.shared {
				shared = append(shared, w)
			} else {
				alone = append(alone, w)
			}
		}
	}
	for len(shared) > 0 {
		others, err := db.together(ctx, shared)
		if err != nil {
			if !sober(shared) { // each tries again by itself, so that the one at fault fails alone
				for _, w := range shared {
					w.shared = false
				}
			}
			return batch, true
		}
		shared = nil
		if sober(others) {
			shared = others
		} else {
			alone = append(alone, others...)
		}
	}
	for at, w := range alone {
		if w.err = db.attempt(ctx, w, len(batch) == 1); errors.Is(w.err, errUndone) {
			return slices.DeleteFunc(slices.Clone(batch), func(other *work) bool { return other == alone[at] }), true
		}
	}
	return nil, false
}

// together attempts several use cases as one unit, and gives those that must go once more because they presumed too much,
// or alone because they read more than they said. An error says that the database refused what one of them wrote, and that
// nothing of the transaction is wanted.
func (db *sqlite) together(ctx context.Context, shared []*work) (others []*work, err error) {
	direct := unbroken{db.writer}
	u := newUnit(nil, oneByOne{direct})
	if err := u.load(ctx, direct, shared); err != nil {
		return nil, err
	}
	others = u.attemptAll(shared, db.clock)
	return others, u.flush(ctx)
}

// attempt runs one use case behind a savepoint. A lone one needs none: what undoes it undoes all.
func (db *sqlite) attempt(ctx context.Context, w *work, alone bool) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if alone {
		return db.run(ctx, w)
	}
	if err := db.writer.run(ctx, "SAVEPOINT one"); err != nil {
		return errors.Join(errUndone, err)
	}
	err := db.run(ctx, w)
	if err != nil {
		if undo := db.writer.run(ctx, "ROLLBACK TO one"); undo != nil {
			return errors.Join(errUndone, err, undo)
		}
	}
	if release := db.writer.run(ctx, "RELEASE one"); release != nil {
		return errors.Join(errUndone, err, release)
	}
	return err
}

func (db *sqlite) run(ctx context.Context, w *work) error {
	direct := unbroken{db.writer}
	u := newUnit(direct, oneByOne{direct})
	if err := protect(w.do, u.alone(db.clock().UTC())); err != nil {
		return err
	}
	return u.flush(ctx)
}

// fail tells all of a batch that it failed as a whole, those too that were refused: they may have been on account of
// what others in it did, which never came about.
func fail(batch []*work, err error) {
	for _, w := range batch {
		w.err = err
	}
}
