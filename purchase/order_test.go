package purchase_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/purchase"
)

var (
	usd  = money.MustCurrency("USD")
	eur  = money.MustCurrency("EUR")
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	five = money.New(500, usd)
)

// life is an order and its card, the value on whose account it is, and the books of all three.
type life struct {
	t     *rapid.T
	order purchase.Order
	card  giftcard.Card
	left  money.Amount // of a redeemed card, to spend
	books map[ledger.Name]int64
	used  int64 // what was watched
	drawn int   // cards so far
}

func (l *life) enter(transfers ...ledger.Transfer) {
	for _, t := range transfers {
		if !t.Amount.IsPositive() {
			l.t.Fatalf("a transfer of %s", t.Amount)
		}
		l.books[t.Debit.Name] += t.Amount.Minor()
		l.books[t.Credit.Name] -= t.Amount.Minor()
	}
}

// take takes a step in, or what was refused, which changes nothing.
func (l *life) take(step purchase.Step, err error) bool {
	if err != nil {
		return false
	}
	l.order = step.Order
	l.enter(step.OfOrder...)
	l.enter(step.OfCard...)
	if step.Card.Serial != "" {
		l.card = step.Card
	}
	if step.Replacing.New.State != "" {
		l.card = step.Replacing.New
		l.card.Serial = l.serial()
		l.order = l.order.Replaced(l.card.Serial)
		l.enter(step.Replacing.Transfers[:]...)
	}
	return true
}

func (l *life) serial() string {
	l.drawn++
	return fmt.Sprintf("card %d", l.drawn)
}

// steps are all that can happen, each at any time.
func (l *life) steps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":        func(*rapid.T) { l.check() },
		"deliver": func(*rapid.T) { l.take(l.order.Deliver(l.serial(), noon)) },
		"resend":  func(*rapid.T) { l.take(l.order.Resend(l.card, "new@example.com")) },
		"refund":  func(*rapid.T) { l.take(l.order.Refund(l.card)) },
		"redeem": func(*rapid.T) {
			if r, err := l.card.Redeem(giftcard.Holder{Account: "a", Currency: usd, Payer: catalog.Self}); err == nil {
				l.card, l.left = r.Card, l.card.Value
				l.enter(r.Transfers[:]...)
			}
		},
		"watch": func(t *rapid.T) {
			part := money.New(rapid.Int64Range(0, l.left.Minor()).Draw(t, "watched"), usd)
			l.left = l.left.Sub(part)
			l.used += part.Minor()
			l.books[ledger.GiftBalance] += part.Minor()
		},
		"freeze": func(*rapid.T) {
			if card, err := l.card.Freeze(); err == nil {
				l.card = card
			}
		},
		"unfreeze": func(*rapid.T) {
			if card, err := l.card.Unfreeze(); err == nil && l.order.MayMove() == nil {
				l.card = card
			}
		},
		"hear": func(t *rapid.T) {
			standing := rapid.SampledFrom([]purchase.Standing{purchase.StandsOpen, purchase.StandsPaid, purchase.StandsClosed, purchase.StandsRefunded,
				purchase.StandsChargedBack, purchase.StandsLost}).Draw(t, "standing")
			if l.take(l.order.Hear(standing, l.card, l.left)) && l.order.Taken.IsPositive() && l.left.IsPositive() && l.order.State != purchase.Delivered {
				l.enter(ledger.Transfer{Debit: ledger.For(ledger.GiftBalance, "a"), Credit: ledger.Of(ledger.InTransit), Amount: l.left})
				l.left = l.left.Zero()
			}
		},
	}
}

