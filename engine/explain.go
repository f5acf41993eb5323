package engine

import (
	"context"
	"errors"
	"fmt"

	"scrip/access"
	"scrip/billing"
	"scrip/history"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store"
)

// Explained is a charge, and why it was what it was.
type Explained struct {
	ID    string
	Total money.Amount
	Lines []history.Line // Source is a card's serial number, payment_method, partner, apple or package
	billing.Explanation
}

// Explain tells why a charge was what it was, by the catalogue that was in force when it was made: one for a
// period, or one against the balance alone. It fails with ErrNoCharge.
func (e *Engine) Explain(ctx context.Context, actor access.Actor, account, id string) (explained Explained, err error) {
	if err := actor.May(access.ReadAccounts, account); err != nil {
		return explained, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, account)
		if err != nil {
			return missing(err)
		}
		charge, err := tx.Charge(ctx, account, id, a.State.Currency)
		if errors.Is(err, store.ErrNotFound) {
			explained, err = explainBalanceCharge(ctx, tx, a, id)
			return err
		}
		if err != nil {
			return err
		}
		explained, err = e.explain(ctx, tx, a, charge)
		return err
	})
	return explained, err
}

func (e *Engine) explain(ctx context.Context, tx *store.Tx, a store.Account, charge store.Charge) (Explained, error) {
	then, err := tx.CatalogAt(ctx, charge.ChargedAt)
	if err != nil {
		return Explained{}, fmt.Errorf("the catalogue of charge %s: %w", charge.ID, err)
	}
	terms, err := e.terms.Load().parse(then.Body)
	if err != nil {
		return Explained{}, fmt.Errorf("the catalogue of then, version %d: %w", then.Version, err)
	}
	why, err := billing.Explain(charge.Charge, terms.Catalog, a.State.Country)
	return Explained{charge.ID, charge.Charge.Total, charge.Lines, why}, err
}

func explainBalanceCharge(ctx context.Context, tx *store.Tx, a store.Account, id string) (Explained, error) {
	row, err := tx.Authorization(ctx, a.ID, id, a.State.Currency)
	if errors.Is(err, store.ErrNotFound) || err == nil && row.Fate != prepaid.Captured {
		return Explained{}, ErrNoCharge
	}
	if err != nil {
		return Explained{}, err
	}
	shown := authorizationView(row, a, tx.Now)
	return Explained{id, row.Captured, shown.Lines, billing.ExplainBalanceCharge(row.Authorization, row.Captured)}, nil
}
