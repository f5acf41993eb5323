package payment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"scrip/billing"
	"scrip/money"
)

// behaviour is how a test card behaves.
type behaviour string

// The behaviours, each by the token that has it.
const (
	approves       behaviour = "ok"
	declines       behaviour = "declines"         // is there, but declines
	late           behaviour = "late"             // approves, but only after a while and some asks
	twice          behaviour = "twice"            // approves, but its first answer is lost
	never          behaviour = "never"            // answers only once Resolve says what
	declinesThenOK behaviour = "declines-then-ok" // declines the first charge, approves all others
)

var behaviours = []behaviour{approves, declines, late, twice, never, declinesThenOK}

// Lateness is when a late charge is answered: once After has gone by since it was first asked for, and
// not before the ask that follows the first Asks.
type Lateness struct {
	After time.Duration
	Asks  int
}

// Fake is a provider of test cards, for tests and the demo. It remembers in memory, for as long as it
// lives, each charge by its key. A test card's token is its behaviour, and may be told apart from others
// by anything behind a colon: "declines-then-ok:ada". It may be used by many at once.
type Fake struct {
	// Late is when the card that is late is answered. It is set before the first charge, if at all.
	Late Lateness

	clock    func() time.Time
	mu       sync.Mutex
	charges  map[string]*charge
	taken    []*charge       // approved, in the order of approval
	declined map[string]bool // tokens that have declined their first charge
}

type charge struct {
	key, token string
	amount     money.Amount
	firstAsked time.Time
	asks       int
	answer     billing.Answer // empty: none yet
	answered   chan struct{}  // closed with the answer
	refunded   bool
}

// Taken is a charge that was approved: money was taken, once.
type Taken struct {
	Key      string
	Token    string
	Amount   money.Amount
	Refunded bool
}

var _ Gateway = (*Fake)(nil)

// NewFake is a fake at which nothing was charged yet. A late charge waits by the clock, and is answered
// when it is asked for the third time, unless Late says otherwise.
func NewFake(clock func() time.Time) *Fake {
	return &Fake{Late: Lateness{Asks: 2}, clock: clock, charges: map[string]*charge{}, declined: map[string]bool{}}
}

// Verify reports whether a test card works: all but the one that declines, and unknown ones. The one that
// never answers answers nothing.
func (f *Fake) Verify(ctx context.Context, token string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, unanswered(err)
	}
	switch behaviourOf(token) {
	case approves, late, twice, declinesThenOK:
		return true, nil
	case never:
		<-ctx.Done()
		return false, unanswered(ctx.Err())
	case declines:
	}
	return false, nil
}

// Charge answers as the test card does, and always the same for a key. A card that is unknown declines.
func (f *Fake) Charge(ctx context.Context, key, token string, amount money.Amount) (billing.Answer, error) {
	if err := ctx.Err(); err != nil {
		return "", unanswered(err)
	}
	if key == "" || !amount.IsPositive() {
		return "", fmt.Errorf("%w: key %q, amount %v", ErrOtherInput, key, amount)
	}
	asked, answer, err := f.ask(key, token, amount)
	if err != nil || answer != "" {
		return answer, err
	}
	if behaviourOf(token) != never {
		return "", ErrNoAnswer
	}
	select {
	case <-ctx.Done():
		return "", unanswered(ctx.Err())
	case <-asked.answered:
		return asked.answer, nil
	}
}

// ask is one ask for a charge, and its answer where there is one.
func (f *Fake) ask(key, token string, amount money.Amount) (*charge, billing.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, known := f.charges[key]
	if !known {
		c = &charge{key: key, token: token, amount: amount, firstAsked: f.clock(), answered: make(chan struct{})}
		f.charges[key] = c
	}
	if c.token != token || c.amount != amount {
		return nil, "", fmt.Errorf("%w: %s", ErrOtherInput, key)
	}
	c.asks++
	if c.answer != "" {
		return c, c.answer, nil
	}
	answer, heard := f.decide(c)
	if answer != "" {
		f.settle(c, answer)
	}
	if !heard {
		return c, "", nil
	}
	return c, answer, nil
}

