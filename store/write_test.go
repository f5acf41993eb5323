package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scrip/giftcard"
	"scrip/history"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/storetest"
)

// TestOneThatFailsFailsAlone puts each way to fail between two use cases that are right, in one batch. All three are
// on one account, so that the last goes on from what the one that failed has left: nothing.
func TestOneThatFailsFailsAlone(t *testing.T) {
	errOwn := errors.New("its own error")
	for name, test := range map[string]struct {
		do   func(ctx context.Context, cancel context.CancelFunc, tx *Tx) error
		want string
	}{
		"an error": {func(context.Context, context.CancelFunc, *Tx) error { return errOwn }, errOwn.Error()},
		"a panic":  {func(context.Context, context.CancelFunc, *Tx) error { panic("a bug") }, "panic in a write: a bug"},
		"a context that ends before it is asked": {func(ctx context.Context, cancel context.CancelFunc, tx *Tx) error {
			cancel()
			_, err := tx.Tries(ctx, "alone")
			return err
		}, context.Canceled.Error()},
		"a key that is taken": {func(_ context.Context, _ context.CancelFunc, tx *Tx) error {
			return tx.AddAccount(member("taken"))
		}, ErrConflict.Error()},
		"a check": {func(_ context.Context, _ context.CancelFunc, tx *Tx) error {
			tx.AddLot("a", Lot{Lot: prepaid.Lot{ID: "l", Source: "s", Kind: prepaid.Bought, Rest: money.New(5, usd)}, Position: 9,
				Value: money.New(4, usd), RedeemedAt: noon})
			return nil
		}, "constraint"},
		"an over-draw": {func(_ context.Context, _ context.CancelFunc, tx *Tx) error {
			tx.DrawLot("a", prepaid.Draw{Lot: "nowhere", Amount: money.New(1, usd)})
			return nil
		}, ErrConflict.Error()},
		"an account that is not there": {func(ctx context.Context, _ context.CancelFunc, tx *Tx) error {
			return tx.SaveAccount(member("nobody"))
		}, ErrConflict.Error()},
		"what it has read being no account": {func(ctx context.Context, _ context.CancelFunc, tx *Tx) error {
			_, err := tx.LockAccount(ctx, "unreadable")
			return err
		}, "account unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, address string) {
				db := open(t, address)
				members(t, db, "a", "taken", "unreadable")
				_, err := storetest.SQL(t, address).Exec("UPDATE accounts SET country = '?' WHERE account_id = 'unreadable'")
				must(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				needs := Needs{Accounts: []string{"a"}}
				if name == "what it has read being no account" {
					needs.Accounts = append(needs.Accounts, "unreadable")
				}
				failed := together(t, db, telling("a", "before"), use{ctx, needs, func(tx *Tx) error {
					return errors.Join(tell(ctx, "a", "bad")(tx), test.do(ctx, cancel, tx))
				}}, telling("a", "after"))
				wants(t, []error{failed[0], failed[2]}, nil, nil)
				if failed[1] == nil || !strings.Contains(strings.ToLower(failed[1].Error()), test.want) || errors.Is(failed[1], ErrUnknown) || errors.Is(failed[1], errAlone) {
					t.Errorf("Together = %v, want %s", failed[1], test.want)
				}
				got := told(t, db, "a")
				slices.Sort(got) // who waited at the same moment has no order
				if !slices.Equal(got, []string{"after", "before"}) {
					t.Errorf("told %v, want before and after", got)
				}
			})
		})
	}
}

// TestABatchIsOneCommit: in a batch each sees what those before it have left, and nobody else does yet.
func TestABatchIsOneCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		const count = 50
		var uses []use
		for at := range count {
			uses = append(uses, telling("a", fmt.Sprint(at)))
		}
		seen, outside := int64(0), int64(0)
		uses = append(uses, use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
			a, err := tx.LockAccount(t.Context(), "a")
			seen = a.LastEvent
			return errors.Join(err, db.Read(t.Context(), func(tx *Tx) error {
				a, err := tx.Account(t.Context(), "a")
				outside = a.LastEvent
				return err
			}))
		}})
		wants(t, together(t, db, uses...), make([]error, count+1)...)
		if seen != count || outside != 0 {
			t.Errorf("the last saw %d events of %d, and a reader %d, want all and none", seen, count, outside)
		}
		if got := told(t, db, "a"); len(got) != count || got[0] != "0" || got[count-1] != fmt.Sprint(count-1) {
			t.Errorf("told %v, want %d in order", got, count)
		}
	})
}

