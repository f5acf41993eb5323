package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
	"scrip/store"
	"scrip/store/storetest"
	"scrip/timeline"
)

// tills are two retailers with cards that were shipped to them.
type tills struct {
	*enginetest.World
	terms billing.Terms
}

// kiosk sells in New York, within limits, and corner in UTC without.
const kiosk, corner catalog.RetailerID = "kiosk", "corner"

// chosen is a product whose value its buyer chooses.
const chosen catalog.ProductID = "us-any"

// morning is in New York on 31 January.
var morning = time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC)

func newTills(t *testing.T) *tills {
	t.Helper()
	terms := lumen(t, billing.DefaultPolicy())
	us := country(t)
	products := append(terms.Catalog.Products(), catalog.Product{ID: chosen, Country: us, Value: money.New(1000, usd), Most: money.New(50000, usd)},
		catalog.Product{ID: "us-gift", Country: us, Value: money.New(1000, usd), Most: money.New(20000, usd), Form: catalog.Digital},
		catalog.Product{ID: "us-old", Country: us, Value: money.New(2500, usd)})
	retailers := []catalog.Retailer{
		{ID: kiosk, Name: "Kiosk", Country: us, Where: catalog.InStore, Zone: "America/New_York", Commission: eightPercent(), Settlement: files(),
			Limits: catalog.Limits{Card: money.New(20000, usd), Day: money.New(30000, usd)}},
		{ID: corner, Name: "Corner", Country: us, Where: catalog.InStore, Zone: "UTC", Commission: eightPercent(), Settlement: files()}}
	var err error
	terms.Catalog, err = terms.Catalog.WithProducts(products, retailers)
	must(t, err)
	return &tills{enginetest.New(t, morning, terms), terms}
}

// till is a till's key of a retailer.
func till(retailer catalog.RetailerID) access.Actor {
	actor := access.KeyHolder("key-of-"+string(retailer), []access.Grant{access.Retail}, "192.0.2.9", "")
	actor.Retailer = string(retailer)
	return actor
}

// batch issues cards, and ships them to a retailer.
func (w *tills) batch(product catalog.ProductID, count int, to catalog.RetailerID) (id string, cards []engine.Printed) {
	w.T.Helper()
	id, err := w.Engine.IssueCards(w.T.Context(), operator, product, count, func(printed []engine.Printed) error {
		cards = append(cards, printed...)
		return nil
	})
	must(w.T, err)
	w.moveBatch(id, "shipped", "", to)
	return id, cards
}

func (w *tills) moveBatch(id, state, was string, to catalog.RetailerID) {
	w.T.Helper()
	beside := storetest.SQL(w.T, w.Path)
	_, err := beside.Exec(fmt.Sprintf("UPDATE batches SET state = '%s', was = '%s', retailer = '%s' WHERE batch = '%s'", state, was, to, id))
	must(w.T, err)
}

// card is one card that was shipped to a retailer.
func (w *tills) card(product catalog.ProductID, to catalog.RetailerID) engine.Printed {
	w.T.Helper()
	_, cards := w.batch(product, 1, to)
	return cards[0]
}

// at is what a till asks for, with a transaction of its own.
func (w *tills) at(serial giftcode.Serial) engine.AtTill {
	return engine.AtTill{Store: "s1", Terminal: "t1", Transaction: store.NewID(), At: w.Clock.Now(), Serial: serial}
}

// do asks for an operation that is wanted to be refused so, or not to be.
func (w *tills) do(retailer catalog.RetailerID, operation retail.Operation, asked engine.AtTill, refusal error) engine.Sold {
	w.T.Helper()
	sold, _, err := w.Engine.Till(w.T.Context(), till(retailer), operation, asked)
	if !errors.Is(err, refusal) || refusal == nil && err != nil {
		w.T.Errorf("%s = %+v, %v, want %v", operation, sold, err, refusal)
	}
	return sold
}

func (w *tills) reverse(retailer catalog.RetailerID, asked engine.AtTill, undone bool, refusal error) {
	w.T.Helper()
	reversed, _, err := w.Engine.ReverseSale(w.T.Context(), till(retailer), asked)
	if !errors.Is(err, refusal) || refusal == nil && err != nil || err == nil && reversed.Undone != undone {
		w.T.Errorf("reverse = %+v, %v, want undone %v, %v", reversed, err, undone, refusal)
	}
}

