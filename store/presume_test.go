package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"scrip/billing"
	"scrip/money"
	"scrip/prepaid"
)

// TestAKeyThatWasPresumedNew: what is written together takes its keys for new, and whose key has an answer gets it
// nevertheless, whatever it came to before that was known. The others beside it stay as they are.
func TestAKeyThatWasPresumedNew(t *testing.T) {
	errOwn := errors.New("its own error")
	for name, without := range map[string]error{"that would do it again": nil, "that fails now": errOwn} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, db *DB) {
				members(t, db, "a", "b")
				ask := func(account string, number int, failed error) use {
					key := AnswerKey{account, "redeem", fmt.Sprint(number)}
					return use{nil, Needs{Sums: []string{account}, Answers: []AnswerKey{key}}, func(tx *Tx) error {
						if kept, err := tx.Answer(context.Background(), key); !errors.Is(err, ErrNotFound) {
							return errors.Join(err, fmt.Errorf("answered before: %s", kept.Body))
						}
						tx.AddAnswer(Answer{key, "print", fmt.Sprint(account, number)})
						return errors.Join(failed, tell(context.Background(), account, fmt.Sprint(number))(tx))
					}}
				}
				wants(t, together(t, db, ask("a", 1, nil), ask("b", 1, nil)), nil, nil)
				failed := together(t, db, ask("a", 2, nil), ask("a", 1, without), ask("b", 2, nil), ask("b", 3, errOwn))
				wants(t, []error{failed[0], failed[2], failed[3]}, nil, nil, errOwn)
				if failed[1] == nil || failed[1].Error() != "answered before: a1" {
					t.Errorf("a key that was answered: %v", failed[1])
				}
				if a, b := told(t, db, "a"), told(t, db, "b"); !slices.Equal(a, []string{"1", "2"}) || !slices.Equal(b, []string{"1", "2"}) {
					t.Errorf("told %v and %v, want each once", a, b)
				}
			})
		})
	}
}

// TestAKeyThatWasNotAnsweredIsLookedUp: a use case that answers its key with nothing was not proved to be the first.
func TestAKeyThatWasNotAnsweredIsLookedUp(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		key := AnswerKey{"a", "start", "key"}
		must(t, db.Write(t.Context(), func(tx *Tx) error { tx.AddAnswer(Answer{key, "print", "body"}); return nil }))
		var seen string
		waits := use{nil, Needs{Accounts: []string{"a"}, Answers: []AnswerKey{key}}, func(tx *Tx) error {
			kept, err := tx.Answer(context.Background(), key)
			if seen = kept.Body; err == nil {
				return nil
			}
			return tell(context.Background(), "a", "waits")(tx)
		}}
		wants(t, together(t, db, waits, telling("a", "other")), nil, nil)
		if got := told(t, db, "a"); seen != "body" || !slices.Equal(got, []string{"other"}) {
			t.Errorf("it saw the answer %q, and %v was told", seen, got)
		}
	})
}

// TestASumHasTheLotsInIt: what is written together may take all lots for one, and adds to them; who draws from it gets
// them one by one.
func TestASumHasTheLotsInIt(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b")
		ctx := t.Context()
		must(t, db.Write(ctx, func(tx *Tx) error { return errors.Join(lot(ctx, "a", "l1")(tx), lot(ctx, "a", "l2")(tx)) }))
		lots := func(account string, into *int) use {
			return use{nil, Needs{Sums: []string{account}}, func(tx *Tx) error {
				a, err := tx.LockAccount(ctx, account)
				*into = len(a.State.Balance)
				if total := a.State.Balance.Total().Minor(); account == "a" && total != 2000 {
					return fmt.Errorf("the sum is %d", total)
				}
				return errors.Join(err, tx.SaveAccount(a))
			}}
		}
		add := use{nil, Needs{Sums: []string{"a"}}, lot(ctx, "a", "l3")}
		tries := 0
		draw := use{nil, Needs{Sums: []string{"a"}}, func(tx *Tx) error {
			tries++
			a, err := tx.LockAccount(ctx, "a")
			if err != nil {
				return err
			}
			var draws []prepaid.Draw
			a.State.Balance, draws = a.State.Balance.Draw(money.New(1500, usd), nil)
			for _, d := range draws {
				tx.DrawLot("a", d)
			}
			return tx.SaveAccount(a)
		}}
		var ofA, ofB int
		wants(t, together(t, db, lots("a", &ofA), lots("b", &ofB), add, draw), nil, nil, nil, nil)
		if ofA != 1 || ofB != 0 || tries != 2 {
			t.Errorf("a showed %d lots and b %d, and drawing was tried %d times", ofA, ofB, tries)
		}
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{0, 500, 1000}) {
			t.Errorf("%v is left, want 0, 500 and 1000", got)
		}
		must(t, db.Read(ctx, func(tx *Tx) error {
			a, err := tx.Account(ctx, "a")
			if total := a.State.Balance.Total().Minor(); total != 1500 {
				t.Errorf("the account holds %d", total)
			}
			return err
		}))
	})
}

// TestASumWithAnAuthorizationIsReadWhole, for an authorization gives back to its lots when it ends.
func TestASumWithAnAuthorizationIsReadWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b")
		ctx := t.Context()
		must(t, db.Write(ctx, lot(ctx, "a", "l1")))
		must(t, db.Write(ctx, func(tx *Tx) error {
			a, err := tx.LockAccount(ctx, "a")
			if err != nil {
				return err
			}
			kept := prepaid.Authorization{ID: "z", Asked: money.New(300, usd), On: today, Until: today.Plus(5)}
			a.State.Balance, kept.Draws = a.State.Balance.Draw(money.New(300, usd), nil)
			a.State.Authorizations = []prepaid.Authorization{kept}
			tx.AddAuthorization("a", kept)
			return tx.SaveAccount(a)
		}))
		var names []string
		look := use{nil, Needs{Sums: []string{"a"}}, func(tx *Tx) error {
			a, err := tx.LockAccount(ctx, "a")
			names = nil
			for _, lot := range a.State.Balance {
				names = append(names, lot.ID)
			}
			return err
		}}
		wants(t, together(t, db, look, telling("b", "beside")), nil, nil)
		if !slices.Equal(names, []string{"l1"}) {
			t.Errorf("the lots are %q, want the one by its name", names)
		}
	})
}

// TestAnAccountThatIsWrittenTwice in a transaction has what was written last, whether all of it changed or the balance
// alone.
func TestAnAccountThatIsWrittenTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		ctx := t.Context()
		must(t, db.Write(ctx, func(tx *Tx) error {
			for _, method := range []string{"works", "none"} { // the second is what it was at first
				a, err := tx.LockAccount(ctx, "a")
				if err != nil {
					return err
				}
				a.State.Method = billing.Method(method)
				if err := tx.SaveAccount(a); err != nil {
					return err
				}
				if _, err := tx.Events(ctx, "a"); err != nil { // which has all of it written that was kept back
					return err
				}
				if err := lot(ctx, "a", method)(tx); err != nil {
					return err
				}
				if _, err := tx.Events(ctx, "a"); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, db.Read(ctx, func(tx *Tx) error {
			a, err := tx.Account(ctx, "a")
			if a.State.Method != "none" || a.LastLot != 2 || a.State.Balance.Total().Minor() != 2000 {
				t.Errorf("the account has the method %s, %d lots and %v", a.State.Method, a.LastLot, a.State.Balance.Total())
			}
			return err
		}))
	})
}