// TestWhatABatchKeepsIsSeenWithinIt: an account, a lot, a card and an answer, whether they were there or are new.
func TestWhatABatchKeepsIsSeenWithinIt(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		cards(t, db, "c")
		ctx, key := t.Context(), AnswerKey{"a", "redeem", "key"}
		needs := Needs{Accounts: []string{"a", "new"}, Cards: []string{card("c").Digest, card("new").Digest}, Answers: []AnswerKey{key}}
		first := use{nil, needs, func(tx *Tx) error {
			if _, err := tx.Answer(ctx, key); !errors.Is(err, ErrNotFound) {
				return fmt.Errorf("an answer before it was given: %w", err)
			}
			tx.AddAnswer(Answer{key, "print", "body"})
			tx.AddCard(card("new"))
			return errors.Join(tx.AddAccount(member("new")), tell(ctx, "a", "first")(tx), lot(ctx, "a", "l1")(tx), move(ctx, "c", giftcard.Active, "")(tx))
		}}
		second := use{nil, needs, func(tx *Tx) error {
			a, failedAccount := tx.LockAccount(ctx, "a")
			c, failedCard := tx.LockCard(ctx, card("c").Digest)
			answer, failedAnswer := tx.Answer(ctx, key)
			if a.LastEvent != 1 || a.State.Balance.Total().Minor() != 1000 || c.Card.State != giftcard.Active || answer.Body != "body" {
				return fmt.Errorf("the second sees %+v, %+v, %+v", a, c, answer)
			}
			return errors.Join(failedAccount, failedCard, failedAnswer, tell(ctx, "a", "second")(tx), tell(ctx, "new", "opened")(tx),
				lot(ctx, "a", "l2")(tx), move(ctx, "c", giftcard.Redeemed, "a")(tx), move(ctx, "new", giftcard.Active, "")(tx))
		}}
		wants(t, together(t, db, first, second), nil, nil)
		if got := told(t, db, "a"); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("told of a: %v", got)
		}
		if got := told(t, db, "new"); !slices.Equal(got, []string{"opened"}) {
			t.Errorf("told of the new account: %v", got)
		}
		if c, n := stateOf(t, db, "c"), stateOf(t, db, "new"); c != giftcard.Redeemed || n != giftcard.Active {
			t.Errorf("the cards are %s and %s", c, n)
		}
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{1000, 1000}) {
			t.Errorf("lots %v", got)
		}
	})
}

// TestACardThatMovesTwiceInABatch has both instants, and the guard is the state in the database.
func TestACardThatMovesTwiceInABatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		db := open(t, address)
		cards(t, db, "c")
		needs, ctx := Needs{Cards: []string{card("c").Digest}}, t.Context()
		failed := together(t, db,
			use{nil, needs, move(ctx, "c", giftcard.Active, "")},
			use{nil, needs, move(ctx, "c", giftcard.Redeemed, "a")},
			use{nil, needs, func(tx *Tx) error { // by what it had read before
				return tx.MoveCard(ctx, card("c"), giftcard.Card{State: giftcard.Voided})
			}})
		wants(t, failed, nil, nil, ErrConflict)
		var state, by string
		var activated, redeemed int64
		must(t, storetest.SQL(t, address).QueryRow("SELECT state, redeemed_by, activated_at, redeemed_at FROM cards").Scan(&state, &by, &activated, &redeemed))
		if state != "redeemed" || by != "a" || activated != noon.UnixMicro() || redeemed != noon.UnixMicro() {
			t.Errorf("the card is %s by %s, activated at %d, redeemed at %d", state, by, activated, redeemed)
		}
	})
}