// state is a card's, and what it holds.
func (w *tills) state(serial giftcode.Serial, want giftcard.State, value int64) {
	w.T.Helper()
	card, err := w.Engine.Card(w.T.Context(), operator, serial)
	must(w.T, err)
	if card.Card.State != want || card.Card.Value.Minor() != value {
		w.T.Errorf("the card is %s with %v, want %s with %d", card.Card.State, card.Card.Value, want, value)
	}
}

// redeem redeems a card into a new account.
func (w *tills) redeem(card engine.Printed) {
	w.T.Helper()
	account := w.Account(store.NewID()+"@example.com", country(w.T), usd)
	if reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)}); reply.Refusal != nil {
		w.T.Fatal(reply.Refusal)
	}
}

// TestALifeAtTheTill: sold, undone on the same day, sold again for another value, and taken back.
func TestALifeAtTheTill(t *testing.T) {
	w := newTills(t)
	card := w.card(chosen, corner)
	ask := func(value int64) engine.AtTill {
		asked := w.at(card.Serial)
		asked.Amount = money.New(value, usd)
		return asked
	}
	w.do(corner, retail.Activate, w.at(card.Serial), giftcard.ErrValue)
	first := ask(2000)
	if sold := w.do(corner, retail.Activate, first, nil); sold.Value != money.New(2000, usd) || sold.State != giftcard.Active || sold.On != calendar.Must("2026-01-31") {
		t.Errorf("activate = %+v", sold)
	}
	w.state(card.Serial, giftcard.Active, 2000)
	w.do(corner, retail.Void, w.at(card.Serial), nil)
	w.state(card.Serial, giftcard.Issued, 1000)
	w.do(corner, retail.Activate, ask(5000), nil)
	// The first sale's reversal comes late, and does not undo the second.
	w.reverse(corner, first, false, nil)
	w.state(card.Serial, giftcard.Active, 5000)
	w.Clock.Set(morning.Add(24 * time.Hour))
	w.do(corner, retail.Void, w.at(card.Serial), retail.ErrWrongDay)
	w.do(corner, retail.Return, w.at(card.Serial), nil)
	w.state(card.Serial, giftcard.Voided, 5000)
	w.reverse(corner, ask(5000), false, nil)
	w.Verify()
	var types []feed.Type
	events, err := w.Engine.Events(t.Context(), operator, feed.Cursor{}, 100)
	must(t, err)
	for _, event := range events.Events {
		types = append(types, event.Type)
	}
	want := []feed.Type{"gift_card.issued", "gift_card.activated", "gift_card.sale_undone", "gift_card.activated", "gift_card.voided"}
	if fmt.Sprint(types) != fmt.Sprint(want) {
		t.Errorf("told %v, want %v", types, want)
	}
}

