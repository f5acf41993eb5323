package engine_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/membership"
	"scrip/timeline"
)

func newWorld(t *testing.T) *enginetest.World {
	t.Helper()
	return enginetest.New(t, calendar.Must("2026-01-31").Start(time.UTC).Add(12*time.Hour), lumen(t, billing.DefaultPolicy()))
}

// atOnce does something several times at the same moment.
func atOnce(count int, do func(at int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for at := range count {
		all.Go(func() {
			<-begin
			do(at)
		})
	}
	close(begin)
	all.Wait()
}

// TestTwoAccountsOneCard has two accounts redeem one card at the same moment, SCRIP_TEST_RACES times (1,000):
// one of them has it, whole, and the other is refused and has nothing.
func TestTwoAccountsOneCard(t *testing.T) {
	races := int(number(t, "SCRIP_TEST_RACES", 1000))
	w := newWorld(t)
	const each = 25 // an account does not hold hundreds of cards
	var rivals [2]string
	won := [2]int64{}
	for at, card := range w.Cards("us-2500", races) {
		if at%each == 0 {
			rivals = [2]string{w.Account(fmt.Sprintf("a%d@example.com", at), country(t), usd), w.Account(fmt.Sprintf("b%d@example.com", at), country(t), usd)}
			won = [2]int64{}
		}
		replies, errs := [2]engine.Reply{}, [2]error{}
		atOnce(2, func(who int) {
			replies[who], errs[who] = w.Engine.Do(t.Context(), member(rivals[who]), rivals[who], fmt.Sprint("race ", at), engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
		})
		winner := 0
		if replies[0].Refusal != nil {
			winner = 1
		}
		won[winner]++
		if err := errors.Join(errs[:]...); err != nil || replies[winner].Refusal != nil || !errors.Is(replies[1-winner].Refusal, giftcard.ErrAlreadyRedeemed) {
			t.Fatalf("race %d: %+v, %v, want one to have it and the other to be refused", at, replies, err)
		}
		for who, account := range rivals {
			if view := w.View(account); view.Balance.Minor() != 2500*won[who] || int64(len(view.Lots)) != won[who] {
				t.Fatalf("race %d: %v in %d lots, want %d cards", at, view.Balance, len(view.Lots), won[who])
			}
		}
	}
	w.Verify()
}

// TestOneKeyOneEffect: a command sent eight times at once under one key happens once, and all have the
// same answer, as has whoever asks later. Another input under the key is refused.
func TestOneKeyOneEffect(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		before  func(account string)
		command func() engine.Command
		other   engine.Command
		refusal error
	}{
		"redeem": {nil, func() engine.Command {
			return engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))}
		}, engine.Command{Kind: timeline.Redeem, Card: "another"}, nil},
		"a card that is not there": {nil, func() engine.Command { return engine.Command{Kind: timeline.Redeem, Card: "none"} },
			engine.Command{Kind: timeline.Redeem, Card: "another"}, giftcard.ErrNotFound},
		"start": {func(account string) {
			w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-5000"))})
		}, func() engine.Command { return engine.Command{Kind: timeline.Start, Plan: "basic"} },
			engine.Command{Kind: timeline.Start, Plan: "premium"}, nil},
		"start without a balance": {nil, func() engine.Command { return engine.Command{Kind: timeline.Start, Plan: "basic"} },
			engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Partner}, billing.ErrPaymentRequired},
		"start that asks": {func(account string) { w.Do(account, engine.Command{Kind: timeline.SetMethod, Method: "ok"}) },
			func() engine.Command { return engine.Command{Kind: timeline.Start, Plan: "basic"} },
			engine.Command{Kind: timeline.Start, Plan: "premium"}, nil},
		"payment method": {nil, func() engine.Command { return engine.Command{Kind: timeline.SetMethod, Method: "ok"} },
			engine.Command{Kind: timeline.SetMethod, Method: "declines"}, nil},
		"cancel": {nil, func() engine.Command { return engine.Command{Kind: timeline.Cancel} }, engine.Command{Kind: timeline.Cancel, Plan: "basic"}, membership.ErrNotAMember},
	} {
		t.Run(name, func(t *testing.T) {
			account := w.Account(strings.ReplaceAll(name, " ", "-")+"@example.com", country(t), usd)
			if test.before != nil {
				test.before(account)
			}
			command := test.command()
			told := len(w.Told(account, nil))
			taken := len(w.Gateway.Taken())
			var replies [8]engine.Reply
			var errs [8]error
			atOnce(8, func(at int) {
				replies[at], errs[at] = w.Engine.Do(t.Context(), member(account), account, "the key", command)
			})
			must(t, errors.Join(errs[:]...))
			later, err := w.Engine.Do(t.Context(), member(account), account, "the key", command)
			must(t, err)
			firsts := 0
			for _, reply := range replies {
				if reply.Pending {
					continue // it met the question before its answer
				}
				if !reply.Replayed {
					firsts++
				}
				if string(reply.Events) != string(later.Events) || reply.Serial != later.Serial || !errors.Is(reply.Refusal, test.refusal) {
					t.Errorf("Do = %+v, want the answer that later ones get, %+v", reply, later)
				}
			}
			if !later.Replayed || !errors.Is(later.Refusal, test.refusal) || test.refusal == nil && later.Refusal != nil || firsts > 1 && name != "start that asks" {
				t.Errorf("later = %+v, and %d were told as the first, want %v", later, firsts, test.refusal)
			}
			if now := len(w.Told(account, nil)) - told; now != strings.Count(string(later.Events), `"event"`) {
				t.Errorf("%d events were told, and the answer has %s", now, later.Events)
			}
			if len(w.Gateway.Taken())-taken > 1 {
				t.Errorf("money was taken %d times", len(w.Gateway.Taken())-taken)
			}
			if _, err := w.Engine.Do(t.Context(), member(account), account, "the key", test.other); !errors.Is(err, engine.ErrKeyReused) {
				t.Errorf("the key with another input = %v, want %v", err, engine.ErrKeyReused)
			}
			w.Clock.Set(w.Clock.Now().AddDate(0, 0, 1))
			w.Verify()
		})
	}
}

