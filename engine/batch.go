package engine

import (
	"context"
	"errors"

	"scrip/access"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/store"
)

// ErrNoRetailer says that the catalogue has no retailer of an id.
var ErrNoRetailer = errors.New("the catalogue has no such retailer")

// BatchMove is what is done with a batch.
type BatchMove string

// The moves.
const (
	PrintBatch    BatchMove = "printed"
	ShipBatch     BatchMove = "ship"
	FreezeBatch   BatchMove = "freeze"
	UnfreezeBatch BatchMove = "unfreeze"
)

// BatchOrder says what is to be done with a batch.
type BatchOrder struct {
	Move     BatchMove          `json:"move"`
	Retailer catalog.RetailerID `json:"retailer,omitempty"` // of ShipBatch
}

// MovedBatch is what moving a batch came to.
type MovedBatch struct {
	ID       string              `json:"id"`
	State    giftcard.BatchState `json:"state"`
	Retailer string              `json:"retailer,omitempty"`
}

// MoveBatch prints, ships, freezes or unfreezes a batch. It fails with ErrNoBatch, ErrNoRetailer, and with the refusals
// of the batch's state.
func (e *Engine) MoveBatch(ctx context.Context, actor access.Actor, batch string, order BatchOrder) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		recorded(tx, actor, "batch."+string(order.Move), batch)
		_, err := e.moveBatch(ctx, tx, batch, order)
		return err
	})
}

// MoveBatchOnce is MoveBatch under a key: repeated, it gives the first answer.
func (e *Engine) MoveBatchOnce(ctx context.Context, actor access.Actor, key, batch string, order BatchOrder) (moved MovedBatch, replayed bool, err error) {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return moved, false, err
	}
	d := deed{actor: actor, operation: "batch." + string(order.Move), key: key, input: []any{batch, order}}
	return once(ctx, e, d, func(tx *store.Tx) (done[MovedBatch], error) {
		now, err := e.moveBatch(ctx, tx, batch, order)
		if err != nil && Reason(err) == "" {
			return done[MovedBatch]{}, err
		}
		outcome := done[MovedBatch]{subject: batch, refusal: Refusals()[Reason(err)]}
		if err == nil {
			outcome.Reply = MovedBatch{batch, now.State, string(now.Retailer)}
		}
		return outcome, nil
	})
}

func (e *Engine) moveBatch(ctx context.Context, tx *store.Tx, id string, order BatchOrder) (giftcard.Batch, error) {
	was, err := tx.LockBatch(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return was.Batch, ErrNoBatch
	}
	if err != nil {
		return was.Batch, err
	}
	now, err := e.applyToBatch(was.Batch, order)
	if err != nil {
		return now, err
	}
	return now, tx.MoveBatch(ctx, id, now)
}

func (e *Engine) applyToBatch(batch giftcard.Batch, order BatchOrder) (giftcard.Batch, error) {
	switch order.Move {
	case PrintBatch:
		return batch.Print()
	case ShipBatch:
		to, known := e.Terms().Catalog.Retailer(order.Retailer)
		if !known {
			return batch, ErrNoRetailer
		}
		return batch.Ship(to)
	case FreezeBatch:
		return batch.Freeze()
	case UnfreezeBatch:
		return batch.Unfreeze()
	}
	return batch, errors.ErrUnsupported
}