// TestEveryStateAtTheTill: what each operation makes of a card in each state.
func TestEveryStateAtTheTill(t *testing.T) {
	w := newTills(t)
	states := map[string]func(engine.Printed) engine.AtTill{
		"issued": func(card engine.Printed) engine.AtTill { return w.at(card.Serial) },
	}
	sold := func(then func(engine.Printed)) func(engine.Printed) engine.AtTill {
		return func(card engine.Printed) engine.AtTill {
			asked := w.at(card.Serial)
			w.do(corner, retail.Activate, asked, nil)
			then(card)
			return asked
		}
	}
	move := func(move engine.Move) func(engine.Printed) {
		return func(card engine.Printed) { must(t, w.Engine.MoveCard(t.Context(), operator, card.Serial, move)) }
	}
	states["active"] = sold(func(engine.Printed) {})
	states["redeemed"] = sold(w.redeem)
	states["frozen"] = sold(move(engine.Freeze))
	states["voided"] = sold(move(engine.Void))
	states["replaced"] = sold(func(card engine.Printed) {
		_, _, _, err := w.Engine.ReplaceCard(t.Context(), operator, store.NewID(), card.Serial)
		must(t, err)
	})
	states["active, of no till"] = func(card engine.Printed) engine.AtTill {
		move(engine.Activate)(card)
		return w.at(card.Serial)
	}
	type wants struct {
		activate, void, giveBack, reverse error
		undone                            bool
		then                              giftcard.State // after the reversal
	}
	for state, want := range map[string]wants{
		"issued":             {nil, giftcard.ErrNotActivated, giftcard.ErrNotActivated, nil, false, giftcard.Issued},
		"active":             {giftcard.ErrNotIssued, nil, nil, nil, true, giftcard.Issued},
		"redeemed":           {giftcard.ErrNotIssued, giftcard.ErrAlreadyRedeemed, giftcard.ErrAlreadyRedeemed, giftcard.ErrAlreadyRedeemed, false, giftcard.Redeemed},
		"frozen":             {giftcard.ErrNotIssued, giftcard.ErrFrozen, giftcard.ErrFrozen, nil, true, giftcard.Voided},
		"voided":             {giftcard.ErrNotIssued, giftcard.ErrVoided, giftcard.ErrVoided, nil, false, giftcard.Voided},
		"replaced":           {giftcard.ErrNotIssued, giftcard.ErrReplaced, giftcard.ErrReplaced, giftcard.ErrReplaced, false, giftcard.Replaced},
		"active, of no till": {giftcard.ErrNotIssued, retail.ErrNotSold, nil, nil, false, giftcard.Active},
	} {
		for operation, refusal := range map[retail.Operation]error{retail.Activate: want.activate, retail.Void: want.void, retail.Return: want.giveBack} {
			card := w.card("us-2500", corner)
			states[state](card)
			asked := w.at(card.Serial)
			w.do(corner, operation, asked, refusal)
			w.do(corner, operation, asked, refusal) // the same answer for good
			if t.Failed() {
				t.Fatalf("%s of a card that is %s", operation, state)
			}
		}
		card := w.card("us-2500", corner)
		original := states[state](card)
		w.reverse(corner, original, want.undone, want.reverse)
		w.reverse(corner, original, want.undone, want.reverse)
		if w.state(card.Serial, want.then, 2500); t.Failed() {
			t.Fatalf("reversal of a card that is %s", state)
		}
	}
	w.Verify()
}

// TestAReversalWhenever: before its original, after it, twice, without one, and the original again afterwards.
func TestAReversalWhenever(t *testing.T) {
	w := newTills(t)
	for _, when := range []string{"before", "after", "never", "after a refusal"} {
		card := w.card("us-2500", kiosk)
		asked := w.at(card.Serial)
		if when == "after a refusal" {
			asked.Amount = money.New(1, usd)
			w.do(kiosk, retail.Activate, asked, giftcard.ErrValue)
		}
		if when == "after" {
			w.do(kiosk, retail.Activate, asked, nil)
		}
		for range 2 {
			w.reverse(kiosk, asked, when == "after", nil)
		}
		if when != "never" {
			for range 2 {
				w.do(kiosk, retail.Activate, asked, retail.ErrReversed)
			}
		}
		w.state(card.Serial, giftcard.Issued, 2500)
		w.do(kiosk, retail.Activate, w.at(card.Serial), nil)
	}
	// Of a card that nobody knows, too.
	unknown, err := giftcode.ParseSerial("0000-0000-0000-0")
	must(t, err)
	asked := w.at(unknown)
	w.do(kiosk, retail.Activate, asked, giftcard.ErrNotFound)
	w.reverse(kiosk, asked, false, nil)
	w.Verify()
}

