package billing

import (
	"scrip/calendar"
	"scrip/catalog"
	"scrip/history"
	"scrip/ledger"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// Charge is a period that was paid: what for, how much, and from where.
type Charge struct {
	Plan       catalog.PlanID
	Start, End calendar.Date
	Total, Tax money.Amount
	Prorated   bool
	Days       int // of a whole month that begins with the period
	PaidBy     membership.PaidBy
	Draws      []prepaid.Draw // the lots' parts, in the order drawn
	Other      money.Amount   // what the method, partner, Apple or package pays beside them
	Balance    money.Amount   // what the account holds afterwards
}

// Verdict is how a renewal ended.
type Verdict string

// The verdicts. Asking changes nothing: the rule must be put again with the method's answer.
const (
	Paid   Verdict = "paid"
	Nobody Verdict = "nobody"
	Asking Verdict = "asking"
)

// Renewal is what follows from putting the question who pays for a period that begins on a date.
type Renewal struct {
	Verdict  Verdict
	Account  Account // afterwards
	Changed  bool    // a pending change of plan took effect
	Asked    money.Amount
	Declined money.Amount // what the method declined, or zero
	Charge   Charge       // where Paid
}

// Renew decides what happens when a period ends on a date (billing.md 4 and 5): somebody pays for the
// next one, or the membership is held, or, if it was cancelled, closed. It fails only where the
// catalogue has no price for the plan.
func Renew(a Account, terms Terms, on calendar.Date, answer Answer) (Renewal, error) {
	before := a
	changed := a.Membership.Pending != ""
	if changed {
		a.Membership.Plan, a.Membership.Pending = a.Membership.Pending, ""
	}
	r, err := pay(a, terms, on, answer)
	if err != nil || r.Verdict == Asking {
		r.Account = before
		return r, err
	}
	r.Changed = changed
	if r.Verdict == Nobody {
		if a.Membership.Cancelled {
			r.Account.Membership = a.Membership.Close()
		} else {
			r.Account.Membership = a.Membership.Hold(on)
		}
	}
	return r, nil
}

// pay puts billing.md 4 for a period that begins on a date. Where nobody pays, the account is unchanged.
func pay(a Account, terms Terms, on calendar.Date, answer Answer) (Renewal, error) {
	m := a.Membership
	month, err := terms.Catalog.Total(m.Plan, a.Country, a.Currency, on)
	if err != nil {
		return Renewal{}, err
	}
	end := on.NextMonth(m.Anchor)
	days := on.Until(end)
	total, balance := month.Amount, a.Balance.Total()
	charge := Charge{Plan: m.Plan, Start: on, End: end, Total: total, Tax: month.Tax, Days: days}

	if m.Payer.PaysAlways() {
		if m.Cancelled {
			return Renewal{Verdict: Nobody, Account: a}, nil
		}
		return a.paid(charge, money.Amount{}, membership.PaidBy(m.Payer)), nil
	}
	if !balance.Less(total) {
		return a.paid(charge, total, membership.ByBalance), nil
	}
	asks := m.Payer == catalog.Self && !m.Cancelled && a.Method != NoMethod
	covered := money.DaysCovered(balance, total, days)
	var declined money.Amount
	if asks && balance.IsPositive() && (terms.Policy.Shortfall == ChargeRemainder || covered == 0) {
		remainder := total.Sub(balance)
		switch answer {
		case Approved:
			return a.paid(charge, balance, membership.ByMethod), nil
		case Declined:
			declined, asks = remainder, false
		default:
			return Renewal{Verdict: Asking, Account: a, Asked: remainder}, nil
		}
	}
	if covered >= 1 {
		part := month.Part(covered, days)
		charge.End, charge.Total, charge.Tax, charge.Prorated = on.Plus(covered), part.Amount, part.Tax, true
		return a.paid(charge, part.Amount, membership.ByBalance).after(declined), nil
	}
	if m.Payer == catalog.Partner && !m.Cancelled {
		return a.paid(charge, money.Amount{}, membership.ByPartner), nil
	}
	if asks {
		switch answer {
		case Approved:
			return a.paid(charge, money.Amount{}, membership.ByMethod), nil
		case Declined:
			declined = total
		default:
			return Renewal{Verdict: Asking, Account: a, Asked: total}, nil
		}
	}
	return Renewal{Verdict: Nobody, Account: a}.after(declined), nil
}

// paid draws a part of the charge from the balance, leaves the rest to the other payer, and begins the
// period. A prorated period's end becomes the anchor (billing.md 3).
func (a Account) paid(charge Charge, fromBalance money.Amount, by membership.PaidBy) Renewal {
	charge.PaidBy = by
	if fromBalance.IsPositive() {
		a.Balance, charge.Draws = a.Balance.Draw(fromBalance, nil)
	}
	charge.Other = charge.Total.Sub(fromBalance)
	charge.Balance = a.Balance.Total()
	anchor := a.Membership.Anchor
	if charge.Prorated {
		anchor = charge.End.Day()
	}
	a.Membership = a.Membership.Begin(membership.Period{Start: charge.Start, End: charge.End,
		PaidBy: by, Value: charge.Total, ValuedFrom: charge.Start}, anchor)
	return Renewal{Verdict: Paid, Account: a, Charge: charge}
}

func (r Renewal) after(declined money.Amount) Renewal {
	r.Declined = declined
	return r
}

// ByBalanceAlone reports whether the balance alone paid.
func (r Renewal) ByBalanceAlone() bool {
	return r.Verdict == Paid && r.Charge.PaidBy == membership.ByBalance
}

// tell appends what is told of the bill itself: a decline, then the charge.
func (r Renewal) tell(on calendar.Date, events []history.Event) []history.Event {
	if r.Declined.IsPositive() {
		events = append(events, history.Event{On: on, Kind: history.PaymentDeclined, Amount: r.Declined})
	}
	if r.Verdict == Paid {
		events = append(events, r.Charge.event(on))
	}
	return events
}

func (c Charge) event(on calendar.Date) history.Event {
	event := history.Event{On: on, Kind: history.Charged, Plan: c.Plan, Start: c.Start, End: c.End,
		Total: c.Total, Tax: c.Tax, Prorated: c.Prorated, Balance: c.Balance}
	for _, draw := range c.Draws {
		event.Lines = append(event.Lines, history.Line{Source: draw.Source, Amount: draw.Amount})
	}
	if c.Other.IsPositive() {
		event.Lines = append(event.Lines, history.Line{Source: string(c.PaidBy), Amount: c.Other})
	}
	return event
}

// Before is what the account held when the charge was decided.
func (c Charge) Before() money.Amount { return c.Balance.Add(prepaid.Total(c.Draws)) }

// Transfers are the charge in the books of an account's owner: each line into the owner's charges, and
// from there the tax and the revenue.
func (c Charge) Transfers(owner string) []ledger.Transfer {
	charges := ledger.For(ledger.Charges, owner)
	var transfers []ledger.Transfer
	add := func(debit, credit ledger.Account, amount money.Amount) {
		if amount.IsPositive() {
			transfers = append(transfers, ledger.Transfer{Debit: debit, Credit: credit, Amount: amount})
		}
	}
	for _, draw := range c.Draws {
		add(ledger.For(balanceOf(draw.Kind), owner), charges, draw.Amount)
	}
	add(ledger.Of(receivable(c.PaidBy)), charges, c.Other)
	add(charges, ledger.Of(ledger.TaxPayable), c.Tax)
	add(charges, ledger.Of(ledger.Revenue), c.Total.Sub(c.Tax))
	return transfers
}

func balanceOf(kind prepaid.Kind) ledger.Name {
	if kind == prepaid.Promotional {
		return ledger.PromotionalBalance
	}
	return ledger.GiftBalance
}

func receivable(by membership.PaidBy) ledger.Name {
	switch by {
	case membership.ByPartner:
		return ledger.PartnerReceivable
	case membership.ByApple:
		return ledger.AppleReceivable
	case membership.ByPackage:
		return ledger.PackageReceivable
	}
	return ledger.MethodClearing
}
