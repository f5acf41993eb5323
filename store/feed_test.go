package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scrip/feed"
	"scrip/store/storetest"
)

// readOn goes through the list of events from a cursor on, a few at a time, and gives what it is told, each as
// "subject/number", and where it ended.
func readOn(t *testing.T, db *DB, from feed.Cursor) (all []string, next feed.Cursor) {
	t.Helper()
	for {
		var rows []Told
		must(t, db.Read(context.Background(), func(tx *Tx) (err error) {
			rows, err = tx.Feed(context.Background(), from, 3)
			return err
		}))
		begun := len(all)
		for _, row := range rows {
			if !from.Skips(row.Position, row.Told, 0) {
				all, from = append(all, fmt.Sprint(row.Subject, "/", row.Number)), feed.Behind(row.Position, row.Told)
			}
		}
		if len(all) == begun {
			return all, from
		}
	}
}

// TestWhatCommitsLateIsNotSkipped: while a transaction is open, the list stops before it, though others that began
// later are done; then it goes on with all of them.
func TestWhatCommitsLateIsNotSkipped(t *testing.T) {
	dbs := [2]*DB{}
	address := storetest.Postgres(t)
	dbs[0], dbs[1] = open(t, address), open(t, address)
	members(t, dbs[0], "a", "b", "c")
	must(t, dbs[0].Write(t.Context(), tell(t.Context(), "b", "early")))
	told, commit, late := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		late <- dbs[0].Write(context.Background(), func(tx *Tx) error {
			err := tell(context.Background(), "a", "late")(tx)
			if _, asked := tx.AccountOfEmail(context.Background(), "nobody"); !errors.Is(asked, ErrNotFound) {
				err = errors.Join(err, asked) // it is on the database now, and not committed
			}
			close(told)
			<-commit
			return err
		})
	}()
	<-told
	must(t, dbs[1].Write(t.Context(), tell(t.Context(), "b", "meanwhile")))
	wants(t, together(t, dbs[1], telling("c", "meanwhile"), telling("b", "meanwhile")), nil, nil)
	before, next := readOn(t, dbs[1], feed.Cursor{})
	if want := []string{"b/1"}; !slices.Equal(before, want) {
		t.Errorf("while a transaction is open the list has %v, want %v", before, want)
	}
	close(commit)
	must(t, <-late)
	after, end := readOn(t, dbs[1], next)
	if slices.Sort(after); !slices.Equal(after, []string{"a/1", "b/2", "b/3", "c/1"}) {
		t.Errorf("then it goes on with %v", after)
	}
	if more, _ := readOn(t, dbs[0], end); len(more) > 0 {
		t.Errorf("and then with %v", more)
	}
}

// TestTheListHasEverythingOnce, and each account's events in their order, for who reads on while dozens write: alone
// and together, on several accounts in one transaction, in any order, by two servers.
func TestTheListHasEverythingOnce(t *testing.T) {
	const workers, rounds = 24, 25
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		accounts := []string{"a", "b", "c", "d", "e", "f"}
		members(t, dbs[0], accounts...)
		var writing atomic.Int64
		writing.Store(workers)
		written := make(chan []error)
		go func() {
			written <- atOnce(workers, func(at int) error {
				defer writing.Add(-1)
				for round := range rounds {
					if err := tellSome(dbs[at%2], accounts, at, round); err != nil {
						return err
					}
				}
				return nil
			})
		}()
		var all []string
		var next feed.Cursor
		for last := false; !last; {
			last = writing.Load() == 0
			var more []string
			more, next = readOn(t, dbs[rand.IntN(2)], next)
			all = append(all, more...)
		}
		for _, err := range <-written {
			must(t, err)
		}
		more, _ := readOn(t, dbs[0], next)
		if all = append(all, more...); len(all) != workers*rounds*2 {
			t.Errorf("%d events in the list, want %d", len(all), workers*rounds*2)
		}
		last := map[string]int{}
		for _, event := range all {
			account, number := event[:1], 0
			_, err := fmt.Sscan(event[2:], &number)
			must(t, err)
			if last[account]++; number != last[account] {
				t.Fatalf("event %d of account %s stands where %d should", number, account, last[account])
			}
		}
	})
}

