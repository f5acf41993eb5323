package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/ledger"
	"scrip/money"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store/query"
)

// SettledDay is a retailer's business day that has a file.
type SettledDay struct {
	Retailer             catalog.RetailerID
	On                   calendar.Date
	Revision             int    // counts the files of the day from 1
	Sum                  string // SHA-256 of the file
	Rows, Matched        int
	Ours, Theirs, Agreed money.Amount
	Rate                 money.Rate
	Commission           money.Amount
	Decided              int // breaks that were resolved
	ReceivedAt           time.Time
}

// Break is a break of a settled day.
type Break struct {
	settlement.Case
	Retailer    catalog.RetailerID
	On          calendar.Date // of the file
	Revision    int
	Number      int // counts from 1 within the file
	ArrivedOn   calendar.Date
	Reason      string
	ProposedAt  time.Time // zero where nothing was proposed
	Confirmer   string
	ConfirmedAt time.Time // zero of one that was not resolved
}

// tillsAtOnce is how many transactions are read at once.
const tillsAtOnce = 2000

// TillsOfDay are all transactions of a retailer's tills on a business day.
func (tx *Tx) TillsOfDay(ctx context.Context, retailer catalog.RetailerID, on calendar.Date) (tills []Till, err error) {
	for last := ""; ; last = tills[len(tills)-1].Key() {
		rows, err := tx.q.TillsOfDay(ctx, query.TillsOfDayParams{Retailer: string(retailer), BusinessOn: on.String(), TransactionKey: last, Limit: tillsAtOnce})
		if err != nil {
			return nil, err
		}
		if tills, err = appendTills(tills, rows); err != nil || len(rows) < tillsAtOnce {
			return tills, err
		}
	}
}

// Tills are those of some tills' transactions that there are.
func (tx *Tx) Tills(ctx context.Context, keys []string) (tills []Till, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := tx.q.TillTransactions(ctx, keys)
	if err != nil {
		return nil, err
	}
	return appendTills(nil, rows)
}

func appendTills(tills []Till, rows []query.TillTransaction) ([]Till, error) {
	for _, row := range rows {
		till, err := tillOf(row)
		if err != nil {
			return nil, err
		}
		tills = append(tills, till)
	}
	return tills, nil
}

// AddSettledDay adds a day's file, which came now, with its breaks, numbered in their order. It fails with ErrConflict where the
// revision is there already.
func (tx *Tx) AddSettledDay(ctx context.Context, d SettledDay, breaks []settlement.Break) error {
	err := tx.q.InsertSettlement(ctx, query.InsertSettlementParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(), Revision: int64(d.Revision),
		FileSum: d.Sum, FileRows: int64(d.Rows), Matched: int64(d.Matched), Currency: d.Ours.Currency().String(), Ours: d.Ours.Minor(), Theirs: d.Theirs.Minor(),
		Agreed: d.Agreed.Minor(), Rate: d.Rate.String(), Commission: d.Commission.Minor(), State: "current", ReceivedAt: tx.Now.UnixMicro()})
	if err != nil {
		return err
	}
	for at, b := range breaks {
		if err := tx.q.InsertSettlementBreak(ctx, query.InsertSettlementBreakParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(),
			Revision: int64(d.Revision), Number: int64(at + 1), Kind: string(b.Kind), TransactionKey: b.Transaction.Key(), TransactionOn: b.Transaction.On.String(),
			Serial: b.Serial, Line: int64(b.Line), Standing: string(b.Standing), Currency: b.Ours.Currency().String(), Ours: b.Ours.Minor(), Theirs: b.Theirs.Minor()}); err != nil {
			return err
		}
	}
	return nil
}

// SettledDay reads the file that counts of a day, or ErrNotFound.
func (tx *Tx) SettledDay(ctx context.Context, retailer catalog.RetailerID, on calendar.Date) (SettledDay, error) {
	row, err := tx.q.SettlementOf(ctx, query.SettlementOfParams{Retailer: string(retailer), BusinessOn: on.String()})
	return settledDayOf(row, err)
}

