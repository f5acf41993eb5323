// Package engine has one method for each thing that happens: it reads what a rule needs, asks the rule,
// and writes all that follows in one transaction. It decides nothing about money itself.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"scrip/billing"
	"scrip/checkout"
	"scrip/giftcode"
	"scrip/payment"
	"scrip/purchase"
	"scrip/store"
	"scrip/webhook"
)

var (
	// ErrNoAccount says that there is no such account.
	ErrNoAccount = errors.New("there is no such account")
	// ErrKeyMissing says that a command has no idempotency key.
	ErrKeyMissing = errors.New("a command needs a key of 1 to 64 characters, so that it can be repeated safely")
	// ErrKeyReused says that a key was used for another input.
	ErrKeyReused = errors.New("this key was used for another command: take a new one")
	// ErrNoGateway says that payment methods are not offered here.
	ErrNoGateway = errors.New("no payment gateway is configured")
	// ErrGatewaySilent says that the gateway did not answer; nothing was changed.
	ErrGatewaySilent = errors.New("the payment provider does not answer: try again later")
	// ErrAddressTaken says that an e-mail address has an account already.
	ErrAddressTaken = errors.New("this e-mail address has an account already")
	// ErrAmount says that a charge against the balance, or the recurring amount of an estimate, is of nothing.
	ErrAmount = errors.New("an amount is more than nothing")
	// ErrReference says that a charge against the balance has no reference, or one that is too long.
	ErrReference = errors.New("a reference is a text of 1 to 128 characters")
	// ErrDays says that an authorization is to count for no day, or for too many.
	ErrDays = errors.New("an authorization counts for 1 to 31 days")
	// ErrNoAuthorization says that an account has no such authorization.
	ErrNoAuthorization = errors.New("the account has no such authorization")
	// ErrNoCharge says that an account has no such charge.
	ErrNoCharge = errors.New("the account has no such charge")
	// ErrPastDate says that an estimate was asked for from a date that is over.
	ErrPastDate = errors.New("the date is over: an estimate begins today or later")
	// ErrExternalIDTaken says that an account has the caller's own id already.
	ErrExternalIDTaken = errors.New("this external id has an account already")
	// ErrNobody says that an account would have neither an e-mail address nor an external id.
	ErrNobody = errors.New("an account needs an e-mail address or an external id")
	// ErrNoSandbox says that test clocks are asked for where life is real.
	ErrNoSandbox = errors.New("there are test clocks in a sandbox only: start the server with --sandbox")
	// ErrNoClock says that there is no such test clock.
	ErrNoClock = errors.New("there is no such test clock")
	// ErrClockMoves says that a test clock is on its way already.
	ErrClockMoves = errors.New("the test clock is being moved: wait until it has arrived")
	// ErrClockBack says that a test clock would go back.
	ErrClockBack = errors.New("a test clock goes forward only")
	// ErrZone says that a text is no time zone.
	ErrZone = errors.New("a time zone is one of IANA's, as in Europe/Berlin")
	// ErrSignedOut says that the session of who asks has ended.
	ErrSignedOut = errors.New("the session has ended: sign in again")
	// ErrChanged says that an account was changed since the caller has looked.
	ErrChanged = errors.New("the account was changed meanwhile: look again")
	// ErrCatalogPast says that a catalogue would change what was sold already, or too soon.
	ErrCatalogPast = errors.New("a catalogue cannot change what has begun")
	// ErrCatalogChanged says that another catalogue was put in force since the one was read that is to be replaced.
	ErrCatalogChanged = errors.New("another catalogue was put in force meanwhile: look at it, and try again")
	// ErrNoCatalog says that no catalogue was ever put in force.
	ErrNoCatalog = errors.New("no catalogue is in force: put one in force with 'scrip catalog apply FILE', or name one in the configuration and start the server")
)

// Config is what an engine works with. Gateway may be nil: then there are no payment methods. Guard says where
// events may be delivered.
type Config struct {
	DB      *store.DB
	Ring    giftcode.Keyring
	Gateway payment.Gateway
	Guard   webhook.Guard
	Clock   func() time.Time
	Log     *slog.Logger
	Sandbox bool // there are test clocks

	// Checkout takes payments for cards that are bought online; nil: none are. Limits are how many in a day.
	Checkout checkout.Gateway
	Limits   purchase.Limits
}

// Engine is safe for use by many at once.
type Engine struct {
	db           *store.DB
	ring         giftcode.Keyring
	gateway      payment.Gateway
	clock        func() time.Time
	sandbox      bool
	log          *slog.Logger
	digits       []giftcode.Derived // for the digits that are mailed
	fingerprints []giftcode.Derived // of commands' inputs
	handles      []giftcode.Derived // to seal what stands for a card
	sealing      []giftcode.Derived // of codes that may be told once more
	keys         keysSeen
	secrets      []giftcode.Derived // of the endpoints of webhooks
	imports      []giftcode.Derived // for the batches of files of cards
	guard        webhook.Guard
	checkout     checkout.Gateway
	limits       purchase.Limits
	links        []giftcode.Derived // of orders' pages
	terms        atomic.Pointer[terms]
	fresh        fresh
	underWay     underWay
}

// terms are what the rules decide by, under the version that the accounts' estimates remember.
type terms struct {
	billing.Terms
	version int64
	parse   func(string) (billing.Terms, error) // of a catalogue's text
}

// errOldTerms says that an account was reckoned by a newer catalogue, that another server put in force.
var errOldTerms = errors.New("another server has put a newer catalogue in force")

// New is an engine that decides by the terms that Apply gives it.
func New(config Config) *Engine {
	return &Engine{db: config.DB, ring: config.Ring, gateway: config.Gateway, clock: config.Clock, sandbox: config.Sandbox, log: config.Log,
		digits: config.Ring.Derive("sign-in digits"), fingerprints: config.Ring.Derive("fingerprints of commands"),
		handles: config.Ring.Derive("handles of cards"), sealing: config.Ring.Derive("codes that are told once more"),
		checkout: config.Checkout, limits: config.Limits, links: config.Ring.Derive("links of orders"),
		secrets: config.Ring.Derive("secrets of webhooks"), imports: config.Ring.Derive("batches of imported files"), guard: config.Guard,
		fresh: fresh{waiting: make(chan []Letter, mostFresh), packing: map[*store.Parcel][]Letter{}}}
}

// Terms are the catalogue and policy in force.
func (e *Engine) Terms() billing.Terms { return e.terms.Load().Terms }

// Now is the engine's time.
func (e *Engine) Now() time.Time { return e.clock().UTC() }

// Ready reports whether the database can be read and written: it writes a row of its own.
func (e *Engine) Ready(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		return tx.PutTries(ctx, "ready", store.Tries{Since: tx.Now, Count: 1})
	})
}
