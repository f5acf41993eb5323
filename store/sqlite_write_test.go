package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/store/storetest"
)

// batch has the store write several things in one commit: it holds the writer up until all of them wait.
// Each is given by what it does, and gives the error that Write returned.
func batch(t *testing.T, db *DB, contexts []context.Context, writes []func(*Tx) error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := db.Write(context.Background(), func(*Tx) error {
			close(held)
			<-hold
			return nil
		}); err != nil {
			t.Errorf("the write that holds the others up: %v", err)
		}
	})
	<-held
	failed := make([]error, len(writes))
	for at, do := range writes {
		all.Go(func() { failed[at] = db.Write(contexts[at], do) })
		eventually(t, "a write that waits", func() bool { return len(lite(db).writes) == at+1 })
	}
	close(hold)
	all.Wait()
	return failed
}

func contexts(count int) []context.Context {
	all := make([]context.Context, count)
	for at := range all {
		all[at] = context.Background()
	}
	return all
}

// TestSQLiteOneThatFailsFailsAlone puts each way to fail between two writes that are right, in one commit.
func TestSQLiteOneThatFailsFailsAlone(t *testing.T) {
	errOwn := errors.New("its own error")
	for name, test := range map[string]struct {
		do   func(ctx context.Context, cancel context.CancelFunc, db *DB, tx *Tx) error
		want string
	}{
		"an error": {func(ctx context.Context, _ context.CancelFunc, _ *DB, tx *Tx) error {
			return errors.Join(put(ctx, "bad")(tx), errOwn)
		}, errOwn.Error()},
		"a panic": {func(ctx context.Context, _ context.CancelFunc, _ *DB, tx *Tx) error {
			if err := put(ctx, "bad")(tx); err != nil {
				return err
			}
			panic("a bug")
		}, "panic in a write: a bug"},
		"a check that refuses": {func(ctx context.Context, _ context.CancelFunc, db *DB, tx *Tx) error {
			return errors.Join(put(ctx, "bad")(tx), lite(db).writer.run(ctx, "INSERT INTO emails VALUES ('a@example.com', 'nobody')"))
		}, "FOREIGN KEY"},
		"a context that ends between two statements": {func(ctx context.Context, cancel context.CancelFunc, _ *DB, tx *Tx) error {
			if err := put(ctx, "bad")(tx); err != nil {
				return err
			}
			cancel()
			return put(ctx, "bad too")(tx)
		}, context.Canceled.Error()},
		"all undone by the database": {func(ctx context.Context, _ context.CancelFunc, db *DB, tx *Tx) error {
			// As SQLite does by itself where the disk is full (https://sqlite.org/lang_transaction.html).
			return errors.Join(put(ctx, "bad")(tx), lite(db).writer.run(ctx, "ROLLBACK"), errOwn)
		}, errOwn.Error()},
		"all undone, and the error dropped": {func(ctx context.Context, _ context.CancelFunc, db *DB, tx *Tx) error {
			return errors.Join(put(ctx, "bad")(tx), lite(db).writer.run(ctx, "ROLLBACK"))
		}, errUndone.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			db, path := file(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			failed := batch(t, db, []context.Context{t.Context(), ctx, t.Context()}, []func(*Tx) error{
				put(t.Context(), "before"),
				func(tx *Tx) error { return test.do(ctx, cancel, db, tx) },
				put(t.Context(), "after"),
			})
			if failed[0] != nil || failed[2] != nil {
				t.Errorf("the writes beside it: %v, %v, want them to succeed", failed[0], failed[2])
			}
			if failed[1] == nil || !strings.Contains(failed[1].Error(), test.want) || errors.Is(failed[1], ErrUnknown) {
				t.Errorf("Write = %v, want %s", failed[1], test.want)
			}
			must(t, db.Close())
			db = reopen(t, path, Options{Alone: true, Migrate: true})
			for name, want := range map[string]bool{"before": true, "after": true, "bad": false, "bad too": false} {
				if has(t, db, name) != want {
					t.Errorf("%q is there: %t, want %t", name, !want, want)
				}
			}
			must(t, db.Close())
		})
	}
}

// TestSQLiteWaitingWritesShareACommit: the last of a batch sees the first, and nobody else does yet.
func TestSQLiteWaitingWritesShareACommit(t *testing.T) {
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	const count = 50
	var writes []func(*Tx) error
	for at := range count {
		writes = append(writes, put(t.Context(), fmt.Sprint(at)))
	}
	seen, outside := 0, 0
	writes = append(writes, func(tx *Tx) error {
		for at := range count {
			tries, err := tx.Tries(t.Context(), fmt.Sprint(at))
			if err != nil {
				return err
			}
			seen += tries.Count
			if has(t, db, fmt.Sprint(at)) {
				outside++
			}
		}
		return nil
	})
	for at, err := range batch(t, db, contexts(len(writes)), writes) {
		if err != nil {
			t.Errorf("write %d: %v", at, err)
		}
	}
	if seen != count || outside != 0 {
		t.Errorf("the last write saw %d of %d, and a reader %d, want all and none", seen, count, outside)
	}
}

