package billing_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/giftcard"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

var authorizedOn = calendar.Must("2026-01-31")

// prepaidWith is an account with lots, and with an authorization "open" of 3 besides.
func prepaidWith(rests ...int64) billing.Account {
	a := billing.Account{Currency: usd, Membership: membership.New()}
	for at, rest := range append([]int64{3}, rests...) {
		name := fmt.Sprint("c", at)
		a.Balance = append(a.Balance, prepaid.Lot{ID: name, Source: name, Rest: money.New(rest, usd), Place: int64(at)})
	}
	o, err := billing.Authorize(a, authorizedOn, billing.Request{ID: "open", Amount: money.New(3, usd), Days: 7})
	if err != nil {
		panic(err)
	}
	return o.Account
}

// TestTheOrderOfRefusals of charges against the balance alone is that of billing.md 11: each input has all the
// faults that stand behind its own.
func TestTheOrderOfRefusals(t *testing.T) {
	crowded := prepaidWith(5)
	for range billing.MostAuthorizations {
		crowded.Authorizations = append(crowded.Authorizations, crowded.Authorizations[0])
	}
	eur := money.MustCurrency("EUR")
	request := func(amount money.Amount, partial bool) billing.Request {
		return billing.Request{ID: "new", Amount: amount, Days: 7, Partial: partial}
	}
	for name, test := range map[string]struct {
		account billing.Account
		request billing.Request
		want    error
		short   int64
	}{
		"another currency":     {crowded, request(money.New(9, eur), false), giftcard.ErrCurrencyMismatch, 0},
		"too many":             {crowded, request(money.New(9, usd), false), billing.ErrTooManyAuthorizations, 0},
		"too little":           {prepaidWith(5), request(money.New(9, usd), false), billing.ErrInsufficientBalance, 4},
		"nothing for a part":   {prepaidWith(), request(money.New(9, usd), true), billing.ErrInsufficientBalance, 9},
		"enough":               {prepaidWith(5), request(money.New(5, usd), false), nil, 0},
		"too little in part":   {prepaidWith(5), request(money.New(9, usd), true), nil, 0},
		"what is held is kept": {prepaidWith(5), request(money.New(8, usd), false), billing.ErrInsufficientBalance, 3},
	} {
		for what, ask := range map[string]func(billing.Account, calendar.Date, billing.Request) (billing.Outcome, error){
			"authorize": billing.Authorize, "charge": billing.ChargeBalance} {
			if o, err := ask(test.account, authorizedOn, test.request); !errors.Is(err, test.want) || o.Short.Minor() != test.short {
				t.Errorf("%s: %s = %v, short of %v, want %v, %d", name, what, err, o.Short, test.want, test.short)
			}
		}
	}
	for name, test := range map[string]struct {
		capture billing.Capture
		want    error
	}{
		"never was":        {billing.Capture{ID: "none", Amount: money.New(9, eur)}, billing.ErrUnknownAuthorization},
		"captured":         {billing.Capture{ID: "done", Amount: money.New(9, eur), Fate: prepaid.Captured}, billing.ErrAlreadyCaptured},
		"released":         {billing.Capture{ID: "done", Amount: money.New(9, eur), Fate: prepaid.Released}, billing.ErrAlreadyReleased},
		"expired":          {billing.Capture{ID: "done", Amount: money.New(9, eur), Fate: prepaid.Expired}, billing.ErrAuthorizationExpired},
		"another currency": {billing.Capture{ID: "open", Amount: money.New(9, eur)}, giftcard.ErrCurrencyMismatch},
		"too much":         {billing.Capture{ID: "open", Amount: money.New(4, usd)}, billing.ErrAmountTooLarge},
		"all":              {billing.Capture{ID: "open"}, nil},
		"a part":           {billing.Capture{ID: "open", Amount: money.New(1, usd)}, nil},
	} {
		if _, err := billing.CaptureAuthorization(prepaidWith(5), billing.Terms{}, authorizedOn, test.capture); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestWhatIsAuthorizedMayComeBack: no card is redeemed with which the balance could then be larger than an
// amount can hold.
func TestWhatIsAuthorizedMayComeBack(t *testing.T) {
	lot := prepaid.Lot{ID: "big", Source: "big", Rest: money.New(math.MaxInt64-4, usd), Place: 9}
	if _, err := billing.Receive(prepaidWith(2), billing.Terms{}, authorizedOn, lot); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("Receive = %v, want %v", err, money.ErrOverflow)
	}
	if _, err := billing.Receive(prepaidWith(1), billing.Terms{}, authorizedOn, lot); err != nil {
		t.Errorf("Receive = %v", err)
	}
}

// TestAnAuthorizationCountsToTheEndOfItsLastDay.
func TestAnAuthorizationCountsToTheEndOfItsLastDay(t *testing.T) {
	for day, want := range map[string]int{"2026-02-07": 0, "2026-02-08": 1} {
		o, err := billing.Expire(prepaidWith(5), billing.Terms{}, calendar.Must(day))
		if err != nil || len(o.Ended) != want || o.Account.Balance.Total().Minor() != 5+3*int64(want) {
			t.Errorf("on %s: %+v, %v, want %d to expire", day, o, err, want)
		}
	}
}

// TestTheExampleOfBilling11 is docs/billing.md's.
func TestTheExampleOfBilling11(t *testing.T) {
	a := billing.Account{Currency: usd, Membership: membership.New()}
	receive := func(card string, minor, place int64) {
		t.Helper()
		a = must(billing.Receive(a, billing.Terms{}, authorizedOn, prepaid.Lot{ID: card, Source: card, Rest: money.New(minor, usd), Place: place})).Account
	}
	lines := func(draws []prepaid.Draw) (text string) {
		for _, draw := range draws {
			text += fmt.Sprint(draw.Source, " ", draw.Amount.Minor(), " ")
		}
		return text
	}
	receive("A", 1000, 1)
	receive("B", 900, 2)
	made := must(billing.Authorize(a, calendar.Must("2027-03-03"), billing.Request{ID: "a", Amount: money.New(1200, usd), Days: 7}))
	if a = made.Account; lines(made.Authorized[0].Draws) != "A 1000 B 200 " || a.Balance.Total().Minor() != 700 {
		t.Errorf("authorized %v, balance %v", made.Authorized, a.Balance)
	}
	for day, expired := range map[string]int{"2027-03-10": 0, "2027-03-11": 1} {
		if o := must(billing.Expire(a, billing.Terms{}, calendar.Must(day))); len(o.Ended) != expired {
			t.Errorf("on %s %d have expired, want %d", day, len(o.Ended), expired)
		}
	}
	receive("C", 500, 3)
	charged := must(billing.ChargeBalance(a, calendar.Must("2027-03-04"), billing.Request{ID: "b", Amount: money.New(1100, usd)}))
	if a = charged.Account; lines(charged.Ended[0].Charged) != "B 700 C 400 " {
		t.Errorf("charged %v", charged.Ended)
	}
	captured := must(billing.CaptureAuthorization(a, billing.Terms{}, calendar.Must("2027-03-05"), billing.Capture{ID: "a", Amount: money.New(900, usd)}))
	a = captured.Account
	if ended := captured.Ended[0]; lines(ended.Charged) != "A 900 " || lines(ended.Returned) != "A 100 B 200 " {
		t.Errorf("captured %+v", ended)
	}
	_, next := a.Balance.Draw(a.Balance.Total(), nil)
	if lines(next) != "A 100 B 200 C 100 " {
		t.Errorf("the next charge draws %s", lines(next))
	}
}
