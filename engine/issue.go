package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"scrip/access"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
)

const (
	// MostCards bounds a batch.
	MostCards = 10_000_000
	// CardsOfPart is how many cards of a batch are usually made in one transaction, and written to one file.
	CardsOfPart = 100_000
)

var (
	// ErrUnknownProduct says that the catalogue has no such gift-card product.
	ErrUnknownProduct = errors.New("the catalogue has no such product")
	// ErrCount says that a batch cannot have so many cards.
	ErrCount = fmt.Errorf("a batch has from 1 to %d cards", MostCards)
	// ErrBatchTaken says that somebody else goes on with making a batch.
	ErrBatchTaken = errors.New("another run goes on with this batch")
	// ErrBatchWhole says that nothing is left to be made of a batch.
	ErrBatchWhole = errors.New("all cards of this batch are made")
)

// Printed is a card as it is printed: the only time at which its code is known.
type Printed struct {
	Serial giftcode.Serial
	Code   giftcode.Code
}

// Print writes a part of a batch where nothing loses it, over what an earlier try may have left, and gives a sum by
// which it is known. Only when it has returned are the part's cards there.
type Print func(part int, cards []Printed) (sum string, err error)

// Run is the making of a batch.
type Run struct {
	Batch   string
	Product catalog.Product
	Cards   int          // of the whole batch
	Parts   []store.Part // that are made already

	id string // which the batch names as long as no other run goes on with it
}

// Made is how many cards are made already.
func (r Run) Made() (cards int) {
	for _, part := range r.Parts {
		cards += part.Cards
	}
	return cards
}

// IssueCards makes a batch of cards, as NewBatch and MakeCards do: print is called before the cards are there, and
// perhaps again. It fails as they do, and with what print returns.
func (e *Engine) IssueCards(ctx context.Context, actor access.Actor, id catalog.ProductID, count int, print func([]Printed) error) (batch string, err error) {
	run, err := e.NewBatch(ctx, actor, id, count)
	if err != nil {
		return "", err
	}
	return run.Batch, e.MakeCards(ctx, actor, run, CardsOfPart, func(_ int, cards []Printed) (string, error) { return "", print(cards) })
}

// NewBatch begins a batch, none of whose cards are made yet. Errors: ErrCount, ErrUnknownProduct, giftcard.ErrClosed.
func (e *Engine) NewBatch(ctx context.Context, actor access.Actor, id catalog.ProductID, count int) (Run, error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return Run{}, err
	}
	if count < 1 || count > MostCards {
		return Run{}, ErrCount
	}
	product, err := e.onSale(id)
	if err != nil {
		return Run{}, err
	}
	run := Run{Batch: store.NewID(), Product: product, Cards: count, id: store.NewID()}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		recorded(tx, actor, "batch.issue", run.Batch)
		return tx.AddBatch(ctx, store.Batch{ID: run.Batch, Batch: giftcard.Batch{Product: id}, Cards: count, Run: run.id})
	})
	return run, err
}

// ResumeBatch goes on with a batch whose making was broken off. Whoever made it can add nothing more: once this has
// returned, what is not among the run's parts never will be. Errors: ErrNoBatch, ErrBatchWhole, ErrBatchTaken,
// ErrUnknownProduct, giftcard.ErrClosed.
func (e *Engine) ResumeBatch(ctx context.Context, actor access.Actor, batch string) (run Run, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return Run{}, err
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		kept, err := tx.LockBatch(ctx, batch)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return ErrNoBatch
		case err != nil:
			return err
		case kept.Whole:
			return ErrBatchWhole
		}
		run = Run{Batch: batch, Cards: kept.Cards, id: store.NewID()}
		if run.Product, err = e.onSale(kept.Product); err != nil {
			return err
		}
		if run.Parts, err = tx.Parts(ctx, batch); err != nil {
			return err
		}
		recorded(tx, actor, "batch.resume", batch)
		return hand(ctx, tx, batch, kept.Run, run.id)
	})
	return run, err
}

// onSale is a product whose cards may be made.
func (e *Engine) onSale(id catalog.ProductID) (catalog.Product, error) {
	product, known := e.Terms().Catalog.Product(id)
	if !known {
		return product, ErrUnknownProduct
	}
	return product, giftcard.Batch{}.MaySell(product)
}

// hand gives a batch from one run to the next.
func hand(ctx context.Context, tx *store.Tx, batch, run, next string) error {
	err := tx.RunBatch(ctx, batch, run, next)
	if errors.Is(err, store.ErrConflict) {
		return ErrBatchTaken
	}
	return err
}