// decide is the answer that a charge gets by this ask, if any, and whether the asker hears it.
func (f *Fake) decide(c *charge) (billing.Answer, bool) {
	switch behaviourOf(c.token) {
	case approves:
		return Approved, true
	case twice:
		return Approved, false
	case late:
		due := !f.clock().Before(c.firstAsked.Add(f.Late.After))
		if c.asks > f.Late.Asks && due {
			return Approved, true
		}
		return "", false
	case never:
		return "", false
	case declinesThenOK:
		if f.declined[c.token] {
			return Approved, true
		}
		f.declined[c.token] = true
	case declines:
	}
	return Declined, true
}

// settle gives a charge its answer for good.
func (f *Fake) settle(c *charge, answer billing.Answer) {
	c.answer = answer
	close(c.answered)
	if answer == Approved {
		f.taken = append(f.taken, c)
	}
}

// Void closes a charge that has no answer yet: it is declined for good. The card that never answers is
// as silent here.
func (f *Fake) Void(ctx context.Context, key string) (billing.Answer, error) {
	if err := ctx.Err(); err != nil {
		return "", unanswered(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, known := f.charges[key]
	if !known {
		c = &charge{key: key, firstAsked: f.clock(), answered: make(chan struct{})}
		f.charges[key] = c
	}
	if c.answer == "" && behaviourOf(c.token) == never {
		return "", ErrNoAnswer
	}
	if c.answer == "" {
		f.settle(c, Declined)
	}
	return c.answer, nil
}

// Refund gives back, once, what was taken under a key.
func (f *Fake) Refund(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return unanswered(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, known := f.charges[key]
	if !known || c.answer != Approved {
		return fmt.Errorf("%w: %s", ErrNothingTaken, key)
	}
	c.refunded = true
	return nil
}

// Resolve gives its answer to a charge that waits for one, late or never; whoever is waiting hears it.
// It fails with ErrSettled where none waits.
func (f *Fake) Resolve(key string, answer billing.Answer) error {
	if answer != Approved && answer != Declined {
		return fmt.Errorf("resolve %s: %q is no answer", key, answer)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, known := f.charges[key]
	if !known || c.answer != "" {
		return fmt.Errorf("%w: %s", ErrSettled, key)
	}
	f.settle(c, answer)
	return nil
}

// Taken are all charges that were approved, in their order, refunded ones too.
func (f *Fake) Taken() []Taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := make([]Taken, len(f.taken))
	for at, c := range f.taken {
		taken[at] = Taken{c.key, c.token, c.amount, c.refunded}
	}
	return taken
}

// Tokens are the tokens of the test cards, one a behaviour.
func (f *Fake) Tokens() []string {
	tokens := make([]string, len(behaviours))
	for at, each := range behaviours {
		tokens[at] = string(each)
	}
	return tokens
}

// Describe is the key of the message that tells a member what a test card does.
func (f *Fake) Describe(token string) string {
	switch behaviourOf(token) {
	case approves:
		return "payment.method.ok"
	case declines:
		return "payment.method.declines"
	case late:
		return "payment.method.late"
	case twice:
		return "payment.method.twice"
	case never:
		return "payment.method.never"
	case declinesThenOK:
		return "payment.method.declines_then_ok"
	}
	return "payment.method.unknown"
}

// behaviourOf is how a token behaves; empty if it is no test card's.
func behaviourOf(token string) behaviour {
	name, _, _ := strings.Cut(token, ":")
	if !slices.Contains(behaviours, behaviour(name)) {
		return ""
	}
	return behaviour(name)
}

func unanswered(err error) error { return fmt.Errorf("%w: %w", ErrNoAnswer, err) }
