package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/catalog"
	"scrip/money"
	"scrip/store"
	"scrip/timeline"
)

// longestKey bounds an idempotency key.
const longestKey = 64

// Command is what a member asks of their account.
type Command struct {
	Kind   timeline.Kind
	Card   string // the handle of a card that was checked
	Plan   catalog.PlanID
	Payer  catalog.Payer
	Method string // a gateway's token; empty for none

	Amount        money.Amount // Authorize, Charge; of Capture, nothing is all
	Reference     string       // Authorize, Charge: the biller's own words
	Days          int          // Authorize: for how many days beyond today it counts; 0 is billing.DefaultAuthorizationDays
	Partial       bool         // Authorize, Charge: where the balance does not cover the amount, what there is will do
	Authorization string       // Capture, Release: its id

	// If is the account's version that the caller has seen: the command is carried out on that one only.
	If *int64
}

// order is a command as it is kept while it waits for a payment method's answer. It holds no code: a
// card is its digest.
type order struct {
	Kind        timeline.Kind  `json:"kind"`
	Card        string         `json:"card,omitempty"`
	Plan        catalog.PlanID `json:"plan,omitempty"`
	Payer       catalog.Payer  `json:"payer,omitempty"`
	Token       string         `json:"token,omitempty"`
	Method      billing.Method `json:"method,omitempty"`
	Key         string         `json:"key"`
	Fingerprint string         `json:"fingerprint"`

	Amount        int64          `json:"amount,omitempty"`
	Currency      money.Currency `json:"currency,omitzero"`
	Reference     string         `json:"reference,omitempty"`
	Days          int            `json:"days,omitempty"`
	Partial       bool           `json:"partial,omitempty"`
	Authorization string         `json:"authorization,omitempty"`

	gone bool // the handle's time is over: the order may have been answered, but is not carried out now
}

// answer is a reply as it is remembered.
type answer struct {
	Refusal string          `json:"refusal,omitempty"`
	Card    string          `json:"card,omitempty"`
	Events  json.RawMessage `json:"events"`
	Settled *settled        `json:"settled,omitempty"`
}

// Do carries out a command on an account, after all that was due on it. The same key with the same
// input gives the same reply for good, and nothing happens twice; a refusal by a rule is a reply, not
// an error. Where the payment method must be asked, or is being asked already, the reply may be Pending.
// Errors: access.ErrDenied, ErrNoAccount, ErrSignedOut, ErrKeyMissing, ErrKeyReused, ErrUnderWay, ErrChanged, ErrNoGateway,
// ErrGatewaySilent, store.ErrBusy, store.ErrUnknown, and of charges against the balance alone ErrAmount, ErrReference, ErrDays.
func (e *Engine) Do(ctx context.Context, actor access.Actor, account, key string, command Command) (Reply, error) {
	if err := actor.May(scopeOf(command.Kind), account); err != nil {
		return Reply{}, err
	}
	if key == "" || len(key) > longestKey {
		return Reply{}, ErrKeyMissing
	}
	o, err := e.order(ofCaller(actor, key), command)
	if err != nil {
		return Reply{}, err
	}
	end, err := e.underWay.begin(ctx, o.answerKey(account))
	if err != nil {
		return Reply{}, err
	}
	defer end()
	if o.Kind == timeline.SetMethod {
		// The gateway is asked before the transaction, but not again where the key has its answer.
		before, err := e.lookUp(ctx, account, o)
		if err != nil || !before.Pending {
			before.Replayed = err == nil
			return before, err
		}
		if o.Method, err = e.verify(ctx, o.Token); err != nil {
			return Reply{}, err
		}
	}
	var reply Reply
	var asked store.QuestionKey
	var letter *Letter
	room := o.Kind == timeline.Redeem && e.fresh.claim()
	do := func(tx *store.Tx) error {
		reply, asked, letter = Reply{}, store.QuestionKey{}, nil
		c, err := e.open(ctx, tx, account)
		if err != nil {
			return err
		}
		if actor.Epoch != 0 && actor.Epoch != c.a.Epoch {
			return ErrSignedOut
		}
		c.room = room
		// Only now: who had the account before may have used the key.
		reply, err = e.remembered(ctx, tx, account, o)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := e.unchanged(c, o, command.If); err != nil {
			return err
		}
		reply, err = e.receive(c, o)
		recordReply(tx, actor, account, o.Kind, reply)
		asked, letter = store.QuestionKey{Account: account, ID: c.a.Question}, c.letter
		return err
	}
	err = e.withNewTerms(ctx, func() error { return e.db.Together(ctx, o.needs(account), do) })
	end() // a twin is told that it is pending
	if room {
		e.fresh.handOver(letter, err)
	}
	if err != nil || asked.ID == "" {
		return reply, err
	}
	e.ask(ctx, asked)
	if !reply.Pending {
		return reply, nil
	}
	return e.lookUp(ctx, account, o)
}

