package membership_test

import (
	"errors"
	"fmt"
	"testing"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/membership"
)

// TestWhatEachStateAllows names, for each state, the first reason to refuse (billing.md 5).
func TestWhatEachStateAllows(t *testing.T) {
	type refusals struct{ start, change, cancel, restart, payer error }
	not := membership.ErrNotAMember
	for _, test := range []struct {
		status    membership.Status
		cancelled bool
		want      refusals
	}{
		{membership.None, false, refusals{nil, not, not, membership.ErrNothingToRestart, not}},
		{membership.Active, false, refusals{membership.ErrAlreadyMember, nil, nil, membership.ErrNothingToRestart, nil}},
		{membership.Active, true, refusals{membership.ErrAlreadyMember, nil, membership.ErrAlreadyCancelled, nil, membership.ErrAlreadyCancelled}},
		{membership.Held, false, refusals{membership.ErrAlreadyMember, nil, nil, membership.ErrNothingToRestart, not}},
		{membership.Closed, false, refusals{nil, not, not, membership.ErrNothingToRestart, not}},
	} {
		m := membership.Membership{Status: test.status, Cancelled: test.cancelled}
		got := refusals{m.MayStart(), m.MayChange(), m.MayCancel(), m.MayRestart(), m.MaySetPayer()}
		for name, pair := range map[string][2]error{"start": {got.start, test.want.start}, "change": {got.change, test.want.change},
			"cancel": {got.cancel, test.want.cancel}, "restart": {got.restart, test.want.restart}, "payer": {got.payer, test.want.payer}} {
			if !errors.Is(pair[0], pair[1]) {
				t.Errorf("%s %s, cancelled %t: %v, want %v", name, test.status, test.cancelled, pair[0], pair[1])
			}
		}
	}
}

func TestClosingDropsWhatWasPending(t *testing.T) {
	on := calendar.Must("2026-02-01")
	m := membership.Membership{Status: membership.Active, Plan: "a", Pending: "b", Payer: catalog.Partner, Cancelled: true}
	held := m.Hold(on)
	if held.Status != membership.Held || held.HeldOn != on || !held.Retried.IsZero() {
		t.Errorf("Hold = %+v", held)
	}
	closed := held.Close()
	if want := (membership.Membership{Status: membership.Closed, Plan: "a", Payer: catalog.Self}); closed != want {
		t.Errorf("Close = %+v, want %+v", closed, want)
	}
}

func TestOnlyTheMembersOwnMoneyMayMoveAnEnd(t *testing.T) {
	for by, want := range map[membership.PaidBy]bool{membership.ByBalance: true, membership.ByMethod: true,
		membership.ByPartner: false, membership.ByApple: false, membership.ByPackage: false} {
		if got := by.Movable(); got != want {
			t.Errorf("Movable(%s) = %t", by, got)
		}
	}
	if fmt.Sprint(membership.New()) != fmt.Sprint(membership.Membership{Status: membership.None, Payer: catalog.Self}) {
		t.Errorf("New = %+v", membership.New())
	}
}
