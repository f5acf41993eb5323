// Package payment is the port to payment gateways: what a payment method is asked, and what it answers.
package payment

import (
	"context"

	"scrip/billing"
	"scrip/money"
)

// The answers of a payment method, in the rules' words.
const (
	Approved = billing.Approved
	Declined = billing.Declined
)

// Gateway is a payment provider. Every call may be repeated, and has one effect by its key.
type Gateway interface {
	// Verify tells whether a method works, when it is set. An error means that there was no answer.
	Verify(ctx context.Context, token string) (works bool, err error)
	// Charge asks a method for an amount. An error means that there was no answer: the charge may have
	// happened or not, and asking again with the same key tells.
	Charge(ctx context.Context, key, token string, amount money.Amount) (billing.Answer, error)
	// Void makes sure that nothing more is taken under a charge's key. Declined confirms it; Approved says
	// that the charge had happened. An error means that there was no answer.
	Void(ctx context.Context, key string) (billing.Answer, error)
	// Refund gives back what was approved under a charge's key.
	Refund(ctx context.Context, key string) error
}
