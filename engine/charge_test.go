package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store"
	"scrip/timeline"
)

// biller is a service that bills by itself, and an account whose cards it knows by their order.
type biller struct {
	*enginetest.World
	account string
	serials []string
}

// newBiller has an account that has redeemed cards of these products.
func newBiller(t *testing.T, products ...string) *biller {
	t.Helper()
	b := &biller{World: newWorld(t)}
	b.account = b.Account("member@example.com", country(t), usd)
	for _, product := range products {
		b.redeem(product)
	}
	return b
}

func (b *biller) redeem(product string) {
	b.T.Helper()
	card := b.Card(catalog.ProductID(product))
	b.serials = append(b.serials, card.Serial.String())
	b.World.Do(b.account, engine.Command{Kind: timeline.Redeem, Card: b.Handle(card)})
}

func (b *biller) do(command engine.Command) engine.Reply {
	b.T.Helper()
	reply, err := b.Engine.Do(b.T.Context(), operator, b.account, store.NewID(), command)
	must(b.T, err)
	return reply
}

func (b *biller) authorize(minor int64) engine.Reply {
	b.T.Helper()
	return b.do(engine.Command{Kind: timeline.Authorize, Amount: cents(minor), Reference: "order 7"})
}

// lines are amounts by card, as "first 500".
func (b *biller) lines(lines []history.Line) string {
	var all []string
	for _, line := range lines {
		for at, serial := range b.serials {
			if line.Source == serial {
				all = append(all, fmt.Sprintf("%d: %d", at+1, line.Amount.Minor()))
			}
		}
	}
	return strings.Join(all, ", ")
}

func cents(minor int64) money.Amount { return money.New(minor, usd) }

// TestAnAuthorizationIsCapturedInPart: what it keeps is not to be spent, what is captured is charged to the lots
// that come first, and the rest goes back to where it was.
func TestAnAuthorizationIsCapturedInPart(t *testing.T) {
	b := newBiller(t, "us-2500", "us-5000")
	made := b.authorize(3000)
	if s := made.Settled; made.Refusal != nil || b.lines(s.Lines) != "1: 2500, 2: 500" || s.Amount != cents(3000) || !s.Shortfall.IsZero() ||
		s.Balance != cents(4500) || s.Reference != "order 7" || !s.Expires.Equal(calendar.Must("2026-02-08").Start(time.UTC)) {
		t.Errorf("Authorize = %+v", made)
	}
	view := b.View(b.account)
	if view.Balance != cents(4500) || view.Authorized != cents(3000) || view.Lots[0].Rest != cents(0) || view.Lots[0].Authorized != cents(2500) ||
		view.Lots[1].Rest != cents(4500) || view.Lots[1].Authorized != cents(500) {
		t.Errorf("the account is %+v", view)
	}
	b.Verify()
	captured := b.do(engine.Command{Kind: timeline.Capture, Authorization: made.Settled.ID, Amount: cents(2600)})
	if s := captured.Settled; captured.Refusal != nil || s.ID != made.Settled.ID || b.lines(s.Lines) != "1: 2500, 2: 100" ||
		s.Amount != cents(2600) || s.Returned != cents(400) || s.Balance != cents(4900) || !s.Expires.IsZero() {
		t.Errorf("Capture = %+v", captured)
	}
	got, err := b.Engine.Authorization(t.Context(), operator, b.account, made.Settled.ID)
	want := engine.AuthorizationView{ID: made.Settled.ID, Reference: "order 7", Fate: prepaid.Captured, Asked: cents(3000), Amount: cents(3000),
		Shortfall: cents(0), Captured: cents(2600), Lines: captured.Settled.Lines, MadeOn: calendar.Must("2026-01-31"),
		EndedOn: calendar.Must("2026-01-31"), MadeAt: b.Clock.Now(), Expires: made.Settled.Expires}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Authorization = %+v, %v, want %+v", got, err, want)
	}
	proof, err := b.DB.Proof(t.Context())
	must(t, err)
	if !strings.Contains(proof.String(), "biller_revenue       USD   0.00   26.00    26.00") {
		t.Errorf("the books are %v", proof)
	}
	if _, err := b.Engine.Authorization(t.Context(), operator, b.account, "none"); !errors.Is(err, engine.ErrNoAuthorization) {
		t.Errorf("Authorization of none: %v", err)
	}
	b.Verify()
}

