package notice_test

import (
	"testing"

	"scrip/billing"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/notice"
)

// TestWhatIsToldByMail: each event that a member is told of makes one notice, with a key of its own.
func TestWhatIsToldByMail(t *testing.T) {
	usd := money.MustCurrency("USD")
	on, seven := date("2026-01-31"), money.New(7, usd)
	a := billing.Account{Membership: membership.Membership{Plan: "basic"}}
	estimate := forecast.Estimate{RunsOut: date("2026-03-31")}
	for _, test := range []struct {
		event history.Event
		want  notice.Notice
	}{
		{history.Event{Kind: history.Redeemed, Card: "c1", Amount: money.New(5, usd), Balance: seven},
			notice.Notice{Kind: notice.CardApplied, Key: "card_applied:c1", Card: "c1", Amount: money.New(5, usd), Balance: seven, RunsOut: date("2026-03-31")}},
		{history.Event{Kind: history.Reminder, RunsOut: date("2026-02-28"), Balance: seven},
			notice.Notice{Kind: notice.BalanceRunsOut, Key: "reminder:2026-02-28", RunsOut: date("2026-02-28"), Balance: seven, Then: notice.ThenNobody}},
		{history.Event{Kind: history.Held}, notice.Notice{Kind: notice.OnHold, Key: "on_hold:2026-01-31", CloseOn: date("2026-03-02")}},
		{history.Event{Kind: history.HoldRemoved}, notice.Notice{Kind: notice.HoldRemoved, Key: "hold_removed:2026-01-31", PaidUntil: date("2026-02-28")}},
		{history.Event{Kind: history.Closed, Balance: seven}, notice.Notice{Kind: notice.MembershipEnded, Key: "membership_ended:2026-01-31", Balance: seven}},
	} {
		test.event.On, test.want.On, test.want.Plan = on, on, "basic"
		got := notice.Of([]history.Event{test.event, {On: on, Kind: history.Charged, End: date("2026-02-28")}}, a, estimate, billing.DefaultPolicy())
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("Of(%s) = %+v, want %+v", test.event.Kind, got, test.want)
		}
	}
}

func TestWhoPaysAfterAReminder(t *testing.T) {
	for _, test := range []struct {
		payer     catalog.Payer
		method    billing.Method
		cancelled bool
		want      notice.Then
	}{
		{catalog.Self, billing.NoMethod, false, notice.ThenNobody}, {catalog.Self, billing.MethodDeclines, false, notice.ThenNobody},
		{catalog.Self, billing.MethodWorks, false, notice.ThenMethod}, {catalog.Partner, billing.MethodWorks, false, notice.ThenPartner},
		{catalog.Partner, billing.NoMethod, false, notice.ThenPartner}, {catalog.Self, billing.MethodWorks, true, notice.ThenEnds},
		{catalog.Partner, billing.MethodWorks, true, notice.ThenEnds},
	} {
		a := billing.Account{Method: test.method, Membership: membership.Membership{Payer: test.payer, Cancelled: test.cancelled}}
		got := notice.Of([]history.Event{{Kind: history.Reminder}}, a, forecast.Estimate{}, billing.DefaultPolicy())
		if len(got) != 1 || got[0].Then != test.want {
			t.Errorf("%+v = %+v, want %s", test, got, test.want)
		}
	}
}

func TestAnUnsentNoticeThatLostItsPoint(t *testing.T) {
	reminder := notice.Notice{Kind: notice.BalanceRunsOut, RunsOut: date("2026-02-28")}
	hold := notice.Notice{Kind: notice.OnHold, On: date("2026-01-31")}
	active, closed := membership.Membership{Status: membership.Active}, membership.Membership{Status: membership.Closed}
	for name, test := range map[string]struct {
		notice   notice.Notice
		m        membership.Membership
		estimate string
		today    string
		want     bool
	}{
		"a reminder in time":        {reminder, active, "2026-02-28", "2026-02-27", false},
		"a reminder too late":       {reminder, active, "2026-02-28", "2026-02-28", true},
		"a reminder of a date past": {reminder, active, "2026-03-28", "2026-02-27", true},
		"a hold that lasts":         {hold, membership.Membership{Status: membership.Held, HeldOn: hold.On}, "", "2026-02-01", false},
		"a hold that is over":       {hold, active, "", "2026-02-01", true},
		"another hold":              {hold, membership.Membership{Status: membership.Held, HeldOn: date("2026-03-01")}, "", "2026-03-01", true},
		"an end":                    {notice.Notice{Kind: notice.MembershipEnded}, closed, "", "2026-03-01", false},
		"an end and a new start":    {notice.Notice{Kind: notice.MembershipEnded}, active, "", "2026-03-01", true},
		"a card":                    {notice.Notice{Kind: notice.CardApplied}, closed, "", "2026-03-01", false},
		"a hold removed":            {notice.Notice{Kind: notice.HoldRemoved, PaidUntil: date("2026-03-01")}, active, "", "2026-02-01", false},
		"a hold removed and ended":  {notice.Notice{Kind: notice.HoldRemoved}, closed, "", "2026-03-01", true},
	} {
		if got := test.notice.Pointless(test.m, forecast.Estimate{RunsOut: date(test.estimate)}, date(test.today)); got != test.want {
			t.Errorf("%s: Pointless = %t, want %t", name, got, test.want)
		}
	}
}
