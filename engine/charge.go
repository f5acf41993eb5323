package engine

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store"
	"scrip/timeline"
)

const (
	longestReference = 128
	// authorizationsShown bounds a page.
	authorizationsShown = 100
)

// scopeOf is what an actor must be allowed to do for a command: to charge a balance is for the service's own
// biller, and not for the member.
func scopeOf(kind timeline.Kind) access.Scope {
	switch kind {
	case timeline.Authorize, timeline.Capture, timeline.Release, timeline.Charge:
		return access.ChargeBalance
	case timeline.Redeem:
		return access.RedeemCards
	case timeline.Start, timeline.ChangePlan, timeline.Cancel, timeline.Restart, timeline.SetMethod, timeline.SetPayer:
	}
	return access.OwnAccount
}

// charge takes in what a command says of a charge against the balance alone.
func (o *order) charge(command Command) error {
	if scopeOf(o.Kind) != access.ChargeBalance {
		return nil
	}
	o.Amount, o.Currency, o.Authorization = command.Amount.Minor(), command.Amount.Currency(), command.Authorization
	switch o.Kind {
	case timeline.Authorize, timeline.Charge:
		o.Reference, o.Partial = command.Reference, command.Partial
		if characters := utf8.RuneCountInString(o.Reference); characters < 1 || characters > longestReference || !utf8.ValidString(o.Reference) {
			return ErrReference
		}
		if o.Amount < 1 {
			return ErrAmount
		}
	}
	if o.Amount < 0 {
		return ErrAmount
	}
	if o.Kind != timeline.Authorize {
		return nil
	}
	if o.Days = command.Days; o.Days == 0 {
		o.Days = billing.DefaultAuthorizationDays
	}
	if o.Days < 1 || o.Days > billing.MostAuthorizationDays {
		return ErrDays
	}
	return nil
}

// charging is an order about a charge against the balance alone in the rules' words. An authorization that is
// not open is looked up, for how it ended is why the order is refused.
func (c *change) charging(o order, command timeline.Command) (timeline.Command, error) {
	amount := money.New(o.Amount, o.Currency)
	if o.Kind == timeline.Authorize || o.Kind == timeline.Charge {
		command.Request = billing.Request{ID: store.NewID(), Amount: amount, Reference: o.Reference, Days: o.Days, Partial: o.Partial}
		return command, nil
	}
	command.Capture = billing.Capture{ID: o.Authorization, Amount: amount}
	for _, open := range c.a.State.Authorizations {
		if open.ID == o.Authorization {
			return command, nil
		}
	}
	ended, err := c.tx.Authorization(c.ctx, c.a.ID, o.Authorization, c.a.State.Currency)
	if errors.Is(err, store.ErrNotFound) {
		return command, nil
	}
	command.Capture.Fate = ended.Fate
	return command, err
}

// settleAuthorizations writes those that were made, and those that ended with the charges that they became.
func (c *change) settleAuthorizations(o timeline.Outcome) {
	for _, made := range o.Authorized {
		c.tx.AddAuthorization(c.a.ID, made)
	}
	for _, ended := range o.Ended {
		c.tx.EndAuthorization(c.a.ID, ended)
		for _, transfer := range ended.Transfers(c.a.ID) {
			c.tx.AddTransfer(c.a.ID, store.Cause{Kind: store.ByCharge, ID: ended.Authorization.ID}, transfer)
		}
	}
}

// settled is a Settled as it is remembered.
type settled struct {
	ID        string         `json:"id,omitempty"`
	Reference string         `json:"reference,omitempty"`
	Currency  money.Currency `json:"currency"`
	Amount    int64          `json:"amount,omitempty"`
	Shortfall int64          `json:"shortfall,omitempty"`
	Returned  int64          `json:"returned,omitempty"`
	Lines     []settledLine  `json:"lines,omitempty"`
	Expires   time.Time      `json:"expires,omitzero"`
	Balance   int64          `json:"balance"`
}

type settledLine struct {
	Source string `json:"source"`
	Amount int64  `json:"amount"`
}

// settled is what an order about a charge against the balance alone came to: the first event tells it.
func (c *change) settled(o order, outcome timeline.Outcome) *settled {
	if scopeOf(o.Kind) != access.ChargeBalance {
		return nil
	}
	told := outcome.Events[0]
	s := &settled{ID: told.Authorization, Reference: told.Reference, Currency: outcome.State.Currency, Amount: told.Amount.Minor(),
		Shortfall: told.Shortfall.Minor(), Returned: told.Returned.Minor(), Balance: told.Balance.Minor()}
	if outcome.Refusal != nil {
		s.Balance = outcome.State.Balance.Total().Minor()
	}
	for _, line := range told.Lines {
		s.Lines = append(s.Lines, settledLine{line.Source, line.Amount.Minor()})
	}
	if told.Kind == history.Authorized {
		s.Expires = expires(told.Until, c.a.Zone)
	}
	return s
}

