package engine

import (
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/timeline"
)

// View is an account as its member sees it. Its estimate is reckoned when it is read.
type View struct {
	ID         string
	ExternalID string // the caller's own; empty for none
	TestClock  string // by which the account lives; empty for the real one
	Version    int64  // that changes with all that happens on the account
	CreatedAt  time.Time
	Email      string // empty for none
	Language   string // tag of the language in which the member reads
	Country    catalog.Country
	Currency   money.Currency
	Zone       *time.Location
	Today      calendar.Date // in Zone
	Membership membership.Membership
	// Asking says that a payment method is being asked about the billing date: the member watches on.
	Asking    bool
	Method    billing.Method
	MethodSet string           // what the member may read of the method, as in "Visa ending in 4242"; empty for none
	Balance   money.Amount     // that can be spent
	RunsOut   calendar.Date    // zero: no such date
	Ends      calendar.Date    // of a cancelled, active membership; zero: not in sight
	NextBill  billing.Charge   // what the next billing date will charge, if anything; zero Total: nothing
	Lots      []LotView        // in the order redeemed, used-up ones too
	Charges   []ChargeView     // newest first
	Coming    []billing.Charge // the coming charges, up to a year, as the estimate sees them
	CloseOn   calendar.Date    // on hold: the day at whose end the membership closes

	Authorized money.Amount        // what open authorizations keep beside the balance
	Purchases  []AuthorizationView // the charges of the service's own biller, and what is kept for some, newest first
}

// LotView is one redeemed card of an account.
type LotView struct {
	Serial     string
	Value      money.Amount
	Rest       money.Amount // that can be spent
	Authorized money.Amount // that open authorizations keep
	RedeemedAt time.Time
}

// ChargeView is one charge with its lines by card.
type ChargeView struct {
	ID         string
	Plan       catalog.PlanID
	Start, End calendar.Date
	Total, Tax money.Amount
	Prorated   bool
	Lines      []history.Line // Source is a card's serial number, payment_method, partner, apple or package
	ChargedOn  calendar.Date
}

// CardSight is what a code shows before it is used.
type CardSight struct {
	// Unproved says that nothing is told of the card, nor whether there is one, until its holder has an account.
	Unproved bool

	Serial  string
	Product catalog.ProductID
	Country catalog.Country // where it was sold
	Value   money.Amount
	// Refusal is why the card cannot be redeemed (by anyone, or, where an account looks, by that
	// account), or nil.
	Refusal error
	// RedeemedByYou and RedeemedOn tell the owner, and nobody else, of a card that is used.
	RedeemedByYou bool
	RedeemedOn    calendar.Date
}

// PlanOffer is a plan as it would be for this account: its price, and what starting it or changing to
// it today would do. It is decided by the same code that does it.
type PlanOffer struct {
	Plan    catalog.Plan
	Monthly catalog.Total
	// Outcome is what follows; where its Refusal is set, the plan cannot be taken now. Where its Asked is
	// more than nothing, the payment method would be asked for that.
	Outcome timeline.Outcome
	RunsOut calendar.Date // afterwards; zero: no such date
	Current bool
	Pending bool
}

// Reply is a command's answer. The same key with the same input gives the same reply for good.
type Reply struct {
	// Refusal is why the rules refused; it is one of timeline.Refusals.
	Refusal error
	// Pending says that the answer waits for a payment method; ask again with the same key.
	Pending  bool
	Replayed bool
	Serial   string // of a redeemed card
	Events   []byte // what was told, a JSON array
	// Settled is what a command about a charge against the balance alone came to.
	Settled Settled
}

// Settled is what was authorized, charged or given back, as it was at the time. Of a refused request it holds
// the shortfall alone.
type Settled struct {
	ID        string // of the authorization, which is its charge's too
	Reference string
	Amount    money.Amount   // that was authorized, charged or given back
	Shortfall money.Amount   // what the balance lacks of what was asked for
	Returned  money.Amount   // of a charge: what it did not take of what was authorized
	Lines     []history.Line // the amount by card; Source is the serial number
	Expires   time.Time      // of an open authorization: when what was not captured goes back
	Balance   money.Amount   // that can be spent afterwards
}

// AuthorizationView is an authorization, and the charge that it became, as they stand.
type AuthorizationView struct {
	ID, Reference string
	Fate          prepaid.Fate
	Asked         money.Amount
	Amount        money.Amount   // that was authorized
	Shortfall     money.Amount   // Asked less Amount
	Captured      money.Amount   // that was charged
	Lines         []history.Line // of a charge what it took of which card; else what was authorized
	MadeOn        calendar.Date
	EndedOn       calendar.Date // zero while it is open
	MadeAt        time.Time
	Expires       time.Time // when what is not captured goes back
}
