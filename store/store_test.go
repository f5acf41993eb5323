package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/notice"
	"scrip/prepaid"
	"scrip/store/storetest"
)

var (
	noon  = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	today = calendar.Must("2026-01-31")
	usd   = money.MustCurrency("USD")
)

// patience bounds what should be done at once, on a machine that has other things to do.
const patience = 30 * time.Second

// file opens a SQLite database in the test's own folder.
func file(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scrip.db")
	return reopen(t, path, Options{Alone: true, Migrate: true}), path
}

func reopen(t *testing.T, address string, options Options) *DB {
	t.Helper()
	options.atOnce = cmp.Or(options.atOnce, math.MaxInt) // what waits, waits for the batch before it
	options.Clock = func() time.Time { return noon }
	db, err := Open(t.Context(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// open opens a database of either kind, as often as one likes, until the test ends.
func open(t *testing.T, address string) *DB {
	t.Helper()
	db := reopen(t, address, Options{Migrate: true})
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// onBoth runs a test on an open database of either kind.
func onBoth(t *testing.T, test func(t *testing.T, db *DB)) {
	storetest.Each(t, func(t *testing.T, address string) { test(t, open(t, address)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a row that anything may be called, and has reports whether it is there.
func put(ctx context.Context, name string) func(*Tx) error {
	return func(tx *Tx) error { return tx.PutTries(ctx, name, Tries{Since: tx.Now, Count: 1}) }
}

func has(t *testing.T, db *DB, name string) bool {
	t.Helper()
	var tries Tries
	must(t, db.Read(context.Background(), func(tx *Tx) (err error) {
		tries, err = tx.Tries(context.Background(), name)
		return err
	}))
	return tries.Count > 0
}

// eventually waits for what must come about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about in %v", what, patience)
		}
	}
}

// lite is SQLite's side of a database.
func lite(db *DB) *sqlite { return db.backend.(*sqlite) }

// waiting is how many use cases wait to be written.
func waiting(db *DB) int {
	if p, is := db.backend.(*postgres); is {
		return len(p.writes)
	}
	return len(lite(db).writes)
}

// errHeld ends a use case that holds others up without a commit of its own.
var errHeld = errors.New("it holds others up")

// holdUp has all that is written together wait until they are let go.
func holdUp(t *testing.T, db *DB) (letGo func()) {
	t.Helper()
	var holding sync.WaitGroup
	hold, held := make(chan struct{}), make(chan struct{})
	holding.Go(func() {
		if err := db.Together(context.Background(), Needs{}, func(*Tx) error { close(held); <-hold; return errHeld }); !errors.Is(err, errHeld) {
			t.Errorf("the use case that holds the others up: %v", err)
		}
	})
	<-held
	return func() {
		close(hold)
		holding.Wait()
	}
}

// use is a use case that is written together with others.
type use struct {
	ctx   context.Context // nil for one that never ends
	needs Needs
	do    func(*Tx) error
}

// together has the store write several use cases as one batch, in this order, and gives the error of each.
func together(t *testing.T, db *DB, uses ...use) []error {
	t.Helper()
	letGo := holdUp(t, db)
	failed := make([]error, len(uses))
	var all sync.WaitGroup
	for at, u := range uses {
		if u.ctx == nil {
			u.ctx = context.Background()
		}
		all.Go(func() { failed[at] = db.Together(u.ctx, u.needs, u.do) })
		eventually(t, "a use case that waits", func() bool { return waiting(db) == at+1 })
	}
	letGo()
	all.Wait()
	return failed
}

// member is an account that has nothing yet.
func member(id string) Account {
	country, err := catalog.ParseCountry("US")
	if err != nil {
		panic(err)
	}
	a := Account{ID: id, Email: id + "@example.com", CreatedAt: noon, Language: "en", Zone: time.UTC, Epoch: 1}
	a.State.Country, a.State.Currency, a.State.Method = country, usd, "none"
	a.State.Membership = membership.Membership{Status: membership.None, Period: membership.Period{Value: money.New(0, usd)}}
	return a
}

// members adds accounts.
func members(t *testing.T, db *DB, ids ...string) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *Tx) error {
		for _, id := range ids {
			if err := tx.AddAccount(member(id)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// tell tells one more event of an account, of a kind: a row is changed that was read, and one is added.
func tell(ctx context.Context, id, kind string) func(*Tx) error {
	return func(tx *Tx) error {
		a, err := tx.LockAccount(ctx, id)
		if err != nil {
			return err
		}
		a.LastEvent++
		if err := tx.AddEvent(id, a.LastEvent, history.Event{On: today, Kind: history.Kind(kind)}); err != nil {
			return err
		}
		return tx.SaveAccount(a)
	}
}

// telling is tell, written together with others.
func telling(id, kind string) use {
	return use{nil, Needs{Accounts: []string{id}}, tell(context.Background(), id, kind)}
}

// told are the kinds of the events that were told of an account, in order. Its row agrees with them.
func told(t *testing.T, db *DB, id string) (kinds []string) {
	t.Helper()
	must(t, db.Read(context.Background(), func(tx *Tx) error {
		a, err := tx.Account(context.Background(), id)
		if err != nil {
			return err
		}
		rows, err := tx.Events(context.Background(), id)
		if int64(len(rows)) != a.LastEvent {
			t.Errorf("%s: the account's row tells of %d events, and there are %d", id, a.LastEvent, len(rows))
		}
		for _, row := range rows {
			kinds = append(kinds, kindOf(row))
		}
		return err
	}))
	return kinds
}

func kindOf(event json.RawMessage) string {
	var told struct{ Event string }
	if err := json.Unmarshal(event, &told); err != nil {
		panic(fmt.Sprintf("%s: %v", event, err))
	}
	return told.Event
}

// card is a card as it is issued.
func card(name string) Card {
	country, err := catalog.ParseCountry("US")
	if err != nil {
		panic(err)
	}
	return Card{Digest: "digest-" + name, KeyID: "k", Country: country, Batch: "b",
		Card: giftcard.Card{Serial: "serial-" + name, Product: "us-10", Value: money.New(1000, usd), State: giftcard.Issued}}
}

// cards adds cards.
func cards(t *testing.T, db *DB, names ...string) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *Tx) error {
		for _, name := range names {
			tx.AddCard(card(name))
		}
		return nil
	}))
}

// move moves a card from whatever state it has to another.
func move(ctx context.Context, name string, to giftcard.State, by string) func(*Tx) error {
	return func(tx *Tx) error {
		was, err := tx.LockCard(ctx, card(name).Digest)
		if err != nil {
			return err
		}
		now := was.Card
		now.State, now.RedeemedBy = to, by
		return tx.MoveCard(ctx, was, now)
	}
}

func stateOf(t *testing.T, db *DB, name string) giftcard.State {
	t.Helper()
	var found Card
	must(t, db.Read(context.Background(), func(tx *Tx) (err error) {
		found, err = tx.Card(context.Background(), card(name).Digest)
		return err
	}))
	return found.Card.State
}

// lot adds a lot of ten dollars to an account that is read.
func lot(ctx context.Context, account, id string) func(*Tx) error {
	return func(tx *Tx) error {
		a, err := tx.LockAccount(ctx, account)
		if err != nil {
			return err
		}
		ten := money.New(1000, usd)
		new := prepaid.Lot{ID: id, Source: "source-" + id, Kind: prepaid.Bought, Rest: ten}
		a.LastLot++
		a.State.Balance = append(a.State.Balance[:len(a.State.Balance):len(a.State.Balance)], new)
		tx.AddLot(account, Lot{Lot: new, Position: a.LastLot, Value: ten, RedeemedAt: tx.Now})
		return tx.SaveAccount(a)
	}
}

// rests are what is left of an account's lots, in order.
func rests(t *testing.T, db *DB, account string) (minor []int64) {
	t.Helper()
	must(t, db.Read(context.Background(), func(tx *Tx) error {
		lots, err := tx.Lots(context.Background(), account, usd)
		for _, l := range lots {
			minor = append(minor, l.Lot.Rest.Minor())
		}
		return err
	}))
	return minor
}

// noticeOn is a notice of a key.
func noticeOn(key string) notice.Notice {
	return notice.Notice{Kind: notice.CardApplied, Key: key, On: today, Amount: money.New(1, usd), Balance: money.New(1, usd)}
}

// tablesOf are the names of all tables, but for the migrations' own.
func tablesOf(t *testing.T, address string) (names []string) {
	t.Helper()
	ask := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if IsPostgres(address) {
		ask = "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' ORDER BY tablename"
	}
	rows, err := storetest.SQL(t, address).Query(ask)
	must(t, err)
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		names = append(names, name)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return names
}

// wants fails unless each error is the one that is wanted at its place, nil for none.
func wants(t *testing.T, failed []error, want ...error) {
	t.Helper()
	for at := range failed {
		if !errors.Is(failed[at], want[at]) {
			t.Errorf("use case %d: %v, want %v", at, failed[at], want[at])
		}
	}
}
