package engine

import (
	"context"
	"slices"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/ledger"
	"scrip/notice"
	"scrip/prepaid"
	"scrip/store"
	"scrip/timeline"
)

// change is one account in one transaction: what the rules decide is written as it is decided, and the
// account's row once, at the end.
type change struct {
	ctx   context.Context
	tx    *store.Tx // at the account's time
	now   time.Time // of the real clock, by which letters are sent
	terms *terms
	a     store.Account
	card  store.Card // that a command redeems
	told  []history.Event

	room   bool    // for a letter that is sent as soon as this is committed
	letter *Letter // that letter
}

func (e *Engine) open(ctx context.Context, tx *store.Tx, account string) (*change, error) {
	a, err := tx.LockAccount(ctx, account)
	if err == store.ErrNotFound {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, err
	}
	its, err := timeOf(ctx, tx, a)
	return &change{ctx: ctx, tx: its, now: tx.Now, terms: e.terms.Load(), a: a}, err
}

// asking reports whether a payment method is being asked; until it has answered, nothing else happens
// on the account.
func (c *change) asking() bool { return c.a.Question != "" }

// today is the account's date.
func (c *change) today() calendar.Date { return c.moment().On }

// moment is the account's present moment.
func (c *change) moment() timeline.Moment { return c.a.State.At(c.tx.Now, c.a.Zone) }

// live lives all that is due up to a moment, unless a payment method is being asked, and reckons an
// estimate of an older catalogue anew.
func (c *change) live(until timeline.Moment) error {
	if c.asking() {
		return nil
	}
	if c.a.CatalogVersion > c.terms.version {
		return errOldTerms
	}
	if err := c.step(until); err != nil || c.asking() || c.a.CatalogVersion == c.terms.version {
		return err
	}
	estimate, err := forecast.Of(c.a.State.Account, c.terms.Terms, until.On)
	if err != nil {
		return err
	}
	c.a.State.Estimate, c.a.CatalogVersion = estimate, c.terms.version
	return c.step(until)
}

func (c *change) step(until timeline.Moment) error {
	o, err := timeline.Live(c.a.State, c.terms.Terms, until, billing.Unasked)
	if err != nil {
		return err
	}
	return c.take(o, "")
}

// take writes all that follows from an outcome. The command is the one that a start's question is
// about.
func (c *change) take(o timeline.Outcome, command string) error {
	before := c.a.State
	c.a.State = o.State
	if err := c.redeem(o.Redemption); err != nil {
		return err
	}
	if len(o.Charges) == 0 && o.State.Membership.Period.End != before.Membership.Period.End {
		c.tx.EndCharge(c.a.ID, c.a.PeriodCharge, o.State.Membership.Period.End)
	}
	for _, charge := range o.Charges {
		c.charge(charge)
	}
	c.settleAuthorizations(o)
	c.takeBack(o.Taken)
	for _, event := range o.Events {
		c.a.LastEvent++
		if err := c.tx.AddEvent(c.a.ID, c.a.LastEvent, event); err != nil {
			return err
		}
	}
	for _, n := range c.notices(o) {
		if err := c.tell(n); err != nil {
			return err
		}
	}
	c.told = append(c.told, o.Events...)
	if o.Asked.IsPositive() {
		c.a.Question = store.NewID()
		c.tx.AddQuestion(store.Question{Account: c.a.ID, ID: c.a.Question, Question: o.Question, On: o.On,
			Amount: o.Asked, Token: c.a.MethodToken, Command: command})
	}
	return nil
}

// tell queues a notice. A letter that never loses its point is taken at once where its sender has room for one.
func (c *change) tell(n notice.Notice) error {
	tx := c.tx.In(c.now)
	if !c.room || n.Kind != notice.CardApplied {
		return tx.AddNotice(c.a.ID, c.a.State.Currency, n)
	}
	until := c.now.Add(letterLease)
	parcel, err := tx.PackNotice(c.a.ID, c.a.State.Currency, n, until)
	l := letterOf(store.Notice{Account: c.a.ID, Notice: n}, c.now).to(c.a, c.terms.Terms, until)
	l.parcel = parcel
	c.room, c.letter = false, &l
	return err
}

// notices are what is to be mailed of an outcome, where the account has an address.
func (c *change) notices(o timeline.Outcome) []notice.Notice {
	if c.a.Email == "" {
		return nil
	}
	return notice.Of(o.Events, o.State.Account, o.State.Estimate, c.terms.Policy)
}

// redeem moves a redeemed card's value into the account's balance.
func (c *change) redeem(r giftcard.Redemption) error {
	if r.Card.State != giftcard.Redeemed {
		return nil
	}
	if err := c.tx.MoveCard(c.ctx, c.card, r.Card); err != nil {
		return err
	}
	c.a.LastLot++
	lot := store.Lot{Lot: r.Lot, Position: c.a.LastLot, Value: r.Lot.Rest, RedeemedAt: c.tx.Now}
	c.tx.AddLot(c.a.ID, lot)
	c.tx.AddCardTransfer(c.card.Digest, r.Transfers[0])
	c.tx.AddTransfer(c.a.ID, store.Cause{Kind: store.ByLot, ID: r.Lot.ID}, r.Transfers[1])
	return nil
}

// takeBack takes what is left of a lot out of the account's balance, by way of value in transit.
func (c *change) takeBack(taken prepaid.Draw) {
	if !taken.Amount.IsPositive() {
		return
	}
	c.tx.DrawLot(c.a.ID, taken)
	c.tx.AddTransfer(c.a.ID, store.Cause{Kind: store.ByLot, ID: taken.Lot},
		ledger.Transfer{Debit: ledger.For(ledger.GiftBalance, c.a.ID), Credit: ledger.Of(ledger.InTransit), Amount: taken.Amount})
}

func (c *change) charge(charge billing.Charge) {
	id := store.NewID()
	c.tx.AddCharge(c.a.ID, id, charge)
	for _, draw := range charge.Draws {
		c.tx.DrawLot(c.a.ID, draw)
	}
	for _, transfer := range charge.Transfers(c.a.ID) {
		c.tx.AddTransfer(c.a.ID, store.Cause{Kind: store.ByCharge, ID: id}, transfer)
	}
	c.a.PeriodCharge = id
}

// save writes the account's row.
func (c *change) save() error {
	c.settle()
	return c.tx.SaveAccount(c.a)
}

// settle sets when something is due next. While a payment method is being asked, the question is what is
// due, and the account has lived up to it only. Else all is lived, and a reminder of a date before today
// will not come up again.
func (c *change) settle() {
	c.a.DueAt = time.Time{}
	if c.asking() {
		return
	}
	today := c.today()
	c.a.State.Reminded = slices.DeleteFunc(slices.Clone(c.a.State.Reminded), func(on calendar.Date) bool { return on.Before(today) })
	if next, due := c.a.State.Next(c.terms.Policy); due {
		c.a.DueAt = next.Instant(c.a.Zone)
	}
}