// TestHowAnAuthorizationEnds: once, and each later try says how.
func TestHowAnAuthorizationEnds(t *testing.T) {
	b := newBiller(t, "us-2500")
	for name, test := range map[string]struct {
		end  func(id string)
		want error
	}{
		"captured":  {func(id string) { b.do(engine.Command{Kind: timeline.Capture, Authorization: id, Amount: cents(1)}) }, billing.ErrAlreadyCaptured},
		"released":  {func(id string) { b.do(engine.Command{Kind: timeline.Release, Authorization: id}) }, billing.ErrAlreadyReleased},
		"never was": {func(string) {}, billing.ErrUnknownAuthorization},
	} {
		id := "none"
		if name != "never was" {
			id = b.authorize(500).Settled.ID
		}
		test.end(id)
		before := b.View(b.account).Balance
		for _, kind := range []timeline.Kind{timeline.Capture, timeline.Release} {
			if reply := b.do(engine.Command{Kind: kind, Authorization: id}); !errors.Is(reply.Refusal, test.want) {
				t.Errorf("%s, then %s: %v, want %v", name, kind, reply.Refusal, test.want)
			}
		}
		if after := b.View(b.account).Balance; after != before {
			t.Errorf("%s: a refusal changed the balance from %v to %v", name, before, after)
		}
	}
	b.Verify()
}

// TestAnAuthorizationExpires when its last day is over, whether a loop finds it or a command comes first.
func TestAnAuthorizationExpires(t *testing.T) {
	for name, loops := range map[string]bool{"by the loop": true, "before a command": false} {
		t.Run(name, func(t *testing.T) {
			b := newBiller(t, "us-2500", "us-5000")
			made := b.do(engine.Command{Kind: timeline.Authorize, Amount: cents(2000), Reference: "a film", Days: 2})
			later := b.authorize(1000)
			b.Clock.Set(calendar.Must("2026-02-02").Start(time.UTC).Add(24*time.Hour - time.Second))
			must(t, b.Loops.Settle(t.Context()))
			if view := b.View(b.account); view.Balance != cents(4500) {
				t.Errorf("on its last day the balance is %v", view.Balance)
			}
			b.Clock.Set(calendar.Must("2026-02-03").Start(time.UTC))
			if seen, err := b.Engine.Authorization(t.Context(), operator, b.account, made.Settled.ID); err != nil || seen.Fate != prepaid.Expired {
				t.Errorf("it is %+v, %v, want it to have expired", seen, err)
			}
			if loops {
				must(t, b.Loops.Settle(t.Context()))
			}
			if reply := b.do(engine.Command{Kind: timeline.Capture, Authorization: made.Settled.ID}); !errors.Is(reply.Refusal, billing.ErrAuthorizationExpired) {
				t.Errorf("Capture = %v, want %v", reply.Refusal, billing.ErrAuthorizationExpired)
			}
			view := b.View(b.account)
			if view.Balance != cents(6500) || view.Lots[0].Rest != cents(2000) || view.Authorized != cents(1000) {
				t.Errorf("the account is %+v", view)
			}
			if reply := b.do(engine.Command{Kind: timeline.Charge, Amount: cents(2100), Reference: "a book"}); b.lines(reply.Settled.Lines) != "1: 2000, 2: 100" {
				t.Errorf("Charge = %+v", reply)
			}
			if reply := b.do(engine.Command{Kind: timeline.Capture, Authorization: later.Settled.ID}); b.lines(reply.Settled.Lines) != "1: 500, 2: 500" {
				t.Errorf("Capture = %+v", reply)
			}
			b.Verify()
		})
	}
}

