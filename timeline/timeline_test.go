package timeline_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/timeline"
)

// single sells one plan at 100 a month, and gives an account a start on the last day of January.
func single(t *testing.T, reminderDays int, events ...storyEvent) *life {
	t.Helper()
	s := story{
		Catalog: storyCatalog{Plans: []storyPlan{{ID: "a", Prices: []storyPrice{{"USD", 100, dayOf(2020, 1, 1)}}}}},
		Policy:  storyPolicy{"charge_remainder", "rebase", []int{1, 3, 5}, 30, reminderDays},
		Account: storyAccount{"US", "USD", "none"},
		Events:  events, Until: events[len(events)-1].On,
	}
	l, err := newLife(s, quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.leap(); err != nil {
		t.Fatal(err)
	}
	return l
}

// quiet never looks ahead.
type quiet struct{}

func (quiet) IntN(limit int) int { return limit - 1 }

// TestARemindersDayBeyondTheHorizon: a balance that lasts longer than is looked ahead is reckoned again
// in time, and the reminder falls on its day all the same.
func TestARemindersDayBeyondTheHorizon(t *testing.T) {
	const months = forecast.Horizon + 3
	first := dayOf(2026, 1, 31)
	for _, reminderDays := range []int{1, 7, 31, 400, 3650} {
		l := single(t, reminderDays, storyEvent{On: first, Do: "redeem", Card: "c", Amount: 100 * months, Currency: "USD"},
			storyEvent{On: first, Do: "start", Plan: "a", Payer: "self"})
		if runsOut := l.state.Estimate.RunsOut; !runsOut.IsZero() {
			t.Fatalf("a date in sight: %v", runsOut)
		}
		runsOut := calendar.Must("2026-01-31")
		for range months {
			runsOut = runsOut.NextMonth(31)
		}
		l.told = nil
		if err := l.until(timeline.Moment{On: runsOut.Plus(-1), Phase: timeline.Dusk}); err != nil {
			t.Fatal(err)
		}
		if !l.reminded[runsOut] || len(l.reminded) != 1 {
			t.Errorf("reminded of %v, want %v", l.reminded, runsOut)
		}
		if o := l.state.Estimate; o.RunsOut != runsOut {
			t.Errorf("estimate %v, want %v", o.RunsOut, runsOut)
		}
		if want := runsOut.Plus(-reminderDays); !toldOn(l, want) {
			t.Errorf("%d days before: the reminder was not told on %v", reminderDays, want)
		}
	}
}

func toldOn(l *life, on calendar.Date) bool {
	prefix := `{"on":"` + on.String() + `","event":"reminder"`
	for _, text := range l.told {
		if len(text) > len(prefix) && text[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

func TestABalanceThatNoAmountHoldsIsRefused(t *testing.T) {
	on := dayOf(2026, 1, 31)
	l := single(t, 7, storyEvent{On: on, Do: "redeem", Card: "c", Amount: math.MaxInt64 / 2, Currency: "USD"})
	card := giftcard.Card{Serial: "d", State: giftcard.Active, Value: money.New(math.MaxInt64/2+2, l.state.Currency)}
	o, err := timeline.Do(l.state, l.terms, on.date(), timeline.Command{Kind: timeline.Redeem, Card: card, Account: owner}, billing.Unasked)
	if err != nil || !errors.Is(o.Refusal, money.ErrOverflow) || o.Redemption != (giftcard.Redemption{}) {
		t.Errorf("Do = %+v, %v", o, err)
	}
	if len(o.Events) != 1 || o.Events[0].Kind != history.Refused("redeem") || o.Events[0].Reason != "balance_limit" {
		t.Errorf("told %+v", o.Events)
	}
}

func TestAnUnknownCommandIsAMistakeAndNoRefusal(t *testing.T) {
	l := single(t, 7, storyEvent{On: dayOf(2026, 1, 31), Do: "payment_method", Method: "ok"})
	o, err := timeline.Do(l.state, l.terms, l.Until.date(), timeline.Command{Kind: "dance"}, billing.Unasked)
	if err == nil || o.Refusal != nil || len(o.Events) != 0 {
		t.Errorf("Do = %+v, %v", o, err)
	}
}

// TestSilence: a payment method that never answers is given up on (docs/billing.md 10).
func TestSilence(t *testing.T) {
	first := dayOf(2026, 1, 31)
	setMethod := storyEvent{On: first, Do: "payment_method", Method: "ok"}
	start := storyEvent{On: first, Do: "start", Plan: "a", Payer: "self"}
	t.Run("of a start", func(t *testing.T) {
		l := single(t, 7, setMethod)
		command := timeline.Command{Kind: timeline.Start, Plan: "a", Payer: "self"}
		asked, err := timeline.Do(l.state, l.terms, first.date(), command, billing.Unasked)
		if err != nil || asked.Question != billing.OfStart || asked.Asked.Minor() != 100 || len(asked.Events) != 0 {
			t.Fatalf("Do = %+v, %v", asked, err)
		}
		o, err := timeline.Answered(asked.State, l.terms, first.date().Plus(3), asked.Question, command, billing.Unasked)
		if err != nil || !errors.Is(o.Refusal, billing.ErrPaymentRequired) || o.State.Membership != asked.State.Membership {
			t.Errorf("Answered = %+v, %v", o, err)
		}
	})
	t.Run("of a renewal, a retry and a release", func(t *testing.T) {
		l := single(t, 7, setMethod, start)
		asked, err := timeline.Live(l.state, l.terms, timeline.Moment{On: calendar.Must("2026-03-01")}, billing.Unasked)
		if err != nil || asked.Question != billing.OfRenewal || asked.On != calendar.Must("2026-02-28") {
			t.Fatalf("Live = %+v, %v", asked, err)
		}
		held := giveUp(t, l, asked, calendar.Must("2026-03-03"))
		if m := held.Membership; m.Status != membership.Held || m.HeldOn != calendar.Must("2026-03-03") {
			t.Errorf("after a silent renewal: %+v", m)
		}
		asked, err = timeline.Live(held, l.terms, timeline.Moment{On: calendar.Must("2026-03-04")}, billing.Unasked)
		if err != nil || asked.Question != billing.OfRetry {
			t.Fatalf("Live = %+v, %v", asked, err)
		}
		held = giveUp(t, l, asked, calendar.Must("2026-03-07"))
		if next, due := held.Next(l.terms.Policy); !due || next.On != calendar.Must("2026-03-08") {
			t.Errorf("the next retry is on %v", next.On)
		}
		card := giftcard.Card{Serial: "c", State: giftcard.Active, Value: money.New(50, held.Currency)}
		asked, err = timeline.Do(held, l.terms, calendar.Must("2026-03-07"), timeline.Command{Kind: timeline.Redeem, Card: card, Account: owner}, billing.Unasked)
		if err != nil || asked.Question != billing.OfRelease || asked.Asked.Minor() != 50 || len(asked.Events) != 1 {
			t.Fatalf("Do = %+v, %v", asked, err)
		}
		if after := giveUp(t, l, asked, calendar.Must("2026-03-07")); after.Membership.Status != membership.Held || after.Balance.Total().Minor() != 50 {
			t.Errorf("after a silent release: %+v", after)
		}
	})
}

func giveUp(t *testing.T, l *life, asked timeline.Outcome, on calendar.Date) timeline.State {
	t.Helper()
	o, err := timeline.Answered(asked.State, l.terms, on, asked.Question, timeline.Command{}, billing.Unasked)
	if err != nil || o.Asked.IsPositive() || len(o.Charges) != 0 {
		t.Fatalf("Answered = %+v, %v", o, err)
	}
	return o.State
}

func TestEveryRefusalHasItsName(t *testing.T) {
	for reason, err := range timeline.Refusals() {
		if got := timeline.Reason(err); got != reason {
			t.Errorf("Reason(%v) = %q, want %q", err, got, reason)
		}
	}
	if timeline.Reason(nil) != "" || timeline.Reason(errors.New("the disk is full")) != "" {
		t.Error("what is no refusal has a reason")
	}
}

func TestMoments(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	on := calendar.Must("2026-03-29") // has 23 hours
	for _, test := range []struct {
		instant string
		want    timeline.Moment
	}{
		{"2026-03-28T22:59:59Z", timeline.Moment{On: on.Plus(-1), Phase: timeline.Reminding}},
		{"2026-03-28T23:00:00Z", timeline.Moment{On: on, Phase: timeline.Dawn}},
		{"2026-03-29T07:59:59Z", timeline.Moment{On: on, Phase: timeline.Dawn}},
		{"2026-03-29T08:00:00Z", timeline.Moment{On: on, Phase: timeline.Reminding}},
		{"2026-03-29T21:59:59Z", timeline.Moment{On: on, Phase: timeline.Reminding}},
	} {
		instant, err := time.Parse(time.RFC3339, test.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := timeline.At(instant, berlin); got != test.want {
			t.Errorf("At(%s) = %v, want %v", test.instant, got, test.want)
		}
	}
	for phase, want := range map[timeline.Phase]string{timeline.Dawn: "2026-03-28T23:00:00Z",
		timeline.Reminding: "2026-03-29T08:00:00Z", timeline.Dusk: "2026-03-29T22:00:00Z"} {
		if got := (timeline.Moment{On: on, Phase: phase}).Instant(berlin).UTC().Format(time.RFC3339); got != want {
			t.Errorf("Instant of phase %d = %s, want %s", phase, got, want)
		}
	}
}
