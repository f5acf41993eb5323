package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/money"
	"scrip/store/query"
)

// Batch is a number of cards that are issued together.
type Batch struct {
	giftcard.Batch
	ID       string
	Cards    int // that were asked for
	IssuedAt time.Time
	MovedAt  time.Time // zero of one that is only made
	Run      string    // that makes its cards; empty once all are
}

// Part is a part of a batch: cards that were made in one transaction, whose codes are in one file.
type Part struct {
	Number int // counts from 1 within the batch
	Cards  int
	Sum    string // of the file that it was written to
	MadeAt time.Time
}

// AddBatch adds a batch.
func (tx *Tx) AddBatch(ctx context.Context, b Batch) error {
	return tx.q.InsertBatch(ctx, query.InsertBatchParams{Batch: b.ID, Product: string(b.Product), Cards: int64(b.Cards),
		IssuedAt: tx.Now.UnixMicro(), Run: b.Run})
}

// RunBatch gives a batch from one run to another, or fails with ErrConflict where it is not that one's. Whoever else
// would do so waits until the transaction has ended.
func (tx *Tx) RunBatch(ctx context.Context, batch, run, next string) error {
	changed, err := tx.q.RunBatch(ctx, query.RunBatchParams{Batch: batch, Run: run, Next: next})
	if err == nil && changed != 1 {
		err = ErrConflict
	}
	return err
}

// AddPart adds a part of a batch.
func (tx *Tx) AddPart(ctx context.Context, batch string, p Part) error {
	return tx.q.InsertBatchPart(ctx, query.InsertBatchPartParams{Batch: batch, Part: int64(p.Number), Cards: int64(p.Cards), Sum: p.Sum, MadeAt: tx.Now.UnixMicro()})
}

// Parts are a batch's parts in order.
func (tx *Tx) Parts(ctx context.Context, batch string) ([]Part, error) {
	rows, err := tx.q.BatchParts(ctx, batch)
	parts := make([]Part, len(rows))
	for at, row := range rows {
		parts[at] = Part{int(row.Part), int(row.Cards), row.Sum, instant(row.MadeAt)}
	}
	return parts, err
}

// rowsAtOnce is how many cards a statement inserts of those that are many.
const rowsAtOnce = 10_000

// CardName is what tells a card from the others of its batch.
type CardName struct{ Digest, Serial string }

// AddCards is AddCard for many cards that are alike but for their names, and that the transaction does not move on. It
// sorts the names: what is written in the order of an index writes fewer of its pages.
func (tx *Tx) AddCards(ctx context.Context, alike Card, names []CardName) error {
	slices.SortFunc(names, func(a, b CardName) int { return cmp.Compare(a.Digest, b.Digest) })
	err := insertCards(ctx, tx, names, func(name CardName) Card {
		alike.Digest, alike.Card.Serial = name.Digest, name.Serial
		return alike
	})
	if err != nil {
		return err
	}
	return tx.addSerials(ctx, names)
}

// AddEachCard is AddCards for cards that are not alike.
func (tx *Tx) AddEachCard(ctx context.Context, cards []Card) error {
	slices.SortFunc(cards, func(a, b Card) int { return cmp.Compare(a.Digest, b.Digest) })
	names := make([]CardName, len(cards))
	for at, c := range cards {
		names[at] = CardName{Digest: c.Digest, Serial: c.Card.Serial}
	}
	if err := insertCards(ctx, tx, cards, func(c Card) Card { return c }); err != nil {
		return err
	}
	return tx.addSerials(ctx, names)
}

// insertCards inserts the cards of many things.
func insertCards[T any](ctx context.Context, tx *Tx, of []T, card func(T) Card) error {
	for some := range slices.Chunk(of, rowsAtOnce) {
		rows := make([]query.Card, len(some))
		for at, each := range some {
			rows[at] = tx.row(card(each))
		}
		if _, err := tx.q.InsertCards(ctx, columns[query.InsertCardsParams](rows)); err != nil {
			return err
		}
	}
	return nil
}

