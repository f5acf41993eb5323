package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/query"
	"scrip/timeline"
)

// Account is an account's row: what the rules know of it, and what they need not know.
type Account struct {
	ID             string
	ExternalID     string // the caller's own; empty for none
	Email          string // empty for none
	CreatedAt      time.Time
	Language       string // tag
	Zone           *time.Location
	Epoch          int64 // sessions of an older epoch have ended
	State          timeline.State
	MethodToken    string // what the payment gateway knows the method by
	PeriodCharge   string // the charge that paid the present period
	CatalogVersion int64  // that the estimate was reckoned by
	DueAt          time.Time
	TestClock      string // by which the account lives; empty for the real one
	Question       string // that a payment method is being asked; empty for none
	LastEvent      int64
	LastLot        int64
	LastPosition   int64 // at or behind where its last event stands in the list of all

	read   *query.Account // as it was read for changing it; nil where it was not, or was written since
	summed bool           // the lots are one, without a name: they were not read
}

// NewID is an id that is random and ordered by time (UUIDv7, RFC 9562).
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic("store: the system gives no randomness: " + err.Error())
	}
	return id.String()
}

// MadeAt is when an id was made by NewID, to the millisecond.
func MadeAt(id string) time.Time {
	made, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(made.Time().UnixTime()).UTC()
}