// TestWhatFailsInTheMiddleIsTakenBack: each thing that a use case can keep, done and then failed.
func TestWhatFailsInTheMiddleIsTakenBack(t *testing.T) {
	errOwn, key := errors.New("its own error"), AnswerKey{"a", "redeem", "key"}
	storetest.Each(t, func(t *testing.T, address string) {
		db := open(t, address)
		members(t, db, "a")
		cards(t, db, "c")
		must(t, db.Write(t.Context(), lot(t.Context(), "a", "l0")))
		pool, ctx := storetest.SQL(t, address), t.Context()
		needs := Needs{Accounts: []string{"a", "new"}, Cards: []string{card("c").Digest, card("new").Digest}, Answers: []AnswerKey{key}}
		everything := func(tx *Tx) error {
			tx.AddAnswer(Answer{key, "print", "body"})
			tx.AddCard(card("new"))
			tx.DrawLot("a", prepaid.Draw{Lot: "l0", Amount: money.New(100, usd)})
			tx.AddQuestion(Question{Account: "a", ID: "q", On: today, Amount: money.New(1, usd), State: QuestionOpen})
			return errors.Join(tx.AddAccount(member("new")), tell(ctx, "a", "bad")(tx), lot(ctx, "a", "l1")(tx), move(ctx, "c", giftcard.Active, "")(tx),
				move(ctx, "c", giftcard.Redeemed, "a")(tx), tx.AddNotice("a", usd, noticeOn("n")))
		}
		clean := use{nil, needs, func(tx *Tx) error {
			a, failedAccount := tx.LockAccount(ctx, "a")
			c, failedCard := tx.LockCard(ctx, card("c").Digest)
			if failed := errors.Join(failedAccount, failedCard); failed != nil || a.LastEvent != 0 || len(a.State.Balance) != 1 || c.Card.State != giftcard.Issued {
				return fmt.Errorf("left behind: %+v, %+v, %w", a, c, failed)
			}
			_, account := tx.LockAccount(ctx, "new")
			_, card := tx.LockCard(ctx, card("new").Digest)
			_, answer := tx.Answer(ctx, key)
			for _, err := range []error{account, card, answer} {
				if !errors.Is(err, ErrNotFound) {
					return fmt.Errorf("left behind: what should be ErrNotFound is %w", err)
				}
			}
			return nil
		}}
		count := func() (all string) {
			for _, table := range tablesOf(t, address) {
				var rows int
				must(t, pool.QueryRow("SELECT COUNT(*) FROM "+table).Scan(&rows))
				all += fmt.Sprintf("%s %d, ", table, rows)
			}
			return all
		}
		before := count()
		failed := together(t, db, use{nil, needs, func(tx *Tx) error { return errors.Join(everything(tx), errOwn) }}, clean,
			use{nil, needs, func(tx *Tx) error { must(t, everything(tx)); panic("a bug") }}, clean)
		wants(t, []error{failed[0], failed[1], failed[3]}, errOwn, nil, nil)
		if after := count(); after != before {
			t.Errorf("rows after: %s\nbefore: %s", after, before)
		}
		wants(t, together(t, db, use{nil, needs, everything}), nil)
		if got := told(t, db, "a"); !slices.Equal(got, []string{"bad"}) || count() == before {
			t.Errorf("what does not fail is not kept: %v", got)
		}
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{900, 1000}) {
			t.Errorf("lots %v", got)
		}
	})
}