// check compares the books with the order and its card.
func (l *life) check() {
	o, want := l.order, map[ledger.Name]int64{}
	switch o.State {
	case purchase.Paid:
		want[ledger.CustomerDeposits] = -o.Rest().Minor()
	case purchase.Refunding:
		want[ledger.Refundable] = -o.Value.Minor()
	case purchase.ChargedBack:
		if o.Serial != "" && l.card.State == giftcard.Frozen {
			want[ledger.ChargeBacks] = l.card.Value.Minor()
		}
	}
	if l.card.State == giftcard.Active || l.card.State == giftcard.Frozen {
		want[ledger.CardsOutstanding] = -l.card.Value.Minor()
	}
	if o.State == purchase.Paid || o.State == purchase.Delivered || o.State == purchase.Refunding {
		want[ledger.MethodClearing] = o.Value.Minor()
	} else {
		want[ledger.ChargeBackLosses] = l.used // what was watched of a payment that was taken back: that alone is lost
	}
	want[ledger.GiftBalance] = -l.left.Minor()
	for _, name := range []ledger.Name{ledger.MethodClearing, ledger.CustomerDeposits, ledger.CardsOutstanding, ledger.InTransit,
		ledger.Refundable, ledger.ChargeBacks, ledger.ChargeBackLosses, ledger.GiftBalance, ledger.RetailerReceivable} {
		if l.books[name] != want[name] {
			l.t.Fatalf("%s, card %s: %s is %d, want %d; %v", o.State, l.card.State, name, l.books[name], want[name], l.books)
		}
	}
}

// rounds is how often rapid's number of orders is lived: a hundred find too little.
const rounds = 50

// TestTheMoneyIsAlwaysSomewhere lives orders at random, and compares the books with them after every step.
func TestTheMoneyIsAlwaysSomewhere(t *testing.T) {
	for range rounds {
		liveAtRandom(t)
	}
}

func liveAtRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &life{t: t, left: money.New(0, usd), books: map[ledger.Name]int64{}}
		l.order = purchase.Order{ID: "o", State: purchase.Placed, Product: "gift", Value: money.New(2500, usd), Recipient: "r@example.com",
			PlacedAt: noon, DeliverAt: noon, Taken: money.New(0, usd)}
		t.Repeat(l.steps())
	})
}

// TestARefundThatIsChargedBack waits for the bank's last word: what it gives back goes back to the buyer.
func TestARefundThatIsChargedBack(t *testing.T) {
	order := purchase.Order{ID: "o", State: purchase.Refunding, Value: money.New(2500, usd), Taken: money.New(0, usd)}
	for standing, want := range map[purchase.Standing]purchase.State{purchase.StandsChargedBack: purchase.Refunding, purchase.StandsPaid: purchase.Refunding,
		purchase.StandsRefunded: purchase.Refunded, purchase.StandsLost: purchase.WrittenOff} {
		step, err := order.Hear(standing, giftcard.Card{}, money.New(0, usd))
		if err != nil || step.Order.State != want {
			t.Errorf("Hear(%s) = %s, %v, want %s", standing, step.Order.State, err, want)
		}
	}
}

var gift = catalog.Product{ID: "gift", Value: five, Most: money.New(10000, usd), Form: catalog.Digital}

func request() purchase.Request {
	return purchase.Request{Value: money.New(2500, usd), Gift: purchase.Gift{Design: purchase.Ribbon, From: "Ada", To: "Grace", Language: "en"},
		Buyer: "a@example.com", Recipient: "g@example.com", Zone: time.UTC}
}

