package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/store"
	"scrip/timeline"
)

// What stands here fills a database for a load test. All of it goes by the rules that members go by, only
// many of them in one transaction, without mails, and with nothing told of the cards.

// Member is an account to be made up, with what happened on it at the instant at which it was opened.
type Member struct {
	Opening
	At   time.Time
	Card catalog.ProductID // a card that was issued, activated and redeemed; empty for none
	Plan catalog.PlanID    // a plan that was started; empty for none
}

// Populate makes up accounts in one transaction. What is due on them since is not lived.
func (e *Engine) Populate(ctx context.Context, actor access.Actor, members []Member) error {
	if err := errors.Join(actor.May(access.OpenAccount, ""), actor.May(access.ManageCards, "")); err != nil {
		return err
	}
	return e.drawn(ctx, func(tx *store.Tx) error {
		batch := store.NewID()
		for _, m := range members {
			then := *tx
			then.Now = m.At.UTC()
			if err := e.populate(ctx, &then, batch, m); err != nil {
				return err
			}
		}
		return tx.NoticesAreSent(ctx)
	})
}

func (e *Engine) populate(ctx context.Context, tx *store.Tx, batch string, m Member) error {
	zone, err := store.Zone(m.Zone)
	if err != nil {
		return err
	}
	c := &change{ctx: ctx, tx: tx, now: tx.Now, terms: e.terms.Load()}
	c.a = store.Account{ID: store.NewID(), Email: string(m.Email), CreatedAt: tx.Now, Language: m.Language, Zone: zone,
		Epoch: 1, CatalogVersion: c.terms.version, State: timeline.New(billing.Account{Country: m.Country, Currency: m.Currency,
			Method: billing.NoMethod}, calendar.In(tx.Now, zone))}
	if m.Card != "" {
		card, err := e.stock(ctx, tx, c.terms, m.Card, batch, Activate)
		if err != nil {
			return err
		}
		if err := e.madeUp(c, Command{Kind: timeline.Redeem, Card: e.handle(card.Digest, e.clock())}); err != nil {
			return err
		}
	}
	if m.Plan != "" {
		if err := e.madeUp(c, Command{Kind: timeline.Start, Plan: m.Plan}); err != nil {
			return err
		}
	}
	c.settle()
	return tx.AddAccount(c.a)
}

// madeUp carries out a command of which there is no doubt.
func (e *Engine) madeUp(c *change, command Command) error {
	o, err := e.order(store.NewID(), command)
	if err != nil {
		return err
	}
	reply, err := e.decide(c, o, c.tx.Now, billing.Unasked)
	if err != nil || reply.Refusal != nil || reply.Pending {
		return fmt.Errorf("a member cannot be made up who does %s: %w", command.Kind, errors.Join(err, reply.Refusal))
	}
	return nil
}

// stock adds a card that was issued now, and moves it on. Its code is forgotten.
func (e *Engine) stock(ctx context.Context, tx *store.Tx, by *terms, id catalog.ProductID, batch string, moves ...Move) (store.Card, error) {
	product, known := by.Catalog.Product(id)
	if !known {
		return store.Card{}, ErrUnknownProduct
	}
	card, err := e.draw(tx, product, batch)
	if err != nil {
		return store.Card{}, err
	}
	for _, move := range moves {
		if card.Card, err = moved(ctx, tx, card, move); err != nil {
			return card, err
		}
	}
	return card, nil
}

// PopulateCards makes cards of a product in one transaction, issued and then moved on, whose codes nobody
// knows: Handle opens them.
func (e *Engine) PopulateCards(ctx context.Context, actor access.Actor, id catalog.ProductID, count int, moves ...Move) (made []store.CardInStock, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return nil, err
	}
	err = e.drawn(ctx, func(tx *store.Tx) error {
		batch := store.NewID()
		made = make([]store.CardInStock, 0, count)
		for range count {
			card, err := e.stock(ctx, tx, e.terms.Load(), id, batch, moves...)
			if err != nil {
				return err
			}
			made = append(made, store.CardInStock{Digest: card.Digest, Serial: card.Card.Serial})
		}
		return nil
	})
	return made, err
}

// Handle stands for the card of a digest, as it would for one whose code was entered.
func (e *Engine) Handle(actor access.Actor, digest string) (string, error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return "", err
	}
	return e.handle(digest, e.clock()), nil
}

// PopulateSessions adds sessions in one transaction.
func (e *Engine) PopulateSessions(ctx context.Context, actor access.Actor, sessions []store.Session) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.AddSessions(ctx, sessions) })
}

// CardsAfter are cards in the order of their digests, after one.
func (e *Engine) CardsAfter(ctx context.Context, actor access.Actor, digest string, most int) (cards []store.CardInStock, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		cards, err = tx.CardsAfter(ctx, digest, most)
		return err
	})
	return cards, err
}

// AccountsAfter are accounts in the order of their ids, after one.
func (e *Engine) AccountsAfter(ctx context.Context, actor access.Actor, account string, most int) (accounts []string, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		accounts, err = tx.AccountsAfter(ctx, account, most)
		return err
	})
	return accounts, err
}
