package web

import (
	"slices"

	"scrip/calendar"
	"scrip/engine"
	"scrip/history"
	"scrip/money"
	"scrip/timeline"
)

// takeable reports whether a plan can be started now.
func takeable(offer engine.PlanOffer) bool { return offer.Outcome.Refusal == nil }

// firstTakeable is the place of the first plan that can be started, or -1.
func firstTakeable(offers []engine.PlanOffer) int { return slices.IndexFunc(offers, takeable) }

// planChange is what a change of plan would do.
type planChange struct {
	Effective calendar.Date // of a change on the next billing date
	Withdrawn bool          // a pending change is taken back
	PaidUntil calendar.Date // of a change at once that moves the period's end
	RunsOut   calendar.Date
	Asked     money.Amount
}

func planChangeOf(outcome timeline.Outcome) planChange {
	change := planChange{RunsOut: outcome.State.Estimate.RunsOut, Asked: outcome.Asked}
	for _, event := range outcome.Events {
		switch event.Kind {
		case history.PlanChangeScheduled:
			change.Effective = event.Effective
		case history.PlanChangeWithdrawn:
			change.Withdrawn = true
		case history.PlanChanged:
			change.PaidUntil = event.PaidUntil
		}
	}
	return change
}
