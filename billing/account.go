// Package billing decides who pays for a period. Renew is the only rule by which a period is charged:
// start, release and change of plan stand on it, and the forecast is Renew folded ahead. Beside it stand the
// charges that a service's own biller makes against the balance alone. All of it is values in and values
// out; where a payment method must be asked, the answer is an input.
package billing

import (
	"fmt"

	"scrip/catalog"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// Account is what the rules know of an account.
type Account struct {
	Country    catalog.Country
	Currency   money.Currency
	Method     Method
	Balance    prepaid.Balance
	Membership membership.Membership
	// Authorizations are open, in the order made. What they keep is not in the balance.
	Authorizations []prepaid.Authorization
}

// Method is a payment method as the estimate takes it to go on: one that worked last works.
type Method string

// The methods.
const (
	NoMethod       Method = "none"
	MethodWorks    Method = "ok"
	MethodDeclines Method = "declines"
)

// Answer is a payment method's answer, as the method is taken to give it.
func (m Method) Answer() Answer {
	if m == MethodWorks {
		return Approved
	}
	return Declined
}

// Answer is what a payment method said when it was asked for an amount.
type Answer string

// The answers. Unasked makes the rule tell the question instead of going on.
const (
	Unasked  Answer = ""
	Approved Answer = "approved"
	Declined Answer = "declined"
)

// Shortfall says what happens when the balance is less than a month.
type Shortfall string

// The ways to meet a shortfall (billing.md 4 and 8).
const (
	Prorate         Shortfall = "prorate"
	ChargeRemainder Shortfall = "charge_remainder"
)

// Upgrade says what a change to a dearer plan does to the days that are paid already.
type Upgrade string

// The ways to upgrade (billing.md 5 and 8).
const (
	Rebase          Upgrade = "rebase"
	NextBillingDate Upgrade = "next_billing_date"
)

// Policy is what a service chooses; all days are whole days of 1 to 3650.
type Policy struct {
	Shortfall          Shortfall
	Upgrade            Upgrade
	RetryDays          []int // after the hold began, ascending
	CloseHeldAfterDays int
	ReminderDays       int
}

// DefaultPolicy is billing.md 8.
func DefaultPolicy() Policy {
	return Policy{Prorate, Rebase, []int{1, 3, 5, 7}, 30, 7}
}

// Terms are what the rules decide by.
type Terms struct {
	Catalog *catalog.Catalog
	Policy  Policy
}

// Changes are what these terms have otherwise than those before them: the catalogue's, and the policy's.
func (t Terms) Changes(before Terms) []catalog.Change {
	return append(t.Catalog.Changes(before.Catalog), t.Policy.changes(before.Policy)...)
}

func (p Policy) changes(before Policy) []catalog.Change {
	var all []catalog.Change
	for _, field := range []struct {
		name          string
		before, after any
	}{
		{"shortfall", before.Shortfall, p.Shortfall},
		{"upgrade", before.Upgrade, p.Upgrade},
		{"retry_days", before.RetryDays, p.RetryDays},
		{"close_held_after_days", before.CloseHeldAfterDays, p.CloseHeldAfterDays},
		{"reminder_days", before.ReminderDays, p.ReminderDays},
	} {
		was, is := fmt.Sprint(field.before), fmt.Sprint(field.after)
		if was == is {
			continue
		}
		change := catalog.Change{Difference: catalog.Changed, What: "policy " + field.name, Before: was, After: is}
		if before.CloseHeldAfterDays == 0 { // there was no policy
			change.Difference, change.Before = catalog.Added, ""
		}
		all = append(all, change)
	}
	return all
}
