package engine

import (
	"context"
	"errors"
	"fmt"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/ledger"
	"scrip/money"
	"scrip/store"
)

// cardsAtOnce is how many cards are activated in one transaction, and told of in one event.
const cardsAtOnce = 500

// NoCode says that what was entered can be no card's code.
type NoCode struct{ Why error }

func (e *NoCode) Error() string { return fmt.Sprintf("no code: %v", e.Why) }

// Unwrap is why.
func (e *NoCode) Unwrap() error { return e.Why }

// CheckCard tells what a code holds, without using it, and a handle that stands for the code from then
// on. Where a member asks, the refusals of that account are told too. Of a code in another system's format, whoever has no
// account learns nothing, and the handle is to be proved. A code that leads nowhere is counted; who tried too many gets
// TooManyTries, and what can be no code NoCode.
func (e *Engine) CheckCard(ctx context.Context, actor access.Actor, entered giftcode.Entered) (CardSight, string, error) {
	if err := actor.May(access.CheckCards, ""); err != nil {
		return CardSight{}, "", err
	}
	codes, err := e.codes(entered)
	if err != nil {
		return CardSight{}, "", err
	}
	sight, handle, err := e.try(ctx, actor, codes)
	if err == nil && handle == "" {
		err = e.countTry(ctx, wrongCodes(actor, codes...))
	}
	if err != nil {
		return CardSight{}, "", err
	}
	return sight, handle, nil
}

// codes are what may have been entered: as long as no product has another system's codes, ours alone.
func (e *Engine) codes(entered giftcode.Entered) ([]giftcode.Code, error) {
	codes, err := entered.Codes(e.Terms().Catalog.Formats())
	if err != nil {
		return nil, &NoCode{err}
	}
	return codes, nil
}

// try is CheckCard, but that a code that leads nowhere is not counted yet: it has no handle.
func (e *Engine) try(ctx context.Context, actor access.Actor, codes []giftcode.Code) (sight CardSight, handle string, err error) {
	sight.Refusal = giftcard.ErrNotFound
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		if err := mayTry(ctx, tx, wrongCodes(actor, codes...)); err != nil {
			return err
		}
		for _, code := range codes {
			card, err := e.cardOf(ctx, tx, code)
			switch {
			case code.Theirs() && actor.Account == "" && (err == nil || errors.Is(err, store.ErrNotFound)):
				sight, handle = CardSight{Unproved: true}, e.unproved(card.Digest, code.Bits(), tx.Now)
				return nil
			case errors.Is(err, store.ErrNotFound):
				continue
			case err == nil:
				handle = e.handle(card.Digest, tx.Now)
				sight, err = see(ctx, tx, actor, card)
			}
			return err
		}
		return nil
	})
	return sight, handle, err
}

// cardOf is the card of a code, kept under whichever key, or store.ErrNotFound with the digest that it would have.
func (e *Engine) cardOf(ctx context.Context, tx *store.Tx, code giftcode.Code) (store.Card, error) {
	digests := e.ring.Digests(code)
	for _, digest := range digests {
		card, err := tx.Card(ctx, digest.Sum)
		if !errors.Is(err, store.ErrNotFound) {
			return card, err
		}
	}
	return store.Card{Digest: digests[0].Sum}, store.ErrNotFound
}

// Prove gives the handle of a card for one that CheckCard gave to somebody without an account, now that the caller knows
// the holder by an account or by an address that was proved. One that needs no proof stays as it is. What leads nowhere is
// counted, and fails with giftcard.ErrNotFound.
func (e *Engine) Prove(ctx context.Context, actor access.Actor, holder, handle string) (proved string, err error) {
	if err := actor.May(access.CheckCards, ""); err != nil {
		return "", err
	}
	digest, bits, is := e.isUnproved(handle)
	if !is {
		return handle, nil
	}
	limits := append(wrongCodes(actor), guesses(actor, holder, bits)...)
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		if err := mayTry(ctx, tx, limits); err != nil {
			return err
		}
		_, err := tx.Card(ctx, digest)
		proved = e.handle(digest, tx.Now)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", errors.Join(giftcard.ErrNotFound, e.countTry(ctx, limits))
	}
	return proved, err
}