// TestWhoReadsMoreGoesAlone, once: it runs again, and takes effect once, whatever it makes of the refusal.
func TestWhoReadsMoreGoesAlone(t *testing.T) {
	for name, reads := range map[string]func(context.Context, *Tx) error{
		"another account": func(ctx context.Context, tx *Tx) error { _, err := tx.LockAccount(ctx, "other"); return err },
		"another card":    func(ctx context.Context, tx *Tx) error { _, err := tx.LockCard(ctx, card("c").Digest); return err },
		"another answer": func(ctx context.Context, tx *Tx) error {
			if _, err := tx.Answer(ctx, AnswerKey{"a", "o", "k"}); !errors.Is(err, ErrNotFound) {
				return err
			}
			return nil
		},
		"a statement of its own":        func(ctx context.Context, tx *Tx) error { return put(ctx, "row")(tx) },
		"rows":                          func(ctx context.Context, tx *Tx) error { _, err := tx.Waiting(ctx, "a"); return err },
		"and hides the error of it":     func(ctx context.Context, tx *Tx) error { _, _ = tx.LockAccount(ctx, "other"); return nil },
		"and hides a statement's error": func(ctx context.Context, tx *Tx) error { _ = put(ctx, "row")(tx); return nil },
		"and panics at its error": func(ctx context.Context, tx *Tx) error {
			if err := put(ctx, "row")(tx); err != nil {
				panic(err)
			}
			return nil
		},
		"and wraps the error beyond Is": func(ctx context.Context, tx *Tx) error {
			if err := put(ctx, "row")(tx); err != nil {
				return errors.New("it failed: " + err.Error())
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, db *DB) {
				members(t, db, "a", "other")
				cards(t, db, "c")
				runs := 0
				more := use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
					runs++
					return errors.Join(tell(t.Context(), "a", "more")(tx), reads(t.Context(), tx))
				}}
				wants(t, together(t, db, telling("a", "before"), more, telling("a", "after")), nil, nil, nil)
				got := told(t, db, "a")
				slices.Sort(got)
				if !slices.Equal(got, []string{"after", "before", "more"}) || runs != 2 {
					t.Errorf("told %v after %d runs, want each once, and two runs", got, runs)
				}
			})
		})
	}
}

// TestDrawsOnOneLotAddUp: those of one batch together, and what is over the rest is a conflict that keeps nothing.
func TestDrawsOnOneLotAddUp(t *testing.T) {
	draw := func(amount int64, kind string) use {
		return use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
			tx.DrawLot("a", prepaid.Draw{Lot: "l", Amount: money.New(amount, usd)})
			return tell(context.Background(), "a", kind)(tx)
		}}
	}
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		must(t, db.Write(t.Context(), lot(t.Context(), "a", "l")))
		wants(t, together(t, db, draw(100, "one"), draw(200, "two"), draw(300, "three")), nil, nil, nil)
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{400}) {
			t.Errorf("rest %v, want 400", got)
		}
		failed := together(t, db, draw(250, "either"), draw(250, "either"))
		if (failed[0] == nil) == (failed[1] == nil) || !errors.Is(errors.Join(failed...), ErrConflict) {
			t.Errorf("two draws of which one is too much: %v", failed)
		}
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{150}) {
			t.Errorf("rest %v, want 150", got)
		}
		if got := told(t, db, "a"); len(got) != 4 {
			t.Errorf("told %v, want four", got)
		}
	})
}

// TestOneAccountByManyAtOnce loses nothing.
func TestOneAccountByManyAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		const workers, rounds = 100, 5
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				for round := range rounds {
					ctx, do := context.Background(), tell(context.Background(), "a", fmt.Sprintf("%d/%d", worker, round))
					var err error
					if (worker+round)%7 == 0 {
						err = db.Write(ctx, do)
					} else {
						err = db.Together(ctx, Needs{Accounts: []string{"a"}}, do)
					}
					if err != nil {
						t.Errorf("write %d/%d: %v", worker, round, err)
					}
				}
			})
		}
		all.Wait()
		got := told(t, db, "a")
		slices.Sort(got)
		if len(got) != workers*rounds || len(slices.Compact(got)) != workers*rounds {
			t.Errorf("%d events are told, want %d", len(got), workers*rounds)
		}
	})
}

