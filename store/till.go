package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
	"scrip/retail"
	"scrip/store/query"
)

// TillState is what became of what a till asked for.
type TillState string

// The states of a till's transaction.
const (
	TillDone    TillState = "done"
	TillRefused TillState = "refused" // by a rule
	TillNever   TillState = "never"   // had come before its reversal did
)

// Till is a till's transaction and its reversal.
type Till struct {
	retail.Transaction
	Serial     string
	Asked      money.Amount // zero where the till named none
	Value      money.Amount // of one that was done
	State      TillState
	Refusal    string
	HappenedAt time.Time // as the till says
	ReceivedAt time.Time
	Reversal   retail.Reversal
	ReversedAt time.Time // zero without a reversal
}

// SalesDay is a retailer's business day, of which is asked what was sold in a currency.
type SalesDay struct {
	Retailer catalog.RetailerID
	On       calendar.Date
	Currency money.Currency
}

// sales are what a unit has read of tills' transactions and of days.
type sales struct {
	tills map[string]*Till
	days  map[SalesDay]*money.Amount
}

func newSales() sales {
	return sales{map[string]*Till{}, map[SalesDay]*money.Amount{}}
}

// salesOf reads what tills' use cases need. Tills' transactions are locked by none: two who write the same fail with ErrConflict. They are read before the cards: a
// transaction that is there has moved its card already, and a card is never seen as it was before the sale that is undone.
func (u *unit) salesOf(ctx context.Context, all []*work) []func(*query.Queries) error {
	var keys []string
	var days []SalesDay
	for _, w := range all {
		keys, days = append(keys, w.needs.Tills...), append(days, w.needs.Days...)
	}
	keys = distinct(keys)
	return []func(*query.Queries) error{
		func(q *query.Queries) error { return u.loadTills(ctx, q, keys) },
		func(q *query.Queries) error { return u.loadDays(ctx, q, days) },
	}
}

func (u *unit) loadTills(ctx context.Context, q *query.Queries, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	rows, err := q.TillTransactions(ctx, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		u.sales.tills[key] = nil
	}
	for _, row := range rows {
		till, err := tillOf(row)
		if err != nil {
			return err
		}
		u.sales.tills[row.TransactionKey] = &till
	}
	return nil
}

func (u *unit) loadDays(ctx context.Context, q *query.Queries, days []SalesDay) error {
	if len(days) == 0 {
		return nil
	}
	type asked struct{ Retailer, BusinessOn string }
	var rows []asked
	named := map[asked]bool{}
	for _, day := range days {
		u.sales.days[day] = new(money.New(0, day.Currency))
		if row := (asked{string(day.Retailer), day.On.String()}); !named[row] {
			named[row], rows = true, append(rows, row)
		}
	}
	sums, err := q.SoldOn(ctx, columns[query.SoldOnParams](rows))
	if err != nil {
		return err
	}
	for _, sum := range sums {
		on, failedDate := calendar.Parse(sum.BusinessOn)
		currency, failedCurrency := money.ParseCurrency(sum.Currency)
		if err := errors.Join(failedDate, failedCurrency); err != nil {
			return fmt.Errorf("sales of %s: %w", sum.Retailer, err)
		}
		u.sales.days[SalesDay{catalog.RetailerID(sum.Retailer), on, currency}] = new(money.New(sum.Value, currency))
	}
	return nil
}

// Till reads a till's transaction by its key, or ErrNotFound.
func (tx *Tx) Till(ctx context.Context, key string) (Till, error) {
	u := tx.unit
	return read(ctx, u, u.sales.tills, key, func(q *query.Queries) error { return u.loadTills(ctx, q, []string{key}) })
}

// SoldOn is what a retailer has sold on a business day, but for what was reversed.
func (tx *Tx) SoldOn(ctx context.Context, day SalesDay) (money.Amount, error) {
	u := tx.unit
	return read(ctx, u, u.sales.days, day, func(q *query.Queries) error { return u.loadDays(ctx, q, []SalesDay{day}) })
}

// AddTill adds a till's transaction, which came now. The write fails with ErrConflict where it is there already.
func (tx *Tx) AddTill(t Till) {
	t.ReceivedAt = tx.Now
	if t.Reversal != retail.NotReversed {
		t.ReversedAt = tx.Now
	}
	set(tx.unit, tx.unit.sales.tills, t.Key(), &t)
	tx.unit.rows.tills = append(tx.unit.rows.tills, t.row())
	day := SalesDay{t.Retailer, t.On, t.Value.Currency()}
	if sum := tx.unit.sales.days[day]; sum != nil && t.Operation == retail.Activate && t.State == TillDone {
		set(tx.unit, tx.unit.sales.days, day, new(sum.Add(t.Value)))
	}
}

// ReverseTill writes what the reversal of a till's transaction came to, once: ErrConflict says that it has one.
func (tx *Tx) ReverseTill(t Till, reversal retail.Reversal) {
	t.Reversal, t.ReversedAt = reversal, tx.Now
	set(tx.unit, tx.unit.sales.tills, t.Key(), &t)
	tx.unit.rows.reversals = append(tx.unit.rows.reversals, t.row())
}

func (t Till) row() query.TillTransaction {
	currency := t.Asked.Currency()
	if t.Value.IsPositive() {
		currency = t.Value.Currency()
	}
	row := query.TillTransaction{TransactionKey: t.Key(), Retailer: string(t.Retailer), Store: t.Store, Terminal: t.Terminal,
		BusinessOn: t.On.String(), TransactionID: t.ID, Operation: string(t.Operation), Serial: t.Serial, Asked: t.Asked.Minor(),
		Value: t.Value.Minor(), Currency: currency.String(), State: string(t.State), Refusal: t.Refusal,
		HappenedAt: t.HappenedAt.UnixMicro(), ReceivedAt: t.ReceivedAt.UnixMicro(), Reversal: string(t.Reversal)}
	if !t.ReversedAt.IsZero() {
		row.ReversedAt = t.ReversedAt.UnixMicro()
	}
	return row
}

func tillOf(row query.TillTransaction) (Till, error) {
	transaction, err := retail.ParseKey(row.TransactionKey)
	if err != nil {
		return Till{}, fmt.Errorf("till's transaction %q: %w", row.TransactionKey, err)
	}
	t := Till{Transaction: transaction, Serial: row.Serial, State: TillState(row.State), Refusal: row.Refusal,
		HappenedAt: instant(row.HappenedAt), ReceivedAt: instant(row.ReceivedAt), Reversal: retail.Reversal(row.Reversal)}
	if row.ReversedAt != 0 {
		t.ReversedAt = instant(row.ReversedAt)
	}
	if row.Asked == 0 && row.Value == 0 {
		return t, nil
	}
	currency, err := money.ParseCurrency(row.Currency)
	if err != nil {
		return t, fmt.Errorf("till's transaction %q: %w", row.TransactionKey, err)
	}
	t.Asked, t.Value = limit(row.Asked, currency), limit(row.Value, currency)
	return t, nil
}
