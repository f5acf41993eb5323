package giftcard

import (
	"errors"

	"scrip/catalog"
)

// ErrBatchFrozen says that no card of a batch can be activated, because the batch is frozen whole.
var ErrBatchFrozen = errors.New("the card's batch is frozen")

// ErrClosed says that a product is not made nor activated any more.
var ErrClosed = errors.New("the product is closed to sale")

// BatchState is where a batch is on its way to the shops.
type BatchState string

// The states of a batch.
const (
	Made        BatchState = "made"
	PrintedOut  BatchState = "printed"
	Shipped     BatchState = "shipped"
	BatchFrozen BatchState = "frozen"
)

// Batch is what the rules know of cards that were made together.
type Batch struct {
	ID       string
	State    BatchState
	Was      BatchState         // before it was frozen
	Retailer catalog.RetailerID // to which it was shipped
}

// ShippedTo reports whether the batch was shipped to a retailer, frozen since or not.
func (b Batch) ShippedTo(retailer catalog.RetailerID) bool {
	shipped := b.State == Shipped || b.State == BatchFrozen && b.Was == Shipped
	return shipped && retailer != "" && b.Retailer == retailer
}

// Sellable tells why no card of the batch and product can be activated. Errors: ErrBatchFrozen, ErrClosed.
func (b Batch) Sellable(product catalog.Product) error {
	switch {
	case b.State == BatchFrozen:
		return ErrBatchFrozen
	case product.Closed:
		return ErrClosed
	}
	return nil
}