// TestATransactionIsOne: the same one gives the same answer whatever has happened since, and means one card and value.
func TestATransactionIsOne(t *testing.T) {
	w := newTills(t)
	_, cards := w.batch(chosen, 2, corner)
	asked := w.at(cards[0].Serial)
	asked.Amount = money.New(1500, usd)
	first := w.do(corner, retail.Activate, asked, nil)
	w.redeem(cards[0])
	again, replayed, err := w.Engine.Till(t.Context(), till(corner), retail.Activate, asked)
	if again != first || !replayed || err != nil {
		t.Errorf("again %+v, %v, %v, want %+v", again, replayed, err, first)
	}
	other := asked
	other.Serial = cards[1].Serial
	w.do(corner, retail.Activate, other, engine.ErrTransactionReused)
	w.reverse(corner, other, false, engine.ErrTransactionReused)
	dearer := asked
	dearer.Amount = money.New(1600, usd)
	w.do(corner, retail.Activate, dearer, engine.ErrTransactionReused)
	// The id begins anew each day, and at each till.
	for _, change := range []func(*engine.AtTill){
		func(a *engine.AtTill) { a.At = a.At.Add(-24 * time.Hour) },
		func(a *engine.AtTill) { a.Store = "s2" },
		func(a *engine.AtTill) { a.Terminal = "t2" },
	} {
		elsewhere := asked
		change(&elsewhere)
		w.do(corner, retail.Activate, elsewhere, giftcard.ErrNotIssued)
	}
	w.do(corner, retail.Void, asked, giftcard.ErrAlreadyRedeemed) // another operation
	asked.Transaction = "a/b"
	w.do(corner, retail.Activate, asked, engine.ErrTransactionID)
}