// OpenAccount adds an account, and claims its e-mail address. It fails with ErrConflict where the
// address has an account, and, when it is written, where its external id has one.
func (tx *Tx) OpenAccount(ctx context.Context, a Account) error {
	switch _, err := tx.q.AccountOfEmail(ctx, a.Email); {
	case err == nil:
		return ErrConflict
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	return tx.AddAccount(a)
}

// AddAccount is OpenAccount for an address that has no account for certain.
func (tx *Tx) AddAccount(a Account) error {
	row, err := a.row()
	if err != nil {
		return err
	}
	tx.unit.rows.accounts = append(tx.unit.rows.accounts, row)
	if a.Email != "" {
		tx.unit.rows.emails = append(tx.unit.rows.emails, query.Email{Email: a.Email, AccountID: a.ID})
	}
	if a.ExternalID != "" {
		tx.unit.rows.externals = append(tx.unit.rows.externals, query.ExternalID{ExternalID: a.ExternalID, AccountID: a.ID})
	}
	set(tx.unit, tx.unit.accounts, a.ID, &a)
	return nil
}

// AccountOfEmail is the id of the account of an address, or ErrNotFound.
func (tx *Tx) AccountOfEmail(ctx context.Context, email string) (string, error) {
	id, err := tx.q.AccountOfEmail(ctx, email)
	return id, found(err)
}

// AccountOfExternalID is the id of the account that a caller knows by an id of its own, or ErrNotFound.
func (tx *Tx) AccountOfExternalID(ctx context.Context, external string) (string, error) {
	id, err := tx.q.AccountOfExternalID(ctx, external)
	return id, found(err)
}

// Account reads an account with the lots that have something left, or ErrNotFound.
func (tx *Tx) Account(ctx context.Context, id string) (Account, error) {
	row, err := tx.q.Account(ctx, id)
	if err != nil {
		return Account{}, found(err)
	}
	a, err := accountOf(row)
	if err != nil {
		return Account{}, fmt.Errorf("account %s: %w", id, err)
	}
	if row.Balance > 0 {
		lots, err := tx.q.SpendableLots(ctx, []string{id})
		if err != nil {
			return a, err
		}
		for _, lot := range lots {
			a.addLot(lot)
		}
	}
	if row.Authorized > 0 {
		open, err := openOf(ctx, tx.q, map[string]money.Currency{id: a.State.Currency}, []string{id})
		a.State.Authorizations = open[id]
		return a, err
	}
	return a, nil
}

// Membership reads an account without its balance, or ErrNotFound: enough for who does not ask about
// money.
func (tx *Tx) Membership(ctx context.Context, id string) (Account, error) {
	all, err := tx.Memberships(ctx, []string{id})
	a, there := all[id]
	if err == nil && !there {
		err = ErrNotFound
	}
	return a, err
}

// Memberships is Membership for many accounts, by their ids. One that is not there is not in it.
func (tx *Tx) Memberships(ctx context.Context, ids []string) (map[string]Account, error) {
	all := make(map[string]Account, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := tx.q.Accounts(ctx, distinct(ids))
	for _, row := range rows {
		a, err := accountOf(row)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", row.AccountID, err)
		}
		all[a.ID] = a
	}
	return all, err
}

// LockAccount is Account for changing it: nobody else does meanwhile.
func (tx *Tx) LockAccount(ctx context.Context, id string) (Account, error) {
	return tx.unit.account(ctx, id)
}

// addLot adds a lot behind those that the account has.
func (a *Account) addLot(lot query.SpendableLotsRow) {
	a.State.Balance = append(a.State.Balance, prepaid.Lot{ID: lot.LotID, Source: lot.Source, Kind: prepaid.Kind(lot.Kind),
		Rest: money.New(lot.Rest, a.State.Currency), Place: lot.Position})
}

// SaveAccount writes what the rules may have changed of an account that is locked.
func (tx *Tx) SaveAccount(a Account) error { return tx.unit.save(a) }

// SetLanguage writes the language in which the member reads.
func (tx *Tx) SetLanguage(ctx context.Context, id, tag string) error {
	return one(tx.q.SetLanguage(ctx, query.SetLanguageParams{AccountID: id, Language: tag}))
}

// EndSessions makes all sessions of an account count no longer.
func (tx *Tx) EndSessions(ctx context.Context, id string) error { return one(tx.q.NextEpoch(ctx, id)) }

// Epoch is the epoch whose sessions count, or ErrNotFound.
func (tx *Tx) Epoch(ctx context.Context, id string) (int64, error) {
	epoch, err := tx.q.Epoch(ctx, id)
	return epoch, found(err)
}

// DueAccounts are the accounts on which something is due at an instant, the longest due first.
func (tx *Tx) DueAccounts(ctx context.Context, at time.Time, most int) ([]string, error) {
	micros := at.UnixMicro()
	return tx.q.DueAccounts(ctx, query.DueAccountsParams{DueAt: &micros, Limit: int32(most)})
}

// CountDue is on how many accounts something is due.
func (tx *Tx) CountDue(ctx context.Context) (int, error) {
	count, err := tx.q.CountDue(ctx, new(tx.Now.UnixMicro()))
	return int(count), err
}

// StaleAccounts are members whose estimate was reckoned by an older catalogue, but for those that rest.
func (tx *Tx) StaleAccounts(ctx context.Context, version int64, most int) ([]string, error) {
	return tx.q.AccountsOfOlderCatalog(ctx, query.AccountsOfOlderCatalogParams{CatalogVersion: version,
		RestsUntil: tx.Now.UnixMicro(), Limit: int32(most)})
}

// SetAside lets an account rest on which something is due that cannot be done. Whatever is done on it
// ends the rest.
func (tx *Tx) SetAside(ctx context.Context, account string, until time.Time) error {
	_, err := tx.q.SetAside(ctx, query.SetAsideParams{AccountID: account, RestsUntil: until.UnixMicro()})
	return err
}

// Lot is a redeemed card's row.
type Lot struct {
	Lot        prepaid.Lot
	Position   int64
	Value      money.Amount
	RedeemedAt time.Time
}

// AddLot adds a lot at its position.
func (tx *Tx) AddLot(account string, lot Lot) {
	tx.unit.rows.lots = append(tx.unit.rows.lots, query.Lot{AccountID: account, LotID: lot.Lot.ID, Position: lot.Position,
		Source: lot.Lot.Source, Kind: string(lot.Lot.Kind), Value: lot.Value.Minor(), Rest: lot.Lot.Rest.Minor(),
		RedeemedAt: lot.RedeemedAt.UnixMicro()})
}

// Lots are all lots of an account in the order redeemed, the used-up ones too.
func (tx *Tx) Lots(ctx context.Context, account string, currency money.Currency) ([]Lot, error) {
	rows, err := tx.q.Lots(ctx, account)
	lots := make([]Lot, len(rows))
	for i, row := range rows {
		lots[i] = lotOf(row, currency)
	}
	return lots, err
}

// DrawLot takes an amount from a lot. The write fails with ErrConflict where the lot has less.
func (tx *Tx) DrawLot(account string, d prepaid.Draw) {
	if d.Lot == "" { // all lots in one, of which nobody knows which pays
		_ = tx.unit.refuse()
		return
	}
	tx.unit.rows.draws = append(tx.unit.rows.draws, draw{account, d.Lot, d.Amount.Minor()})
}

// Charge is a charge's row.
type Charge struct {
	ID     string
	Charge billing.Charge
	// EndedOn is when the period ended really: an upgrade may have moved its end.
	EndedOn   calendar.Date
	ChargedAt time.Time
	Lines     []history.Line
}

// AddCharge adds a charge with its lines.
func (tx *Tx) AddCharge(account, id string, c billing.Charge) {
	r := &tx.unit.rows
	r.charges = append(r.charges, query.Charge{AccountID: account, ChargeID: id, Plan: string(c.Plan),
		PeriodStart: c.Start.String(), PeriodEnd: c.End.String(), EndedOn: c.End.String(), Total: c.Total.Minor(),
		Tax: c.Tax.Minor(), Prorated: c.Prorated, PaidBy: string(c.PaidBy), ChargedAt: tx.Now.UnixMicro(),
		MonthDays: int64(c.Days), BalanceBefore: c.Before().Minor()})
	for i, d := range c.Draws {
		r.lines = append(r.lines, query.ChargeLine{AccountID: account, ChargeID: id, Position: int64(i), LotID: d.Lot,
			Source: d.Source, Amount: d.Amount.Minor()})
	}
	if c.Other.IsPositive() {
		r.lines = append(r.lines, query.ChargeLine{AccountID: account, ChargeID: id, Position: int64(len(c.Draws)),
			Source: string(c.PaidBy), Amount: c.Other.Minor()})
	}
}

// EndCharge writes the date to which an upgrade moved a charge's end.
func (tx *Tx) EndCharge(account, id string, on calendar.Date) {
	tx.unit.rows.ends = append(tx.unit.rows.ends, end{account, id, on.String()})
}

// Charges are an account's newest charges with their lines, the newest first.
func (tx *Tx) Charges(ctx context.Context, account string, currency money.Currency, most int) ([]Charge, error) {
	rows, err := tx.q.Charges(ctx, query.ChargesParams{AccountID: account, Limit: int32(most)})
	if err != nil {
		return nil, err
	}
	lines, err := tx.chargeLines(ctx, account, currency)
	if err != nil {
		return nil, err
	}
	charges := make([]Charge, len(rows))
	for i, row := range rows {
		if charges[i], err = chargeOf(row, currency); err != nil {
			return nil, fmt.Errorf("charge %s: %w", row.ChargeID, err)
		}
		charges[i].Lines = lines[row.ChargeID]
	}
	return charges, nil
}

// Charge reads a charge with its lines and what it drew from each lot, or ErrNotFound.
func (tx *Tx) Charge(ctx context.Context, account, id string, currency money.Currency) (Charge, error) {
	row, err := tx.q.Charge(ctx, query.ChargeParams{AccountID: account, ChargeID: id})
	if err != nil {
		return Charge{}, found(err)
	}
	charge, err := chargeOf(row, currency)
	if err != nil {
		return Charge{}, fmt.Errorf("charge %s: %w", id, err)
	}
	lines, err := tx.q.AuditChargeLines(ctx, query.AuditChargeLinesParams{AccountID: account, ChargeID: id})
	c := &charge.Charge
	c.Balance, c.Other = money.New(row.BalanceBefore, currency), c.Total
	for _, line := range lines {
		amount := money.New(line.Amount, currency)
		charge.Lines = append(charge.Lines, history.Line{Source: line.Source, Amount: amount})
		if line.LotID != "" {
			c.Draws = append(c.Draws, prepaid.Draw{Lot: line.LotID, Source: line.Source, Amount: amount})
			c.Other, c.Balance = c.Other.Sub(amount), c.Balance.Sub(amount)
		}
	}
	return charge, err
}

func (tx *Tx) chargeLines(ctx context.Context, account string, currency money.Currency) (map[string][]history.Line, error) {
	rows, err := tx.q.ChargeLines(ctx, account)
	lines := map[string][]history.Line{}
	for _, row := range rows {
		lines[row.ChargeID] = append(lines[row.ChargeID], history.Line{Source: row.Source, Amount: money.New(row.Amount, currency)})
	}
	return lines, err
}

func chargeOf(row query.Charge, currency money.Currency) (Charge, error) {
	var d dates
	charge := Charge{ID: row.ChargeID, ChargedAt: instant(row.ChargedAt), EndedOn: d.parse(row.EndedOn), Charge: billing.Charge{
		Plan: catalog.PlanID(row.Plan), Start: d.parse(row.PeriodStart), End: d.parse(row.PeriodEnd),
		Total: money.New(row.Total, currency), Tax: money.New(row.Tax, currency), Prorated: row.Prorated,
		PaidBy: membership.PaidBy(row.PaidBy), Days: int(row.MonthDays)}}
	return charge, d.failed
}

// AddEvent tells an event under an account's next number.
func (tx *Tx) AddEvent(account string, number int64, event history.Event) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	tx.unit.rows.events = append(tx.unit.rows.events, query.Event{AccountID: account, Number: number, ToldOn: event.On.String(),
		Kind: string(event.Kind), Body: string(body), At: tx.Now.UnixMicro()})
	return nil
}

