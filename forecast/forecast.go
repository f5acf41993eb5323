// Package forecast is billing.Renew folded ahead: until when the balance lasts, what a cancelled
// membership has left, and what the coming months will cost. It has no rule of its own about money.
package forecast

import (
	"scrip/billing"
	"scrip/calendar"
	"scrip/membership"
	"scrip/prepaid"
)

// Horizon is how many billing dates are looked at (billing.md 7).
const Horizon = 1200

// longestMonth keeps a reckoning ahead of a reminder that would fall between two billing dates.
const longestMonth = 31

// Estimate is the date on which the balance will have run out, if nothing else happens.
type Estimate struct {
	// RunsOut is the first billing date for whose period the balance alone will not pay; zero for none.
	RunsOut calendar.Date
	// Made is the date as of which the estimate was reckoned.
	Made calendar.Date
	// Holds is until when renewals leave the estimate as it is. The renewal on that date, or the first
	// after it, wants a new one.
	Holds calendar.Date
}

// Of is the estimate of an account as of a date (billing.md 7).
func Of(a billing.Account, terms billing.Terms, on calendar.Date) (Estimate, error) {
	m := a.Membership
	none := Estimate{Made: on, Holds: calendar.Must("2999-12-31")}
	if m.Status != membership.Active || m.Payer.PaysAlways() {
		return none, nil
	}
	last, found, err := firstShort(a, terms)
	if err != nil {
		return Estimate{}, err
	}
	switch {
	case !found:
		none.Holds = last.Plus(-terms.Policy.ReminderDays - longestMonth)
		return none, nil
	case last == m.Period.End && m.Period.PaidBy != membership.ByBalance:
		none.Holds = last
		return none, nil
	}
	return Estimate{RunsOut: last, Made: on, Holds: last}, nil
}

// Ends is when a cancelled, active membership will end: the first billing date for whose period the
// balance will not pay. Where none is in sight it is no date.
func Ends(a billing.Account, terms billing.Terms) (calendar.Date, error) {
	if a.Membership.Payer.PaysAlways() {
		return a.Membership.Period.End, nil
	}
	last, found, err := firstShort(a, terms)
	if !found {
		return calendar.Date{}, err
	}
	return last, err
}

// Ahead are the coming charges in order, as long as the membership is paid for, at most count.
func Ahead(a billing.Account, terms billing.Terms, count int) ([]billing.Charge, error) {
	var charges []billing.Charge
	for a.Membership.Status == membership.Active && len(charges) < count {
		r, err := billing.Renew(a, terms, a.Membership.Period.End, a.Method.Answer())
		if err != nil {
			return nil, err
		}
		if r.Verdict != billing.Paid {
			break
		}
		charges = append(charges, r.Charge)
		a = r.Account
	}
	return charges, nil
}

// firstShort is the first billing date, from the present period's end on, at which the balance alone
// will not pay; or, not found, the last one that was looked at.
func firstShort(a billing.Account, terms billing.Terms) (date calendar.Date, found bool, err error) {
	a.Balance = prepaid.Balance{{Rest: a.Balance.Total()}} // one lot draws as quickly as it can, and as much
	for range Horizon {
		date = a.Membership.Period.End
		r, err := billing.Renew(a, terms, date, a.Method.Answer())
		if err != nil {
			return date, false, err
		}
		if !r.ByBalanceAlone() {
			return date, true, nil
		}
		a = r.Account
	}
	return date, false, nil
}