// Sight is CheckCard for a handle.
func (e *Engine) Sight(ctx context.Context, actor access.Actor, handle string) (sight CardSight, err error) {
	if err := actor.May(access.CheckCards, ""); err != nil {
		return CardSight{}, err
	}
	if _, _, is := e.isUnproved(handle); is {
		return CardSight{Unproved: true}, nil
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		digest, fresh := e.card(handle, tx.Now)
		if !fresh {
			sight = CardSight{Refusal: giftcard.ErrNotFound}
			return nil
		}
		card, err := tx.Card(ctx, digest)
		if err != nil {
			return err
		}
		sight, err = see(ctx, tx, actor, card)
		return err
	})
	return sight, err
}

func see(ctx context.Context, tx *store.Tx, actor access.Actor, card store.Card) (CardSight, error) {
	sight := CardSight{Serial: card.Card.Serial, Product: card.Card.Product, Country: card.Country, Value: card.Card.Value,
		Refusal: card.Card.Usable()}
	if actor.Account == "" {
		return sight, nil
	}
	a, err := tx.Membership(ctx, actor.Account)
	if err != nil {
		return sight, missing(err)
	}
	_, sight.Refusal = card.Card.Redeem(giftcard.Holder{Account: a.ID, Currency: a.State.Currency, Payer: a.State.Membership.Payer})
	if card.Card.RedeemedBy == a.ID {
		sight.RedeemedByYou, sight.RedeemedOn = true, calendar.In(card.RedeemedAt, a.Zone)
	}
	return sight, nil
}

// tellOfBatch tells what all of some cards of a batch are now.
func tellOfBatch(ctx context.Context, tx *store.Tx, batch string, each giftcard.Card, serials []string) error {
	kind, body, err := feed.OfBatch(batch, each, serials)
	if err != nil {
		return err
	}
	return tx.TellOf(ctx, batch, kind, body)
}

// mostDraws bounds how often numbers are drawn anew because one was taken.
const mostDraws = 5

// drawn writes what draws numbers, and draws anew where one was taken.
func (e *Engine) drawn(ctx context.Context, do func(*store.Tx) error) error {
	return again(func() error { return e.db.Write(ctx, do) })
}

// again does something once more where somebody else was quicker.
func again(do func() error) error {
	for tried := 1; ; tried++ {
		if err := do(); !errors.Is(err, store.ErrConflict) || tried == mostDraws {
			return err
		}
	}
}

// ErrNothingToActivate says that no card of a batch waits to be activated, or that there is no such batch.
var ErrNothingToActivate = errors.New("no card of this batch waits to be activated")

// ActivateBatch activates all cards of a batch that are not yet, and tells how many. It fails with
// ErrNothingToActivate, giftcard.ErrClosed, giftcard.ErrBatchFrozen and giftcard.ErrBatchUnfinished.
func (e *Engine) ActivateBatch(ctx context.Context, actor access.Actor, batch string) (count int, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return 0, err
	}
	last := ""
	for {
		var digests []string
		err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
			digests, last, err = tx.IssuedOfBatch(ctx, batch, last, cardsAtOnce)
			return err
		})
		switch {
		case err != nil || len(digests) == 0 && count > 0:
			return count, err
		case len(digests) == 0:
			return 0, ErrNothingToActivate
		}
		done := 0
		err = again(func() error {
			return e.db.Together(ctx, store.Needs{Cards: digests, Told: []string{batch}}, func(tx *store.Tx) error {
				recorded(tx, actor, "batch.activate", batch)
				done, err = e.activate(ctx, tx, batch, digests)
				return err
			})
		})
		if err != nil {
			return count, err
		}
		count += done
	}
}

