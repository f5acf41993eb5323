package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"scrip/purchase"
)

// StripePath is where Stripe tells of payments.
const StripePath = "/webhooks/stripe"

const (
	// maxEvent bounds what Stripe tells at once.
	maxEvent = 1 << 20
	// orderKey is under which an order's id stands with its payment.
	orderKey = "order"
	// retries is how often a call that was not heard is made again; each has the same idempotency key.
	retries = 2
	// mostDisputes bounds how many disputes of one payment are read.
	mostDisputes = 10
)

// StripeConfig is how Stripe is reached.
type StripeConfig struct {
	Key           string // the secret API key
	WebhookSecret string // under which what Stripe tells is signed
	BaseURL       string // of our pages
	Endpoint      string // of Stripe's API; empty for Stripe itself
}

// Stripe takes payments on Checkout's pages.
type Stripe struct {
	client *stripe.Client
	config StripeConfig
}

// NewStripe is Stripe as a gateway. Its library logs nothing: what is asked names persons.
func NewStripe(config StripeConfig) *Stripe {
	backend := &stripe.BackendConfig{EnableTelemetry: new(false), MaxNetworkRetries: new(int64(retries)), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	if config.Endpoint != "" {
		backend.URL = new(config.Endpoint)
	}
	return &Stripe{stripe.NewClient(config.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(backend))), config}
}

// Begin opens a Checkout Session, or, by the same idempotency key, gives the one that is open.
func (s *Stripe) Begin(ctx context.Context, p Payment) (Begun, error) {
	back := s.config.BaseURL + p.Return
	asked := &stripe.CheckoutSessionCreateParams{Mode: new(string(stripe.CheckoutSessionModePayment)), PaymentMethodTypes: []*string{new("card")},
		Locale: new(p.Language), ClientReferenceID: new(p.Order), CustomerEmail: new(p.Email), SuccessURL: new(back), CancelURL: new(back), ExpiresAt: new(p.Until.Unix()),
		PaymentIntentData: &stripe.CheckoutSessionCreatePaymentIntentDataParams{Metadata: map[string]string{orderKey: p.Order}},
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{Quantity: new(int64(1)), PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
			Currency: new(strings.ToLower(p.Amount.Currency().String())), UnitAmount: new(p.Amount.Minor()),
			ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: new(p.Says)}}}}}
	asked.SetIdempotencyKey("order-" + p.Order)
	session, err := s.client.V1CheckoutSessions.Create(ctx, asked)
	if err != nil {
		return Begun{}, unanswered(err)
	}
	return Begun{session.ID, session.URL}, nil
}

// Ask tells how a session's payment stands.
func (s *Stripe) Ask(ctx context.Context, id string) (Answer, error) {
	_, answer, err := s.ask(ctx, id)
	return answer, err
}

func (s *Stripe) ask(ctx context.Context, id string) (*stripe.CheckoutSession, Answer, error) {
	asked := &stripe.CheckoutSessionRetrieveParams{}
	asked.AddExpand("payment_intent.latest_charge")
	session, err := s.client.V1CheckoutSessions.Retrieve(ctx, id, asked)
	if err != nil {
		return nil, Answer{}, unanswered(err)
	}
	switch {
	case session.Status == stripe.CheckoutSessionStatusExpired:
		return session, Answer{Standing: purchase.StandsClosed}, nil
	case session.Status != stripe.CheckoutSessionStatusComplete || session.PaymentStatus != stripe.CheckoutSessionPaymentStatusPaid:
		return session, Answer{Standing: purchase.StandsOpen}, nil
	case session.PaymentIntent == nil || session.PaymentIntent.LatestCharge == nil:
		return session, Answer{}, fmt.Errorf("%w: a paid session has no charge", ErrNoAnswer)
	}
	answer, err := s.ofCharge(ctx, session.PaymentIntent.ID, session.PaymentIntent.LatestCharge)
	return session, answer, err
}

// ofCharge tells what became of a charge that succeeded. A part that was given back is told by nobody: it stays paid.
func (s *Stripe) ofCharge(ctx context.Context, intent string, charge *stripe.Charge) (Answer, error) {
	answer := Answer{Standing: purchase.StandsPaid}
	if details := charge.PaymentMethodDetails; details != nil && details.Card != nil {
		answer.Fingerprint = details.Card.Fingerprint
	}
	var err error
	switch {
	case charge.Refunded:
		answer.Standing = purchase.StandsRefunded
	case charge.Disputed:
		answer.Standing, err = s.disputed(ctx, intent)
	}
	return answer, err
}

