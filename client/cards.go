package client

import (
	"context"
	"iter"
	"time"
)

// CardSight is what a code holds.
type CardSight struct {
	Serial     string `json:"serial"`
	Product    string `json:"product"`
	Country    string `json:"country"` // where it was sold
	Value      Amount `json:"value"`
	Redeemable bool   `json:"redeemable"` // by anyone, or, where an account was named, by that account
	Refusal    string `json:"refusal"`    // why it is not: the name of a problem
	RedeemedOn Date   `json:"redeemed_on"`
}

// CheckCard tells what a code holds, without using it; for an account that would redeem it, or, empty, for any.
func (c *Client) CheckCard(ctx context.Context, code, account string) (CardSight, error) {
	body := map[string]string{"code": code}
	if account != "" {
		body["account"] = account
	}
	return change[CardSight](ctx, c, path("cards", "check"), body, nil)
}

// Card is a card; it holds no code.
type Card struct {
	Serial     string    `json:"serial"`
	State      string    `json:"state"` // issued, active, redeemed, frozen, voided or replaced
	Product    string    `json:"product"`
	Country    string    `json:"country"` // where it was sold
	Value      Amount    `json:"value"`
	Batch      string    `json:"batch"`
	IssuedAt   time.Time `json:"issued_at"`
	RedeemedAt time.Time `json:"redeemed_at"`
	RedeemedBy string    `json:"redeemed_by"` // the account's id
}

// CardFilter says which cards are listed; what is empty is not asked for.
type CardFilter struct{ State, Batch, Product string }

// ListCards lists cards.
func (c *Client) ListCards(ctx context.Context, filter CardFilter) iter.Seq2[Card, error] {
	return list[Card](ctx, c, path("cards"), given("state", filter.State, "batch", filter.Batch, "product", filter.Product))
}

// GetCard looks a card up by its serial number.
func (c *Client) GetCard(ctx context.Context, serial string) (Card, error) {
	return get[Card](ctx, c, path("cards", serial), nil)
}

// MovedCard is what moving a card came to.
type MovedCard struct {
	Serial string `json:"serial"`
	State  string `json:"state"`
}

// ActivateCard activates a card that was sold.
func (c *Client) ActivateCard(ctx context.Context, serial string, options ...Option) (MovedCard, error) {
	return change[MovedCard](ctx, c, path("cards", serial, "activate"), nil, options)
}

// FreezeCard stops an active card until it is unfrozen.
func (c *Client) FreezeCard(ctx context.Context, serial string, options ...Option) (MovedCard, error) {
	return change[MovedCard](ctx, c, path("cards", serial, "freeze"), nil, options)
}

// UnfreezeCard makes a frozen card active again.
func (c *Client) UnfreezeCard(ctx context.Context, serial string, options ...Option) (MovedCard, error) {
	return change[MovedCard](ctx, c, path("cards", serial, "unfreeze"), nil, options)
}

// VoidCard takes a card that was returned out of use for good.
func (c *Client) VoidCard(ctx context.Context, serial string, options ...Option) (MovedCard, error) {
	return change[MovedCard](ctx, c, path("cards", serial, "void"), nil, options)
}

// Replacement is what replacing a card came to.
type Replacement struct {
	Serial   string    `json:"serial"` // of the new card
	Replaces string    `json:"replaces"`
	Code     Secret    `json:"code"` // of the new card; it is told again under the same key until Until, and never after
	Until    time.Time `json:"code_until"`
}

// Secret is a text that prints itself as dots.
type Secret string

// Reveal is the text.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string { return "••••••" }

// GoString is String, so that no way of printing a secret tells it.
func (s Secret) GoString() string { return s.String() }

// ReplaceCard replaces a damaged card by a new one with its whole value. The old code is dead.
func (c *Client) ReplaceCard(ctx context.Context, serial string, options ...Option) (Replacement, error) {
	return change[Replacement](ctx, c, path("cards", serial, "replace"), nil, options)
}

// Batch is cards that were issued together.
type Batch struct {
	ID       string         `json:"id"`
	Product  string         `json:"product"`
	Cards    int            `json:"cards"` // how many were asked for
	IssuedAt time.Time      `json:"issued_at"`
	State    string         `json:"state"`    // made, printed, shipped or frozen
	Was      string         `json:"was"`      // of a frozen one: what it is again once it is unfrozen
	Retailer string         `json:"retailer"` // that it was shipped to
	MovedAt  time.Time      `json:"moved_at"` // when its state last changed
	Whole    bool           `json:"whole"`    // all of its cards are made
	States   map[string]int `json:"states"`   // how many are in which state; GetBatch tells it
}

// ListBatches lists batches of cards, the newest first.
func (c *Client) ListBatches(ctx context.Context) iter.Seq2[Batch, error] {
	return list[Batch](ctx, c, path("batches"), nil)
}

// GetBatch tells how many cards of a batch are in which state.
func (c *Client) GetBatch(ctx context.Context, batch string) (Batch, error) {
	return get[Batch](ctx, c, path("batches", batch), nil)
}

// MovedBatch is what moving a batch came to.
type MovedBatch struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Retailer string `json:"retailer"` // that it was shipped to
}

// PrintBatch tells that all cards of a batch are printed.
func (c *Client) PrintBatch(ctx context.Context, batch string, options ...Option) (MovedBatch, error) {
	return change[MovedBatch](ctx, c, path("batches", batch, "printed"), nil, options)
}

// ShipBatch ships a printed batch to a retailer that sells its product.
func (c *Client) ShipBatch(ctx context.Context, batch, retailer string, options ...Option) (MovedBatch, error) {
	return change[MovedBatch](ctx, c, path("batches", batch, "ship"), map[string]string{"retailer": retailer}, options)
}

// FreezeBatch stops the sale of all cards of a batch. Cards that were sold stay good.
func (c *Client) FreezeBatch(ctx context.Context, batch string, options ...Option) (MovedBatch, error) {
	return change[MovedBatch](ctx, c, path("batches", batch, "freeze"), nil, options)
}

// UnfreezeBatch makes a frozen batch what it was.
func (c *Client) UnfreezeBatch(ctx context.Context, batch string, options ...Option) (MovedBatch, error) {
	return change[MovedBatch](ctx, c, path("batches", batch, "unfreeze"), nil, options)
}
