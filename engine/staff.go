package engine

import (
	"context"
	"errors"

	"scrip/access"
	"scrip/feed"
	"scrip/giftcode"
	"scrip/store"
)

// mostTold is how much of what was told of a card is read at once.
const mostTold = 200

// SignInStaff records that somebody of the staff has signed in, or was known and may do nothing here. It fails with
// access.ErrDenied where they are there for nothing.
func (e *Engine) SignInStaff(ctx context.Context, actor access.Actor) error {
	denied := actor.May(access.ReadCards, "")
	outcome := "done"
	if denied != nil {
		outcome = "not_allowed"
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		tx.AddEntry(store.Entry{Subject: actor.Who(), Actor: actor, Operation: "staff.sign_in", Outcome: outcome})
		return nil
	})
	if err != nil {
		return err
	}
	return denied
}

// AccountOfEmail is the id of the account of an e-mail address. It fails with ErrNoAccount.
func (e *Engine) AccountOfEmail(ctx context.Context, actor access.Actor, email access.Email) (account string, err error) {
	if err := actor.May(access.ReadAccounts, ""); err != nil {
		return "", err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		account, err = tx.AccountOfEmail(ctx, string(email))
		return missing(err)
	})
	return account, err
}

// CardEvents are what was told of one card by itself, the oldest first. What was told of it among others of its batch
// is not in there. It fails with giftcard.ErrNotFound.
func (e *Engine) CardEvents(ctx context.Context, actor access.Actor, serial giftcode.Serial) (events []feed.Event, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return nil, err
	}
	digest, err := e.digestOf(ctx, serial)
	if err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		events = nil
		rows, err := tx.FeedOf(ctx, digest, 0, mostTold)
		for _, row := range rows {
			follows, failed := feed.Of(row.Told)
			events, err = append(events, follows...), errors.Join(err, failed)
		}
		return err
	})
	return events, err
}