// TestSQLiteAWriteWhoseContextEndsWhileItWaits is not made, and says so.
func TestSQLiteAWriteWhoseContextEndsWhileItWaits(t *testing.T) {
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	failed := batch(t, db, []context.Context{t.Context(), ctx}, []func(*Tx) error{
		func(tx *Tx) error {
			cancel()
			return put(t.Context(), "kept")(tx)
		},
		put(t.Context(), "late"),
	})
	if failed[0] != nil || !errors.Is(failed[1], context.Canceled) {
		t.Errorf("Write = %v, %v, want nil, %v", failed[0], failed[1], context.Canceled)
	}
	if !has(t, db, "kept") || has(t, db, "late") {
		t.Errorf("kept is there: %t, late: %t, want the first alone", has(t, db, "kept"), has(t, db, "late"))
	}
	if err := db.Write(ctx, put(t.Context(), "later")); !errors.Is(err, context.Canceled) {
		t.Errorf("Write with a context that has ended = %v", err)
	}
}

// TestAContextThatEndsWithinAStatement: SQLite undoes a whole transaction when a statement in it is
// broken off, so none may be. (Before that was so, everybody in the batch was told "cannot commit - no
// transaction is active".)
func TestAContextThatEndsWithinAStatement(t *testing.T) {
	db, path := file(t)
	defer func() { must(t, db.Close()) }()
	_, err := storetest.SQL(t, path).Exec(`INSERT INTO tries SELECT value, 0, 1 FROM (
		WITH RECURSIVE counted(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counted WHERE value < 200000) SELECT value FROM counted)`)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	failed := batch(t, db, []context.Context{t.Context(), ctx, t.Context()}, []func(*Tx) error{
		put(t.Context(), "before"),
		func(tx *Tx) error {
			time.AfterFunc(5*time.Millisecond, cancel)
			for {
				if err := tx.Sweep(ctx); err != nil {
					return err
				}
			}
		},
		put(t.Context(), "after"),
	})
	if failed[0] != nil || failed[2] != nil || !errors.Is(failed[1], context.Canceled) {
		t.Errorf("Write = %v, want only the one in the middle to fail", failed)
	}
	if !has(t, db, "before") || !has(t, db, "after") || !has(t, db, "200000") {
		t.Error("a write beside it was lost, or its own was kept")
	}
}

// TestSQLiteCloseLetsWaitingWritesThrough: all that waited are made, and those that come later are refused.
func TestSQLiteCloseLetsWaitingWritesThrough(t *testing.T) {
	db, path := file(t)
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := db.Write(t.Context(), func(*Tx) error { close(held); <-hold; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	const count = 2*mostShared + 10
	failed := make([]error, count)
	for at := range count {
		all.Go(func() { failed[at] = db.Write(t.Context(), put(t.Context(), fmt.Sprint(at))) })
	}
	eventually(t, "a full queue", func() bool { return len(lite(db).writes) == mostShared })
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	<-lite(db).closing
	if err := db.Write(t.Context(), put(t.Context(), "late")); !errors.Is(err, ErrClosed) {
		t.Errorf("Write = %v, want %v", err, ErrClosed)
	}
	close(hold)
	must(t, <-closed)
	all.Wait()
	db = reopen(t, path, Options{Alone: true, Migrate: true})
	defer func() { must(t, db.Close()) }()
	made := 0
	for at, err := range failed {
		if there := has(t, db, fmt.Sprint(at)); there != (err == nil) || err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("write %d is there: %t, and Write = %v", at, there, err)
		}
		if err == nil {
			made++
		}
	}
	if made < mostShared || has(t, db, "late") {
		t.Errorf("%d writes were made, want the %d that waited at least; the late one is there: %t", made, mostShared, has(t, db, "late"))
	}
}

// TestALostCommitIsUnknown: where the commit itself fails, nobody is told that it is done, nor that it
// is not, and the store goes on.
func TestALostCommitIsUnknown(t *testing.T) {
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	err := db.Write(t.Context(), func(tx *Tx) error {
		// A reference that is checked at the commit, and does not hold, makes the commit fail.
		return errors.Join(lite(db).writer.run(t.Context(), "PRAGMA defer_foreign_keys = 1"),
			lite(db).writer.run(t.Context(), "INSERT INTO emails VALUES ('a@example.com', 'nobody')"))
	})
	if !errors.Is(err, ErrUnknown) {
		t.Errorf("Write = %v, want %v", err, ErrUnknown)
	}
	must(t, db.Write(t.Context(), put(t.Context(), "next")))
	if !has(t, db, "next") {
		t.Error("the store does not go on after a commit that failed")
	}
}
