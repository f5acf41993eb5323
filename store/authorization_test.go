package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"scrip/billing"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/storetest"
)

// keeping is an authorization of an amount of the lot "l" of account "a".
func keeping(id string, amount int64) prepaid.Authorization {
	return prepaid.Authorization{ID: id, Reference: "order " + id, Asked: money.New(amount+1, usd), On: today, Until: today.Plus(7),
		Draws: []prepaid.Draw{{Lot: "l", Source: "source-l", Kind: prepaid.Bought, Amount: money.New(amount, usd), Place: 1}}}
}

// onA changes account "a" as the engine does: its row says what open authorizations keep.
func onA(change func(tx *Tx, a *Account) error) use {
	return use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
		a, err := tx.LockAccount(context.Background(), "a")
		if err != nil {
			return err
		}
		return errors.Join(change(tx, &a), tx.SaveAccount(a))
	}}
}

func authorizing(authorization prepaid.Authorization) use {
	return onA(func(tx *Tx, a *Account) error {
		a.State.Authorizations = append(a.State.Authorizations, authorization)
		tx.AddAuthorization("a", authorization)
		return nil
	})
}

// ending charges an amount of an authorization and returns the rest.
func ending(authorization prepaid.Authorization, fate prepaid.Fate, amount int64) use {
	return onA(func(tx *Tx, a *Account) error {
		a.State.Authorizations = slices.DeleteFunc(slices.Clone(a.State.Authorizations), func(open prepaid.Authorization) bool { return open.ID == authorization.ID })
		taken, rest := authorization.Part(money.New(amount, usd))
		tx.EndAuthorization("a", billing.Ending{Authorization: authorization, Fate: fate, On: today, Charged: taken, Returned: rest})
		return nil
	})
}

// openOn are the open authorizations of account "a", read for changing it and for looking at it.
func openOn(t *testing.T, db *DB) (open []prepaid.Authorization) {
	t.Helper()
	wants(t, together(t, db, onA(func(_ *Tx, a *Account) error { open = a.State.Authorizations; return nil })), nil)
	must(t, db.Read(t.Context(), func(tx *Tx) error {
		a, err := tx.Account(t.Context(), "a")
		if !reflect.DeepEqual(a.State.Authorizations, open) {
			t.Errorf("Account reads %+v, LockAccount %+v", a.State.Authorizations, open)
		}
		return err
	}))
	return open
}

// TestAuthorizationsAreReadWithTheirAccount, open ones in the order made, and each by itself as it ended.
func TestAuthorizationsAreReadWithTheirAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a")
		must(t, db.Write(t.Context(), lot(t.Context(), "a", "l")))
		first, second, third := keeping("z1", 100), keeping("z2", 200), keeping("z3", 300)
		wants(t, together(t, db, authorizing(first), authorizing(second), authorizing(third)), nil, nil, nil)
		if got := openOn(t, db); !reflect.DeepEqual(got, []prepaid.Authorization{first, second, third}) {
			t.Errorf("open are %+v", got)
		}
		wants(t, together(t, db, ending(first, prepaid.Captured, 60), ending(third, prepaid.Released, 0)), nil, nil)
		if got, rest := openOn(t, db), rests(t, db, "a"); !reflect.DeepEqual(got, []prepaid.Authorization{second}) || !slices.Equal(rest, []int64{740}) {
			t.Errorf("open are %+v, the lot's rest is %v", got, rest)
		}
		must(t, db.Read(t.Context(), func(tx *Tx) error {
			all, err := tx.Authorizations(t.Context(), "a", "", usd, 2)
			more, failed := tx.Authorizations(t.Context(), "a", "z2", usd, 2)
			want := []Authorization{{third, prepaid.Released, money.New(0, usd), today, noon}, {second, prepaid.Open, money.New(0, usd), all[1].EndedOn, noon},
				{first, prepaid.Captured, money.New(60, usd), today, noon}}
			if got := append(all, more...); !reflect.DeepEqual(got, want) || !all[1].EndedOn.IsZero() {
				t.Errorf("all are %+v, want %+v", got, want)
			}
			one, missing := tx.Authorization(t.Context(), "a", "z1", usd)
			if !reflect.DeepEqual(one, want[2]) {
				t.Errorf("one is %+v, want %+v", one, want[2])
			}
			if _, err := tx.Authorization(t.Context(), "a", "z4", usd); !errors.Is(err, ErrNotFound) {
				t.Errorf("one that is not there: %v", err)
			}
			return errors.Join(err, failed, missing)
		}))
	})
}

// TestWhatComesBackIsThereToDraw in the same commit, and an authorization that is made and ends in one is written as it
// ended. It ends once, and keeps no more than a lot has.
func TestWhatComesBackIsThereToDraw(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		db := open(t, address)
		members(t, db, "a")
		must(t, db.Write(t.Context(), lot(t.Context(), "a", "l")))
		all, again := keeping("z1", 1000), keeping("z2", 900)
		wants(t, together(t, db, authorizing(all)), nil)
		wants(t, together(t, db, ending(all, prepaid.Expired, 0), authorizing(again), ending(again, prepaid.Captured, 900)), nil, nil, nil)
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{100}) {
			t.Errorf("the lot's rest is %v, want 100", got)
		}
		var fates string
		must(t, storetest.SQL(t, address).QueryRow("SELECT MIN(fate) || MAX(fate) FROM authorizations").Scan(&fates))
		if fates != "capturedexpired" {
			t.Errorf("they are %s", fates)
		}
		for _, wrong := range []use{ending(all, prepaid.Released, 0), ending(again, prepaid.Captured, 900), authorizing(keeping("z3", 101))} {
			if err := together(t, db, wrong)[0]; !errors.Is(err, ErrConflict) {
				t.Errorf("written: %v, want %v", err, ErrConflict)
			}
		}
		if got := rests(t, db, "a"); !slices.Equal(got, []int64{100}) {
			t.Errorf("the lot's rest is %v, want 100", got)
		}
	})
}