// activate activates cards of a batch, but for those that somebody else has activated meanwhile.
func (e *Engine) activate(ctx context.Context, tx *store.Tx, batch string, digests []string) (done int, err error) {
	var each giftcard.Card
	var serials []string
	for _, digest := range digests {
		now, err := e.moveCard(ctx, tx, digest, Activate)
		switch {
		case err == nil:
			each, serials = now, append(serials, now.Serial)
		case !errors.Is(err, giftcard.ErrNotIssued):
			return 0, err
		}
	}
	if len(serials) == 0 {
		return 0, nil
	}
	return len(serials), tellOfBatch(ctx, tx, batch, each, serials)
}

// Move is what staff do to a card.
type Move string

// The moves.
const (
	Activate Move = "activate"
	Freeze   Move = "freeze"
	Unfreeze Move = "unfreeze"
	Void     Move = "void"
)

// MoveCard activates, freezes, unfreezes or voids the card of a serial number. It fails with
// giftcard.ErrNotFound, and with the refusals of the card's state, of its product and of its batch.
func (e *Engine) MoveCard(ctx context.Context, actor access.Actor, serial giftcode.Serial, move Move) error {
	if err := actor.May(move.scope(), ""); err != nil {
		return err
	}
	digest, err := e.digestOf(ctx, serial)
	if err != nil {
		return err
	}
	return e.db.Together(ctx, store.Needs{Cards: []string{digest}, Told: []string{digest}}, func(tx *store.Tx) error {
		recorded(tx, actor, "card."+string(move), serial.String())
		_, err := e.moveAndTell(ctx, tx, digest, move)
		return err
	})
}

// moveAndTell moves a card, and tells of it.
func (e *Engine) moveAndTell(ctx context.Context, tx *store.Tx, digest string, move Move) (giftcard.Card, error) {
	was, err := tx.LockCard(ctx, digest)
	if err != nil {
		return was.Card, err
	}
	now, err := e.moveCard(ctx, tx, digest, move)
	if err != nil {
		return now, err
	}
	return now, tellOfCard(ctx, tx, digest, was.Card.State, now)
}

func tellOfCard(ctx context.Context, tx *store.Tx, digest string, was giftcard.State, now giftcard.Card) error {
	kind, body, err := feed.OfCard(was, now)
	if err != nil {
		return err
	}
	return tx.TellOf(ctx, digest, kind, body)
}

// moveCard moves a card, where its product and its batch allow it.
func (e *Engine) moveCard(ctx context.Context, tx *store.Tx, digest string, move Move) (giftcard.Card, error) {
	card, err := tx.LockCard(ctx, digest)
	switch {
	case err != nil:
	case move == Activate && card.Card.State == giftcard.Issued:
		err = e.maySell(ctx, tx, card)
	case move == Unfreeze:
		err = e.mayMove(ctx, tx, card)
	}
	if err != nil {
		return card.Card, err
	}
	return moved(ctx, tx, card, move)
}

// productOf is a card's product. One that the catalogue has no more is closed.
func (e *Engine) productOf(card store.Card) catalog.Product {
	product, known := e.Terms().Catalog.Product(card.Card.Product)
	if !known {
		product.Closed = true
	}
	return product
}

// maySell tells why a card may not be activated that could be by itself.
func (e *Engine) maySell(ctx context.Context, tx *store.Tx, card store.Card) error {
	batch, err := tx.BatchOf(ctx, card)
	if err != nil {
		return err
	}
	return batch.MaySell(e.productOf(card))
}

// moved moves a locked card.
func moved(ctx context.Context, tx *store.Tx, was store.Card, move Move) (giftcard.Card, error) {
	now, transfer, err := apply(was.Card, move)
	if err != nil {
		return now, fmt.Errorf("%s card %s: %w", move, was.Card.Serial, err)
	}
	if err := tx.MoveCard(ctx, was, now); err != nil {
		return now, err
	}
	if transfer.Amount.IsPositive() {
		tx.AddCardTransfer(was.Digest, transfer)
	}
	return now, nil
}

func apply(card giftcard.Card, move Move) (now giftcard.Card, transfer ledger.Transfer, err error) {
	switch move {
	case Activate:
		return card.Activate(money.Amount{})
	case Void:
		return card.Void()
	case Freeze:
		now, err = card.Freeze()
	case Unfreeze:
		now, err = card.Unfreeze()
	}
	return now, transfer, err
}
