package web

import (
	"strconv"

	"scrip/billing"
	"scrip/engine"
	"scrip/money"
)

// The chart's measures, in its own units. It is as wide as a year of bars, so that a bar is as wide in
// every chart.
const (
	chartWidth  = 480
	chartHeight = 190
	chartTop    = 22
	chartFloor  = 160
	chartSlot   = 40
	chartBar    = 26
	chartMost   = 12
)

// bar is one coming charge: the part that the balance pays below, what is paid otherwise above.
type bar struct {
	X, Middle                 int
	GiftY, GiftHigh           int
	OtherY, OtherHigh         int
	Label, Says               string
	Charge                    billing.Charge
	FromBalance, FromTheOther money.Amount
}

// bars are the coming charges as the chart draws them.
func (p *page) bars(coming []billing.Charge) []bar {
	coming = coming[:min(len(coming), chartMost)]
	var tallest int64 = 1
	for _, charge := range coming {
		tallest = max(tallest, charge.Total.Minor())
	}
	drawnBars := make([]bar, len(coming))
	for at, charge := range coming {
		gift := drawn(charge)
		b := bar{X: at*chartSlot + (chartSlot-chartBar)/2, Middle: at*chartSlot + chartSlot/2, Charge: charge}
		b.FromBalance, b.FromTheOther = gift, charge.Other
		b.GiftHigh = chartHigh(gift, tallest)
		b.OtherHigh = chartHigh(charge.Other, tallest)
		b.GiftY = chartFloor - b.GiftHigh
		b.OtherY = b.GiftY - b.OtherHigh
		b.Label = p.MonthShort(charge.Start)
		b.Says = p.T("billing.chart.bar", "On", charge.Start, "Total", charge.Total, "Balance", charge.Balance)
		drawnBars[at] = b
	}
	return drawnBars
}

func chartHigh(amount money.Amount, tallest int64) int {
	high := (chartFloor - chartTop) * amount.Minor() / tallest
	if amount.IsPositive() {
		high = max(high, 2)
	}
	return int(high)
}

// drawn is the part of a charge that the balance pays.
func drawn(charge billing.Charge) money.Amount {
	sum := charge.Total.Zero()
	for _, draw := range charge.Draws {
		sum = sum.Add(draw.Amount)
	}
	return sum
}

// percentLeft is how much of a card is left, 0 to 100; a card with anything left shows some.
func percentLeft(lot engine.LotView) string {
	if !lot.Value.IsPositive() || !lot.Rest.IsPositive() {
		return "0"
	}
	return strconv.FormatInt(min(100, max(1, lot.Rest.Minor()/max(1, lot.Value.Minor()/100))), 10)
}

// Source is where a part of a charge came from.
func (p *page) Source(source string) string {
	switch source {
	case "payment_method":
		return p.T("source.payment_method")
	case "partner":
		return p.T("source.partner")
	case "apple":
		return p.T("source.apple")
	case "package":
		return p.T("source.package")
	}
	return p.T("source.card", "Serial", source)
}

// Payment says who pays a coming charge.
func (p *page) Payment(charge billing.Charge) string {
	gift := drawn(charge)
	switch {
	case !charge.Other.IsPositive():
		return p.T("charge.by_balance")
	case gift.IsPositive():
		return p.T("charge.by_both", "Gift", gift, "Other", charge.Other, "Source", p.Source(string(charge.PaidBy)))
	}
	return p.T("charge.by_other", "Source", p.Source(string(charge.PaidBy)))
}