// TestARefusalIsRemembered: what was refused stays refused under its key, and may succeed under a new one;
// it has changed nothing.
func TestARefusalIsRemembered(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	card := w.Card("us-2500")
	must(t, w.Engine.MoveCard(t.Context(), operator, card.Serial, engine.Freeze))
	redeem := func(key string) engine.Reply {
		reply, err := w.Engine.Do(t.Context(), member(account), account, key, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
		must(t, err)
		return reply
	}
	if first := redeem("first"); !errors.Is(first.Refusal, giftcard.ErrFrozen) || first.Replayed {
		t.Errorf("Do = %+v, want %v", first, giftcard.ErrFrozen)
	}
	if view := w.View(account); len(view.Lots) != 0 || !view.Balance.IsZero() {
		t.Errorf("a refused card is on the balance: %+v", view.Lots)
	}
	must(t, w.Engine.MoveCard(t.Context(), operator, card.Serial, engine.Unfreeze))
	w.Clock.Set(w.Clock.Now().AddDate(2, 0, 0))
	if again := redeem("first"); !errors.Is(again.Refusal, giftcard.ErrFrozen) || !again.Replayed {
		t.Errorf("Do, two years later = %+v, want %v again", again, giftcard.ErrFrozen)
	}
	if other := redeem("second"); other.Refusal != nil || other.Serial != card.Serial.String() {
		t.Errorf("Do under a new key = %+v, want the card", other)
	}
	w.Verify()
}

// TestAKeyIsItsCallersOwn: the same key means another command of another account, and of another kind.
func TestAKeyIsItsCallersOwn(t *testing.T) {
	w := newWorld(t)
	for at := range 3 {
		account := w.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd)
		for _, command := range []engine.Command{
			{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-5000"))},
			{Kind: timeline.Start, Plan: "basic"},
			{Kind: timeline.ChangePlan, Plan: "standard"},
			{Kind: timeline.Cancel},
			{Kind: timeline.Restart},
			{Kind: timeline.SetPayer, Payer: catalog.Partner},
			{Kind: timeline.SetMethod, Method: "ok"},
		} {
			reply, err := w.Engine.Do(t.Context(), member(account), account, "one key", command)
			if err != nil || reply.Refusal != nil || reply.Replayed {
				t.Errorf("%s = %+v, %v, want it done", command.Kind, reply, err)
			}
		}
	}
	account := w.Account("keyless@example.com", country(t), usd)
	for _, key := range []string{"", strings.Repeat("k", 65)} {
		if _, err := w.Engine.Do(t.Context(), member(account), account, key, engine.Command{Kind: timeline.Cancel}); !errors.Is(err, engine.ErrKeyMissing) {
			t.Errorf("key %q = %v, want %v", key, err, engine.ErrKeyMissing)
		}
	}
	if _, err := w.Engine.Do(t.Context(), member(account), "somebody else", "key", engine.Command{Kind: timeline.Cancel}); err == nil {
		t.Error("a member acted for another's account")
	}
}

// TestAnOldKeyStillAnswers: fingerprints are made under the code keys, and outlive a change of them.
func TestAnOldKeyStillAnswers(t *testing.T) {
	w := newWorld(t)
	old, failedOld := giftcode.NewKey("old", rand.Reader)
	newer, failedNewer := giftcode.NewKey("newer", rand.Reader)
	must(t, errors.Join(failedOld, failedNewer))
	under := func(keys ...giftcode.Key) {
		ring, err := giftcode.NewKeyring(keys...)
		must(t, err)
		w.Ring = ring
		w.Reopen(w.Engine.Terms())
	}
	under(old)
	account := w.Account("ada@example.com", country(t), usd)
	command := engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-500"))}
	first, err := w.Engine.Do(t.Context(), member(account), account, "key", command)
	must(t, err)
	under(newer, old)
	again, err := w.Engine.Do(t.Context(), member(account), account, "key", command)
	if err != nil || !again.Replayed || string(again.Events) != string(first.Events) {
		t.Errorf("Do under a newer code key = %+v, %v, want %s", again, err, first.Events)
	}
	if _, err := w.Engine.Do(t.Context(), member(account), account, "key", engine.Command{Kind: timeline.Redeem, Card: "other"}); !errors.Is(err, engine.ErrKeyReused) {
		t.Errorf("the key with another input = %v, want %v", err, engine.ErrKeyReused)
	}
}
