package engine

import (
	"cmp"
	"context"
	"errors"

	"scrip/access"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
	"scrip/timeline"
)

// Moved is what moving a card came to.
type Moved struct {
	Serial string         `json:"serial"`
	State  giftcard.State `json:"state"`
}

// scope is what an actor wants who moves a card so.
func (m Move) scope() access.Scope {
	switch m {
	case Activate:
		return access.SellCards
	case Freeze, Unfreeze:
		return access.FreezeCards
	}
	return access.ManageCards
}

// MoveCardOnce is MoveCard under a key: repeated, it gives the first answer.
func (e *Engine) MoveCardOnce(ctx context.Context, actor access.Actor, key string, serial giftcode.Serial, move Move) (moved Moved, replayed bool, err error) {
	if err := actor.May(move.scope(), ""); err != nil || actor.Retailer != "" { // whose cards Till knows
		return moved, false, cmp.Or(err, access.ErrDenied)
	}
	digest, err := e.digestOf(ctx, serial)
	if err != nil {
		return moved, false, err
	}
	d := deed{actor, "card." + string(move), key, []string{serial.String()}, []string{digest}}
	return once(ctx, e, d, func(tx *store.Tx) (done[Moved], error) {
		card, err := e.moveAndTell(ctx, tx, digest, move)
		if err != nil && Reason(err) == "" {
			return done[Moved]{}, err
		}
		outcome := done[Moved]{subject: serial.String(), refusal: Refusals()[Reason(err)]}
		if err == nil {
			outcome.Reply = Moved{serial.String(), card.State}
		}
		return outcome, nil
	})
}

// RedeemCode redeems a code into an account under a key, as Do does with a card that was checked. A code that
// leads nowhere is counted, and who tried too many gets TooManyTries; but what was answered before is no try, and is
// answered again.
func (e *Engine) RedeemCode(ctx context.Context, actor access.Actor, account, key string, entered giftcode.Entered, version *int64) (Reply, error) {
	if err := errors.Join(actor.May(access.RedeemCards, account), actor.May(access.CheckCards, "")); err != nil {
		return Reply{}, err
	}
	codes, err := e.codes(entered)
	if err != nil {
		return Reply{}, err
	}
	asker := actor
	asker.Account = account
	_, handle, err := e.try(ctx, asker, codes)
	if _, tooMany := errors.AsType[*TooManyTries](err); tooMany || err == nil && handle == "" {
		if reply, seen := e.redeemedBefore(ctx, actor, account, key, codes); seen == nil {
			return reply, nil
		} else if !errors.Is(seen, store.ErrNotFound) {
			return Reply{}, seen
		}
	}
	if err == nil && handle == "" {
		handle = codes[0].Reveal() // which stands for no card, and is kept as a digest
		err = e.countTry(ctx, wrongCodes(asker, codes...))
	}
	if err != nil {
		return Reply{}, err
	}
	return e.Do(ctx, actor, account, key, Command{Kind: timeline.Redeem, Card: handle, If: version})
}

// redeemedBefore is the reply that one of these codes had under a key, or store.ErrNotFound: of another code under that key, too, so
// that guesses under it are counted.
func (e *Engine) redeemedBefore(ctx context.Context, actor access.Actor, account, key string, codes []giftcode.Code) (reply Reply, err error) {
	var handles []string
	for _, code := range codes {
		handles = append(handles, code.Reveal()) // it led nowhere, or to a card
		for _, digest := range e.ring.Digests(code) {
			handles = append(handles, e.handle(digest.Sum, e.clock()))
		}
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		for _, handle := range handles {
			o, err := e.order(ofCaller(actor, key), Command{Kind: timeline.Redeem, Card: handle})
			if err != nil {
				return err
			}
			if reply, err = e.remembered(ctx, tx, account, o); !errors.Is(err, ErrKeyReused) {
				return err
			}
		}
		return store.ErrNotFound
	})
	return reply, err
}

// digestOf finds a card by its serial number, or fails with giftcard.ErrNotFound.
func (e *Engine) digestOf(ctx context.Context, serial giftcode.Serial) (digest string, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		digest, err = tx.DigestOfSerial(ctx, serial.String())
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = giftcard.ErrNotFound
	}
	return digest, err
}

// Card is a card by its serial number. It fails with giftcard.ErrNotFound.
func (e *Engine) Card(ctx context.Context, actor access.Actor, serial giftcode.Serial) (card store.Card, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return card, err
	}
	digest, err := e.digestOf(ctx, serial)
	if err != nil {
		return card, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		card, err = tx.Card(ctx, digest)
		return err
	})
	return card, err
}

// Page is where a list goes on, and how much of it is read.
type Page struct {
	From string // the row before; "" is from the beginning
	Most int
}

// Cards lists cards, and gives the row behind which the list goes on.
func (e *Engine) Cards(ctx context.Context, actor access.Actor, filter store.CardFilter, page Page) (cards []store.Card, last string, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return nil, "", err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		cards, last, err = tx.Cards(ctx, filter, page.From, page.Most)
		return err
	})
	return cards, last, err
}

// ErrNoBatch says that there is no such batch.
var ErrNoBatch = errors.New("there is no such batch")

// Batches lists batches of cards, the newest first.
func (e *Engine) Batches(ctx context.Context, actor access.Actor, page Page) (batches []store.Batch, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		batches, err = tx.Batches(ctx, page.From, page.Most)
		return err
	})
	return batches, err
}

// Batch is a batch, and how many of its cards are in which state. It fails with ErrNoBatch.
func (e *Engine) Batch(ctx context.Context, actor access.Actor, id string) (batch store.Batch, states map[giftcard.State]int, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return batch, nil, err
	}
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		batch, states, err = tx.Batch(ctx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoBatch
	}
	return batch, states, err
}

// Parts are the parts of a batch that are made, in order.
func (e *Engine) Parts(ctx context.Context, actor access.Actor, batch string) (parts []store.Part, err error) {
	if err := actor.May(access.ReadCards, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		parts, err = tx.Parts(ctx, batch)
		return err
	})
	return parts, err
}

// Entries are who did what, the newest first: to an account, a card, a batch or a key, by somebody, or all.
func (e *Engine) Entries(ctx context.Context, actor access.Actor, filter store.EntryFilter, page Page) (entries []store.Entry, err error) {
	if err := actor.May(access.ReadAudit, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		entries, err = tx.Entries(ctx, filter, page.From, page.Most)
		return err
	})
	return entries, err
}

// recorded is an entry of something done.
func recorded(tx *store.Tx, actor access.Actor, operation, subject string) {
	tx.AddEntry(store.Entry{Subject: subject, Actor: actor, Operation: operation, Outcome: "done"})
}