func (s *settled) shown() Settled {
	if s == nil {
		return Settled{}
	}
	of := func(minor int64) money.Amount { return money.New(minor, s.Currency) }
	shown := Settled{ID: s.ID, Reference: s.Reference, Amount: of(s.Amount), Shortfall: of(s.Shortfall), Returned: of(s.Returned),
		Expires: s.Expires, Balance: of(s.Balance)}
	for _, line := range s.Lines {
		shown.Lines = append(shown.Lines, history.Line{Source: line.Source, Amount: of(line.Amount)})
	}
	return shown
}

// expires is when an authorization's last day is over.
func expires(until calendar.Date, zone *time.Location) time.Time {
	return timeline.Moment{On: until.Plus(1), Phase: timeline.Expiring}.Instant(zone).UTC()
}

// Authorization is an authorization as it stands. It fails with ErrNoAuthorization.
func (e *Engine) Authorization(ctx context.Context, actor access.Actor, account, id string) (v AuthorizationView, err error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return v, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return missing(err)
		}
		row, err := tx.Authorization(ctx, account, id, a.State.Currency)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoAuthorization
		}
		v = authorizationView(row, a, tx.Now)
		return err
	})
	return v, err
}

// Authorizations are an account's authorizations and charges against its balance alone, the newest first; pages go
// on behind an id.
func (e *Engine) Authorizations(ctx context.Context, actor access.Actor, account string, page Page) (all []AuthorizationView, err error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return nil, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return missing(err)
		}
		rows, err := tx.Authorizations(ctx, account, page.From, a.State.Currency, page.Most)
		all = nil
		for _, row := range rows {
			all = append(all, authorizationView(row, a, tx.Now))
		}
		return err
	})
	return all, err
}

// readPurchases adds the newest authorizations that are open or were captured.
func (v *View) readPurchases(ctx context.Context, tx *store.Tx, a store.Account) error {
	rows, err := tx.Authorizations(ctx, v.ID, "", v.Currency, authorizationsShown)
	for _, row := range rows {
		if shown := authorizationView(row, a, tx.Now); shown.Fate == prepaid.Open || shown.Fate == prepaid.Captured {
			v.Purchases = append(v.Purchases, shown)
		}
	}
	return err
}

// authorizationView shows one whose last day is over as expired, before it is lived.
func authorizationView(row store.Authorization, a store.Account, now time.Time) AuthorizationView {
	v := AuthorizationView{ID: row.ID, Reference: row.Reference, Fate: row.Fate, Asked: row.Asked, Amount: row.Total(),
		Shortfall: row.Shortfall(), Captured: row.Captured, MadeOn: row.On, EndedOn: row.EndedOn, MadeAt: row.MadeAt,
		Expires: expires(row.Until, a.Zone)}
	if v.Fate == prepaid.Open && !now.Before(v.Expires) && a.Question == "" {
		v.Fate, v.EndedOn = prepaid.Expired, row.Until.Plus(1)
	}
	draws := row.Draws
	if v.Fate == prepaid.Captured {
		draws, _ = row.Part(row.Captured)
	}
	for _, draw := range draws {
		v.Lines = append(v.Lines, history.Line{Source: draw.Source, Amount: draw.Amount})
	}
	return v
}

// EstimateRecurring is until when an account's balance would pay an amount every month, beginning on a date, or
// today where there is none, if nothing else drew on it. Errors: access.ErrDenied, ErrNoAccount, ErrAmount,
// ErrPastDate, giftcard.ErrCurrencyMismatch.
func (e *Engine) EstimateRecurring(ctx context.Context, actor access.Actor, account string, amount money.Amount, from calendar.Date) (forecast.Recurrence, error) {
	if !amount.IsPositive() {
		return forecast.Recurrence{}, ErrAmount
	}
	state, today, err := e.present(ctx, actor, account)
	if err != nil {
		return forecast.Recurrence{}, err
	}
	if from.IsZero() {
		from = today
	}
	switch {
	case from.Before(today):
		return forecast.Recurrence{}, ErrPastDate
	case amount.Currency() != state.Currency:
		return forecast.Recurrence{}, giftcard.ErrCurrencyMismatch
	}
	return forecast.Recurring(state.Account, amount, from)
}