// tellSome tells of two accounts in one transaction, sometimes by itself and sometimes with what others do.
func tellSome(db *DB, accounts []string, at, round int) error {
	ctx := context.Background()
	picked := []string{accounts[rand.IntN(len(accounts)-1)], accounts[len(accounts)-1]}
	do := func(tx *Tx) error {
		return errors.Join(tell(ctx, picked[0], fmt.Sprint(at, "/", round))(tx), tell(ctx, picked[1], fmt.Sprint(at, "/", round))(tx))
	}
	if round%3 == 0 {
		return db.Write(ctx, do)
	}
	return db.Together(ctx, Needs{Accounts: picked}, do)
}

// TestTheListGoesOnAfterARestore into another cluster, whose transactions have lower numbers.
func TestTheListGoesOnAfterARestore(t *testing.T) {
	address := storetest.Postgres(t)
	db := reopen(t, address, Options{Migrate: true})
	members(t, db, "a", "b")
	must(t, db.Write(t.Context(), tell(t.Context(), "a", "before")))
	_, next := readOn(t, db, feed.Cursor{})
	must(t, db.Close())
	const ahead = 1_000_000_000
	_, err := storetest.SQL(t, address).Exec("UPDATE events SET position = position + $1", ahead)
	must(t, err)
	next.Position += ahead
	for range 3 { // as often as it is opened
		db = reopen(t, address, Options{})
		must(t, db.Write(t.Context(), tell(t.Context(), "b", "after")))
		var more []string
		if more, next = readOn(t, db, next); len(more) != 1 || !strings.HasPrefix(more[0], "b/") {
			t.Errorf("the list goes on with %v", more)
		}
		must(t, db.Close())
	}
}

// TestWhatAnOlderServerTells comes into the list, though it writes no place.
func TestWhatAnOlderServerTells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		db := open(t, address)
		members(t, db, "a")
		must(t, db.Write(t.Context(), tell(t.Context(), "a", "new")))
		_, next := readOn(t, db, feed.Cursor{})
		beside := storetest.SQL(t, address)
		for _, statement := range []string{"INSERT INTO events (account_id, number, told_on, kind, body, at) VALUES ('a', 2, '2026-01-01', 'old', '{}', 0)",
			"UPDATE accounts SET last_event = 2"} {
			_, err := beside.Exec(statement)
			must(t, err)
		}
		must(t, db.Write(t.Context(), func(tx *Tx) error { return tx.Sweep(t.Context()) }))
		if more, _ := readOn(t, db, next); !slices.Equal(more, []string{"a/2"}) {
			t.Errorf("the list goes on with %v", more)
		}
	})
}

// TestFeedSince is before all that was told since.
func TestFeedSince(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		for hour := range 4 {
			must(t, db.Write(t.Context(), func(tx *Tx) error {
				then := *tx
				then.Now = noon.Add(time.Duration(hour) * time.Hour)
				return tell(t.Context(), "a", fmt.Sprint(hour))(&then)
			}))
		}
		for hours, want := range map[int][]string{-1: {"a/1", "a/2", "a/3", "a/4"}, 2: {"a/3", "a/4"}, 9: nil} {
			var since feed.Cursor
			must(t, db.Read(t.Context(), func(tx *Tx) (err error) {
				since, err = tx.FeedSince(t.Context(), noon.Add(time.Duration(hours)*time.Hour))
				return err
			}))
			if got, _ := readOn(t, db, since); !slices.Equal(got, want) {
				t.Errorf("since hour %d: %v, want %v", hours, got, want)
			}
		}
	})
}
