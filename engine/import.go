package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/catalog"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/store"
)

// CardsOfImport is how many cards are imported in one transaction: so many that a page of an index is written for more
// than one of them, and so few that others wait for seconds at most.
const CardsOfImport = 25_000

// Foreign is a card that another system issued, as its file has it.
type Foreign struct {
	Code  giftcode.Code
	State giftcard.State
	Value money.Amount // nothing: the product's own
}

// Landing is what became of a card that was to be imported: one of these, or giftcard.ErrValue,
// giftcard.ErrUsedElsewhere and giftcard.ErrOtherCard.
type Landing struct {
	Here  bool // already, the same
	Error error
}

// Import is the taking over of one file of cards. Run again, it changes nothing that it did before.
type Import struct {
	Batch   string // of the cards that the file brings
	Product catalog.Product
	Cards   int // that the file has
	// Seen are the cards that a trial has come by: it writes nothing that the next ones could be compared with. It is nil
	// where the import is meant.
	Seen map[string]giftcard.Card
}

// NewImport is the taking over of a file that is known by a sum. Its batch follows from that, so that an import that was
// broken off goes on with its own. On trial, nothing is written. It fails with ErrUnknownProduct.
func (e *Engine) NewImport(actor access.Actor, id catalog.ProductID, sum []byte, cards int, trial bool) (*Import, error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return nil, err
	}
	product, known := e.Terms().Catalog.Product(id)
	if !known {
		return nil, ErrUnknownProduct
	}
	named := e.imports[0].Sum(string(id) + " " + base64.RawStdEncoding.EncodeToString(sum))
	batch, err := uuid.FromBytes(named[:16])
	if err != nil {
		return nil, err
	}
	batch[6], batch[8] = batch[6]&0x0F|0x80, batch[8]&0x3F|0x80 // version 8 (RFC 9562)
	i := &Import{Batch: batch.String(), Product: product, Cards: cards}
	if trial {
		i.Seen = map[string]giftcard.Card{}
	}
	return i, nil
}

// ImportCards imports some cards, at most CardsOfImport, all in one transaction, and tells what became of each. A card is
// known by its code: where it is here already, it stays as it is.
func (e *Engine) ImportCards(ctx context.Context, actor access.Actor, i *Import, cards []Foreign) (landed []Landing, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return nil, err
	}
	if len(cards) == 0 {
		return nil, nil
	}
	coming := e.arrivals(i.Product, cards)
	if i.Seen != nil {
		err = e.db.Read(ctx, func(tx *store.Tx) error { return e.compare(ctx, tx, i, coming) })
		return landings(coming), err
	}
	err = again(func() error {
		return e.db.Write(ctx, func(tx *store.Tx) error {
			if err := e.compare(ctx, tx, i, coming); err != nil {
				return err
			}
			return land(ctx, tx, actor, i, slices.DeleteFunc(slices.Clone(coming), arrival.isOld))
		})
	})
	return landings(coming), err
}

// arrival is a card on its way.
type arrival struct {
	digests []giftcode.Digest
	landed  Landing
	giftcard.TakenOver
}

// arrivals are cards as the rules take them over.
func (e *Engine) arrivals(product catalog.Product, cards []Foreign) []arrival {
	coming := make([]arrival, len(cards))
	for at, card := range cards {
		coming[at].digests = e.ring.Digests(card.Code)
		coming[at].TakenOver, coming[at].landed.Error = giftcard.TakeOver(product, card.State, card.Value)
	}
	return coming
}

// isOld reports whether a card is not to be added.
func (a arrival) isOld() bool { return a.landed.Here || a.landed.Error != nil }

// compare tells of each card whether it is here already: in the database, or before it in the file.
func (e *Engine) compare(ctx context.Context, tx *store.Tx, i *Import, coming []arrival) error {
	var digests []string
	for _, a := range coming {
		for _, digest := range a.digests {
			digests = append(digests, digest.Sum)
		}
	}
	slices.Sort(digests) // as the index has them
	here, err := tx.CardsHere(ctx, digests)
	if err != nil {
		return err
	}
	for at := range coming {
		a := &coming[at]
		if a.landed.Here = false; errors.Is(a.landed.Error, giftcard.ErrOtherCard) {
			a.landed.Error = nil // of a try before
		}
		if a.landed.Error != nil {
			continue
		}
		kept, known := find(a.digests, here, i.Seen)
		if known {
			a.landed.Error = kept.Was(a.Card)
			a.landed.Here = a.landed.Error == nil
			continue
		}
		here[a.digests[0].Sum] = a.Card
		if i.Seen != nil {
			i.Seen[a.digests[0].Sum] = a.Card
		}
	}
	return nil
}

// find is the card that is kept under one of these digests.
func find(digests []giftcode.Digest, among ...map[string]giftcard.Card) (giftcard.Card, bool) {
	for _, cards := range among {
		for _, digest := range digests {
			if card, known := cards[digest.Sum]; known {
				return card, true
			}
		}
	}
	return giftcard.Card{}, false
}