// TestAContextThatEndsWhileItsUseCaseWaits: it is not done, and says so.
func TestAContextThatEndsWhileItsUseCaseWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		ctx, cancel := context.WithCancel(t.Context())
		failed := together(t, db, use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
			cancel()
			return tell(t.Context(), "a", "kept")(tx)
		}}, use{ctx, Needs{Accounts: []string{"a"}}, tell(ctx, "a", "late")}, telling("a", "after"))
		wants(t, failed, nil, context.Canceled, nil)
		if got := told(t, db, "a"); !slices.Equal(got, []string{"kept", "after"}) {
			t.Errorf("told %v", got)
		}
		for _, err := range []error{db.Write(ctx, tell(ctx, "a", "later")), db.Together(ctx, Needs{Accounts: []string{"a"}}, tell(ctx, "a", "later")),
			db.Read(ctx, func(tx *Tx) error { return scan(ctx, tx) }), db.Look(ctx, func(tx *Tx) error { return scan(ctx, tx) })} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("with a context that has ended: %v", err)
			}
		}
	})
}

// TestContextsThatEndAtAnyMomentHarmNobodyElse: whoever is told of success finds what they wrote, whoever is not told
// finds nothing of it, and writers and readers go on.
func TestContextsThatEndAtAnyMomentHarmNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		const workers, rounds, parts = 16, 40, 10
		for account := range workers / 2 { // one who is patient and one who is not on each
			members(t, db, fmt.Sprint(account))
		}
		var broken sync.Map
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				for round := range rounds {
					ctx, cancel := context.WithCancel(context.Background())
					impatient := worker%2 == 0
					if impatient {
						time.AfterFunc(rand.N(2*time.Millisecond), cancel)
					}
					name, account := fmt.Sprintf("%d/%d", worker, round), fmt.Sprint(worker/2)
					var err error
					if round%2 == 0 {
						err = db.Write(ctx, func(tx *Tx) error {
							for part := range parts {
								if err := put(ctx, fmt.Sprintf("%s/%d", name, part))(tx); err != nil {
									return err
								}
							}
							return nil
						})
					} else {
						err = db.Together(ctx, Needs{Accounts: []string{account}}, tell(ctx, account, name))
					}
					if read := db.Read(ctx, func(tx *Tx) error { return scan(ctx, tx) }); read != nil && !impatient {
						t.Errorf("a patient Read = %v", read)
					}
					cancel()
					if err != nil && !impatient {
						t.Errorf("a patient write = %v", err)
					}
					broken.Store(name, err)
				}
			})
		}
		all.Wait()
		kept := map[string]bool{}
		for account := range workers / 2 {
			for _, name := range told(t, db, fmt.Sprint(account)) {
				kept[name] = true
			}
		}
		cut := 0
		broken.Range(func(name, err any) bool {
			if err != nil {
				cut++
			}
			var worker, round int
			_, failed := fmt.Sscanf(name.(string), "%d/%d", &worker, &round)
			must(t, failed)
			if round%2 == 1 {
				if kept[name.(string)] != (err == nil) {
					t.Errorf("event %s is there: %t, and Together = %v", name, err != nil, err)
				}
				return true
			}
			for part := range parts {
				if there := has(t, db, fmt.Sprintf("%s/%d", name, part)); there != (err == nil) {
					t.Errorf("part %d of write %s is there: %t, and Write = %v", part, name, there, err)
					return false
				}
			}
			return true
		})
		t.Logf("%d of %d writes were broken off", cut, workers*rounds)
	})
}

// TestACrowdDoesNotWait for a batch that is slow to decide, as fewer do.
func TestACrowdDoesNotWait(t *testing.T) {
	const crowd = 5
	db := reopen(t, storetest.Postgres(t), Options{Migrate: true, atOnce: crowd})
	t.Cleanup(func() { must(t, db.Close()) })
	members(t, db, "a")
	letGo := holdUp(t, db)
	var all sync.WaitGroup
	failed := make([]error, crowd)
	for at := range crowd - 1 {
		all.Go(func() {
			failed[at] = db.Together(t.Context(), Needs{Accounts: []string{"a"}}, tell(t.Context(), "a", "few"))
		})
	}
	eventually(t, "few that wait", func() bool { return waiting(db) == crowd-1 })
	if got := told(t, db, "a"); len(got) != 0 {
		t.Errorf("%v was told while another decided", got)
	}
	all.Go(func() {
		failed[crowd-1] = db.Together(t.Context(), Needs{Accounts: []string{"a"}}, tell(t.Context(), "a", "one more"))
	})
	all.Wait()
	letGo()
	must(t, errors.Join(failed...))
	if got := told(t, db, "a"); len(got) != crowd {
		t.Errorf("told %v, want all %d", got, crowd)
	}
}

