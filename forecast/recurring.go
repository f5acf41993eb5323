package forecast

import (
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/membership"
	"scrip/money"
)

// Recurrence is how long a balance would pay an amount every month, if nothing else drew on it.
type Recurrence struct {
	// Charges are those that the balance would pay in full, in order; at most Horizon.
	Charges []billing.Charge
	// RunsOut is the first date on which it would not; zero where that lies behind the horizon.
	RunsOut calendar.Date
	// Rest is what the balance then holds.
	Rest money.Amount
}

// Recurring takes the amount for a plan that costs as much, begins with a charge on a date, and has that date's
// day as the anchor (billing.md 3). A month that the balance covers in part alone is not paid (billing.md 11).
func Recurring(a billing.Account, amount money.Amount, from calendar.Date) (Recurrence, error) {
	const plan = catalog.PlanID("recurring")
	sold, err := catalog.New([]catalog.Plan{{ID: plan, Prices: []catalog.Price{{Amount: amount, From: from}}}}, nil, nil, nil)
	if err != nil {
		return Recurrence{}, err
	}
	a.Country, a.Method = catalog.Country{}, billing.NoMethod
	a.Membership = membership.Membership{Status: membership.Active, Plan: plan, Payer: catalog.Self, Anchor: from.Day(),
		Period: membership.Period{Start: from, End: from, PaidBy: membership.ByBalance}}
	ahead, err := Ahead(a, billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()}, Horizon)
	if err != nil {
		return Recurrence{}, err
	}
	r := Recurrence{RunsOut: from, Rest: money.New(0, a.Currency).Add(a.Balance.Total())}
	for _, charge := range ahead {
		if charge.Prorated {
			return r, nil
		}
		r.Charges, r.RunsOut, r.Rest = append(r.Charges, charge), charge.End, charge.Balance
	}
	if len(r.Charges) == Horizon {
		r.RunsOut = calendar.Date{}
	}
	return r, nil
}