// Events are an account's events in order, as JSON (billing.md 9).
func (tx *Tx) Events(ctx context.Context, account string) ([]json.RawMessage, error) {
	bodies, err := tx.q.EventBodies(ctx, account)
	events := make([]json.RawMessage, len(bodies))
	for i, body := range bodies {
		events[i] = json.RawMessage(body)
	}
	return events, err
}

func (a Account) row() (query.Account, error) {
	s, m, p := a.State, a.State.Membership, a.State.Membership.Period
	reminded, err := json.Marshal(s.Reminded)
	if err != nil {
		return query.Account{}, err
	}
	row := query.Account{AccountID: a.ID, Email: a.Email, CreatedAt: a.CreatedAt.UnixMicro(), Language: a.Language,
		Country: s.Country.String(), Currency: s.Currency.String(), Zone: a.Zone.String(), Epoch: a.Epoch,
		Method: string(s.Method), MethodToken: a.MethodToken, Balance: s.Balance.Total().Minor(),
		Status: string(m.Status), Plan: string(m.Plan), Pending: string(m.Pending), Payer: string(m.Payer),
		Cancelled: m.Cancelled, Anchor: int64(m.Anchor), PeriodStart: p.Start.String(), PeriodEnd: p.End.String(),
		PeriodPaidBy: string(p.PaidBy), PeriodValue: p.Value.Minor(), PeriodValuedFrom: p.ValuedFrom.String(),
		PeriodCharge: a.PeriodCharge, HeldOn: m.HeldOn.String(), Retried: m.Retried.String(),
		RunsOut: s.Estimate.RunsOut.String(), EstimateMade: s.Estimate.Made.String(), EstimateHolds: s.Estimate.Holds.String(),
		CatalogVersion: a.CatalogVersion, Reminded: string(reminded), QuestionID: a.Question,
		LastEvent: a.LastEvent, LastLot: a.LastLot, LastPosition: a.LastPosition, ExternalID: a.ExternalID, TestClock: a.TestClock,
		Authorized: s.Authorized().Minor()}
	if !a.DueAt.IsZero() {
		row.DueAt = new(a.DueAt.UnixMicro())
	}
	return row, nil
}