// TestAShortfall is refused, or, where a part will do, authorized and charged as far as the balance goes.
func TestAShortfall(t *testing.T) {
	b := newBiller(t, "us-2500")
	for _, kind := range []timeline.Kind{timeline.Authorize, timeline.Charge} {
		reply := b.do(engine.Command{Kind: kind, Amount: cents(2600), Reference: "too much"})
		if !errors.Is(reply.Refusal, billing.ErrInsufficientBalance) || reply.Settled.Shortfall != cents(100) || reply.Settled.Balance != cents(2500) {
			t.Errorf("%s = %+v", kind, reply)
		}
	}
	reply := b.do(engine.Command{Kind: timeline.Charge, Amount: cents(2600), Reference: "in part", Partial: true})
	if reply.Refusal != nil || reply.Settled.Amount != cents(2500) || reply.Settled.Shortfall != cents(100) {
		t.Errorf("Charge = %+v", reply)
	}
	if reply := b.do(engine.Command{Kind: timeline.Charge, Amount: cents(1), Reference: "nothing left", Partial: true}); !errors.Is(reply.Refusal, billing.ErrInsufficientBalance) {
		t.Errorf("Charge = %+v", reply)
	}
	b.Verify()
}

// TestWhatIsNoCharge is an error before anything is read, or remembered.
func TestWhatIsNoCharge(t *testing.T) {
	b := newBiller(t, "us-2500")
	for name, test := range map[string]struct {
		command engine.Command
		want    error
	}{
		"no amount":       {engine.Command{Kind: timeline.Authorize, Reference: "r"}, engine.ErrAmount},
		"less":            {engine.Command{Kind: timeline.Charge, Reference: "r", Amount: cents(-1)}, engine.ErrAmount},
		"a part of less":  {engine.Command{Kind: timeline.Capture, Authorization: "a", Amount: cents(-1)}, engine.ErrAmount},
		"no reference":    {engine.Command{Kind: timeline.Charge, Amount: cents(1)}, engine.ErrReference},
		"a long one":      {engine.Command{Kind: timeline.Charge, Amount: cents(1), Reference: strings.Repeat("é", 129)}, engine.ErrReference},
		"one of no text":  {engine.Command{Kind: timeline.Charge, Amount: cents(1), Reference: "\xff"}, engine.ErrReference},
		"too many days":   {engine.Command{Kind: timeline.Authorize, Amount: cents(1), Reference: "r", Days: 32}, engine.ErrDays},
		"days before now": {engine.Command{Kind: timeline.Authorize, Amount: cents(1), Reference: "r", Days: -1}, engine.ErrDays},
	} {
		if _, err := b.Engine.Do(t.Context(), operator, b.account, "one key", test.command); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	for _, actor := range []access.Actor{member(b.account), access.Visitor("192.0.2.1")} {
		if _, err := b.Engine.Do(t.Context(), actor, b.account, "one key", engine.Command{Kind: timeline.Charge, Amount: cents(1), Reference: "r"}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a charge by %s: %v, want %v", actor.Role, err, access.ErrDenied)
		}
	}
	eur := engine.Command{Kind: timeline.Charge, Amount: money.New(1, money.MustCurrency("EUR")), Reference: "r"}
	if reply := b.do(eur); !errors.Is(reply.Refusal, giftcard.ErrCurrencyMismatch) {
		t.Errorf("Charge in EUR = %+v", reply)
	}
}

// TestAChargeHappensOnce: each command sent eight times at once under one key happens once, and all have its answer.
func TestAChargeHappensOnce(t *testing.T) {
	b := newBiller(t, "us-2500", "us-2500")
	open := []string{b.authorize(100).Settled.ID, b.authorize(100).Settled.ID}
	for at, command := range []engine.Command{
		{Kind: timeline.Authorize, Amount: cents(700), Reference: "one"}, {Kind: timeline.Charge, Amount: cents(2500), Reference: "two"},
		{Kind: timeline.Capture, Authorization: open[0]}, {Kind: timeline.Release, Authorization: open[1]},
		{Kind: timeline.Capture, Authorization: open[0]}, {Kind: timeline.Charge, Amount: cents(250000), Reference: "three"},
	} {
		var replies [8]engine.Reply
		var errs [8]error
		atOnce(8, func(who int) {
			replies[who], errs[who] = b.Engine.Do(t.Context(), operator, b.account, fmt.Sprint("key ", at), command)
		})
		must(t, errors.Join(errs[:]...))
		firsts := 0
		for _, reply := range replies {
			if !reply.Replayed {
				firsts++
			}
			reply.Replayed = replies[0].Replayed
			if !reflect.DeepEqual(reply, replies[0]) {
				t.Errorf("%s is answered %+v, and %+v", command.Kind, reply, replies[0])
			}
		}
		if firsts != 1 {
			t.Errorf("%s was decided %d times", command.Kind, firsts)
		}
		command.Reference += "!"
		command.Authorization += "!"
		if _, err := b.Engine.Do(t.Context(), operator, b.account, fmt.Sprint("key ", at), command); !errors.Is(err, engine.ErrKeyReused) {
			t.Errorf("another %s under the key: %v, want %v", command.Kind, err, engine.ErrKeyReused)
		}
	}
	if view := b.View(b.account); view.Balance != cents(5000-700-2500-100) || view.Authorized != cents(700) {
		t.Errorf("the balance is %v, %v authorized", view.Balance, view.Authorized)
	}
	b.Verify()
}

// TestAReleaseRemovesAHold: what comes back is tried as a redeemed card is, and an estimate sees what can be spent.
func TestAReleaseRemovesAHold(t *testing.T) {
	b := newBiller(t, "us-2500")
	b.World.Do(b.account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	before := b.View(b.account)
	made := b.do(engine.Command{Kind: timeline.Authorize, Amount: before.Balance, Reference: "all of it", Days: 31})
	if view := b.View(b.account); view.RunsOut != view.Membership.Period.End || !view.RunsOut.Before(before.RunsOut) {
		t.Errorf("runs out on %v, and before it was authorized on %v", view.RunsOut, before.RunsOut)
	}
	b.At(before.Membership.Period.End, 12)
	if view := b.View(b.account); view.Membership.Status != membership.Held {
		t.Fatalf("the account is %+v", view.Membership)
	}
	reply := b.do(engine.Command{Kind: timeline.Release, Authorization: made.Settled.ID})
	if view := b.View(b.account); reply.Refusal != nil || view.Membership.Status != membership.Active || view.RunsOut.IsZero() {
		t.Errorf("after %+v the account is %+v", reply, view.Membership)
	}
	b.Verify()
}

// TestACapturedChargeWaits for a payment method's answer, as all commands do.
func TestACapturedChargeWaits(t *testing.T) {
	b := newBiller(t, "us-2500")
	made := b.authorize(2500)
	b.World.Do(b.account, engine.Command{Kind: timeline.SetMethod, Method: "twice"})
	b.World.Do(b.account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	capture := engine.Command{Kind: timeline.Capture, Authorization: made.Settled.ID, Amount: cents(2000)}
	reply, err := b.Engine.Do(t.Context(), operator, b.account, "later", capture)
	if err != nil || !reply.Pending {
		t.Fatalf("Capture = %+v, %v, want it to wait", reply, err)
	}
	b.Clock.Set(b.Clock.Now().Add(time.Hour))
	must(t, b.Loops.Settle(t.Context()))
	reply, err = b.Engine.Do(t.Context(), operator, b.account, "later", capture)
	if err != nil || !reply.Replayed || reply.Settled.Amount != cents(2000) || reply.Settled.Returned != cents(500) {
		t.Errorf("Capture = %+v, %v", reply, err)
	}
	if view := b.View(b.account); view.Membership.Status != membership.Active || view.Balance != cents(500) {
		t.Errorf("the account is %+v with %v", view.Membership, view.Balance)
	}
	b.Verify()
}

// TestEstimateOfARecurringAmount sees what can be spent.
func TestEstimateOfARecurringAmount(t *testing.T) {
	b := newBiller(t, "us-2500")
	b.authorize(500)
	got, err := b.Engine.EstimateRecurring(t.Context(), operator, b.account, cents(900), calendar.Date{})
	if err != nil || len(got.Charges) != 2 || got.RunsOut != calendar.Must("2026-03-31") || got.Rest != cents(200) {
		t.Errorf("EstimateRecurring = %+v, %v", got, err)
	}
	for _, test := range []struct {
		amount money.Amount
		from   string
		want   error
	}{
		{cents(0), "2026-01-31", engine.ErrAmount}, {cents(1), "2026-01-30", engine.ErrPastDate},
		{money.New(1, money.MustCurrency("EUR")), "2026-02-01", giftcard.ErrCurrencyMismatch},
	} {
		if _, err := b.Engine.EstimateRecurring(t.Context(), operator, b.account, test.amount, calendar.Must(test.from)); !errors.Is(err, test.want) {
			t.Errorf("EstimateRecurring(%v, %s) = %v, want %v", test.amount, test.from, err, test.want)
		}
	}
}

// TestAllAtOnce has several clerks authorize, capture, release, charge, redeem and change plans on few accounts,
// on days that go on, each command twice: the books agree at all times, and no value is made or lost.
func TestAllAtOnce(t *testing.T) {
	w := newWorld(t)
	var accounts []string
	for at := range 3 {
		accounts = append(accounts, w.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd))
	}
	chance := seeded(t)
	seeds := []uint64{chance.Uint64(), chance.Uint64(), chance.Uint64(), chance.Uint64()}
	cards := w.Cards("us-2500", 200)
	for day := range 12 {
		w.At(calendar.Must("2026-02-01").Plus(9*day), 8)
		atOnce(len(seeds), func(who int) {
			c := clerk{World: w, chance: rand.New(rand.NewPCG(seeds[who], uint64(day))), cards: cards[day*16+who*4:][:4]}
			for range 12 {
				if err := c.act(accounts[c.chance.IntN(len(accounts))]); err != nil {
					t.Error(err)
				}
			}
		})
		w.Verify()
	}
	for _, account := range accounts {
		all, err := w.Engine.Authorizations(t.Context(), operator, account, engine.Page{Most: 100})
		must(t, err)
		fates := map[prepaid.Fate]int{}
		for _, a := range all {
			fates[a.Fate]++
		}
		if len(fates) < 3 || fates[prepaid.Captured] == 0 {
			t.Errorf("few authorizations ended: %v", fates)
		}
	}
}

// clerk does one thing after another.
type clerk struct {
	*enginetest.World
	chance *rand.Rand
	cards  []engine.Printed
}

func (c *clerk) act(account string) error {
	command, actor := c.command(account), operator
	key := store.NewID()
	first, err := c.Engine.Do(c.T.Context(), actor, account, key, command)
	if err != nil {
		return err
	}
	second, err := c.Engine.Do(c.T.Context(), actor, account, key, command)
	if err == nil && (!second.Replayed || string(second.Events) != string(first.Events)) && !first.Pending {
		err = fmt.Errorf("%s was answered %s, and again %s", command.Kind, first.Events, second.Events)
	}
	return err
}

func (c *clerk) command(account string) engine.Command {
	amount := cents(1 + c.chance.Int64N(1500))
	switch c.chance.IntN(9) {
	case 0:
		if len(c.cards) > 0 {
			card := c.cards[0]
			c.cards = c.cards[1:]
			return engine.Command{Kind: timeline.Redeem, Card: c.Handle(card)}
		}
	case 1:
		return engine.Command{Kind: timeline.Start, Plan: "basic"}
	case 2:
		return engine.Command{Kind: timeline.ChangePlan, Plan: "premium"}
	case 3:
		return engine.Command{Kind: timeline.Charge, Amount: amount, Reference: "at once", Partial: c.chance.IntN(2) == 0}
	case 4, 5, 6:
		all, err := c.Engine.Authorizations(c.T.Context(), operator, account, engine.Page{Most: 100})
		if err != nil || len(all) == 0 {
			break
		}
		one := all[c.chance.IntN(min(3, len(all)))]
		if c.chance.IntN(3) == 0 {
			return engine.Command{Kind: timeline.Release, Authorization: one.ID}
		}
		return engine.Command{Kind: timeline.Capture, Authorization: one.ID, Amount: cents(c.chance.Int64N(one.Amount.Minor() + 1))}
	}
	return engine.Command{Kind: timeline.Authorize, Amount: amount, Reference: "to come", Days: 1 + c.chance.IntN(20), Partial: c.chance.IntN(2) == 0}
}
