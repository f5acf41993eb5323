// Package membership is who subscribes to what, paid until when, and what each state allows. Who pays
// for a period is decided in billing; here is only what must hold before anybody is asked.
package membership

import (
	"errors"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// The refusals that a state gives (billing.md 5).
var (
	ErrAlreadyMember    = errors.New("the account is a member already")
	ErrNotAMember       = errors.New("the account is not a member")
	ErrAlreadyCancelled = errors.New("the membership is cancelled already")
	ErrNothingToRestart = errors.New("no cancellation is open that could be taken back")
	ErrSamePlan         = errors.New("this is the present plan, and no change is pending")
)

// Status is a membership's state.
type Status string

// The states. Before the first start there is None.
const (
	None   Status = "none"
	Active Status = "active"
	Held   Status = "held"
	Closed Status = "closed"
)

// Membership is one account's subscription.
type Membership struct {
	Status    Status
	Plan      catalog.PlanID
	Pending   catalog.PlanID // a change of plan on the next billing date; empty for none
	Payer     catalog.Payer  // who bills for the periods that begin from now on
	Cancelled bool
	Anchor    int // the day of the month on which full periods end
	Period    Period
	HeldOn    calendar.Date
	Retried   calendar.Date // the last day on hold on which a retry was tried
}

// Period is the paid range of dates [Start, End). Value is what the days from ValuedFrom to End are
// worth to the member: what was paid for them, or, after an upgrade, what was left of it.
type Period struct {
	Start, End calendar.Date
	PaidBy     PaidBy
	Value      money.Amount
	ValuedFrom calendar.Date
}

// PaidBy is who paid a period.
type PaidBy string

// Who may have paid a period: the balance alone, the method alone or with the balance, or a payer.
const (
	ByBalance PaidBy = "balance"
	ByMethod  PaidBy = "payment_method"
	ByPartner PaidBy = PaidBy(catalog.Partner)
	ByApple   PaidBy = PaidBy(catalog.Apple)
	ByPackage PaidBy = PaidBy(catalog.Package)
)

// New is the membership of an account that never had one.
func New() Membership { return Membership{Status: None, Payer: catalog.Self} }

// IsMember reports whether the membership is active or on hold.
func (m Membership) IsMember() bool { return m.Status == Active || m.Status == Held }

// MayStart tells why a membership may not start.
func (m Membership) MayStart() error {
	if m.IsMember() {
		return ErrAlreadyMember
	}
	return nil
}

// MayChange tells why the plan may not change.
func (m Membership) MayChange() error {
	if !m.IsMember() {
		return ErrNotAMember
	}
	return nil
}

// MayCancel tells why the membership may not be cancelled.
func (m Membership) MayCancel() error {
	switch {
	case !m.IsMember():
		return ErrNotAMember
	case m.Cancelled:
		return ErrAlreadyCancelled
	}
	return nil
}

// MayRestart tells why a cancellation may not be taken back.
func (m Membership) MayRestart() error {
	if m.Status != Active || !m.Cancelled {
		return ErrNothingToRestart
	}
	return nil
}

// MaySetPayer tells why another payer may not take over the bill.
func (m Membership) MaySetPayer() error {
	switch {
	case m.Status != Active:
		return ErrNotAMember
	case m.Cancelled:
		return ErrAlreadyCancelled
	}
	return nil
}

// Hold is the membership when nothing paid for the period that would begin on a day.
func (m Membership) Hold(on calendar.Date) Membership {
	m.Status, m.HeldOn, m.Retried = Held, on, calendar.Date{}
	return m
}

// Close ends the membership: a pending change is dropped, and the payer is the account itself again.
func (m Membership) Close() Membership {
	return Membership{Status: Closed, Plan: m.Plan, Payer: catalog.Self, Period: m.Period}
}

// Begin is the membership with a period that was paid.
func (m Membership) Begin(period Period, anchor int) Membership {
	m.Status, m.Period, m.Anchor = Active, period, anchor
	m.HeldOn, m.Retried = calendar.Date{}, calendar.Date{}
	return m
}

// Movable reports whether an upgrade may move the period's end: the member's own money paid for it,
// from the balance or by a payment method (billing.md 5).
func (p PaidBy) Movable() bool { return p == ByBalance || p == ByMethod }

// Why says why a member may watch, or may not.
type Why string

// The reasons.
const (
	Paid         Why = "paid"            // the present period is paid
	BeingAsked   Why = "payment_pending" // a payment method is being asked about the next period
	OnHold       Why = "on_hold"
	HasEnded     Why = "closed"
	NeverStarted Why = "not_started"
)

// Entitlement is whether the member may watch, until when it is paid, and why.
type Entitlement struct {
	MayWatch bool
	Until    calendar.Date // the day on which the paid period ends; zero where none is paid
	Why      Why
}

// Entitled tells whether the member may watch. While a payment method is being asked, the member watches on.
func (m Membership) Entitled(asking bool) Entitlement {
	switch {
	case m.Status == Active && asking:
		return Entitlement{true, m.Period.End, BeingAsked}
	case m.Status == Active:
		return Entitlement{true, m.Period.End, Paid}
	case m.Status == Held:
		return Entitlement{Why: OnHold}
	case m.Status == Closed:
		return Entitlement{Why: HasEnded}
	}
	return Entitlement{Why: NeverStarted}
}