func landings(coming []arrival) []Landing {
	landed := make([]Landing, len(coming))
	for at, a := range coming {
		landed[at] = a.landed
	}
	return landed
}

// land writes cards that are new, what is owed for them, and tells of them.
func land(ctx context.Context, tx *store.Tx, actor access.Actor, i *Import, coming []arrival) error {
	if len(coming) == 0 {
		return nil
	}
	serials, err := freeSerials(ctx, tx, len(coming))
	if err != nil {
		return err
	}
	cards := make([]store.Card, len(coming))
	for at, a := range coming {
		a.Card.Serial = serials[at]
		digest := a.digests[0]
		cards[at] = store.Card{Digest: digest.Sum, KeyID: digest.KeyID, Batch: i.Batch, Country: i.Product.Country, Card: a.Card}
	}
	if err := errors.Join(enter(ctx, tx, actor, i), tx.AddEachCard(ctx, cards), tellOfImport(ctx, tx, i.Batch, cards)); err != nil {
		return err
	}
	for _, a := range coming {
		if a.Transfer.Amount.IsPositive() {
			tx.AddCardTransfer(a.digests[0].Sum, a.Transfer)
		}
	}
	return nil
}

// freeSerials are serial numbers that nobody has. Who takes one of them meanwhile makes the transaction fail.
func freeSerials(ctx context.Context, tx *store.Tx, count int) ([]string, error) {
	free := make(map[string]bool, count)
	for len(free) < count {
		drawn := make([]string, count-len(free))
		for at := range drawn {
			serial, err := giftcode.NewSerial(rand.Reader)
			if err != nil {
				return nil, err
			}
			drawn[at] = serial.String()
			free[drawn[at]] = true
		}
		slices.Sort(drawn)
		taken, err := tx.TakenSerials(ctx, drawn)
		if err != nil {
			return nil, err
		}
		for _, serial := range taken {
			delete(free, serial)
		}
	}
	return slices.Collect(maps.Keys(free)), nil
}

// enter adds the batch of an import with its first cards.
func enter(ctx context.Context, tx *store.Tx, actor access.Actor, i *Import) error {
	_, err := tx.LockBatch(ctx, i.Batch)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	recorded(tx, actor, "batch.import", i.Batch)
	return tx.AddBatch(ctx, store.Batch{ID: i.Batch, Batch: giftcard.Batch{Product: i.Product.ID}, Cards: i.Cards})
}

// tellOfImport tells of cards as if they had been issued and activated here, those of one value together; of frozen ones
// one by one that they are. Nobody waits for one that is void.
func tellOfImport(ctx context.Context, tx *store.Tx, batch string, cards []store.Card) error {
	told := slices.DeleteFunc(slices.Clone(cards), func(c store.Card) bool { return c.Card.State == giftcard.Voided })
	slices.SortStableFunc(told, func(a, b store.Card) int {
		return cmp.Or(cmp.Compare(owedFor(a), owedFor(b)), cmp.Compare(a.Card.Value.Minor(), b.Card.Value.Minor()))
	})
	for some := range slices.Chunk(told, cardsAtOnce) {
		for len(some) > 0 {
			first := some[0]
			same := slices.IndexFunc(some, func(c store.Card) bool {
				return owedFor(c) != owedFor(first) || c.Card.Value != first.Card.Value
			})
			if same < 0 {
				same = len(some)
			}
			if err := tellOfSame(ctx, tx, batch, some[:same]); err != nil {
				return err
			}
			some = some[same:]
		}
	}
	return tellOfFrozen(ctx, tx, batch, told)
}

// owedFor is 1 for a card that something is owed for, and else 0.
func owedFor(card store.Card) int {
	if card.Card.State == giftcard.Issued {
		return 0
	}
	return 1
}

func tellOfSame(ctx context.Context, tx *store.Tx, batch string, same []store.Card) error {
	serials := make([]string, len(same))
	for at, card := range same {
		serials[at] = card.Card.Serial
	}
	each := same[0].Card
	each.State = giftcard.Issued
	err := tellOfBatch(ctx, tx, batch, each, serials)
	if err == nil && owedFor(same[0]) > 0 {
		each.State = giftcard.Active
		err = tellOfBatch(ctx, tx, batch, each, serials)
	}
	return err
}

// tellOfFrozen tells it of the batch, so that nothing is looked up for each card.
func tellOfFrozen(ctx context.Context, tx *store.Tx, batch string, told []store.Card) error {
	for _, card := range told {
		if card.Card.State != giftcard.Frozen {
			continue
		}
		kind, body, err := feed.OfCard(giftcard.Active, card.Card)
		if err != nil {
			return err
		}
		if err := tx.TellOf(ctx, batch, kind, body); err != nil {
			return err
		}
	}
	return nil
}
