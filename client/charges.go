package client

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// NewCharge is an amount that your own biller wants of a balance.
type NewCharge struct {
	Amount    int64  `json:"amount"` // in minor units
	Currency  string `json:"currency"`
	Reference string `json:"reference"`         // your biller's own words
	Partial   bool   `json:"partial,omitempty"` // where the balance does not cover it, what there is will do
	Days      int    `json:"days,omitempty"`    // of an authorization: for how many days beyond today it counts; 0 is 7
}

// Settlement is what a change about a charge against the balance alone came to.
type Settlement struct {
	Account   string    `json:"account"`
	Status    string    `json:"status"` // done
	ID        string    `json:"id"`     // the authorization's, which is its charge's too
	Reference string    `json:"reference"`
	Amount    *Amount   `json:"amount"`    // that was authorized, charged or given back
	Shortfall *Amount   `json:"shortfall"` // what the balance lacks of what was asked for
	Returned  *Amount   `json:"returned"`  // of a charge: what it did not take of what was authorized
	Lines     []Line    `json:"lines"`
	ExpiresAt time.Time `json:"expires_at"` // of an open authorization: when what was not captured goes back
	Balance   *Amount   `json:"balance"`    // that can be spent afterwards
}

// AuthorizeBalance keeps an amount of a balance for one charge, for some days.
func (c *Client) AuthorizeBalance(ctx context.Context, account string, charge NewCharge, options ...Option) (Settlement, error) {
	return change[Settlement](ctx, c, path("accounts", account, "authorizations"), charge, options)
}

// ChargeBalance charges an amount to a balance at once, oldest card first. Its Days are 0.
func (c *Client) ChargeBalance(ctx context.Context, account string, charge NewCharge, options ...Option) (Settlement, error) {
	return change[Settlement](ctx, c, path("accounts", account, "charges"), charge, options)
}

// CaptureAuthorization charges an amount of what an authorization keeps, or, where that is of nothing, all of it. The rest
// goes back. It happens once.
func (c *Client) CaptureAuthorization(ctx context.Context, account, authorization string, amount Amount, options ...Option) (Settlement, error) {
	var body any = struct{}{}
	if amount.Minor > 0 {
		body = amount
	}
	return change[Settlement](ctx, c, path("accounts", account, "authorizations", authorization, "capture"), body, options)
}

// ReleaseAuthorization gives back what an authorization keeps.
func (c *Client) ReleaseAuthorization(ctx context.Context, account, authorization string, options ...Option) (Settlement, error) {
	return change[Settlement](ctx, c, path("accounts", account, "authorizations", authorization, "release"), nil, options)
}

// Authorization is what was kept of a balance for a charge, and the charge that it became.
type Authorization struct {
	ID        string    `json:"id"`
	Reference string    `json:"reference"`
	Status    string    `json:"status"` // open, captured, released or expired
	Asked     Amount    `json:"asked"`
	Amount    Amount    `json:"amount"` // that was authorized
	Shortfall Amount    `json:"shortfall"`
	Captured  Amount    `json:"captured"` // that was charged
	Lines     []Line    `json:"lines"`
	MadeOn    Date      `json:"made_on"`
	EndedOn   Date      `json:"ended_on"`
	MadeAt    time.Time `json:"made_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// ListAuthorizations lists what was authorized, and the charges that it became, the newest first.
func (c *Client) ListAuthorizations(ctx context.Context, account string) iter.Seq2[Authorization, error] {
	return list[Authorization](ctx, c, path("accounts", account, "authorizations"), nil)
}

// GetAuthorization is an authorization, and the charge that it became, as they stand.
func (c *Client) GetAuthorization(ctx context.Context, account, authorization string) (Authorization, error) {
	return get[Authorization](ctx, c, path("accounts", account, "authorizations", authorization), nil)
}

// Explanation is why a charge was what it was.
type Explanation struct {
	ID      string      `json:"id"`
	Total   Amount      `json:"total"`
	Section string      `json:"section"` // of docs/billing.md
	Rule    string      `json:"rule"`
	Inputs  []RuleInput `json:"inputs"`
	Steps   []RuleStep  `json:"steps"`
	Agrees  bool        `json:"agrees"` // the reckoning comes to what was charged
	Lines   []Line      `json:"lines"`
}

// RuleInput is a number that a rule looked at.
type RuleInput struct {
	Name  string `json:"name"`
	Says  string `json:"says"`
	Value string `json:"value"`
}

// RuleStep is one reckoning.
type RuleStep struct {
	Name    string `json:"name"`
	Formula string `json:"formula"`
	Numbers string `json:"numbers"` // the formula with its numbers
	Exact   string `json:"exact"`   // what was rounded
	Result  string `json:"result"`
}

// ExplainCharge tells why a charge was what it was: one for a period, or one against the balance alone.
func (c *Client) ExplainCharge(ctx context.Context, account, charge string) (Explanation, error) {
	return get[Explanation](ctx, c, path("accounts", account, "charges", charge, "explain"), nil)
}

// Recurrence is how long a balance would pay an amount every month.
type Recurrence struct {
	Charges int    `json:"charges"` // how many it would pay in full
	RunsOut Date   `json:"runs_out"`
	Rest    Amount `json:"rest"`
}

// EstimateRecurring tells until when a balance would pay an amount every month from a date on, or, without one, from today.
func (c *Client) EstimateRecurring(ctx context.Context, account string, amount Amount, from Date) (Recurrence, error) {
	return get[Recurrence](ctx, c, path("accounts", account, "estimate"),
		given("amount", strconv.FormatInt(amount.Minor, 10), "currency", amount.Currency, "from", string(from)))
}
