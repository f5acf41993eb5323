package client

import (
	"context"
	"time"
)

// AtTill is what a till says of a transaction of its own. The same one happens once, however often it is sent, and its
// reversal bears the same.
type AtTill struct {
	Retailer    string    `json:"retailer,omitempty"` // may be empty where the key is for one retailer
	Store       string    `json:"store"`
	Terminal    string    `json:"terminal"`
	Transaction string    `json:"transaction"` // may begin anew each business day
	At          time.Time `json:"at"`          // when it happened, by the till's clock
	Serial      string    `json:"serial"`
	Amount      int64     `json:"amount,omitempty"` // minor units, of a card whose buyer chooses its value
	Currency    string    `json:"currency,omitempty"`
}

// Sale is what a till's transaction came to.
type Sale struct {
	Serial string `json:"serial"`
	State  string `json:"state"` // of the card, right after the transaction
	Value  Amount `json:"value"` // what it was sold for
	On     Date   `json:"business_date"`
}

// RetailActivate sells a card.
func (c *Client) RetailActivate(ctx context.Context, transaction AtTill) (Sale, error) {
	return change[Sale](ctx, c, path("retail", "activate"), transaction, nil)
}

// RetailVoid undoes a card's sale on the same business day. It can be sold again.
func (c *Client) RetailVoid(ctx context.Context, transaction AtTill) (Sale, error) {
	return change[Sale](ctx, c, path("retail", "void"), transaction, nil)
}

// RetailReturn takes a card back that was not redeemed. It is out of use for good.
func (c *Client) RetailReturn(ctx context.Context, transaction AtTill) (Sale, error) {
	return change[Sale](ctx, c, path("retail", "return"), transaction, nil)
}

// Reversal is what a reversal came to.
type Reversal struct {
	Serial string `json:"serial"`
	On     Date   `json:"business_date"`
	Undone bool   `json:"undone"` // there was a sale, and it is undone
}

// RetailReverse undoes an activation that got no answer, by the same transaction: whether it came before, comes later or
// never.
func (c *Client) RetailReverse(ctx context.Context, transaction AtTill) (Reversal, error) {
	return change[Reversal](ctx, c, path("retail", "reverse"), transaction, nil)
}

// ShopCard is a card as the shop sees it that has it.
type ShopCard struct {
	Serial  string  `json:"serial"`
	State   string  `json:"state"`
	Product string  `json:"product"`
	Value   Amount  `json:"value"` // where there is a Most and the card is issued: the least that it may hold
	Most    *Amount `json:"most"`  // the most that it may hold, where its value is set when it is activated
}

// RetailBalance tells the state and value of a card that was shipped to a retailer, which may be empty where the key is
// for one.
func (c *Client) RetailBalance(ctx context.Context, retailer, serial string) (ShopCard, error) {
	return get[ShopCard](ctx, c, path("retail", "cards", serial), given("retailer", retailer))
}
