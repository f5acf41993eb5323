package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/timeline"
)

// TestWhyAChargeWasWhatItWas: each charge of an account, by what is stored of it.
func TestWhyAChargeWasWhatItWas(t *testing.T) {
	b := newBiller(t, "us-2500")
	b.World.Do(b.account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	b.redeem("us-2500")
	for b.View(b.account).Membership.Status == "active" {
		b.At(b.View(b.account).Membership.Period.End, 8)
	}
	b.redeem("us-2500")
	paid := b.do(engine.Command{Kind: timeline.Charge, Amount: cents(500), Reference: "a film"})
	must(t, paid.Refusal)
	sections := map[string]int{}
	for _, charge := range b.View(b.account).Charges {
		why, err := b.Engine.Explain(t.Context(), member(b.account), b.account, charge.ID)
		if err != nil || !why.Agrees || why.Total != charge.Total || fmt.Sprint(why.Lines) != fmt.Sprint(charge.Lines) {
			t.Errorf("Explain(%+v) = %+v, %v", charge, why, err)
		}
		sections[why.Section]++
		if charge.Prorated && !strings.HasPrefix(why.Steps[2].Numbers, "floor(") {
			t.Errorf("the days are reckoned by %+v", why.Steps)
		}
	}
	why, err := b.Engine.Explain(t.Context(), member(b.account), b.account, paid.Settled.ID)
	if err != nil || !why.Agrees || why.Section != "11" || why.Total != cents(500) || b.lines(why.Lines) != "3: 500" {
		t.Errorf("Explain = %+v, %v", why, err)
	}
	if sections["4.2"] < 3 || sections["4.4"] == 0 {
		t.Errorf("charges by %v were explained", sections)
	}
	open := b.authorize(100)
	for _, id := range []string{"none", open.Settled.ID} {
		if _, err := b.Engine.Explain(t.Context(), member(b.account), b.account, id); !errors.Is(err, engine.ErrNoCharge) {
			t.Errorf("Explain(%s) = %v, want %v", id, err, engine.ErrNoCharge)
		}
	}
	if _, err := b.Engine.Explain(t.Context(), member("another"), b.account, paid.Settled.ID); !errors.Is(err, access.ErrDenied) {
		t.Errorf("Explain for another: %v", err)
	}
}