func accountOf(row query.Account) (Account, error) {
	var d dates
	country, failedCountry := catalog.ParseCountry(row.Country)
	currency, failedCurrency := money.ParseCurrency(row.Currency)
	zone, failedZone := Zone(row.Zone)
	a := Account{ID: row.AccountID, Email: row.Email, CreatedAt: instant(row.CreatedAt), Language: row.Language, Zone: zone,
		Epoch: row.Epoch, MethodToken: row.MethodToken, PeriodCharge: row.PeriodCharge, CatalogVersion: row.CatalogVersion,
		Question: row.QuestionID, LastEvent: row.LastEvent, LastLot: row.LastLot, LastPosition: row.LastPosition,
		ExternalID: row.ExternalID, TestClock: row.TestClock}
	if row.DueAt != nil {
		a.DueAt = instant(*row.DueAt)
	}
	s := &a.State
	s.Country, s.Currency, s.Method = country, currency, billing.Method(row.Method)
	s.Estimate.RunsOut, s.Estimate.Made, s.Estimate.Holds = d.parse(row.RunsOut), d.parse(row.EstimateMade), d.parse(row.EstimateHolds)
	s.Membership = membership.Membership{Status: membership.Status(row.Status), Plan: catalog.PlanID(row.Plan),
		Pending: catalog.PlanID(row.Pending), Payer: catalog.Payer(row.Payer), Cancelled: row.Cancelled,
		Anchor: int(row.Anchor), HeldOn: d.parse(row.HeldOn), Retried: d.parse(row.Retried),
		Period: membership.Period{Start: d.parse(row.PeriodStart), End: d.parse(row.PeriodEnd),
			PaidBy: membership.PaidBy(row.PeriodPaidBy), Value: money.New(row.PeriodValue, currency),
			ValuedFrom: d.parse(row.PeriodValuedFrom)}}
	failedReminded := json.Unmarshal([]byte(row.Reminded), &s.Reminded)
	return a, errors.Join(failedCountry, failedCurrency, failedZone, failedReminded, d.failed)
}

// dates parses the dates of a row, where an empty text is none, and keeps the first failure.
type dates struct{ failed error }

func (d *dates) parse(text string) calendar.Date {
	if text == "" {
		return calendar.Date{}
	}
	date, err := calendar.Parse(text)
	if d.failed == nil {
		d.failed = err
	}
	return date
}

var zones sync.Map // name to *time.Location; loading one reads its whole history

// Zone is an IANA time zone by its name.
func Zone(name string) (*time.Location, error) {
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func found(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// one turns a guarded change that met no row into ErrConflict.
func one(changed int64, err error) error {
	if err == nil && changed != 1 {
		return ErrConflict
	}
	return err
}