// disputed tells how the disputes of a payment stand. An inquiry takes no money.
func (s *Stripe) disputed(ctx context.Context, intent string) (purchase.Standing, error) {
	asked := &stripe.DisputeListParams{PaymentIntent: new(intent)}
	asked.Limit = new(int64(mostDisputes))
	stands := purchase.StandsPaid
	for dispute, err := range s.client.V1Disputes.List(ctx, asked).All(ctx) {
		if err != nil {
			return "", unanswered(err)
		}
		switch dispute.Status {
		case stripe.DisputeStatusLost:
			return purchase.StandsLost, nil
		case stripe.DisputeStatusNeedsResponse, stripe.DisputeStatusUnderReview:
			stands = purchase.StandsChargedBack
		case stripe.DisputeStatusWon, stripe.DisputeStatusPrevented, stripe.DisputeStatusWarningClosed,
			stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview:
		}
	}
	return stands, nil
}

// End closes a session that is open, and gives back what was paid. A session that is paid at the very moment refuses to
// be closed, and is given back; either is told only once it is asked again.
func (s *Stripe) End(ctx context.Context, id string) (Answer, error) {
	session, answer, err := s.ask(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	switch answer.Standing {
	case purchase.StandsOpen:
		if _, err := s.client.V1CheckoutSessions.Expire(ctx, id, nil); err != nil {
			return Answer{}, unanswered(err)
		}
	case purchase.StandsPaid:
		asked := &stripe.RefundCreateParams{PaymentIntent: new(session.PaymentIntent.ID)}
		asked.SetIdempotencyKey("refund-" + id)
		if _, err := s.client.V1Refunds.Create(ctx, asked); err != nil {
			return Answer{}, unanswered(err)
		}
	case purchase.StandsClosed, purchase.StandsRefunded, purchase.StandsChargedBack, purchase.StandsLost:
		return answer, nil
	}
	return s.Ask(ctx, id)
}

// Webhook takes what Stripe tells, if Stripe has signed it, and has the order looked after that it is about. Nothing of
// what is told is believed but which order that is. What cannot be looked after is answered so that Stripe tells it again.
func (s *Stripe) Webhook(hear func(ctx context.Context, order string) error, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
		if err != nil {
			http.Error(w, "the event cannot be read", http.StatusBadRequest)
			return
		}
		event, err := s.client.ConstructEvent(body, r.Header.Get("Stripe-Signature"), s.config.WebhookSecret, stripe.WithIgnoreAPIVersionMismatch())
		if err != nil {
			http.Error(w, "the signature is not Stripe's", http.StatusBadRequest)
			return
		}
		order, err := s.orderOf(r.Context(), event)
		if err == nil && order != "" {
			err = hear(r.Context(), order)
		}
		if err != nil {
			log.WarnContext(r.Context(), "what Stripe told is not looked after yet", "event", event.ID, "error", err)
			http.Error(w, "try again", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// told is what is read of an event's object: a session names its order, and all else the payment that does.
type told struct {
	Object            string `json:"object"`
	ClientReferenceID string `json:"client_reference_id"`
	PaymentIntent     string `json:"payment_intent"`
}

// orderOf is the order that an event is about, or none of ours.
func (s *Stripe) orderOf(ctx context.Context, event stripe.Event) (string, error) {
	var about told
	if event.Data == nil || json.Unmarshal(event.Data.Raw, &about) != nil {
		return "", nil
	}
	switch about.Object {
	case "checkout.session":
		return about.ClientReferenceID, nil
	case "charge", "dispute", "refund":
	default:
		return "", nil
	}
	if about.PaymentIntent == "" {
		return "", nil
	}
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, about.PaymentIntent, nil)
	if err != nil {
		return "", unanswered(err)
	}
	return intent.Metadata[orderKey], nil
}

// unanswered is an error of Stripe's without what it repeats of the request, which names persons.
func unanswered(err error) error {
	if told, is := errors.AsType[*stripe.Error](err); is {
		return fmt.Errorf("%w: Stripe says %d %s %s (request %s)", ErrNoAnswer, told.HTTPStatusCode, told.Type, told.Code, told.RequestID)
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}
