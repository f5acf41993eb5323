package timeline_test

import (
	"testing"
	"time"

	"scrip/billing"
	"scrip/history"
	"scrip/timeline"
)

// TestWhatExpiresComesBeforeTheRenewal of the same day, which then has it to spend; and an answer that was given
// along is the renewal's, whatever expires before it.
func TestWhatExpiresComesBeforeTheRenewal(t *testing.T) {
	first := dayOf(2026, 1, 31)
	redeem := storyEvent{On: first, Do: "redeem", Card: "c", Amount: 150, Currency: "USD"}
	start := storyEvent{On: first, Do: "start", Plan: "a", Payer: "self"}
	setMethod := storyEvent{On: first, Do: "payment_method", Method: "ok"}
	authorize := storyEvent{On: first, Do: "authorize", Authorization: "z", Amount: 50, Currency: "USD", Days: 27} // to the end of 27 February
	l := single(t, 7, redeem, start, setMethod, authorize)
	renewal := timeline.Moment{On: dayOf(2026, 2, 28).date(), Phase: timeline.Dawn}
	if err := l.until(timeline.Moment{On: renewal.On.Plus(-1), Phase: timeline.Dusk}); err != nil {
		t.Fatal(err)
	}
	if next, due := l.state.Next(l.terms.Policy); !due || next != (timeline.Moment{On: renewal.On, Phase: timeline.Expiring}) || !next.Before(renewal) {
		t.Errorf("next is %+v, %t", next, due)
	}
	o, err := timeline.Live(l.state, l.terms, renewal, billing.Approved)
	if err != nil || o.Asked.IsPositive() || len(o.Charges) != 1 || o.Charges[0].Other.Minor() != 50 {
		t.Fatalf("Live = %+v, %v, want the method to have paid the other half", o, err)
	}
	if kinds := [2]history.Kind{o.Events[0].Kind, o.Events[1].Kind}; kinds != [2]history.Kind{history.AuthorizationExpired, history.Charged} {
		t.Errorf("told %v", kinds)
	}
}

// TestAnExpiryIsDueInAnyState of a membership, at the beginning of its day.
func TestAnExpiryIsDueInAnyState(t *testing.T) {
	first := dayOf(2026, 1, 31)
	redeem := storyEvent{On: first, Do: "redeem", Card: "c", Amount: 250, Currency: "USD"}
	later := storyEvent{On: first, Do: "authorize", Authorization: "later", Amount: 5, Currency: "USD", Days: 9}
	sooner := storyEvent{On: first, Do: "authorize", Authorization: "sooner", Amount: 5, Currency: "USD", Days: 3}
	l := single(t, 7, redeem, later, sooner)
	next, due := l.state.Next(l.terms.Policy)
	if want := time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC); !due || !next.Instant(time.UTC).Equal(want) {
		t.Errorf("next is %v, %t, want %v", next.Instant(time.UTC), due, want)
	}
	o, err := timeline.Live(l.state, l.terms, timeline.Moment{On: dayOf(2026, 3, 1).date(), Phase: timeline.Dusk}, billing.Unasked)
	if err != nil || len(o.Ended) != 2 || o.Ended[0].Authorization.ID != "sooner" || o.State.Balance.Total().Minor() != 250 {
		t.Errorf("Live = %+v, %v", o, err)
	}
	if _, due := o.State.Next(l.terms.Policy); due {
		t.Error("something is still due")
	}
}
