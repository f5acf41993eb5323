package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"scrip/giftcard"
	"scrip/store/storetest"
)

// onTwo runs a test on one database of either kind that is opened twice, as two servers and their commands do.
func onTwo(t *testing.T, test func(t *testing.T, dbs [2]*DB)) {
	storetest.Each(t, func(t *testing.T, address string) { test(t, [2]*DB{open(t, address), open(t, address)}) })
}

// atOnce runs something many times at the same moment, and gives the errors.
func atOnce(count int, do func(at int) error) []error {
	failed, begin := make([]error, count), make(chan struct{})
	var all sync.WaitGroup
	for at := range count {
		all.Go(func() { <-begin; failed[at] = do(at) })
	}
	close(begin)
	all.Wait()
	return failed
}

// only fails unless exactly one of those at once succeeded, and the others got the error that is wanted.
func only(t *testing.T, failed []error, want error) {
	t.Helper()
	won := 0
	for at, err := range failed {
		if err == nil {
			won++
		} else if !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", at, err, want)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d succeeded, want one", won, len(failed))
	}
}

// TestEachDueAccountIsLivedOnce by two servers side by side, with workers of their own. What fails leaves nothing, and
// takes nobody with it.
func TestEachDueAccountIsLivedOnce(t *testing.T) {
	const count, most = 10_000, 256
	errBad := errors.New("a bad account")
	bad := func(id string) bool { return id[len(id)-3:] == "777" }
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		ctx := t.Context()
		for from := 0; from < count; from += 1000 {
			must(t, dbs[0].Write(ctx, func(tx *Tx) error {
				for at := from; at < from+1000; at++ {
					a := member(fmt.Sprintf("due-%05d", at))
					a.DueAt = noon.Add(-time.Duration(at%100) * time.Minute)
					if err := tx.AddAccount(a); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		members(t, dbs[0], "not-due")
		live := func(tx *Tx, id string) error {
			a, err := tx.LockAccount(ctx, id)
			if err != nil {
				return err
			}
			a.DueAt = time.Time{}
			if err := errors.Join(tx.SaveAccount(a), tell(ctx, id, "lived")(tx)); err != nil || bad(id) {
				return errors.Join(err, errBad)
			}
			return nil
		}
		var mutex sync.Mutex
		done, failures := 0, map[string]int{}
		for _, err := range atOnce(6, func(at int) error {
			for {
				due, err := dbs[at%2].WriteDue(ctx, most, live)
				if errors.Is(err, ErrBusy) {
					continue // the other of two that write to one file may have it for long
				}
				if err != nil || due.Done+len(due.Failed) == 0 {
					return err
				}
				if due.Done+len(due.Failed) > most {
					return fmt.Errorf("%d accounts at once, want %d at most", due.Done+len(due.Failed), most)
				}
				mutex.Lock()
				done += due.Done
				mutex.Unlock()
				for id, err := range due.Failed {
					if !errors.Is(err, errBad) {
						return err
					}
					aside := func() error {
						return dbs[at%2].Write(ctx, func(tx *Tx) error { return tx.SetAside(ctx, id, noon.Add(time.Hour)) })
					}
					err := aside()
					for errors.Is(err, ErrBusy) {
						err = aside()
					}
					if err != nil {
						return err
					}
					mutex.Lock()
					failures[id]++
					mutex.Unlock()
				}
			}
		}) {
			must(t, err)
		}
		if want := count - count/1000; done != want || len(failures) != count/1000 {
			t.Errorf("%d were lived, and %d failed, want %d and %d", done, len(failures), want, count/1000)
		}
		for at := range count {
			id := fmt.Sprintf("due-%05d", at)
			want := 1
			if bad(id) {
				want = 0
			}
			if at%10 == 7 || bad(id) { // a look at each would take a while
				if got := told(t, dbs[0], id); len(got) != want {
					t.Errorf("%s was lived %d times, want %d", id, len(got), want)
				}
			}
		}
		if got := told(t, dbs[0], "not-due"); len(got) != 0 {
			t.Errorf("what was not due was lived %d times", len(got))
		}
	})
}

// TestAPassOverDueAccountsIsOneTransaction: where it fails as a whole, nothing was changed.
func TestAPassOverDueAccountsIsOneTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		must(t, db.Write(t.Context(), func(tx *Tx) error {
			var failed error
			for _, id := range []string{"a", "b"} {
				a := member(id)
				a.DueAt = noon
				failed = errors.Join(failed, tx.AddAccount(a))
			}
			return failed
		}))
		due, err := db.WriteDue(t.Context(), 10, func(tx *Tx, id string) error {
			if id == "b" {
				tx.AddCard(card("x"))
				tx.AddCard(card("x"))
			}
			return tell(t.Context(), id, "lived")(tx)
		})
		if !errors.Is(err, ErrConflict) || due.Done+len(due.Failed) != 0 {
			t.Errorf("WriteDue = %+v, %v, want none, %v", due, err, ErrConflict)
		}
		due, err = db.WriteDue(t.Context(), 10, func(tx *Tx, id string) error {
			if id == "a" {
				if err := tell(t.Context(), id, "lived")(tx); err != nil {
					return err
				}
				panic("a bug")
			}
			_, err := tx.Tries(t.Context(), "what was not read")
			return err
		})
		if err != nil || due.Done != 0 || len(due.Failed) != 2 || !errors.Is(due.Failed["b"], errAlone) {
			t.Errorf("WriteDue = %+v, %v, want both to fail", due, err)
		}
		if a, b := told(t, db, "a"), told(t, db, "b"); len(a)+len(b) != 0 {
			t.Errorf("told %v and %v, want nothing", a, b)
		}
	})
}

