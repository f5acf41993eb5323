package giftcard

import (
	"errors"
	"slices"

	"scrip/catalog"
)

var (
	// ErrClosed says that a product is closed to sale: none of its cards is made or activated any more.
	ErrClosed = errors.New("the product is closed: its cards are not made nor activated any more")
	// ErrBatchFrozen says that a batch is frozen: nothing is done with it until it is unfrozen.
	ErrBatchFrozen = errors.New("the batch is frozen")
	// ErrBatchNotFrozen says that a batch cannot be unfrozen.
	ErrBatchNotFrozen = errors.New("the batch is not frozen")
	// ErrBatchUnfinished says that not all cards of a batch are made yet.
	ErrBatchUnfinished = errors.New("not all cards of the batch are made yet")
	// ErrBatchNotMade says that a batch cannot be printed, because it was already.
	ErrBatchNotMade = errors.New("only a batch that is made and not yet printed can be printed")
	// ErrBatchNotPrinted says that a batch cannot be shipped, because it was not printed or was shipped already.
	ErrBatchNotPrinted = errors.New("only a batch that is printed and not yet shipped can be shipped")
	// ErrNotSoldThere says that a retailer does not sell a product.
	ErrNotSoldThere = errors.New("the retailer does not sell this product")
)

// BatchState is where a batch is in its life.
type BatchState string

// The states.
const (
	BatchMade    BatchState = "made"
	BatchPrinted BatchState = "printed"
	BatchShipped BatchState = "shipped"
	BatchFrozen  BatchState = "frozen"
)

// Batch is what the rules know of cards that were made together, and go together to the printer and to a shop. The
// zero Batch is one of which nothing is known, as of cards that are older than batches: it hinders nothing.
type Batch struct {
	Product  catalog.ProductID
	State    BatchState
	Was      BatchState         // of a frozen one: what it is again once it is unfrozen
	Retailer catalog.RetailerID // that it was shipped to; empty before
	Whole    bool               // all of its cards are made
}

// Print is the printer's word that all of its cards are printed. Errors: ErrBatchFrozen, ErrBatchUnfinished,
// ErrBatchNotMade.
func (b Batch) Print() (Batch, error) {
	switch {
	case b.State == BatchFrozen:
		return b, ErrBatchFrozen
	case !b.Whole:
		return b, ErrBatchUnfinished
	case b.State != BatchMade:
		return b, ErrBatchNotMade
	}
	b.State = BatchPrinted
	return b, nil
}

// Ship sends it to a retailer, whose tills alone may sell its cards from then on. Errors: ErrBatchFrozen,
// ErrBatchNotPrinted, ErrNotSoldThere.
func (b Batch) Ship(to catalog.Retailer) (Batch, error) {
	switch {
	case b.State == BatchFrozen:
		return b, ErrBatchFrozen
	case b.State != BatchPrinted:
		return b, ErrBatchNotPrinted
	case !slices.Contains(to.Products, b.Product):
		return b, ErrNotSoldThere
	}
	b.State, b.Retailer = BatchShipped, to.ID
	return b, nil
}

// Freeze stops the sale of all its cards, as when a pallet is stolen. Those that were sold stay good: each of them has
// a holder, and is frozen by itself.
func (b Batch) Freeze() (Batch, error) {
	if b.State == BatchFrozen {
		return b, ErrBatchFrozen
	}
	b.State, b.Was = BatchFrozen, b.State
	return b, nil
}

// Unfreeze makes it what it was.
func (b Batch) Unfreeze() (Batch, error) {
	if b.State != BatchFrozen {
		return b, ErrBatchNotFrozen
	}
	b.State, b.Was = b.Was, ""
	return b, nil
}

// ShippedTo reports whether the batch was shipped to a retailer, frozen since or not.
func (b Batch) ShippedTo(retailer catalog.RetailerID) bool {
	shipped := b.State == BatchShipped || b.State == BatchFrozen && b.Was == BatchShipped
	return shipped && retailer != "" && b.Retailer == retailer
}

// MaySell tells why no card of a product and of this batch may be activated: ErrClosed, ErrBatchFrozen, and
// ErrBatchUnfinished, for the printer has only a part of them yet.
func (b Batch) MaySell(product catalog.Product) error {
	switch {
	case product.Closed:
		return ErrClosed
	case b.State == BatchFrozen:
		return ErrBatchFrozen
	case b.State == BatchMade && !b.Whole:
		return ErrBatchUnfinished
	}
	return nil
}
