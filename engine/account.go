package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store"
	"scrip/timeline"
)

const (
	// chargesShown and monthsShown bound a page.
	chargesShown = 120
	monthsShown  = 12
)

// Opening is what a new account is opened with.
type Opening struct {
	ExternalID string // the caller's own; empty for none
	Email      access.Email
	Country    catalog.Country
	Currency   money.Currency
	Zone       string // of the IANA time zones
	Language   string // tag
	TestClock  string // in a sandbox, by which the account lives; empty for the real one
}

// OpenAccount opens an account for an address that was proved, and gives its id and the epoch of its
// sessions. It fails with ErrAddressTaken and ErrZone.
func (e *Engine) OpenAccount(ctx context.Context, actor access.Actor, opening Opening) (string, int64, error) {
	if err := actor.May(access.OpenAccount, ""); err != nil {
		return "", 0, err
	}
	zone, err := zoneOf(opening.Zone)
	if err != nil {
		return "", 0, err
	}
	var a store.Account
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		a = e.newAccount(tx.Now, opening, zone)
		return tx.OpenAccount(ctx, a)
	})
	if errors.Is(err, store.ErrConflict) {
		return "", 0, ErrAddressTaken
	}
	return a.ID, a.Epoch, err
}

// newAccount is an account on which nothing has happened yet.
func (e *Engine) newAccount(now time.Time, opening Opening, zone *time.Location) store.Account {
	return store.Account{ID: store.NewID(), ExternalID: opening.ExternalID, Email: string(opening.Email), CreatedAt: now, TestClock: opening.TestClock,
		Language: opening.Language, Zone: zone, Epoch: 1, CatalogVersion: e.terms.Load().version, State: timeline.New(billing.Account{
			Country: opening.Country, Currency: opening.Currency, Method: billing.NoMethod}, calendar.In(now, zone))}
}

// zoneOf is a zone of IANA's by its name: not the machine's own.
func zoneOf(name string) (*time.Location, error) {
	zone, err := store.Zone(name)
	if err != nil || name == "" || name == "Local" {
		return nil, ErrZone
	}
	return zone, nil
}

// SignedIn reports whether sessions of an epoch still count.
func (e *Engine) SignedIn(ctx context.Context, account string, epoch int64) (bool, error) {
	present, err := e.db.Epoch(ctx, account)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && present == epoch, err
}

// EndSessions ends all sessions of an account.
func (e *Engine) EndSessions(ctx context.Context, actor access.Actor, account string) error {
	if err := actor.May(access.OwnAccount, account); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.EndSessions(ctx, account) })
}

// SetLanguage sets the language in which the member reads pages and mails.
func (e *Engine) SetLanguage(ctx context.Context, actor access.Actor, account, tag string) error {
	if err := actor.May(access.OwnAccount, account); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.SetLanguage(ctx, account, tag) })
}

// Timeline is all that was told of an account, in order (billing.md 9).
func (e *Engine) Timeline(ctx context.Context, actor access.Actor, account string) (events []json.RawMessage, err error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		events, err = tx.Events(ctx, account)
		return err
	})
	return events, err
}

// View is an account as its member sees it.
func (e *Engine) View(ctx context.Context, actor access.Actor, account string) (View, error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return View{}, err
	}
	var v View
	err := e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return missing(err)
		}
		if tx, err = timeOf(ctx, tx, a); err != nil {
			return err
		}
		today := calendar.In(tx.Now, a.Zone)
		v = View{ID: a.ID, ExternalID: a.ExternalID, Version: a.LastEvent, CreatedAt: a.CreatedAt, Email: a.Email, Language: a.Language, Country: a.State.Country, Currency: a.State.Currency,
			Zone: a.Zone, Today: today, Membership: a.State.Membership, Asking: a.Question != "", Method: a.State.Method,
			MethodSet: a.MethodToken, Balance: money.New(0, a.State.Currency).Add(a.State.Balance.Total()),
			Authorized: a.State.Authorized(), TestClock: a.TestClock}
		if err := e.foresee(&v, a); err != nil {
			return err
		}
		return errors.Join(v.read(ctx, tx, a.State.Authorizations), v.readPurchases(ctx, tx, a))
	})
	return v, err
}

