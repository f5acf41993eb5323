// Package checkout is the port to payment gateways on whose own pages an order is paid: the buyer's card is entered
// there and never here. Beside it stand a gateway for tests and for the demo, which keeps state and does as it is told,
// and Stripe.
package checkout

import (
	"context"
	"errors"
	"time"

	"scrip/money"
	"scrip/purchase"
)

// ErrNoAnswer says that a gateway did not answer: what was asked may have happened or not, and asking again tells.
var ErrNoAnswer = errors.New("the payment gateway does not answer")

// Payment is what is to be paid for an order.
type Payment struct {
	Order    string // its id: a second payment for it is the first one
	Amount   money.Amount
	Says     string    // what is bought, in the buyer's words
	Email    string    // the buyer's
	Language string    // the buyer's tag
	Return   string    // the path of ours to which the buyer comes back, paid or not
	Until    time.Time // when nobody can pay it any more
}

// Begun is a payment that a gateway has begun: what the gateway calls it, and the page on which it is paid.
type Begun struct{ ID, Page string }

// Answer is what a gateway says of a payment. The fingerprint is the same for all payments by one payment card; it is
// empty where nothing was paid.
type Answer struct {
	Standing    purchase.Standing
	Fingerprint string
}

// Gateway is a payment provider. Every call may be repeated, and an error means that there was no answer.
type Gateway interface {
	// Begin begins the payment of an order, or gives the one that was begun.
	Begin(ctx context.Context, p Payment) (Begun, error)
	// Ask tells how a payment stands.
	Ask(ctx context.Context, id string) (Answer, error)
	// End makes sure that nothing is paid: what is open is closed, and what was paid goes back.
	End(ctx context.Context, id string) (Answer, error)
}