func TestPlace(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	closed, printed := gift, gift
	closed.Closed, printed.Form = true, catalog.Printed
	for name, test := range map[string]struct {
		product catalog.Product
		change  func(*purchase.Request)
		deliver time.Time
		want    error
	}{
		"now":            {gift, func(*purchase.Request) {}, noon, nil},
		"today":          {gift, func(r *purchase.Request) { r.On = calendar.Must("2026-03-01") }, noon, nil},
		"tomorrow":       {gift, func(r *purchase.Request) { r.On = calendar.Must("2026-03-02") }, time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), nil},
		"in Tokyo":       {gift, func(r *purchase.Request) { r.On, r.Zone = calendar.Must("2026-03-02"), tokyo }, time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC), nil},
		"yesterday":      {gift, func(r *purchase.Request) { r.On = calendar.Must("2026-02-28") }, time.Time{}, purchase.ErrDate},
		"too far":        {gift, func(r *purchase.Request) { r.On = calendar.Must("2027-03-03") }, time.Time{}, purchase.ErrDate},
		"too much":       {gift, func(r *purchase.Request) { r.Value = money.New(10001, usd) }, time.Time{}, giftcard.ErrValue},
		"too little":     {gift, func(r *purchase.Request) { r.Value = money.New(499, usd) }, time.Time{}, giftcard.ErrValue},
		"nothing":        {gift, func(r *purchase.Request) { r.Value = money.Amount{} }, time.Time{}, giftcard.ErrValue},
		"other currency": {gift, func(r *purchase.Request) { r.Value = money.New(2500, eur) }, time.Time{}, giftcard.ErrValue},
		"closed":         {closed, func(*purchase.Request) {}, time.Time{}, purchase.ErrNotSold},
		"printed":        {printed, func(*purchase.Request) {}, time.Time{}, purchase.ErrNotSold},
		"no name":        {gift, func(r *purchase.Request) { r.Gift.To = " " }, time.Time{}, purchase.ErrText},
		"invisible":      {gift, func(r *purchase.Request) { r.Gift.To = "\u200b\u2060" }, time.Time{}, purchase.ErrText},
		"long name":      {gift, func(r *purchase.Request) { r.Gift.From = strings.Repeat("é", 61) }, time.Time{}, purchase.ErrText},
		"lines":          {gift, func(r *purchase.Request) { r.Gift.Message = "a\nb" }, noon, nil},
		"turned":         {gift, func(r *purchase.Request) { r.Gift.Message = "a\u202eb" }, time.Time{}, purchase.ErrText},
		"design":         {gift, func(r *purchase.Request) { r.Gift.Design = "none" }, time.Time{}, purchase.ErrDesign},
	} {
		r := request()
		test.change(&r)
		order, err := purchase.Place("o", test.product, r, noon)
		if !errors.Is(err, test.want) || !order.DeliverAt.Equal(test.deliver) {
			t.Errorf("%s: Place = %v, %v, want %v, %v", name, order.DeliverAt, err, test.deliver, test.want)
		}
	}
}

func TestNothingIsDeliveredBeforeItsDay(t *testing.T) {
	r := request()
	r.On = calendar.Must("2026-03-02")
	order, err := purchase.Place("o", gift, r, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := order.Deliver("s", noon.AddDate(0, 0, 2)); !errors.Is(err, purchase.ErrNotPaid) {
		t.Errorf("an order that is not paid is delivered: %v", err)
	}
	paid, err := order.Pay()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := paid.Order.Deliver("s", order.DeliverAt.Add(-time.Microsecond)); !errors.Is(err, purchase.ErrNotDue) {
		t.Errorf("an order is delivered too early: %v", err)
	}
	if step, err := paid.Order.Deliver("s", order.DeliverAt); err != nil || step.Card.Value != order.Value || step.Card.Order() != "o" {
		t.Errorf("Deliver = %+v, %v", step.Card, err)
	}
}

func TestPace(t *testing.T) {
	limits, dearest := purchase.Limits{Orders: 3, Cards: 2}, money.New(10000, usd)
	for _, test := range []struct {
		orders        int
		bought, value int64
		want          error
	}{{0, 0, 10000, nil}, {2, 10000, 10000, nil}, {2, 10001, 10000, purchase.ErrPace}, {3, 0, 500, purchase.ErrPace}, {0, 0, 20001, purchase.ErrPace}} {
		if err := limits.Allow(test.orders, money.New(test.bought, usd), money.New(test.value, usd), dearest); !errors.Is(err, test.want) {
			t.Errorf("Allow(%d, %d, %d) = %v, want %v", test.orders, test.bought, test.value, err, test.want)
		}
	}
	if got := limits.In(purchase.ByNetwork); got != (purchase.Limits{Orders: 12, Cards: 8}) {
		t.Errorf("of a network %+v", got)
	}
	if got := purchase.Dearest([]catalog.Product{gift, {Value: money.New(50000, usd)}}, usd); got != dearest {
		t.Errorf("Dearest = %s", got)
	}
}