// foresee adds what the rules say of the days to come.
func (e *Engine) foresee(v *View, a store.Account) error {
	terms := e.Terms()
	switch a.State.Membership.Status {
	case membership.Held:
		v.CloseOn = a.State.Membership.HeldOn.Plus(terms.Policy.CloseHeldAfterDays)
	case membership.Active:
		if v.Asking {
			var err error
			if a.State, err = foreseen(a.State, terms, timeline.Moment{On: v.Today, Phase: timeline.Dawn}); err != nil {
				return err
			}
		}
		estimate, err := forecast.Of(a.State.Account, terms, v.Today)
		if err != nil {
			return err
		}
		v.RunsOut = estimate.RunsOut
		if v.Coming, err = forecast.Ahead(a.State.Account, terms, monthsShown); err != nil {
			return err
		}
		if len(v.Coming) > 0 {
			v.NextBill = v.Coming[0]
		}
		if a.State.Membership.Cancelled {
			v.Ends, err = forecast.Ends(a.State.Account, terms)
		}
		return err
	}
	return nil
}

func (v *View) read(ctx context.Context, tx *store.Tx, open []prepaid.Authorization) error {
	lots, err := tx.Lots(ctx, v.ID, v.Currency)
	if err != nil {
		return err
	}
	kept := map[string]money.Amount{}
	for _, authorization := range open {
		for _, draw := range authorization.Draws {
			kept[draw.Lot] = kept[draw.Lot].Add(draw.Amount)
		}
	}
	for _, lot := range lots {
		v.Lots = append(v.Lots, LotView{lot.Lot.Source, lot.Value, lot.Lot.Rest, lot.Value.Zero().Add(kept[lot.Lot.ID]), lot.RedeemedAt})
	}
	charges, err := tx.Charges(ctx, v.ID, v.Currency, chargesShown)
	for _, c := range charges {
		v.Charges = append(v.Charges, ChargeView{ID: c.ID, Plan: c.Charge.Plan, Start: c.Charge.Start, End: c.EndedOn,
			Total: c.Charge.Total, Tax: c.Charge.Tax, Prorated: c.Charge.Prorated, Lines: c.Lines, ChargedOn: c.Charge.Start})
	}
	return err
}

// Preview is what a command would do now. The same code does it.
func (e *Engine) Preview(ctx context.Context, actor access.Actor, account string, command Command) (timeline.Outcome, error) {
	state, today, err := e.present(ctx, actor, account)
	if err != nil {
		return timeline.Outcome{}, err
	}
	return timeline.Do(state, e.Terms(), today, timeline.Command{Kind: command.Kind, Plan: command.Plan, Payer: command.Payer}, billing.Unasked)
}

// Offers are the plans with a price in the account's currency, each with what starting it, or changing
// to it, would do.
func (e *Engine) Offers(ctx context.Context, actor access.Actor, account string) ([]PlanOffer, error) {
	state, today, err := e.present(ctx, actor, account)
	if err != nil {
		return nil, err
	}
	terms := e.Terms()
	command := timeline.Command{Kind: timeline.Start, Payer: catalog.Self}
	if state.Membership.IsMember() {
		command = timeline.Command{Kind: timeline.ChangePlan}
	}
	var offers []PlanOffer
	for _, plan := range terms.Catalog.Plans() {
		monthly, err := terms.Catalog.Total(plan.ID, state.Country, state.Currency, today)
		if err != nil {
			continue // not sold in this currency today
		}
		command.Plan = plan.ID
		outcome, err := timeline.Do(state, terms, today, command, billing.Unasked)
		if err != nil {
			return nil, err
		}
		member := state.Membership.IsMember()
		offers = append(offers, PlanOffer{Plan: plan, Monthly: monthly, Outcome: outcome, RunsOut: outcome.State.Estimate.RunsOut,
			Current: member && state.Membership.Plan == plan.ID, Pending: member && state.Membership.Pending == plan.ID})
	}
	return offers, nil
}

// present is an account's state with all that is due lived, and its date; nothing is written.
func (e *Engine) present(ctx context.Context, actor access.Actor, account string) (state timeline.State, today calendar.Date, err error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return state, today, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return missing(err)
		}
		if tx, err = timeOf(ctx, tx, a); err != nil {
			return err
		}
		now := a.State.At(tx.Now, a.Zone)
		today = now.On
		state, err = foreseen(a.State, e.Terms(), now)
		return err
	})
	return state, today, err
}

// foreseen is a state with all lived that is due, where a payment method that is being asked, or would
// be, is taken to answer as it did last.
func foreseen(state timeline.State, terms billing.Terms, now timeline.Moment) (timeline.State, error) {
	lived, err := timeline.Live(state, terms, now, billing.Unasked)
	for err == nil && lived.Asked.IsPositive() {
		lived, err = timeline.Answered(lived.State, terms, lived.On, lived.Question, timeline.Command{}, lived.State.Method.Answer())
		if err == nil && !lived.Asked.IsPositive() {
			lived, err = timeline.Live(lived.State, terms, now, billing.Unasked)
		}
	}
	return lived.State, err
}

func missing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoAccount
	}
	return err
}
