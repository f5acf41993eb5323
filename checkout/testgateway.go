package checkout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"scrip/money"
	"scrip/purchase"
)

// Act is what a tester has the test gateway do with a payment.
type Act string

// The acts. A late payment is made and told of only after some time; a lost one is made, and nobody is told; one that is
// told twice is told of twice at once.
const (
	Approve    Act = "approve"
	Decline    Act = "decline"
	Late       Act = "late"
	Silent     Act = "lost"
	Twice      Act = "twice"
	Abandon    Act = "never"
	Contest    Act = "charge_back" // of one that was paid, the payer's bank
	GiveBack   Act = "won"
	KeepForAll Act = "kept"
)

// TestPath is where the test gateway's own pages are, each behind it under its payment's id.
const TestPath = "/demo/pay/"

// lateAfter is how long a late payment takes.
const lateAfter = time.Minute

// ErrNoPayment says that the test gateway has no such payment, or not in a state in which this can be done.
var ErrNoPayment = errors.New("the test gateway has no such payment")

// Kept is a payment as the test gateway keeps it.
type Kept struct {
	ID          string            `json:"id"`
	Order       string            `json:"order"`
	Amount      int64             `json:"amount"`
	Currency    money.Currency    `json:"currency"`
	Says        string            `json:"says"`
	Return      string            `json:"return"`
	Until       time.Time         `json:"until"`
	Standing    purchase.Standing `json:"standing"`
	Fingerprint string            `json:"fingerprint"`
	PaidAt      time.Time         `json:"paid_at,omitzero"` // of a late one: when it will be
	Refunds     int               `json:"refunds"`
}

// Test is a gateway without money. What it knows is in a file, if it has one, so that it outlives the program.
type Test struct {
	path  string
	clock func() time.Time

	mu       sync.Mutex
	payments map[string]*Kept // by id
	silent   bool
}

// NewTest is a test gateway that keeps its payments in a file; "" is in memory alone.
func NewTest(path string, clock func() time.Time) (*Test, error) {
	g := &Test{path: path, clock: clock, payments: map[string]*Kept{}}
	if path == "" {
		return g, nil
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return g, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &g.payments)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

// Begin begins a payment. Its id is made of the order's.
func (g *Test) Begin(_ context.Context, p Payment) (Begun, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := "test-" + p.Order
	begun := Begun{id, TestPath + id}
	if g.silent {
		return Begun{}, ErrNoAnswer
	}
	if _, known := g.payments[id]; known {
		return begun, nil
	}
	g.payments[id] = &Kept{ID: id, Order: p.Order, Amount: p.Amount.Minor(), Currency: p.Amount.Currency(), Says: p.Says,
		Return: p.Return, Until: p.Until, Standing: purchase.StandsOpen}
	return begun, g.keep()
}

// Ask tells how a payment stands.
func (g *Test) Ask(_ context.Context, id string) (Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.silent {
		return Answer{}, ErrNoAnswer
	}
	p := g.now(id)
	if p == nil {
		return Answer{Standing: purchase.StandsClosed}, nil
	}
	return Answer{p.Standing, p.Fingerprint}, nil
}

// End closes a payment, or gives it back, once.
func (g *Test) End(_ context.Context, id string) (Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.silent {
		return Answer{}, ErrNoAnswer
	}
	p := g.now(id)
	if p == nil {
		return Answer{Standing: purchase.StandsClosed}, nil
	}
	switch p.Standing {
	case purchase.StandsOpen:
		p.Standing = purchase.StandsClosed
	case purchase.StandsPaid:
		p.Standing, p.Refunds = purchase.StandsRefunded, p.Refunds+1
	case purchase.StandsClosed, purchase.StandsRefunded, purchase.StandsChargedBack, purchase.StandsLost:
	}
	return Answer{p.Standing, p.Fingerprint}, g.keep()
}

// now is a payment as it stands: a late one is paid when its time has come, and one that nobody has paid in time closed.
func (g *Test) now(id string) *Kept {
	p := g.payments[id]
	if p == nil || p.Standing != purchase.StandsOpen {
		return p
	}
	switch now := g.clock(); {
	case !p.PaidAt.IsZero() && !now.Before(p.PaidAt):
		p.Standing = purchase.StandsPaid
	case now.After(p.Until) && p.PaidAt.IsZero():
		p.Standing = purchase.StandsClosed
	}
	return p
}

// moves are the standings that an act is done in, and what it makes of them.
var moves = map[Act]struct{ from, to purchase.Standing }{
	Approve: {purchase.StandsOpen, purchase.StandsPaid}, Silent: {purchase.StandsOpen, purchase.StandsPaid},
	Twice: {purchase.StandsOpen, purchase.StandsPaid}, Late: {purchase.StandsOpen, purchase.StandsOpen},
	Decline: {purchase.StandsOpen, purchase.StandsOpen}, Abandon: {purchase.StandsOpen, purchase.StandsOpen},
	Contest: {purchase.StandsPaid, purchase.StandsChargedBack}, GiveBack: {purchase.StandsChargedBack, purchase.StandsPaid}, KeepForAll: {purchase.StandsChargedBack, purchase.StandsLost},
}

// Do does with a payment what a tester says, with a card of a fingerprint, and tells how often the server is to be told.
// It fails with ErrNoPayment.
func (g *Test) Do(id string, act Act, fingerprint string) (p Kept, told int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	kept, move := g.now(id), moves[act]
	if kept == nil || kept.Standing != move.from {
		return Kept{}, 0, fmt.Errorf("%w: %s", ErrNoPayment, act)
	}
	told = 1
	switch act {
	case Approve, Silent, Twice:
		kept.Fingerprint = fingerprint
	case Late:
		kept.PaidAt, kept.Fingerprint = g.clock().Add(lateAfter), fingerprint
	case Decline, Abandon, Contest, GiveBack, KeepForAll:
	}
	switch act {
	case Twice:
		told = 2
	case Silent, Late, Decline, Abandon:
		told = 0
	case Approve, Contest, GiveBack, KeepForAll:
	}
	kept.Standing = move.to
	return *kept, told, g.keep()
}

// Find is a payment as it stands, or ErrNoPayment.
func (g *Test) Find(id string) (Kept, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.now(id)
	if p == nil {
		return Kept{}, ErrNoPayment
	}
	return *p, nil
}

// All are all payments, in the order of their ids.
func (g *Test) All() []Kept {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Kept
	for id := range g.payments {
		all = append(all, *g.now(id))
	}
	slices.SortFunc(all, func(a, b Kept) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Hush has the gateway give no answers, or give some again.
func (g *Test) Hush(silent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.silent = silent
}

// keep writes the file whole, so that a kill leaves the one before.
func (g *Test) keep() error {
	if g.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(g.payments, "", "  ")
	if err != nil {
		return err
	}
	next := filepath.Clean(g.path) + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Clean(g.path))
}