// order is a command ready to be kept, but for a method: that is what the gateway says of its token.
func (e *Engine) order(key string, command Command) (order, error) {
	digest, fresh := "", true
	if command.Kind == timeline.Redeem {
		digest, fresh = e.card(command.Card, e.clock())
	}
	o := order{Kind: command.Kind, Card: digest, gone: !fresh, Plan: command.Plan, Payer: command.Payer, Token: command.Method, Key: key}
	if o.Kind == timeline.Start && o.Payer == "" {
		o.Payer = catalog.Self
	}
	if err := o.charge(command); err != nil {
		return o, err
	}
	input, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	o.Fingerprint = fingerprint(e.fingerprints[0], input)
	return o, nil
}

// answerKey is what the order's answer is remembered under.
func (o order) answerKey(account string) store.AnswerKey {
	return store.AnswerKey{AccountID: account, Operation: string(o.Kind), Key: o.Key}
}

// needs is what an order reads, as long as no payment method is being asked.
func (o order) needs(account string) store.Needs {
	needs := store.Needs{Answers: []store.AnswerKey{o.answerKey(account)}}
	if o.Kind != timeline.Redeem {
		needs.Accounts = []string{account}
		return needs
	}
	needs.Sums = []string{account}
	if o.Card != "" {
		needs.Cards = []string{o.Card}
	}
	return needs
}

// sameInput reports whether a fingerprint is that of the order, under whichever key it was made.
func (e *Engine) sameInput(fingerprint string, o order) bool {
	o.Fingerprint, o.Method = "", ""
	input, err := json.Marshal(o)
	return err == nil && e.isOf(fingerprint, input)
}

// receive decides an order now, or puts it behind an open question.
func (e *Engine) receive(c *change, o order) (Reply, error) {
	if err := c.live(c.moment()); err != nil {
		return Reply{}, err
	}
	if !c.asking() {
		reply, err := e.decide(c, o, c.tx.Now, billing.Unasked)
		return reply, errors.Join(err, c.save())
	}
	return Reply{Pending: true}, errors.Join(e.wait(c, o), c.save())
}

// unchanged fails with ErrChanged where an account has another version than the caller has seen, unless the order
// was taken already and waits.
func (e *Engine) unchanged(c *change, o order, version *int64) error {
	if version == nil || *version == c.a.LastEvent {
		return nil
	}
	if waits, err := e.waits(c, o); err != nil || waits {
		return err
	}
	return ErrChanged
}