// LockSettledDay is SettledDay for deciding its breaks.
func (tx *Tx) LockSettledDay(ctx context.Context, retailer catalog.RetailerID, on calendar.Date) (SettledDay, error) {
	row, err := tx.q.LockSettlement(ctx, query.LockSettlementParams{Retailer: string(retailer), BusinessOn: on.String()})
	return settledDayOf(row, err)
}

// SettledDaysBefore are a retailer's days with a file, the latest first, from before a date on; "" is before none.
func (tx *Tx) SettledDaysBefore(ctx context.Context, retailer catalog.RetailerID, before string, most int) ([]SettledDay, error) {
	rows, err := tx.q.SettlementsPage(ctx, query.SettlementsPageParams{Retailer: string(retailer), BusinessOn: orLast(before), Limit: int32(most)})
	if err != nil {
		return nil, err
	}
	days := make([]SettledDay, len(rows))
	for at, row := range rows {
		if days[at], err = settledDayOf(row, nil); err != nil {
			return nil, err
		}
	}
	return days, nil
}

// DaysWithFile are the days of which a retailer's file came, in order.
func (tx *Tx) DaysWithFile(ctx context.Context, retailer catalog.RetailerID) ([]calendar.Date, error) {
	rows, err := tx.q.SettledDays(ctx, string(retailer))
	if err != nil {
		return nil, err
	}
	days := make([]calendar.Date, len(rows))
	for at, row := range rows {
		if days[at], err = calendar.Parse(row); err != nil {
			return nil, fmt.Errorf("settlement of %s: %w", retailer, err)
		}
	}
	return days, nil
}

// Standing is how a retailer's account stands in one currency.
type Standing struct{ Agreed, Commission, Paid money.Amount }

// Standings are how a retailer's account stands, by currency, and how many breaks wait for a decision.
func (tx *Tx) Standings(ctx context.Context, retailer catalog.RetailerID) (by map[money.Currency]Standing, pending int, err error) {
	settled, failedSettled := tx.q.SettledSums(ctx, string(retailer))
	paid, failedPaid := tx.q.PaidSums(ctx, string(retailer))
	breaks, failedBreaks := tx.q.PendingBreaks(ctx, string(retailer))
	if err := cmp.Or(failedSettled, failedPaid, failedBreaks); err != nil {
		return nil, 0, err
	}
	by = map[money.Currency]Standing{}
	for _, sum := range settled {
		currency, err := money.ParseCurrency(sum.Currency)
		if err != nil {
			return nil, 0, err
		}
		by[currency] = Standing{money.New(sum.Agreed, currency), money.New(sum.Commission, currency), money.New(0, currency)}
	}
	for _, sum := range paid {
		currency, err := money.ParseCurrency(sum.Currency)
		if err != nil {
			return nil, 0, err
		}
		s, nothing := by[currency], money.New(0, currency)
		by[currency] = Standing{nothing.Add(s.Agreed), nothing.Add(s.Commission), money.New(sum.Amount, currency)}
	}
	return by, int(breaks), nil
}

// ReplaceSettledDay ends what a day's file said, for another: what had arrived with it is missed again. ErrConflict says that
// another has taken its place, or that one of its breaks was resolved.
func (tx *Tx) ReplaceSettledDay(ctx context.Context, d SettledDay) error {
	if err := one(tx.q.ReplaceSettlement(ctx, query.ReplaceSettlementParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(), Revision: int64(d.Revision)})); err != nil {
		return err
	}
	if _, err := tx.q.SupersedeBreaks(ctx, query.SupersedeBreaksParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(), Revision: int64(d.Revision)}); err != nil {
		return err
	}
	_, err := tx.q.BreaksDepart(ctx, query.BreaksDepartParams{Retailer: string(d.Retailer), ArrivedOn: d.On.String()})
	return err
}

// Arrive ends the break of a transaction that its own day's file missed, and that another day's has.
func (tx *Tx) Arrive(ctx context.Context, transaction retail.Transaction, on calendar.Date) error {
	return one(tx.q.BreaksArrive(ctx, query.BreaksArriveParams{Retailer: string(transaction.Retailer), TransactionOn: transaction.On.String(),
		TransactionKey: transaction.Key(), ArrivedOn: on.String()}))
}

