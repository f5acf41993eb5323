package billing

import (
	"fmt"

	"scrip/catalog"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// Explanation is why a charge was what it was: the rule, what went in, and how it was reckoned.
type Explanation struct {
	Section string // of docs/billing.md
	Says    string // the rule
	Inputs  []Input
	Steps   []Step
	// Agrees says that the reckoning comes to what was charged. Else the charge was decided by another
	// catalogue than the one that explains it, or what it was decided by was not kept with it.
	Agrees bool
}

// Input is a number that a rule looked at, by its name in docs/billing.md.
type Input struct{ Name, Says, Value string }

// Step is one reckoning. Exact is what was rounded, or empty where nothing was. Amounts are minor units.
type Step struct{ Name, Formula, Numbers, Exact, Result string }

// The rules by which something is charged, by their sections.
var rules = map[string]string{
	"4.1": "The membership is billed by Apple or included in a package: that biller pays the whole period, and the balance is left alone.",
	"4.2": "The balance covers the whole period, and pays it.",
	"4.3": "The balance does not cover the whole period: it pays what it has, and the payment method the rest.",
	"4.4": "The balance does not cover the whole period: it pays for as many whole days as it covers, and no more.",
	"4.5": "The balance does not cover a day: the partner is billed for the whole period.",
	"4.6": "The balance does not cover a day: the payment method pays the whole period.",
	"11":  "The service's own biller charged an amount to the balance: the cards pay it in the order in which they were redeemed.",
}

// section is the rule that a charge's own words point to.
func (c Charge) section() string {
	switch {
	case catalog.Payer(c.PaidBy).PaysAlways():
		return "4.1"
	case c.PaidBy == membership.ByPartner:
		return "4.5"
	case c.Prorated:
		return "4.4"
	case c.PaidBy == membership.ByBalance:
		return "4.2"
	case c.Other.Less(c.Total):
		return "4.3"
	}
	return "4.6"
}

// Explain explains a charge for a period by the catalogue that was in force. Where the days of a whole month
// were not kept with the charge, it explains what it can.
func Explain(c Charge, sold *catalog.Catalog, country catalog.Country) (Explanation, error) {
	price, err := sold.Price(c.Plan, c.Total.Currency(), c.Start)
	if err != nil {
		return Explanation{}, err
	}
	month, err := sold.Total(c.Plan, country, c.Total.Currency(), c.Start)
	if err != nil {
		return Explanation{}, err
	}
	tax, taxed := sold.Tax(country, c.Start)
	e := explaining(c.section())
	e.Agrees = true
	e.input("price", fmt.Sprintf("of %s on %s", c.Plan, c.Start), minor(price))
	if taxed {
		e.input("rate", taxSays(tax), tax.Rate.String())
	}
	if c.Days > 0 {
		e.input("N", "days of a whole month from "+c.Start.String(), fmt.Sprint(c.Days))
		e.input("B", "the balance before", minor(c.Before()))
	}
	e.month(price, month, tax, taxed)
	if c.Prorated {
		e.days(c, month, tax)
	} else {
		e.check(c, month)
	}
	if c.section() == "4.3" {
		e.step("the payment method's part", "T − B", fmt.Sprintf("%s − %s", minor(c.Total), minor(c.Total.Sub(c.Other))), "", minor(c.Other))
	}
	return e, nil
}

func explaining(section string) Explanation {
	return Explanation{Section: section, Says: rules[section]}
}

func taxSays(tax catalog.Tax) string {
	if tax.Inclusive {
		return fmt.Sprintf("of the tax of %s since %s, which the price includes", tax.Country, tax.From)
	}
	return fmt.Sprintf("of the tax of %s since %s, on top of the price", tax.Country, tax.From)
}

// month tells what a whole period costs (billing.md 2).
func (e *Explanation) month(price money.Amount, month catalog.Total, tax catalog.Tax, taxed bool) {
	switch {
	case !taxed:
		e.step("T", "price", minor(price), "", minor(month.Amount))
	case tax.Inclusive:
		e.step("T", "price", minor(price), "", minor(month.Amount))
		e.taxWithin("tax of T", "T", month.Amount, month.Tax, tax.Rate)
	default:
		exact := tax.Rate.TaxDivision(price)
		e.step("tax of T", "round(price × rate)", fmt.Sprintf("round(%s × %s)", minor(price), tax.Rate), exact.String(), minor(month.Tax))
		e.step("T", "price + tax of T", fmt.Sprintf("%s + %s", minor(price), minor(month.Tax)), "", minor(month.Amount))
	}
}

func (e *Explanation) taxWithin(name, of string, total, tax money.Amount, rate money.Rate) {
	e.step(name, fmt.Sprintf("%s − round(%s / (1 + rate))", of, of), fmt.Sprintf("%s − round(%s / (1 + %s))", minor(total), minor(total), rate),
		rate.NetDivision(total).String(), minor(tax))
}

// days tells what the days cost that the balance covers (billing.md 4.4).
func (e *Explanation) days(c Charge, month catalog.Total, tax catalog.Tax) {
	covered := c.Start.Until(c.End)
	if c.Days == 0 {
		e.Agrees = false
		return
	}
	days := money.DaysDivision(c.Before(), month.Amount, c.Days)
	part := month.Part(covered, c.Days)
	e.step("D", "floor(N × B / T)", fmt.Sprintf("floor(%d × %s / %s)", c.Days, minor(c.Before()), minor(month.Amount)), days.String(), fmt.Sprint(days.Down()))
	e.step("C", "round(T × D / N)", fmt.Sprintf("round(%s × %d / %d)", minor(month.Amount), covered, c.Days),
		money.PartDivision(month.Amount, covered, c.Days).String(), minor(part.Amount))
	e.taxWithin("tax of C", "C", part.Amount, part.Tax, tax.Rate)
	e.Agrees = int(days.Down()) == covered
	e.check(c, part)
}

func (e *Explanation) check(c Charge, reckoned catalog.Total) {
	e.Agrees = e.Agrees && reckoned.Amount == c.Total && reckoned.Tax == c.Tax
}

// ExplainBalanceCharge explains a charge against the balance alone (billing.md 11).
func ExplainBalanceCharge(a prepaid.Authorization, charged money.Amount) Explanation {
	e := explaining("11")
	e.input("asked", "the amount that was asked for, as "+a.Reference, minor(a.Asked))
	e.input("authorized", fmt.Sprintf("what was kept of the balance on %s", a.On), minor(a.Total()))
	if a.Shortfall().IsPositive() {
		e.step("shortfall", "asked − authorized", fmt.Sprintf("%s − %s", minor(a.Asked), minor(a.Total())), "", minor(a.Shortfall()))
	}
	e.step("charged", "what was captured of it", minor(charged), "", minor(charged))
	if returned := a.Total().Sub(charged); returned.IsPositive() {
		e.step("returned", "authorized − charged", fmt.Sprintf("%s − %s", minor(a.Total()), minor(charged)), "", minor(returned))
	}
	e.Agrees = charged.IsPositive() && !a.Total().Less(charged)
	return e
}

func (e *Explanation) input(name, says, value string) {
	e.Inputs = append(e.Inputs, Input{name, says, value})
}

func (e *Explanation) step(name, formula, numbers, exact, result string) {
	e.Steps = append(e.Steps, Step{name, formula, numbers, exact, result})
}

func minor(amount money.Amount) string { return fmt.Sprint(amount.Minor()) }