// TestAnAddressIsClaimedOnce, by whoever is quickest.
func TestAnAddressIsClaimedOnce(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		for round := range 10 {
			address := fmt.Sprintf("%d@example.com", round)
			failed := atOnce(20, func(at int) error {
				a := member(fmt.Sprintf("%d-%02d", round, at))
				a.Email = address
				do := func(tx *Tx) error { return tx.OpenAccount(t.Context(), a) }
				if at%4 < 2 {
					return dbs[at%2].Write(t.Context(), do)
				}
				return dbs[at%2].Together(t.Context(), Needs{}, do)
			})
			only(t, failed, ErrConflict)
			winner := slices.Index(failed, nil)
			must(t, dbs[1].Read(t.Context(), func(tx *Tx) error {
				id, err := tx.AccountOfEmail(t.Context(), address)
				if want := fmt.Sprintf("%d-%02d", round, winner); id != want {
					t.Errorf("%s belongs to %s, want %s", address, id, want)
				}
				for at := range failed {
					if _, err := tx.Membership(t.Context(), fmt.Sprintf("%d-%02d", round, at)); (err == nil) != (at == winner) {
						t.Errorf("account %d of round %d: %v", at, round, err)
					}
				}
				return err
			}))
		}
	})
}

// TestAKeyIsAnsweredOnce: of the same command sent to two servers at the same moment, and many times to each, one is
// carried out.
func TestAKeyIsAnsweredOnce(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		members(t, dbs[0], "a")
		errAnswered := errors.New("answered before")
		for round := range 20 {
			key := AnswerKey{"a", "redeem", fmt.Sprint(round)}
			only(t, atOnce(20, func(at int) error {
				do := func(tx *Tx) error {
					if _, err := tx.LockAccount(t.Context(), "a"); err != nil {
						return err
					}
					if _, err := tx.Answer(t.Context(), key); !errors.Is(err, ErrNotFound) {
						return errors.Join(err, errAnswered)
					}
					tx.AddAnswer(Answer{key, "print", "body"})
					return tell(t.Context(), "a", fmt.Sprint(round))(tx)
				}
				if at%4 < 2 {
					return dbs[at%2].Write(t.Context(), do)
				}
				return dbs[at%2].Together(t.Context(), Needs{Accounts: []string{"a"}, Answers: []AnswerKey{key}}, do)
			}), errAnswered)
		}
		if got := told(t, dbs[0], "a"); len(slices.Compact(got)) != 20 {
			t.Errorf("told %v", got)
		}
	})
}

