package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"

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
// committed, and while the one before it is. It fails with ErrBatchTaken, and with what print returns.
func (e *Engine) MakeCards(ctx context.Context, actor access.Actor, run Run, most int, print Print) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	print = oneByOne(print)
	ctx, stop := context.WithCancel(ctx)
	drawn := make(chan drawnPart)
	var drawing sync.WaitGroup
	defer drawing.Wait()
	defer stop()
	drawing.Go(func() {
		defer close(drawn)
		e.drawParts(ctx, run, most, print, drawn)
	})
	for part := range drawn {
		if err := e.makePart(ctx, run, part, print); err != nil {
			return fmt.Errorf("part %d of batch %s: %w", part.Number, run.Batch, err)
		}
	}
	return ctx.Err()
}

// oneByOne prints one part at a time: one that is printed anew may meet the next.
func oneByOne(print Print) Print {
	var printing sync.Mutex
	return func(part int, cards []Printed) (string, error) {
		printing.Lock()
		defer printing.Unlock()
		return print(part, cards)
	}
}

// drawnPart is a part that is printed and not yet there, or why it could not be.
type drawnPart struct {
	store.Part
	next   string // which run goes on with the batch
	names  []store.CardName
	failed error
}

// drawParts draws and prints one part after another, until one fails.
func (e *Engine) drawParts(ctx context.Context, run Run, most int, print Print, drawn chan<- drawnPart) {
	made := run.Made()
	for number := len(run.Parts) + 1; made < run.Cards; number++ {
		part := drawnPart{Part: store.Part{Number: number, Cards: min(most, run.Cards-made)}, next: run.id}
		if made += part.Cards; made == run.Cards {
			part.next = ""
		}
		part.failed = e.drawPart(ctx, &part, print)
		select {
		case <-ctx.Done():
			return
		case drawn <- part:
		}
		if part.failed != nil {
			return
		}
	}
}

func (e *Engine) drawPart(ctx context.Context, part *drawnPart, print Print) error {
	printed, names, err := e.drawFree(ctx, part.Cards)
	if err == nil {
		part.Sum, err = print(part.Number, printed)
	}
	part.names = names
	return err
}

// makePart adds a part's cards, if the batch is still the run's. Where one of their numbers was taken meanwhile, the part
// is drawn and printed anew.
func (e *Engine) makePart(ctx context.Context, run Run, part drawnPart, print Print) error {
	if part.failed != nil {
		return part.failed
	}
	stale := false
	return again(func() error {
		if stale {
			if err := e.drawPart(ctx, &part, print); err != nil {
				return err
			}
		}
		stale = true
		return e.db.Write(ctx, func(tx *store.Tx) error {
			if err := hand(ctx, tx, run.Batch, run.id, part.next); err != nil {
				return err
			}
			if err := errors.Join(tx.AddCards(ctx, e.freshCard(run.Product, run.Batch), part.names), tx.AddPart(ctx, run.Batch, part.Part)); err != nil {
				return err
			}
			return tellOfMade(ctx, tx, run, part.names)
		})
	})
}

func tellOfMade(ctx context.Context, tx *store.Tx, run Run, names []store.CardName) error {
	for some := range slices.Chunk(names, cardsAtOnce) {
		serials := make([]string, len(some))
		for at, name := range some {
			serials[at] = name.Serial
		}
		if err := tellOfBatch(ctx, tx, run.Batch, giftcard.New("", run.Product), serials); err != nil {
			return err
		}
	}
	return nil
}

// drawFree draws cards whose serial numbers nobody has: twelve digits are few beside millions of cards.
func (e *Engine) drawFree(ctx context.Context, count int) (printed []Printed, names []store.CardName, err error) {
	printed, names = make([]Printed, count), make([]store.CardName, count)
	missing := func(int) bool { return true }
	for missing != nil {
		for at := range names {
			if !missing(at) {
				continue
			}
			if printed[at], names[at], err = e.drawName(); err != nil {
				return nil, nil, err
			}
		}
		if missing, err = e.takenOf(ctx, names); err != nil {
			return nil, nil, err
		}
	}
	return printed, names, nil
}

// takenOf tells of which places the serial numbers are taken, in the database or by a place before; nil is of none.
func (e *Engine) takenOf(ctx context.Context, names []store.CardName) (taken func(at int) bool, err error) {
	serials := make([]string, len(names))
	for at, name := range names {
		serials[at] = name.Serial
	}
	slices.Sort(serials)
	had := map[string]bool{}
	for at := range serials[1:] {
		if serials[at] == serials[at+1] {
			had[serials[at]] = true
		}
	}
	// The connection that writes has read the pages, then, into which the numbers are written.
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		others, err := tx.TakenSerials(ctx, serials)
		for _, serial := range others {
			had[serial] = true
		}
		return err
	})
	if err != nil || len(had) == 0 {
		return nil, err
	}
	return func(at int) bool { return had[names[at].Serial] }, nil
}

// drawName is a code and a serial number that chance gives.
func (e *Engine) drawName() (Printed, store.CardName, error) {
	code, failedCode := giftcode.New(rand.Reader)
	serial, failedSerial := giftcode.NewSerial(rand.Reader)
	if err := errors.Join(failedCode, failedSerial); err != nil {
		return Printed{}, store.CardName{}, err
	}
	return Printed{serial, code}, store.CardName{Digest: e.ring.Digest(code).Sum, Serial: serial.String()}, nil
}

// freshCard is a card of a product and a batch, of whatever name.
func (e *Engine) freshCard(product catalog.Product, batch string) store.Card {
	return store.Card{KeyID: e.ring.Current(), Batch: batch, Country: product.Country, Card: giftcard.New("", product)}
}

// draw adds a card of a product that chance gives.
func (e *Engine) draw(tx *store.Tx, product catalog.Product, batch string) (store.Card, error) {
	_, name, err := e.drawName()
	if err != nil {
		return store.Card{}, err
	}
	card := e.freshCard(product, batch)
	card.Digest, card.Card.Serial = name.Digest, name.Serial
	tx.AddCard(card)
	return card, nil
}