// addSerials claims serial numbers, and sorts them.
func (tx *Tx) addSerials(ctx context.Context, names []CardName) error {
	slices.SortFunc(names, func(a, b CardName) int { return cmp.Compare(a.Serial, b.Serial) })
	for some := range slices.Chunk(names, rowsAtOnce) {
		var rows query.InsertCardSerialsParams
		for _, name := range some {
			rows.Serial, rows.Digest = append(rows.Serial, name.Serial), append(rows.Digest, name.Digest)
		}
		if _, err := tx.q.InsertCardSerials(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// CardsHere are those of many digests that cards have, with what a card is known by when it is imported. They are looked
// up one by one, in one statement: PostgreSQL might compare a long list with each card.
func (tx *Tx) CardsHere(ctx context.Context, digests []string) (map[string]giftcard.Card, error) {
	rows, err := tx.q.CardsHere(ctx, digests)
	if err != nil {
		return nil, err
	}
	cards := make(map[string]giftcard.Card, len(rows))
	for _, row := range rows {
		currency, err := money.ParseCurrency(row.Currency)
		if err != nil {
			return nil, err
		}
		cards[row.Digest] = giftcard.Card{Product: catalog.ProductID(row.Product), Value: money.New(row.Value, currency),
			Least: limit(row.Least, currency), Most: limit(row.Most, currency), State: giftcard.State(row.State)}
	}
	return cards, nil
}

// TakenSerials are those of some serial numbers that cards have.
func (tx *Tx) TakenSerials(ctx context.Context, serials []string) ([]string, error) {
	return tx.q.TakenSerials(ctx, serials)
}

// Batch reads a batch and how many of its cards are in which state, or ErrNotFound.
func (tx *Tx) Batch(ctx context.Context, id string) (Batch, map[giftcard.State]int, error) {
	row, err := tx.q.BatchByID(ctx, id)
	if err != nil {
		return Batch{}, nil, found(err)
	}
	counts, err := tx.q.CountBatch(ctx, id)
	states := map[giftcard.State]int{}
	for _, count := range counts {
		states[giftcard.State(count.State)] = int(count.Cards)
	}
	return batchOf(row), states, err
}

// LockBatch reads a batch for changing it, or ErrNotFound.
func (tx *Tx) LockBatch(ctx context.Context, id string) (Batch, error) {
	row, err := tx.q.LockBatch(ctx, id)
	return batchOf(row), found(err)
}

// MoveBatch writes a locked batch's new state.
func (tx *Tx) MoveBatch(ctx context.Context, id string, now giftcard.Batch) error {
	_, err := tx.q.MoveBatch(ctx, query.MoveBatchParams{Batch: id, State: string(now.State), Was: string(now.Was),
		Retailer: string(now.Retailer), MovedAt: tx.Now.UnixMicro()})
	return err
}

// BatchOf is the batch of a card, for deciding whether the card may be sold; the zero Batch where there is none. It is
// held until the transaction ends: it is frozen before or after, but not meanwhile.
func (tx *Tx) BatchOf(ctx context.Context, card Card) (giftcard.Batch, error) {
	return read(ctx, tx.unit, tx.unit.batches, card.Batch, func(q *query.Queries) error { return tx.unit.holdBatches(ctx, q, []string{card.Batch}) })
}

// LookBatchOf is the batch of a card, for telling of it; the zero Batch where there is none.
func (tx *Tx) LookBatchOf(ctx context.Context, card Card) (giftcard.Batch, error) {
	row, err := tx.q.BatchByID(ctx, card.Batch)
	if err = found(err); errors.Is(err, ErrNotFound) {
		return giftcard.Batch{}, nil
	}
	return batchOf(row).Batch, err
}

// holdBatches reads batches by their ids.
func (u *unit) holdBatches(ctx context.Context, q *query.Queries, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := q.HoldBatches(ctx, ids)
	for _, id := range ids {
		u.batches[id] = &giftcard.Batch{}
	}
	for _, row := range rows {
		batch := batchOf(row)
		u.batches[row.Batch] = &batch.Batch
	}
	return err
}

// batchesFor are the batches that use cases need, and those of the cards that are not sold yet, which alone may be.
func (u *unit) batchesFor(all []*work) (batches []string) {
	for _, w := range all {
		batches = append(batches, w.needs.Batches...)
	}
	for _, card := range u.cards {
		if card != nil && card.was == giftcard.Issued {
			batches = append(batches, card.Batch)
		}
	}
	return distinct(batches)
}

// Batches are batches, the newest first.
func (tx *Tx) Batches(ctx context.Context, before string, most int) ([]Batch, error) {
	rows, err := tx.q.Batches(ctx, query.BatchesParams{Batch: orLast(before), Limit: int32(most)})
	batches := make([]Batch, len(rows))
	for at, row := range rows {
		batches[at] = batchOf(row)
	}
	return batches, err
}

func batchOf(row query.Batch) Batch {
	b := Batch{ID: row.Batch, Cards: int(row.Cards), IssuedAt: instant(row.IssuedAt), Run: row.Run,
		Batch: giftcard.Batch{Product: catalog.ProductID(row.Product), State: giftcard.BatchState(row.State),
			Was: giftcard.BatchState(row.Was), Retailer: catalog.RetailerID(row.Retailer), Whole: row.Run == ""}}
	if row.MovedAt != 0 {
		b.MovedAt = instant(row.MovedAt)
	}
	return b
}