// TestACardIsRedeemedOnce, whoever tries.
func TestACardIsRedeemedOnce(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		members(t, dbs[0], "a", "b")
		errUsed := errors.New("used before")
		for round := range 10 {
			name := fmt.Sprint(round)
			cards(t, dbs[0], name)
			must(t, dbs[0].Write(t.Context(), move(t.Context(), name, giftcard.Active, "")))
			only(t, atOnce(20, func(at int) error {
				account := []string{"a", "b"}[at/2%2]
				return dbs[at%2].Together(t.Context(), Needs{Accounts: []string{account}, Cards: []string{card(name).Digest}}, func(tx *Tx) error {
					was, err := tx.LockCard(t.Context(), card(name).Digest)
					if err != nil || was.Card.State == giftcard.Redeemed {
						return errors.Join(err, errUsed)
					}
					return errors.Join(move(t.Context(), name, giftcard.Redeemed, account)(tx), lot(t.Context(), account, name)(tx))
				})
			}), errUsed)
		}
		if lots := len(rests(t, dbs[0], "a")) + len(rests(t, dbs[0], "b")); lots != 10 {
			t.Errorf("%d lots of 10 cards", lots)
		}
	})
}

// TestTriesAreAllCounted, from the first on.
func TestTriesAreAllCounted(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		const workers, rounds, scopes = 30, 10, 3
		for _, err := range atOnce(workers, func(at int) error {
			for range rounds {
				if err := dbs[at%2].Write(t.Context(), func(tx *Tx) error {
					for scope := range scopes {
						tries, err := tx.LockTries(t.Context(), fmt.Sprint("scope ", scope))
						if err != nil {
							return err
						}
						tries.Since, tries.Count = tx.Now, tries.Count+1
						if err := tx.PutTries(t.Context(), fmt.Sprint("scope ", scope), tries); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					return err
				}
				if err := dbs[at%2].Write(t.Context(), func(tx *Tx) error { return tx.Sweep(t.Context()) }); err != nil {
					return err
				}
			}
			return nil
		}) {
			must(t, err)
		}
		for scope := range scopes {
			must(t, dbs[0].Look(t.Context(), func(tx *Tx) error {
				tries, err := tx.Tries(t.Context(), fmt.Sprint("scope ", scope))
				if tries.Count != workers*rounds {
					t.Errorf("scope %d: %d tries, want %d", scope, tries.Count, workers*rounds)
				}
				return err
			}))
		}
	})
}

// TestDigitsAreUsedOnce, and each wrong try is counted.
func TestDigitsAreUsedOnce(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		ctx, s := t.Context(), SignIn{ID: "s", Email: "a@example.com", Browser: "b", Language: "en", Sender: "192.0.2.1", ExpiresAt: noon.Add(time.Minute)}
		must(t, dbs[0].Write(ctx, func(tx *Tx) error { return tx.AddSignIn(ctx, s) }))
		for _, err := range atOnce(20, func(at int) error {
			return dbs[at%2].Write(ctx, func(tx *Tx) error {
				_, err := tx.LockSignIn(ctx, "s")
				return errors.Join(err, tx.CountSignInTry(ctx, "s"))
			})
		}) {
			must(t, err)
		}
		only(t, atOnce(20, func(at int) error {
			return dbs[at%2].Write(ctx, func(tx *Tx) error { return tx.UseSignIn(ctx, "s") })
		}), ErrConflict)
		errTaken, leased := errors.New("somebody else mails it"), s
		only(t, atOnce(20, func(at int) error {
			return dbs[at%2].Write(ctx, func(tx *Tx) error {
				mine, err := tx.LeaseSignIn(ctx, leased, noon.Add(time.Minute))
				if err == nil && !mine {
					return errTaken
				}
				return err
			})
		}), errTaken)
		must(t, dbs[1].Write(ctx, func(tx *Tx) error {
			got, err := tx.LockSignIn(ctx, "s")
			s.Tries, s.Used, s.Attempts = 20, true, 1
			if got != s {
				t.Errorf("LockSignIn = %+v, want %+v", got, s)
			}
			if _, missing := tx.LockSignIn(ctx, "none"); !errors.Is(missing, ErrNotFound) {
				t.Errorf("LockSignIn of none = %v", missing)
			}
			return err
		}))
	})
}

