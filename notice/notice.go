// Package notice is what to tell whom on which day. A notice's key makes it once: the store keeps one
// row for an account and a key, whatever repeats.
package notice

import (
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/history"
	"scrip/membership"
	"scrip/money"

	"scrip/billing"
)

// Kind is what a notice is about.
type Kind string

// The kinds of notice.
const (
	CardApplied     Kind = "card_applied"
	BalanceRunsOut  Kind = "reminder"
	OnHold          Kind = "on_hold"
	HoldRemoved     Kind = "hold_removed"
	MembershipEnded Kind = "membership_ended"
	// CardActive goes to whoever waited for a card, with an account or not.
	CardActive Kind = "card_active"
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{CardApplied, BalanceRunsOut, OnHold, HoldRemoved, MembershipEnded, CardActive}
}

// Then is who pays once the balance has run out, as a reminder tells it.
type Then string

// Who may pay then.
const (
	ThenNobody  Then = "nobody"
	ThenMethod  Then = "payment_method"
	ThenPartner Then = "partner"
	ThenEnds    Then = "ends" // the membership was cancelled
)

// Notice is something that somebody is told by mail. Only the fields of its kind are set.
type Notice struct {
	Kind      Kind
	Key       string
	On        calendar.Date
	Card      string // CardApplied, CardActive: the serial number
	Amount    money.Amount
	Balance   money.Amount
	Plan      catalog.PlanID
	RunsOut   calendar.Date // CardApplied: the new estimate, or zero
	PaidUntil calendar.Date // HoldRemoved
	CloseOn   calendar.Date // OnHold: the day at whose end the membership closes
	Then      Then          // BalanceRunsOut
}

// Of are the notices that follow from events, of an account as it stands after them.
func Of(events []history.Event, a billing.Account, estimate forecast.Estimate, policy billing.Policy) []Notice {
	var notices []Notice
	for i, event := range events {
		n := Notice{On: event.On, Balance: a.Balance.Total(), Plan: a.Membership.Plan}
		switch event.Kind {
		case history.Redeemed:
			n.Kind, n.Card, n.Amount, n.RunsOut = CardApplied, event.Card, event.Amount, estimate.RunsOut
			n.Balance, n.Key = event.Balance, string(CardApplied)+":"+event.Card
			notices = append(notices, n)
			continue
		case history.Reminder:
			n.Kind, n.RunsOut, n.Then = BalanceRunsOut, event.RunsOut, then(a)
			n.Balance, n.Key = event.Balance, string(BalanceRunsOut)+":"+event.RunsOut.String()
			notices = append(notices, n)
			continue
		case history.Held:
			n.Kind, n.CloseOn = OnHold, event.On.Plus(policy.CloseHeldAfterDays)
		case history.HoldRemoved:
			n.Kind, n.PaidUntil = HoldRemoved, paidUntil(events[i:])
		case history.Closed:
			n.Kind, n.Balance = MembershipEnded, event.Balance
		default:
			continue
		}
		n.Key = string(n.Kind) + ":" + event.On.String()
		notices = append(notices, n)
	}
	return notices
}

// paidUntil is the end of the period whose charge removed a hold, told right behind it.
func paidUntil(told []history.Event) calendar.Date {
	for _, event := range told {
		if event.Kind == history.Charged {
			return event.End
		}
	}
	return calendar.Date{}
}

func then(a billing.Account) Then {
	switch {
	case a.Membership.Cancelled:
		return ThenEnds
	case a.Membership.Payer == catalog.Partner:
		return ThenPartner
	case a.Method == billing.MethodWorks:
		return ThenMethod
	}
	return ThenNobody
}

// Pointless reports whether a notice that was not sent yet has lost its point, for an account as it
// stands today: a reminder of a date gone by or moved, a hold that is over.
func (n Notice) Pointless(m membership.Membership, estimate forecast.Estimate, today calendar.Date) bool {
	switch n.Kind {
	case BalanceRunsOut:
		return !today.Before(n.RunsOut) || estimate.RunsOut != n.RunsOut
	case OnHold:
		return m.Status != membership.Held || m.HeldOn != n.On
	case HoldRemoved:
		return m.Status != membership.Active || !m.Period.Start.Before(n.PaidUntil)
	case MembershipEnded:
		return m.Status != membership.Closed
	}
	return false
}
