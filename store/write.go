package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"scrip/store/query"
)

// errUndone says that SQLite undid the whole transaction on account of one write, as it does where the
// disk is full or fails.
var errUndone = errors.New("the transaction was undone as a whole")

// write is one use case that waits for the writer.
type write struct {
	ctx  context.Context
	do   func(*Tx) error
	err  error
	done chan struct{}
}

// Write runs a use case in a transaction of its own. It may run twice, so it has no effect except
// through tx; what it returns undoes it. All writes that wait at the same moment share one commit, each
// behind its own savepoint, so that one that fails takes nobody with it. When Write returns nil, the
// change is on the disk. ErrUnknown says that nobody knows.
func (db *DB) Write(ctx context.Context, do func(*Tx) error) error {
	w := &write{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case <-db.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
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

// write is the only writer: it takes all that waits, never waits for more, and commits it at once.
func (db *DB) write() {
	defer close(db.done)
	for {
		select {
		case first := <-db.writes:
			db.share(append(make([]*write, 0, mostShared), first))
		case <-db.large:
			db.beginLogAnew()
		case <-db.closing:
			for len(db.writes) > 0 {
				db.share(nil)
			}
			return
		}
	}
}

// beginLogAnew copies what little is left of the write-ahead log, between two commits. Where a long read
// is still on it, it is tried again at the next tick.
func (db *DB) beginLogAnew() {
	ctx := context.Background()
	_ = db.writer.run(ctx, "PRAGMA busy_timeout = "+itoa(readersWaitMillis))
	_ = db.writer.run(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	_ = db.writer.run(ctx, "PRAGMA busy_timeout = "+itoa(busyTimeoutMillis))
}

func (db *DB) share(batch []*write) {
	for len(batch) < mostShared {
		select {
		case next := <-db.writes:
			batch = append(batch, next)
			continue
		default:
		}
		break
	}
	db.commit(batch)
	for _, w := range batch {
		close(w.done)
	}
}

func (db *DB) commit(batch []*write) {
	ctx := context.Background()
	if err := db.writer.run(ctx, "BEGIN IMMEDIATE"); err != nil {
		fail(batch, fmt.Errorf("begin to write: %w", err))
		return
	}
	kept := 0
	for at, w := range batch {
		if w.err = db.attempt(ctx, w, len(batch) == 1); w.err == nil {
			kept++
		}
		if errors.Is(w.err, errUndone) {
			// Nothing of the batch is left; the others try again without it. Where the transaction is
			// gone already, this fails, and no matter.
			_ = db.writer.run(ctx, "ROLLBACK")
			if others := slices.Concat(batch[:at], batch[at+1:]); len(others) > 0 {
				db.commit(others)
			}
			return
		}
	}
	end := "COMMIT"
	if kept == 0 {
		end = "ROLLBACK"
	}
	if err := db.writer.run(ctx, end); err != nil {
		fail(batch, fmt.Errorf("commit: %w", errors.Join(ErrUnknown, err)))
		// The connection must not stay inside a transaction; where it left it, this fails, and no matter.
		_ = db.writer.run(ctx, "ROLLBACK")
	}
}

// attempt runs one write behind a savepoint. A lone one needs none: what undoes it undoes all.
func (db *DB) attempt(ctx context.Context, w *write, alone bool) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if alone {
		return protect(w.do, &Tx{Now: db.clock().UTC(), q: query.New(unbroken{db.writer})})
	}
	if err := db.writer.run(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	err := protect(w.do, &Tx{Now: db.clock().UTC(), q: query.New(unbroken{db.writer})})
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

// protect turns a panic of one write into its error: the others in the batch are not its fault.
func protect(do func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", cause, debug.Stack())
		}
	}()
	return do(tx)
}

func fail(batch []*write, err error) {
	for _, w := range batch {
		if w.err == nil {
			w.err = err
		}
	}
}