// BreaksAbout are the breaks of a retailer's transactions of a day, whichever day's file they are of.
func (tx *Tx) BreaksAbout(ctx context.Context, retailer catalog.RetailerID, on calendar.Date) ([]Break, error) {
	return breaksOf(tx.q.BreaksAbout(ctx, query.BreaksAboutParams{Retailer: string(retailer), TransactionOn: on.String()}))
}

// BreakFilter says which breaks are listed; what is empty is not asked for.
type BreakFilter struct {
	Retailer catalog.RetailerID // must be said
	On       calendar.Date      // of the file; zero is any
	Last     calendar.Date      // not of later files
	State    settlement.CaseState
	Kind     settlement.Kind
}

// BreakPlace names a break within a retailer's. Its zero value stands before all.
type BreakPlace struct {
	On     calendar.Date
	Number int
}

// Breaks are breaks that a filter lets through, the oldest first, from behind a place on.
func (tx *Tx) Breaks(ctx context.Context, f BreakFilter, after BreakPlace, most int) ([]Break, error) {
	last := cmp.Or(f.Last.String(), orLast(""))
	if !f.On.IsZero() {
		last = f.On.String()
		if after.On.Before(f.On) {
			after = BreakPlace{On: f.On}
		}
	}
	return breaksOf(tx.q.BreaksPage(ctx, query.BreaksPageParams{Retailer: string(f.Retailer), AfterOn: after.On.String(), AfterNumber: int64(after.Number),
		LastOn: last, State: string(f.State), Kind: string(f.Kind), Most: int32(most)}))
}

// Break reads a break of a settled day, or ErrNotFound.
func (tx *Tx) Break(ctx context.Context, d SettledDay, number int) (Break, error) {
	row, err := tx.q.SettlementBreak(ctx, query.SettlementBreakParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(), Revision: int64(d.Revision), Number: int64(number)})
	if err != nil {
		return Break{}, found(err)
	}
	return breakOf(row)
}

// Propose writes a break's proposed resolution.
func (tx *Tx) Propose(ctx context.Context, b Break) error {
	return one(tx.q.ProposeBreak(ctx, query.ProposeBreakParams{Retailer: string(b.Retailer), BusinessOn: b.On.String(), Revision: int64(b.Revision), Number: int64(b.Number),
		Resolution: string(b.Resolution), Reason: b.Reason, Proposer: b.Proposer, ProposedAt: tx.Now.UnixMicro()}))
}

// Confirm writes that a break is resolved, and what is agreed of its locked day since then.
func (tx *Tx) Confirm(ctx context.Context, b Break, d SettledDay) error {
	err := one(tx.q.ConfirmBreak(ctx, query.ConfirmBreakParams{Retailer: string(b.Retailer), BusinessOn: b.On.String(), Revision: int64(b.Revision), Number: int64(b.Number),
		Confirmer: b.Confirmer, ConfirmedAt: tx.Now.UnixMicro()}))
	if err != nil {
		return err
	}
	return one(tx.q.AgreeSettlement(ctx, query.AgreeSettlementParams{Retailer: string(d.Retailer), BusinessOn: d.On.String(), Revision: int64(d.Revision),
		Agreed: d.Agreed.Minor(), Commission: d.Commission.Minor()}))
}

// AddSettlementTransfer enters a transfer on a retailer's side of the books. One without an amount is none.
func (tx *Tx) AddSettlementTransfer(ctx context.Context, retailer catalog.RetailerID, cause string, t ledger.Transfer) error {
	if t.Amount.IsZero() {
		return nil
	}
	return tx.q.InsertSettlementTransfer(ctx, query.InsertSettlementTransferParams{Retailer: string(retailer), TransferID: NewID(), Debit: string(t.Debit.Name),
		Credit: string(t.Credit.Name), Amount: t.Amount.Minor(), Currency: t.Amount.Currency().String(), Cause: cause, At: tx.Now.UnixMicro()})
}