// MakeCards makes what is missing of a batch, in parts of at most so many cards, each of which is printed before it is
// committed. It fails with ErrBatchTaken, and with what print returns.
func (e *Engine) MakeCards(ctx context.Context, actor access.Actor, run Run, most int, print Print) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	made := run.Made()
	for number := len(run.Parts) + 1; made < run.Cards; number++ {
		part := store.Part{Number: number, Cards: min(most, run.Cards-made)}
		made += part.Cards
		next := run.id
		if made == run.Cards {
			next = ""
		}
		if err := again(func() error { return e.makePart(ctx, run, next, part, print) }); err != nil {
			return fmt.Errorf("part %d of batch %s: %w", number, run.Batch, err)
		}
	}
	return nil
}

// makePart draws and prints a part, and only then adds its cards, if the batch is still the run's.
func (e *Engine) makePart(ctx context.Context, run Run, next string, part store.Part, print Print) error {
	printed, cards, err := e.drawFree(ctx, run, part.Cards)
	if err != nil {
		return err
	}
	if part.Sum, err = print(part.Number, printed); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		if err := hand(ctx, tx, run.Batch, run.id, next); err != nil {
			return err
		}
		if err := errors.Join(tx.AddCards(ctx, cards), tx.AddPart(ctx, run.Batch, part)); err != nil {
			return err
		}
		return tellOfMade(ctx, tx, run, printed)
	})
}

func tellOfMade(ctx context.Context, tx *store.Tx, run Run, printed []Printed) error {
	for some := range slices.Chunk(printed, cardsAtOnce) {
		serials := make([]string, len(some))
		for at, card := range some {
			serials[at] = card.Serial.String()
		}
		if err := tellOfBatch(ctx, tx, run.Batch, giftcard.New("", run.Product), serials); err != nil {
			return err
		}
	}
	return nil
}

// drawFree draws cards whose serial numbers nobody has: twelve digits are few beside millions of cards.
func (e *Engine) drawFree(ctx context.Context, run Run, count int) (printed []Printed, cards []store.Card, err error) {
	printed, cards = make([]Printed, count), make([]store.Card, count)
	places := make(map[string]int, count)
	for at := range cards {
		if err := e.drawInto(&printed[at], &cards[at], run); err != nil {
			return nil, nil, err
		}
		places[cards[at].Card.Serial] = at
	}
	for {
		missing, err := e.takenOf(ctx, cards, places)
		if err != nil || len(missing) == 0 {
			return printed, cards, err
		}
		for _, at := range missing {
			if err := e.drawInto(&printed[at], &cards[at], run); err != nil {
				return nil, nil, err
			}
			places[cards[at].Card.Serial] = at
		}
	}
}

// takenOf are the places of cards whose serial numbers others have, in the database or among themselves.
func (e *Engine) takenOf(ctx context.Context, cards []store.Card, places map[string]int) (taken []int, err error) {
	serials := make([]string, len(cards))
	for at, card := range cards {
		serials[at] = card.Card.Serial
		if places[serials[at]] != at {
			taken = append(taken, at)
		}
	}
	slices.Sort(serials)
	// The connection that writes has read the pages, then, into which the numbers are written.
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		had, err := tx.TakenSerials(ctx, serials)
		for _, serial := range had {
			taken = append(taken, places[serial])
		}
		return err
	})
	slices.Sort(taken)
	return slices.Compact(taken), err
}

func (e *Engine) drawInto(printed *Printed, card *store.Card, run Run) (err error) {
	*printed, *card, err = e.drawCard(run.Product, run.Batch)
	return err
}

// drawCard is a card of a product with a code and a serial number that chance gives.
func (e *Engine) drawCard(product catalog.Product, batch string) (Printed, store.Card, error) {
	code, failedCode := giftcode.New(rand.Reader)
	serial, failedSerial := giftcode.NewSerial(rand.Reader)
	if err := errors.Join(failedCode, failedSerial); err != nil {
		return Printed{}, store.Card{}, err
	}
	digest := e.ring.Digest(code)
	return Printed{serial, code}, store.Card{Digest: digest.Sum, KeyID: digest.KeyID, Batch: batch, Country: product.Country,
		Card: giftcard.New(serial.String(), product)}, nil
}

// draw adds a card of a product that chance gives.
func (e *Engine) draw(tx *store.Tx, product catalog.Product, batch string) (store.Card, error) {
	_, card, err := e.drawCard(product, batch)
	if err == nil {
		tx.AddCard(card)
	}
	return card, err
}
