package engine_test

import (
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/engine"
	"scrip/membership"
	"scrip/timeline"
)

// TestAClockThatWasSetBack charges no day a second time: an account's days go forward.
func TestAClockThatWasSetBack(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))})
	w.Do(account, engine.Command{Kind: timeline.Start, Plan: "standard"})
	w.At(calendar.Must("2026-04-01"), 9)
	if got := w.View(account).Membership; got.Status != membership.Held {
		t.Fatalf("the membership is %+v, want it on hold", got)
	}
	held := w.View(account).Membership.HeldOn
	w.Clock.Set(w.Clock.Now().Add(-50 * 24 * time.Hour))
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-5000"))})
	if got := w.View(account).Membership; got.Status != membership.Active || got.Period.Start.Before(held) {
		t.Errorf("the membership is %+v, want a period that begins on %s or later", got, held)
	}
	w.Verify()
}

// TestAPolicyThatChangesWhileAMethodIsAsked: what the method approves and the rules no longer take is
// given back, with its own transfers.
func TestAPolicyThatChangesWhileAMethodIsAsked(t *testing.T) {
	policy := billing.DefaultPolicy()
	policy.Shortfall = billing.ChargeRemainder
	a := newAskerUnder(t, policy, "ok", time.Hour, false)
	a.redeem(500)
	a.At(asksOn, 0)
	view := a.wants(membership.Active, true)
	offers, err := a.Engine.Offers(t.Context(), member(a.account), a.account)
	if err != nil || len(offers) == 0 {
		t.Errorf("Offers while a method is asked = %v, %v", offers, err)
	}
	if !view.RunsOut.IsZero() && view.RunsOut.Before(view.Today) {
		t.Errorf("the balance runs out on %s, which has gone by", view.RunsOut)
	}
	a.Apply(lumen(t, billing.DefaultPolicy()))
	a.At(asksOn, 3)
	a.wants(membership.Active, false)
	if got := a.Gateway.Taken(); len(got) != 1 || !got[0].Refunded {
		t.Errorf("the gateway has taken %+v, want one charge that was given back", got)
	}
	if got := a.balances(); got["refundable"] == "" || got["payment_method_clearing"] == "" {
		t.Errorf("the books: %v, want what was taken and given back in them", got)
	}
}