// TestASessionThatEndedIsNotWrittenAnew by a request that was under way.
func TestASessionThatEndedIsNotWrittenAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		ctx, later := t.Context(), noon.Add(time.Hour)
		session := func(token string) (data []byte, err error) {
			return db.Session(ctx, token)
		}
		write := func(do func(tx *Tx) error) { t.Helper(); must(t, db.Write(ctx, do)) }
		write(func(tx *Tx) error { return tx.PutSession(ctx, "one", []byte{0, 1, 255}, later) })
		write(func(tx *Tx) error { return tx.PutSession(ctx, "one", []byte{0, 2, 255}, later) })
		write(func(tx *Tx) error { return tx.PutSession(ctx, "old", []byte{1}, noon.Add(-time.Second)) })
		if data, err := session("one"); err != nil || !slices.Equal(data, []byte{0, 2, 255}) {
			t.Errorf("Session = %v, %v", data, err)
		}
		write(func(tx *Tx) error { return tx.EndSession(ctx, "one") })
		write(func(tx *Tx) error { return tx.PutSession(ctx, "one", []byte{3}, later) })
		write(func(tx *Tx) error { return tx.EndSession(ctx, "none") })
		for _, token := range []string{"one", "old", "none"} {
			if data, err := session(token); !errors.Is(err, ErrNotFound) {
				t.Errorf("Session(%s) = %v, %v, want %v", token, data, err, ErrNotFound)
			}
		}
		write(func(tx *Tx) error { return tx.Sweep(ctx) })
		write(func(tx *Tx) error { return tx.PutSession(ctx, "old", []byte{4}, later) })
		if data, err := session("old"); err != nil || len(data) != 1 {
			t.Errorf("Session of a token that was swept away and is used again = %v, %v", data, err)
		}
	})
}

// TestTwoServersLoseNothing: random batches over few accounts and cards, in any order, on two servers.
func TestTwoServersLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		dbs := [2]*DB{reopen(t, address, Options{Migrate: true}), reopen(t, address, Options{Migrate: true})}
		crowd(t, dbs, 20)
		must(t, errors.Join(dbs[0].Close(), dbs[1].Close()))
		if IsPostgres(address) {
			if got := deadlocks(t, address); got != 0 {
				t.Errorf("%d deadlocks, want none: something locks in another order", got)
			}
		}
	})
}

// crowd has 64 goroutines write to few accounts and cards, and checks that all is there.
func crowd(t *testing.T, dbs [2]*DB, rounds int) {
	t.Helper()
	const workers = 64
	accounts, names := []string{"a", "b", "c", "d", "e"}, []string{"1", "2", "3"}
	members(t, dbs[0], accounts...)
	cards(t, dbs[0], names...)
	for _, err := range atOnce(workers, func(at int) error {
		for round := range rounds {
			picked := slices.Clone(accounts)
			rand.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
			picked = picked[:1+(at+round)%3]
			digest := names[(at*7+round)%len(names)]
			needs := Needs{Accounts: picked, Cards: []string{card(digest).Digest}, Answers: []AnswerKey{{picked[0], "o", fmt.Sprint(at, round)}}}
			if err := dbs[at%2].Together(context.Background(), needs, func(tx *Tx) error {
				ctx := context.Background()
				was, err := tx.LockCard(ctx, card(digest).Digest) // before the accounts: the order is the store's
				if err != nil {
					return err
				}
				now := was.Card
				if now.State = giftcard.Frozen; was.Card.State == giftcard.Frozen {
					now.State = giftcard.Active
				}
				if err := tx.MoveCard(ctx, was, now); err != nil {
					return err
				}
				for _, id := range picked {
					if err := tell(ctx, id, fmt.Sprint(at, "/", round))(tx); err != nil {
						return err
					}
				}
				tx.AddAnswer(Answer{needs.Answers[0], "print", "body"})
				return nil
			}); err != nil {
				return fmt.Errorf("worker %d, round %d: %w", at, round, err)
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	want, got := 0, 0
	for at := range workers {
		for round := range rounds {
			want += 1 + (at+round)%3
		}
	}
	for _, id := range accounts {
		kinds := told(t, dbs[0], id)
		got += len(kinds)
		slices.Sort(kinds)
		if len(slices.Compact(kinds)) != len(kinds) {
			t.Errorf("%s: something is told twice", id)
		}
	}
	if got != want {
		t.Errorf("%d events are told, want %d", got, want)
	}
}