// TestCloseLetsWaitingWritesThrough: all that waited are made, and those that come later are refused.
func TestCloseLetsWaitingWritesThrough(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		db := reopen(t, address, Options{Migrate: true})
		members(t, db, "a")
		letGo := holdUp(t, db)
		var all sync.WaitGroup
		const count = 2*mostShared + 10
		failed := make([]error, count)
		for at := range count {
			all.Go(func() {
				failed[at] = db.Together(t.Context(), Needs{Accounts: []string{"a"}}, tell(t.Context(), "a", fmt.Sprint(at)))
			})
		}
		eventually(t, "a full queue", func() bool { return waiting(db) == mostShared })
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		eventually(t, "a store that is being closed", func() bool {
			return errors.Is(db.Write(t.Context(), func(*Tx) error { return errors.New("it is open") }), ErrClosed) ||
				errors.Is(db.Look(t.Context(), func(*Tx) error { return nil }), ErrClosed)
		})
		if err := db.Together(t.Context(), Needs{}, put(t.Context(), "late")); !errors.Is(err, ErrClosed) {
			t.Errorf("Together = %v, want %v", err, ErrClosed)
		}
		letGo()
		must(t, <-closed)
		all.Wait()
		db = open(t, address)
		kept, made := told(t, db, "a"), 0
		for at, err := range failed {
			if there := slices.Contains(kept, fmt.Sprint(at)); there != (err == nil) || err != nil && !errors.Is(err, ErrClosed) {
				t.Errorf("write %d is there: %t, and Together = %v", at, there, err)
			}
			if err == nil {
				made++
			}
		}
		if made < mostShared || has(t, db, "late") {
			t.Errorf("%d writes were made, want the %d that waited at least", made, mostShared)
		}
	})
}

// TestNobodyHangsOnAClosedStore, whenever it is closed, and whatever they do.
func TestNobodyHangsOnAClosedStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		for round := range 10 {
			db := reopen(t, address, Options{Migrate: true})
			var all sync.WaitGroup
			var kept sync.Map
			for worker := range 64 {
				all.Go(func() {
					for at := 0; ; at++ {
						name := fmt.Sprintf("%d/%d/%d", round, worker, at)
						err := anyhow(db, at+worker, name)
						if errors.Is(err, ErrClosed) {
							return
						}
						if err != nil {
							t.Errorf("%s: %v", name, err)
							return
						}
						if (at+worker)%4 < 2 {
							kept.Store(name, true)
						}
					}
				})
			}
			time.Sleep(rand.N(30 * time.Millisecond))
			must(t, db.Close())
			all.Wait()
			db = reopen(t, address, Options{})
			kept.Range(func(name, _ any) bool {
				if !has(t, db, name.(string)) {
					t.Errorf("write %v was acknowledged and is gone", name)
				}
				return true
			})
			must(t, db.Close())
		}
	})
}

// anyhow writes a row, or reads, in one of the ways to do so.
func anyhow(db *DB, way int, name string) error {
	ctx := context.Background()
	switch way % 4 {
	case 0:
		return db.Write(ctx, put(ctx, name))
	case 1:
		return db.Together(ctx, Needs{}, put(ctx, name))
	case 2:
		return db.Read(ctx, func(tx *Tx) error { return scan(ctx, tx) })
	default:
		return db.Look(ctx, func(tx *Tx) error { return scan(ctx, tx) })
	}
}