// AddPayment adds what a shop has paid. It fails with ErrConflict where the reference is there already.
func (tx *Tx) AddPayment(ctx context.Context, retailer catalog.RetailerID, reference string, amount money.Amount) error {
	return tx.q.InsertRetailerPayment(ctx, query.InsertRetailerPaymentParams{Retailer: string(retailer), Reference: reference, Amount: amount.Minor(),
		Currency: amount.Currency().String(), At: tx.Now.UnixMicro()})
}

// PaidBy is what a shop has paid in a currency.
func (tx *Tx) PaidBy(ctx context.Context, retailer catalog.RetailerID, currency money.Currency) (money.Amount, error) {
	sums, err := tx.q.PaidSums(ctx, string(retailer))
	for _, sum := range sums {
		if sum.Currency == currency.String() {
			return money.New(sum.Amount, currency), err
		}
	}
	return money.New(0, currency), err
}

// Payment is what a shop has paid under a reference, or ErrNotFound.
func (tx *Tx) Payment(ctx context.Context, retailer catalog.RetailerID, reference string) (money.Amount, error) {
	row, err := tx.q.RetailerPayment(ctx, query.RetailerPaymentParams{Retailer: string(retailer), Reference: reference})
	if err != nil {
		return money.Amount{}, found(err)
	}
	currency, err := money.ParseCurrency(row.Currency)
	return money.New(row.Amount, currency), err
}

func settledDayOf(row query.Settlement, err error) (SettledDay, error) {
	if err != nil {
		return SettledDay{}, found(err)
	}
	on, failedDate := calendar.Parse(row.BusinessOn)
	currency, failedCurrency := money.ParseCurrency(row.Currency)
	rate, failedRate := money.ParseRate(row.Rate)
	if err := errors.Join(failedDate, failedCurrency, failedRate); err != nil {
		return SettledDay{}, fmt.Errorf("settlement of %s on %s: %w", row.Retailer, row.BusinessOn, err)
	}
	of := func(minor int64) money.Amount { return money.New(minor, currency) }
	return SettledDay{Retailer: catalog.RetailerID(row.Retailer), On: on, Revision: int(row.Revision), Sum: row.FileSum, Rows: int(row.FileRows), Matched: int(row.Matched),
		Ours: of(row.Ours), Theirs: of(row.Theirs), Agreed: of(row.Agreed), Rate: rate, Commission: of(row.Commission), Decided: int(row.Decided),
		ReceivedAt: instant(row.ReceivedAt)}, nil
}

func breaksOf(rows []query.SettlementBreak, err error) ([]Break, error) {
	if err != nil {
		return nil, err
	}
	breaks := make([]Break, len(rows))
	for at, row := range rows {
		if breaks[at], err = breakOf(row); err != nil {
			return nil, err
		}
	}
	return breaks, nil
}

func breakOf(row query.SettlementBreak) (Break, error) {
	transaction, failedKey := retail.ParseKey(row.TransactionKey)
	on, failedDate := calendar.Parse(row.BusinessOn)
	currency, failedCurrency := money.ParseCurrency(row.Currency)
	b := Break{Retailer: catalog.RetailerID(row.Retailer), On: on, Revision: int(row.Revision), Number: int(row.Number), Reason: row.Reason, Confirmer: row.Confirmer,
		Case: settlement.Case{State: settlement.CaseState(row.State), Resolution: settlement.Resolution(row.Resolution), Proposer: row.Proposer,
			Break: settlement.Break{Kind: settlement.Kind(row.Kind), Transaction: transaction, Serial: row.Serial, Line: int(row.Line),
				Standing: settlement.Standing(row.Standing), Ours: money.New(row.Ours, currency), Theirs: money.New(row.Theirs, currency)}}}
	var failedArrival error
	if row.ArrivedOn != "" {
		b.ArrivedOn, failedArrival = calendar.Parse(row.ArrivedOn)
	}
	if row.ProposedAt != 0 {
		b.ProposedAt = instant(row.ProposedAt)
	}
	if row.ConfirmedAt != 0 {
		b.ConfirmedAt = instant(row.ConfirmedAt)
	}
	if err := errors.Join(failedKey, failedDate, failedCurrency, failedArrival); err != nil {
		return b, fmt.Errorf("break %d of %s on %s: %w", row.Number, row.Retailer, row.BusinessOn, err)
	}
	return b, nil
}
