package client

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Amount is money in minor units: cents, or yen.
type Amount struct {
	Minor    int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217
}

// Date is a date, as in 2026-12-31; empty for none.
type Date string

// External names an account by your own id of it, wherever an account is named.
func External(id string) string { return "ext:" + id }

// Account is an account as it is now.
type Account struct {
	ID            string      `json:"id"`
	ExternalID    string      `json:"external_id"` // your own; empty for none
	Email         string      `json:"email"`
	TestClock     string      `json:"test_clock"` // by which it lives; empty for the real one
	CreatedAt     time.Time   `json:"created_at"`
	Language      string      `json:"language"`
	Country       string      `json:"country"`
	TimeZone      string      `json:"time_zone"`
	Balance       Amount      `json:"balance"`    // that can be spent
	Authorized    Amount      `json:"authorized"` // that open authorizations keep beside it
	Membership    Membership  `json:"membership"`
	PaymentMethod string      `json:"payment_method"`  // none, ok or declines
	Asking        bool        `json:"payment_pending"` // a payment method is being asked: the member watches on
	RunsOut       Date        `json:"runs_out"`        // the billing date at which the balance alone will not pay any more
	NextCharge    *NextCharge `json:"next_charge"`
	Version       string      `json:"-"` // for If
}

// Membership is the membership of an account.
type Membership struct {
	Status      string `json:"status"` // none, active, held or closed
	Plan        string `json:"plan"`
	PendingPlan string `json:"pending_plan"` // from the next billing date on
	Payer       string `json:"payer"`
	Cancelled   bool   `json:"cancelled"`
	PaidFrom    Date   `json:"paid_from"`
	PaidUntil   Date   `json:"paid_until"`
	EndsOn      Date   `json:"ends_on"`
	HeldOn      Date   `json:"held_on"`
	ClosesOn    Date   `json:"closes_on"`
}

// NextCharge is what the next billing date will charge.
type NextCharge struct {
	On    Date   `json:"on"`
	Total Amount `json:"total"`
	Tax   Amount `json:"tax"`
}

// NewAccount is what an account is opened with: an e-mail address, an id of your own, or both.
type NewAccount struct {
	ExternalID string `json:"external_id,omitempty"`
	Email      string `json:"email,omitempty"`
	Country    string `json:"country"`
	Currency   string `json:"currency"`
	TimeZone   string `json:"time_zone"` // of IANA
	Language   string `json:"language,omitempty"`
	TestClock  string `json:"test_clock,omitempty"` // in a sandbox: by which it lives
}

// OpenedAccount is a new account.
type OpenedAccount struct {
	ID         string    `json:"id"`
	ExternalID string    `json:"external_id"`
	CreatedAt  time.Time `json:"created_at"`
}

// OpenAccount opens an account.
func (c *Client) OpenAccount(ctx context.Context, account NewAccount, options ...Option) (OpenedAccount, error) {
	return change[OpenedAccount](ctx, c, path("accounts"), account, options)
}

// GetAccount is an account, with the version for If.
func (c *Client) GetAccount(ctx context.Context, account string) (a Account, err error) {
	header, err := c.do(ctx, request{method: "GET", path: path("accounts", account)}, &a)
	a.Version = header.Get("ETag")
	return a, err
}

// Entitlement is whether an account may watch.
type Entitlement struct {
	Account   string    `json:"account"`
	MayWatch  bool      `json:"may_watch"`
	Why       string    `json:"why"` // paid, payment_pending, on_hold, closed or not_started
	Status    string    `json:"status"`
	Plan      string    `json:"plan"`
	PaidUntil Date      `json:"paid_until"`
	Until     time.Time `json:"until"` // at which PaidUntil begins where the member is
	RunsOut   Date      `json:"runs_out"`
	// Lasts is for how long it may be kept.
	Lasts time.Duration `json:"-"`
}

// GetEntitlement tells whether an account may watch, until when, and why.
func (c *Client) GetEntitlement(ctx context.Context, account string) (e Entitlement, err error) {
	header, err := c.do(ctx, request{method: "GET", path: path("accounts", account, "entitlement")}, &e)
	if _, age, has := strings.Cut(header.Get("Cache-Control"), "max-age="); has {
		if count, err := strconv.Atoi(age); err == nil {
			e.Lasts = time.Duration(count) * time.Second
		}
	}
	return e, err
}

// Lot is what is left of one redeemed card.
type Lot struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"` // the card's serial number
	Kind       string    `json:"kind"`   // bought, promotional or correction
	Value      Amount    `json:"value"`
	Rest       Amount    `json:"rest"`
	RedeemedAt time.Time `json:"redeemed_at"`
}

// ListLots lists the redeemed cards of an account in their order, used-up ones too.
func (c *Client) ListLots(ctx context.Context, account string) iter.Seq2[Lot, error] {
	return list[Lot](ctx, c, path("accounts", account, "lots"), nil)
}

// Charge is a period that was paid.
type Charge struct {
	ID        string    `json:"id"`
	Plan      string    `json:"plan"`
	Start     Date      `json:"start"`
	End       Date      `json:"end"`
	Total     Amount    `json:"total"`
	Tax       Amount    `json:"tax"` // that is in the total
	Prorated  bool      `json:"prorated"`
	PaidBy    string    `json:"paid_by"`
	ChargedAt time.Time `json:"charged_at"`
	Lines     []Line    `json:"lines"`
}

// Line is one source's part of a charge: a card's serial number, payment_method, partner, apple or package.
type Line struct {
	Source string `json:"source"`
	Amount Amount `json:"amount"`
}

// ListCharges lists what an account was charged for its periods, the newest first.
func (c *Client) ListCharges(ctx context.Context, account string) iter.Seq2[Charge, error] {
	return list[Charge](ctx, c, path("accounts", account, "charges"), nil)
}

// Told is one thing that was told of an account.
type Told struct {
	Number int64           `json:"number"` // counts up within the account
	At     time.Time       `json:"at"`
	Event  json.RawMessage `json:"event"` // in the form of docs/billing.md 9
}

// ListTimeline lists all that was told of an account, refusals too, in order.
func (c *Client) ListTimeline(ctx context.Context, account string) iter.Seq2[Told, error] {
	return list[Told](ctx, c, path("accounts", account, "timeline"), nil)
}

// Transfer is an entry of the ledger.
type Transfer struct {
	ID     string    `json:"id"`
	Debit  string    `json:"debit"`
	Credit string    `json:"credit"`
	Amount Amount    `json:"amount"`
	Cause  string    `json:"cause"` // what it follows from: lot:, charge: or question: and an id
	At     time.Time `json:"at"`
}

// ListTransfers lists the ledger's entries on an account's side, the newest first.
func (c *Client) ListTransfers(ctx context.Context, account string) iter.Seq2[Transfer, error] {
	return list[Transfer](ctx, c, path("accounts", account, "transfers"), nil)
}