// wait keeps an order until the open question is answered, unless it waits already.
func (e *Engine) wait(c *change, o order) error {
	if waits, err := e.waits(c, o); err != nil || waits {
		return err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return c.tx.AddWaiting(c.ctx, c.a.ID, string(text))
}

// waits reports whether an order waits for the open question, or put it. It fails with ErrKeyReused where another
// does under its key.
func (e *Engine) waits(c *change, o order) (bool, error) {
	if !c.asking() {
		return false, nil
	}
	question, err := c.tx.Question(c.ctx, c.a.ID, c.a.Question)
	if err != nil {
		return false, err
	}
	waiting, err := c.tx.Waiting(c.ctx, c.a.ID)
	if err != nil {
		return false, err
	}
	for _, kept := range append(waiting, store.Waiting{Command: question.Command}) {
		if kept.Command == "" {
			continue
		}
		var other order
		if err := json.Unmarshal([]byte(kept.Command), &other); err != nil {
			return false, err
		}
		if other.Key == o.Key && other.Kind == o.Kind {
			if !e.sameInput(other.Fingerprint, o) {
				return false, ErrKeyReused
			}
			return true, nil
		}
	}
	return false, nil
}

// decide puts an order to the rules as of an instant, and remembers the answer. A start that must ask
// the payment method is remembered when it is answered.
func (e *Engine) decide(c *change, o order, at time.Time, given billing.Answer) (Reply, error) {
	command, err := c.command(o)
	if err != nil {
		return Reply{}, err
	}
	outcome, err := timeline.Do(c.a.State, c.terms.Terms, c.a.State.At(at, c.a.Zone).On, command, given)
	if err != nil {
		return Reply{}, err
	}
	if o.Kind == timeline.SetMethod && outcome.Refusal == nil {
		c.a.MethodToken = o.Token
	}
	text, err := json.Marshal(o)
	if err != nil {
		return Reply{}, err
	}
	if err := c.take(outcome, string(text)); err != nil {
		return Reply{}, err
	}
	if outcome.Question == billing.OfStart && outcome.Asked.IsPositive() {
		return Reply{Pending: true}, nil
	}
	if outcome.Refusal == nil {
		// What the change has made due on this very day, a reminder, is told now.
		if err := c.live(c.a.State.At(at, c.a.Zone)); err != nil {
			return Reply{}, err
		}
	}
	return e.remember(c, o, outcome)
}

// command is an order in the rules' words, with the card as it is now.
func (c *change) command(o order) (timeline.Command, error) {
	command := timeline.Command{Kind: o.Kind, Plan: o.Plan, Payer: o.Payer, Method: o.Method}
	if scopeOf(o.Kind) == access.ChargeBalance {
		return c.charging(o, command)
	}
	if o.Kind != timeline.Redeem {
		return command, nil
	}
	command.Account, command.Lot, command.Place = c.a.ID, store.NewID(), c.a.LastLot+1
	if o.gone {
		return command, nil // no card: refused as not found
	}
	card, err := c.tx.LockCard(c.ctx, o.Card)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return command, err
	}
	c.card, command.Card = card, card.Card
	return command, nil
}

func (e *Engine) remember(c *change, o order, outcome timeline.Outcome) (Reply, error) {
	events, err := json.Marshal(outcome.Events)
	if err != nil {
		return Reply{}, err
	}
	remembered := answer{Refusal: timeline.Reason(outcome.Refusal), Card: outcome.Redemption.Card.Serial, Events: events,
		Settled: c.settled(o, outcome)}
	body, err := json.Marshal(remembered)
	if err != nil {
		return Reply{}, err
	}
	c.tx.AddAnswer(store.Answer{AnswerKey: o.answerKey(c.a.ID), Fingerprint: o.Fingerprint, Body: string(body)})
	return remembered.reply(), nil
}

// remembered is the reply that an order was given before, or store.ErrNotFound.
func (e *Engine) remembered(ctx context.Context, tx *store.Tx, account string, o order) (Reply, error) {
	kept, err := tx.Answer(ctx, o.answerKey(account))
	if err != nil {
		return Reply{}, err
	}
	if !e.sameInput(kept.Fingerprint, o) {
		return Reply{}, ErrKeyReused
	}
	var a answer
	err = json.Unmarshal([]byte(kept.Body), &a)
	reply := a.reply()
	reply.Replayed = true
	return reply, err
}

// lookUp is the reply of an order that may have been answered meanwhile.
func (e *Engine) lookUp(ctx context.Context, account string, o order) (reply Reply, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		reply, err = e.remembered(ctx, tx, account, o)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Reply{Pending: true}, nil
	}
	reply.Replayed = false
	return reply, err
}

func (a answer) reply() Reply {
	return Reply{Refusal: timeline.Refusals()[a.Refusal], Serial: a.Card, Events: a.Events, Settled: a.Settled.shown()}
}
