package history_test

import (
	"encoding/json"
	"testing"

	"scrip/calendar"
	"scrip/history"
	"scrip/money"
)

// TestTheFormOfBilling9 has every kind of event once, with all that it tells and no more.
func TestTheFormOfBilling9(t *testing.T) {
	usd := money.MustCurrency("USD")
	all := history.Event{On: calendar.Must("2026-01-31"), Card: "c\"1", Plan: "basic", Amount: money.New(5, usd), Balance: money.New(7, usd),
		Start: calendar.Must("2026-01-31"), End: calendar.Must("2026-02-28"), Total: money.New(9, usd), Tax: money.New(2, usd), Prorated: true,
		Lines:     []history.Line{{Source: "c1", Amount: money.New(4, usd)}, {Source: "partner", Amount: money.New(5, usd)}},
		PaidUntil: calendar.Must("2026-02-03"), Effective: calendar.Must("2026-02-04"), Ends: calendar.Must("2026-02-05"),
		RunsOut: calendar.Must("2026-02-06"), Method: "ok", Payer: "apple", Reason: "same_plan",
		Authorization: "a1", Reference: "order \"7\"", Until: calendar.Must("2026-02-07")}
	short := func(e *history.Event) { e.Shortfall, e.Returned = money.New(3, usd), money.New(1, usd) }
	lines := `"lines":[{"source":"c1","amount":4},{"source":"partner","amount":5}]`
	bare := func(e *history.Event) { *e = history.Event{On: e.On} }
	for _, test := range []struct {
		kind   history.Kind
		change func(*history.Event)
		want   string
	}{
		{history.Redeemed, nil, `,"card":"c\"1","amount":5,"balance":7`},
		{history.TakenBack, nil, `,"card":"c\"1","amount":5,"balance":7`},
		{history.Started, nil, `,"plan":"basic"`},
		{history.Charged, nil, `,"plan":"basic","period":["2026-01-31","2026-02-28"],"total":9,"tax":2,"prorated":true,` +
			`"lines":[{"source":"c1","amount":4},{"source":"partner","amount":5}],"balance":7`},
		{history.PlanChanged, nil, `,"plan":"basic","paid_until":"2026-02-03"`},
		{history.PlanChanged, func(e *history.Event) { e.PaidUntil = calendar.Date{} }, `,"plan":"basic"`},
		{history.PlanChangeScheduled, nil, `,"plan":"basic","effective":"2026-02-04"`},
		{history.PlanChangeWithdrawn, nil, `,"plan":"basic"`},
		{history.Cancelled, nil, `,"ends":"2026-02-05"`},
		{history.Cancelled, bare, `,"ends":null`},
		{history.Cancelled, func(e *history.Event) { e.EndsUntold = true }, ``},
		{history.Restarted, nil, ``}, {history.Held, nil, ``}, {history.HoldRemoved, nil, ``},
		{history.PaymentDeclined, nil, `,"amount":5`},
		{history.PaymentMethodSet, nil, `,"method":"ok"`},
		{history.PayerSet, nil, `,"payer":"apple"`},
		{history.Reminder, nil, `,"runs_out":"2026-02-06","balance":7`},
		{history.Closed, nil, `,"balance":7`},
		{history.Refused("change_plan"), nil, `,"reason":"same_plan"`},
		{history.Refused("authorize"), short, `,"reason":"same_plan","shortfall":3`},
		{history.Authorized, nil, `,"authorization":"a1","reference":"order \"7\"","amount":5,` + lines + `,"until":"2026-02-07","balance":7`},
		{history.BalanceCharged, nil, `,"authorization":"a1","reference":"order \"7\"","amount":5,` + lines + `,"balance":7`},
		{history.BalanceCharged, short, `,"authorization":"a1","reference":"order \"7\"","amount":5,"shortfall":3,"returned":1,` + lines + `,"balance":7`},
		{history.AuthorizationReleased, nil, `,"authorization":"a1","reference":"order \"7\"","amount":5,` + lines + `,"balance":7`},
		{history.AuthorizationExpired, nil, `,"authorization":"a1","reference":"order \"7\"","amount":5,` + lines + `,"balance":7`},
	} {
		event := all
		if test.change != nil {
			test.change(&event)
		}
		event.Kind = test.kind
		want := `{"on":"2026-01-31","event":"` + string(test.kind) + `"` + test.want + `}`
		got, err := json.Marshal(event)
		if err != nil || string(got) != want {
			t.Errorf("%s = %s, %v, want %s", test.kind, got, err, want)
		}
	}
}