// TestWhoseCardsATillMaySell: those of batches that were shipped to its retailer, and no others'; not of a frozen batch, nor
// of a product that is closed to sale.
func TestWhoseCardsATillMaySell(t *testing.T) {
	w := newTills(t)
	id, cards := w.batch("us-2500", 3, kiosk)
	w.do(corner, retail.Activate, w.at(cards[0].Serial), retail.ErrNotShipped)
	w.do(kiosk, retail.Activate, w.at(cards[0].Serial), nil)
	for _, operation := range []retail.Operation{retail.Void, retail.Return} {
		w.do(corner, operation, w.at(cards[0].Serial), retail.ErrNotShipped)
	}
	if _, err := w.Engine.ShopCard(t.Context(), till(corner), "", cards[0].Serial); !errors.Is(err, retail.ErrNotShipped) {
		t.Errorf("another's card is shown: %v", err)
	}
	if card, err := w.Engine.ShopCard(t.Context(), till(kiosk), "", cards[0].Serial); err != nil || card.Card.State != giftcard.Active {
		t.Errorf("the shop's card = %+v, %v", card, err)
	}
	w.moveBatch(id, "frozen", "shipped", kiosk)
	refused := w.at(cards[1].Serial)
	w.do(kiosk, retail.Activate, refused, giftcard.ErrBatchFrozen)
	w.do(kiosk, retail.Void, w.at(cards[0].Serial), nil)
	w.moveBatch(id, "printed", "", "")
	w.do(kiosk, retail.Activate, w.at(cards[1].Serial), retail.ErrNotShipped)
	w.moveBatch(id, "shipped", "", kiosk)
	w.do(kiosk, retail.Activate, refused, giftcard.ErrBatchFrozen) // for good
	w.do(kiosk, retail.Activate, w.at(cards[1].Serial), nil)

	old := w.card("us-old", kiosk)
	closed := w.terms
	products := closed.Catalog.Products()[:len(closed.Catalog.Products())-1]
	var err error
	closed.Catalog, err = closed.Catalog.WithProducts(products, closed.Catalog.Retailers())
	must(t, err)
	w.Apply(closed)
	w.do(kiosk, retail.Activate, w.at(old.Serial), giftcard.ErrClosed)

	asked := w.at(old.Serial)
	for _, retailer := range []catalog.RetailerID{"nobody", ""} {
		asked.Retailer = retailer
		if _, _, err := w.Engine.Till(t.Context(), operator, retail.Activate, asked); !errors.Is(err, engine.ErrNoTills) {
			t.Errorf("for the retailer %q: %v", retailer, err)
		}
	}
	asked.Retailer = corner
	w.do(kiosk, retail.Activate, asked, access.ErrDenied)
	for name, refused := range map[string]error{
		"list":     second(w.Engine.Card(t.Context(), till(kiosk), old.Serial)),
		"activate": third(w.Engine.MoveCardOnce(t.Context(), till(kiosk), "k", old.Serial, engine.Activate)),
	} {
		if !errors.Is(refused, access.ErrDenied) {
			t.Errorf("a till's key may %s: %v", name, refused)
		}
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// TestLimitsOfARetailer: of one card, and of a business day, of which a reversed sale is no part and a voided one is.
func TestLimitsOfARetailer(t *testing.T) {
	w := newTills(t)
	_, cards := w.batch(chosen, 9, kiosk)
	ask := func(card int, minor int64) engine.AtTill {
		asked := w.at(cards[card].Serial)
		asked.Amount = money.New(minor, usd)
		return asked
	}
	w.do(kiosk, retail.Activate, ask(0, 20001), retail.ErrCardLimit)
	first := ask(0, 20000)
	w.do(kiosk, retail.Activate, first, nil)
	w.do(kiosk, retail.Activate, ask(1, 10001), retail.ErrDayLimit)
	w.do(kiosk, retail.Activate, ask(1, 10000), nil)
	w.do(kiosk, retail.Activate, ask(2, 1000), retail.ErrDayLimit)
	w.do(kiosk, retail.Void, w.at(cards[1].Serial), nil)
	w.do(kiosk, retail.Activate, ask(2, 1000), retail.ErrDayLimit)
	w.reverse(kiosk, first, true, nil)
	w.do(kiosk, retail.Activate, ask(2, 20000), nil)
	w.do(kiosk, retail.Activate, ask(3, 1000), retail.ErrDayLimit)
	w.Clock.Set(morning.Add(24 * time.Hour))
	w.do(kiosk, retail.Activate, ask(3, 1000), nil)
	w.Verify()
}

// TestBusinessDays: the day is the shop's, of 23 and 25 hours too, and a till's clock may be off by little.
func TestBusinessDays(t *testing.T) {
	w := newTills(t)
	for name, test := range map[string]struct {
		sold, voided string
		same         bool
	}{
		"around midnight in UTC":      {"2026-01-31T23:59:00Z", "2026-02-01T00:01:00Z", true},
		"around midnight in New York": {"2026-02-01T04:59:59Z", "2026-02-01T05:00:00Z", false},
		"23 hours":                    {"2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", true},
		"after 23 hours":              {"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", false},
		"25 hours":                    {"2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", true},
		"after 25 hours":              {"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", false},
	} {
		card := w.card("us-2500", kiosk)
		at := func(text string) engine.AtTill {
			instant, err := time.Parse(time.RFC3339, text)
			must(t, err)
			w.Clock.Set(instant)
			return w.at(card.Serial)
		}
		w.do(kiosk, retail.Activate, at(test.sold), nil)
		refusal := retail.ErrWrongDay
		if test.same {
			refusal = nil
		}
		if w.do(kiosk, retail.Void, at(test.voided), refusal); t.Failed() {
			t.Fatal(name)
		}
	}
	card := w.card("us-2500", kiosk)
	for off, refusal := range map[time.Duration]error{retail.MostAhead + 1e6: retail.ErrTime, -retail.MostLate - 1e6: retail.ErrTime, retail.MostAhead: nil} {
		asked := w.at(card.Serial)
		asked.At = asked.At.Add(off)
		if refusal != nil || off > 0 {
			w.do(kiosk, retail.Activate, asked, refusal)
		}
	}
}

// TestTwinsAtTheTill: a transaction that comes many times at once, at two servers, with its reversal and without, is one.
func TestTwinsAtTheTill(t *testing.T) {
	w := newTills(t)
	other := enginetest.Another(w.World)
	must(t, other.Apply(t.Context(), operator, "other", func(string) (billing.Terms, error) { return w.terms, nil }))
	servers := []*engine.Engine{w.Engine, other}
	_, cards := w.batch("us-2500", 40, corner)
	for at, card := range cards {
		asked := w.at(card.Serial)
		var mu sync.Mutex
		done, undone := 0, 0
		atOnce(6, func(worker int) {
			server := servers[worker%2]
			if at%2 == 0 && worker > 3 {
				_, _, err := server.ReverseSale(t.Context(), till(corner), asked)
				if err != nil {
					t.Errorf("reverse: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				undone++
				return
			}
			_, _, err := server.Till(t.Context(), till(corner), retail.Activate, asked)
			if err != nil && (at%2 == 1 || !errors.Is(err, retail.ErrReversed)) {
				t.Errorf("activate: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
		})
		want := giftcard.Active
		if at%2 == 0 {
			want = giftcard.Issued
		}
		if w.state(card.Serial, want, 2500); done+undone != 6 {
			t.Fatalf("%d and %d", done, undone)
		}
	}
	w.Verify()
}
