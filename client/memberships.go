package client

import (
	"context"
	"encoding/json"
)

// Outcome is what a change of an account came to.
type Outcome struct {
	Account string            `json:"account"`
	Status  string            `json:"status"` // done
	Card    string            `json:"card"`   // the serial number of a card that was redeemed
	Events  []json.RawMessage `json:"events"` // what was told, in the form of docs/billing.md 9
}

// RedeemCode redeems a card's secret code into an account.
func (c *Client) RedeemCode(ctx context.Context, account, code string, options ...Option) (Outcome, error) {
	return change[Outcome](ctx, c, path("accounts", account, "redeem"), map[string]string{"code": code}, options)
}

// StartMembership starts a membership, for which a payer bills; empty for the account itself.
func (c *Client) StartMembership(ctx context.Context, account, plan, payer string, options ...Option) (Outcome, error) {
	body := map[string]string{"plan": plan}
	if payer != "" {
		body["payer"] = payer
	}
	return c.membership(ctx, account, "start", body, options)
}

// ChangePlan changes the plan: to a dearer one at once, to a cheaper one on the next billing date.
func (c *Client) ChangePlan(ctx context.Context, account, plan string, options ...Option) (Outcome, error) {
	return c.membership(ctx, account, "change", map[string]string{"plan": plan}, options)
}

// CancelMembership cancels: the balance goes on paying until it has run out.
func (c *Client) CancelMembership(ctx context.Context, account string, options ...Option) (Outcome, error) {
	return c.membership(ctx, account, "cancel", nil, options)
}

// RestartMembership takes a cancellation back.
func (c *Client) RestartMembership(ctx context.Context, account string, options ...Option) (Outcome, error) {
	return c.membership(ctx, account, "restart", nil, options)
}

// SetPayer says who bills for the periods that begin from now on: self, partner, apple or package.
func (c *Client) SetPayer(ctx context.Context, account, payer string, options ...Option) (Outcome, error) {
	return c.membership(ctx, account, "payer", map[string]string{"payer": payer}, options)
}

// SetPaymentMethod sets the payment method by the gateway's token of it, or takes it away where that is empty.
func (c *Client) SetPaymentMethod(ctx context.Context, account, token string, options ...Option) (Outcome, error) {
	body := map[string]string{}
	if token != "" {
		body["token"] = token
	}
	return c.membership(ctx, account, "payment-method", body, options)
}

func (c *Client) membership(ctx context.Context, account, what string, body map[string]string, options []Option) (Outcome, error) {
	var sent any
	if body != nil {
		sent = body
	}
	return change[Outcome](ctx, c, path("accounts", account, "membership", what), sent, options)
}

// Preview is what a change would come to now.
type Preview struct {
	Refusal   string            `json:"refusal"` // the name of the problem with which it would be refused
	Asks      *Amount           `json:"asks"`    // what the payment method would be asked for
	Events    []json.RawMessage `json:"events"`  // what would be told
	PaidUntil Date              `json:"paid_until"`
	RunsOut   Date              `json:"runs_out"`
}

// PreviewMembership tells what a change would come to now: start, change_plan, cancel, restart or payer, the plan for the
// first two, the payer for the first and the last.
func (c *Client) PreviewMembership(ctx context.Context, account, do, plan, payer string) (Preview, error) {
	return get[Preview](ctx, c, path("accounts", account, "membership", "preview"), given("do", do, "plan", plan, "payer", payer))
}