// TestCloseWaitsForReads: a read under way ends as it began.
func TestCloseWaitsForReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		db := reopen(t, address, Options{Migrate: true})
		reading, read, closed := make(chan struct{}), make(chan error, 1), make(chan error, 1)
		go func() {
			read <- db.Read(context.Background(), func(tx *Tx) error {
				close(reading)
				for db.Look(context.Background(), func(*Tx) error { return nil }) == nil {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(10 * time.Millisecond)
				return scan(context.Background(), tx)
			})
		}()
		<-reading
		go func() { closed <- db.Close() }()
		must(t, <-read)
		must(t, <-closed)
	})
}

// TestAReadSeesOneState, whatever is written meanwhile, and writes nothing.
func TestAReadSeesOneState(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		must(t, db.Read(t.Context(), func(tx *Tx) error {
			first, err := tx.Tries(t.Context(), "row")
			if err != nil {
				return err
			}
			must(t, db.Write(t.Context(), put(t.Context(), "row")))
			again, err := tx.Tries(t.Context(), "row")
			if first.Count != 0 || again.Count != 0 {
				t.Errorf("a read saw %d, then %d, want 0 twice", first.Count, again.Count)
			}
			return err
		}))
		if read := db.Read(t.Context(), put(t.Context(), "written by a read")); read == nil {
			t.Error("a read could write")
		}
		if !has(t, db, "row") || has(t, db, "written by a read") {
			t.Error("the next read does not see what was written, or sees what a read wrote")
		}
	})
}

// TestReadsSeeWholeBatches: money that moves between two accounts is never seen in neither or in both.
func TestReadsSeeWholeBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b")
		var all sync.WaitGroup
		var over atomic.Bool
		for worker := range 8 {
			all.Go(func() {
				for at := range 50 {
					ids := []string{"a", "b"}
					if (worker+at)%2 == 0 {
						slices.Reverse(ids)
					}
					if err := db.Together(context.Background(), Needs{Accounts: ids}, func(tx *Tx) error {
						return errors.Join(tell(context.Background(), ids[0], "moved")(tx), tell(context.Background(), ids[1], "moved")(tx))
					}); err != nil {
						t.Errorf("Together = %v", err)
					}
				}
			})
		}
		go func() { all.Wait(); over.Store(true) }()
		for reads := 0; !over.Load() || reads == 0; reads++ {
			must(t, db.Read(t.Context(), func(tx *Tx) error {
				a, failedA := tx.Account(t.Context(), "a")
				b, failedB := tx.Account(t.Context(), "b")
				if a.LastEvent != b.LastEvent {
					t.Errorf("a read saw %d events of one and %d of the other", a.LastEvent, b.LastEvent)
				}
				return errors.Join(failedA, failedB)
			}))
		}
		all.Wait()
		if got := told(t, db, "b"); len(got) != 400 {
			t.Errorf("%d events, want 400", len(got))
		}
	})
}

// TestABatchThatConflictsIsDoneOneByOne: two use cases that each are right, and together are not.
func TestABatchThatConflictsIsDoneOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		key := AnswerKey{"", "issue", "key"} // of an account that nobody locks
		ask := use{nil, Needs{Answers: []AnswerKey{key}}, func(tx *Tx) error {
			if kept, err := tx.Answer(context.Background(), key); err == nil {
				return fmt.Errorf("answered before: %s", kept.Body)
			}
			tx.AddAnswer(Answer{key, "print", "first"})
			return nil
		}}
		failed := together(t, db, ask, ask)
		if failed[0] != nil || failed[1] == nil || failed[1].Error() != "answered before: first" {
			t.Errorf("one key twice in a batch: %v", failed)
		}
		event := func(number int64) use {
			return use{nil, Needs{}, func(tx *Tx) error {
				return tx.AddEvent("a", number, history.Event{On: today, Kind: "same"})
			}}
		}
		failed = together(t, db, event(7), event(7), event(8))
		if failed[2] != nil || (failed[0] == nil) == (failed[1] == nil) || !errors.Is(errors.Join(failed...), ErrConflict) {
			t.Errorf("two events of one number, and another: %v", failed)
		}
	})
}

// scan reads enough to be broken off.
func scan(ctx context.Context, tx *Tx) error {
	for range 5 {
		if _, err := tx.NextDue(ctx); err != nil {
			return err
		}
	}
	return nil
}
