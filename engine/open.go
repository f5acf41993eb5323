package engine

import (
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/membership"
	"scrip/store"
	"scrip/timeline"
)

// Opened is what opening an account came to.
type Opened struct {
	Account   string    `json:"account"`
	CreatedAt time.Time `json:"created_at"`
}

// OpenAccountOnce opens an account for a caller that vouches for its member, under a key. The account has an e-mail
// address, an external id, or both: without an address nothing is mailed. It fails with ErrNobody, ErrZone,
// ErrAddressTaken and ErrExternalIDTaken.
func (e *Engine) OpenAccountOnce(ctx context.Context, actor access.Actor, key string, opening Opening) (opened Opened, replayed bool, err error) {
	if err := actor.May(access.OpenAccount, ""); err != nil {
		return opened, false, err
	}
	if opening.Email == "" && opening.ExternalID == "" {
		return opened, false, ErrNobody
	}
	zone, err := zoneOf(opening.Zone)
	if err != nil {
		return opened, false, err
	}
	if opening.TestClock != "" && !e.sandbox {
		return opened, false, ErrNoSandbox
	}
	input := []string{opening.ExternalID, string(opening.Email), opening.Country.String(), opening.Currency.String(), opening.Zone, opening.Language}
	if opening.TestClock != "" {
		input = append(input, opening.TestClock)
	}
	d := deed{actor: actor, operation: "account.open", key: key, input: input}
	return once(ctx, e, d, func(tx *store.Tx) (done[Opened], error) {
		if refusal, err := taken(ctx, tx, opening); err != nil || refusal != nil {
			return done[Opened]{subject: opening.ExternalID, refusal: refusal}, err
		}
		now, err := beginsAt(ctx, tx, opening.TestClock)
		if err != nil {
			return done[Opened]{}, err
		}
		a := e.newAccount(now, opening, zone)
		return done[Opened]{Reply: Opened{a.ID, a.CreatedAt}, subject: a.ID}, tx.AddAccount(a)
	})
}

// taken tells whether an account has the address or the external id already.
func taken(ctx context.Context, tx *store.Tx, opening Opening) (refusal, err error) {
	if opening.ExternalID != "" {
		if _, err := tx.AccountOfExternalID(ctx, opening.ExternalID); !errors.Is(err, store.ErrNotFound) {
			return ErrExternalIDTaken, err
		}
	}
	if opening.Email != "" {
		if _, err := tx.AccountOfEmail(ctx, string(opening.Email)); !errors.Is(err, store.ErrNotFound) {
			return ErrAddressTaken, err
		}
	}
	return nil, nil
}

// AccountOf is the id of the account that a caller knows by an id of its own. It fails with ErrNoAccount.
func (e *Engine) AccountOf(ctx context.Context, actor access.Actor, external string) (account string, err error) {
	// Whoever may see or redeem into any account may know which it is.
	if err := actor.May(access.ReadAccounts, ""); err != nil && actor.May(access.RedeemCards, "") != nil {
		return "", err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		account, err = tx.AccountOfExternalID(ctx, external)
		return err
	})
	return account, missing(err)
}

// Lots lists the lots of an account in the order redeemed, from behind a position on.
func (e *Engine) Lots(ctx context.Context, actor access.Actor, account string, after int64, most int) (lots []store.Lot, err error) {
	err = e.ofAccount(ctx, actor, account, func(tx *store.Tx, a store.Account) error {
		lots, err = tx.LotsFrom(ctx, account, a.State.Currency, after, most)
		return err
	})
	return lots, err
}

// Charges lists the charges of an account, the newest first.
func (e *Engine) Charges(ctx context.Context, actor access.Actor, account string, page Page) (charges []store.Charge, err error) {
	err = e.ofAccount(ctx, actor, account, func(tx *store.Tx, a store.Account) error {
		charges, err = tx.ChargesBefore(ctx, account, a.State.Currency, page.From, page.Most)
		return err
	})
	return charges, err
}

// TimelineAfter lists what was told of an account, in order, from behind a number on.
func (e *Engine) TimelineAfter(ctx context.Context, actor access.Actor, account string, after int64, most int) (told []store.Told, err error) {
	err = e.ofAccount(ctx, actor, account, func(tx *store.Tx, _ store.Account) error {
		told, err = tx.FeedOf(ctx, account, after+1, most)
		return err
	})
	return told, err
}

// Transfers lists the ledger's entries on an account's side, the newest first.
func (e *Engine) Transfers(ctx context.Context, actor access.Actor, account string, page Page) (transfers []store.Entered, err error) {
	err = e.ofAccount(ctx, actor, account, func(tx *store.Tx, _ store.Account) error {
		transfers, err = tx.TransfersBefore(ctx, account, page.From, page.Most)
		return err
	})
	return transfers, err
}

// ofAccount reads what belongs to an account that is there.
func (e *Engine) ofAccount(ctx context.Context, actor access.Actor, account string, read func(*store.Tx, store.Account) error) error {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return err
	}
	return e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Membership(ctx, account)
		if err != nil {
			return missing(err)
		}
		return read(tx, a)
	})
}

// Entitlement is whether an account may watch.
type Entitlement struct {
	Account    string
	Membership membership.Membership
	Entitled   membership.Entitlement
	Until      time.Time // the instant at which Entitled.Until begins where the member is; zero where there is none
	RunsOut    calendar.Date
	// Holds is until when this does not change by itself.
	Holds time.Time
}

// Entitlement tells whether an account may watch, in a single look at its row. Where something is due on it that
// was not lived yet, it is lived ahead, without writing.
func (e *Engine) Entitlement(ctx context.Context, actor access.Actor, account string) (Entitlement, error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return Entitlement{}, err
	}
	a, err := e.db.Member(ctx, account)
	if err != nil {
		return Entitlement{}, missing(err)
	}
	now, err := e.nowOf(ctx, a)
	if err != nil {
		return Entitlement{}, err
	}
	state, asking := a.State, a.Question != ""
	if due := !a.DueAt.IsZero() && !now.Before(a.DueAt); due {
		if state, _, err = e.present(ctx, actor, account); err != nil {
			return Entitlement{}, err
		}
	}
	return e.entitlement(a, state, asking), nil
}

func (e *Engine) entitlement(a store.Account, state timeline.State, asking bool) Entitlement {
	entitled := Entitlement{Account: a.ID, Membership: state.Membership, Entitled: state.Membership.Entitled(asking),
		RunsOut: state.Estimate.RunsOut}
	if !entitled.Entitled.Until.IsZero() {
		entitled.Until = entitled.Entitled.Until.Start(a.Zone)
	}
	if next, due := state.Next(e.Terms().Policy); due && !asking {
		entitled.Holds = next.Instant(a.Zone)
	}
	if a.TestClock != "" {
		entitled.Holds = e.Now() // the clock may be moved at any moment
	}
	return entitled
}
