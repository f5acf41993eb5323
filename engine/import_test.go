package engine_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/store"
	"scrip/timeline"
)

func oldWorld(t *testing.T) *enginetest.World {
	t.Helper()
	w := newWorld(t)
	w.Apply(w.WithOld(lumen(t, billing.DefaultPolicy()), country(t), usd))
	return w
}

func entered(t *testing.T, text string) giftcode.Entered {
	t.Helper()
	read, err := giftcode.Enter(text)
	must(t, err)
	return read
}

// landings are what became of cards, in words.
func landings(landed []engine.Landing) string {
	words := make([]string, len(landed))
	for at, l := range landed {
		switch {
		case l.Error != nil:
			words[at] = l.Error.Error()
		case l.Here:
			words[at] = "here"
		default:
			words[at] = "new"
		}
	}
	return strings.Join(words, ", ")
}

// TestImportedCardsLive: each is what it was there; what is redeemed, frozen and voided here since stays so when the file
// comes again.
func TestImportedCardsLive(t *testing.T) {
	w := oldWorld(t)
	dollars := func(minor int64) money.Amount { return money.New(minor, usd) }
	cards := []engine.Foreign{w.OldCard("40000001", giftcard.Active, dollars(1234)), w.OldCard("40000002", giftcard.Frozen, dollars(500)),
		w.OldCard("40000003", giftcard.Issued, money.Amount{}), w.OldCard("40000004", giftcard.Voided, money.Amount{}), w.OldCard("40000005", giftcard.Active, dollars(700))}
	if got := landings(w.TakeOver(cards...)); got != "new, new, new, new, new" {
		t.Fatalf("the first time: %s", got)
	}
	w.Verify()
	account := w.Account("ada@example.com", country(t), usd)
	member := access.MemberOf(account, "192.0.2.1")
	for code, want := range map[string]error{"4000 0001": nil, "40000002": giftcard.ErrFrozen, "40000003": giftcard.ErrNotActivated, "40000004": giftcard.ErrVoided, "40000009": giftcard.ErrNotFound} {
		sight, _, err := w.Engine.CheckCard(t.Context(), member, entered(t, code))
		if err != nil || !errors.Is(sight.Refusal, want) || want == nil && sight.Value != dollars(1234) {
			t.Errorf("a card that is %v is told as %v, %v, %v", want, sight.Refusal, sight.Value, err)
		}
	}
	sight, handle, err := w.Engine.CheckCard(t.Context(), member, entered(t, "40000001"))
	must(t, err)
	reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: handle})
	if reply.Refusal != nil || w.View(account).Balance != dollars(1234) {
		t.Errorf("redeemed: %v, %v", reply.Refusal, w.View(account).Balance)
	}
	serial, err := giftcode.ParseSerial(sight.Serial)
	must(t, err)
	if card, err := w.Engine.Card(t.Context(), access.Operator(), serial); err != nil || card.Card.State != giftcard.Redeemed {
		t.Errorf("by its serial number: %v, %v", card.Card.State, err)
	}
	if got := landings(w.TakeOver(cards...)); got != "here, here, here, here, here" {
		t.Errorf("the second time: %s", got)
	}
	other := giftcard.ErrOtherCard.Error()
	changed := []engine.Foreign{w.OldCard("40000001", giftcard.Active, dollars(1235)), w.OldCard("40000003", giftcard.Active, dollars(100)),
		w.OldCard("40000005", giftcard.Voided, dollars(700)), w.OldCard("40000006", giftcard.Active, dollars(300_000)), w.OldCard("40000007", giftcard.Redeemed, dollars(1))}
	if got, want := landings(w.TakeOver(changed...)), strings.Join([]string{other, other, other, giftcard.ErrValue.Error(), giftcard.ErrUsedElsewhere.Error()}, ", "); got != want {
		t.Errorf("changed: %s", got)
	}
	w.Verify()
	if batches, err := w.Engine.Batches(t.Context(), access.Operator(), engine.Page{Most: 5}); err != nil || len(batches) != 1 || !batches[0].Whole || batches[0].Product != enginetest.Old {
		t.Errorf("batches: %+v, %v", batches, err)
	}
	for code := range strings.SplitSeq("40000001 40000002 40000003 40000004 40000005", " ") {
		if strings.Contains(w.Log.String(), code) {
			t.Error("a code is logged")
		}
	}
}

// TestAnImportedCardIsReplaced, and the new one is still owed by nobody's till.
func TestAnImportedCardIsReplaced(t *testing.T) {
	w := oldWorld(t)
	w.TakeOver(w.OldCard("40000001", giftcard.Active, money.New(1234, usd)))
	account := w.Account("ada@example.com", country(t), usd)
	sight, _, err := w.Engine.CheckCard(t.Context(), access.MemberOf(account, "192.0.2.1"), entered(t, "40000001"))
	must(t, err)
	serial, err := giftcode.ParseSerial(sight.Serial)
	must(t, err)
	_, code, _, err := w.Engine.ReplaceCard(t.Context(), access.Operator(), store.NewID(), serial)
	must(t, err)
	reply, err := w.Engine.RedeemCode(t.Context(), access.MemberOf(account, "192.0.2.1"), account, store.NewID(), code.Entered(), nil)
	if err != nil || reply.Refusal != nil || w.View(account).Balance != money.New(1234, usd) {
		t.Errorf("redeemed: %v, %v, %v", err, reply.Refusal, w.View(account).Balance)
	}
	w.Verify()
}

// TestImportedCodesTellNothing to whoever has not proved an address: not even whether there is such a card.
func TestImportedCodesTellNothing(t *testing.T) {
	w := oldWorld(t)
	w.TakeOver(w.OldCard("40000001", giftcard.Active, money.New(1000, usd)), w.OldCard("40000002", giftcard.Frozen, money.New(1000, usd)))
	visitor := access.Visitor("192.0.2.1")
	handles := map[string]string{}
	for _, code := range []string{"40000001", "40000002", "40000003"} {
		for range 20 { // which counts as no try
			sight, handle, err := w.Engine.CheckCard(t.Context(), visitor, entered(t, code))
			if err != nil || sight != (engine.CardSight{Unproved: true}) || handle == "" {
				t.Fatalf("a visitor is told %+v, %v", sight, err)
			}
			handles[code] = handle
		}
		if sight, err := w.Engine.Sight(t.Context(), visitor, handles[code]); err != nil || sight != (engine.CardSight{Unproved: true}) {
			t.Errorf("a visitor with a handle is told %+v, %v", sight, err)
		}
	}
	if len(handles["40000001"]) != len(handles["40000003"]) {
		t.Error("the handles are of two lengths")
	}
	account := w.Account("ada@example.com", country(t), usd)
	if reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: handles["40000001"]}); !errors.Is(reply.Refusal, giftcard.ErrNotFound) {
		t.Errorf("a handle that was not proved redeems: %v", reply.Refusal)
	}
	proved, err := w.Engine.Prove(t.Context(), visitor, "ada@example.com", handles["40000001"])
	must(t, err)
	if sight, err := w.Engine.Sight(t.Context(), visitor, proved); err != nil || sight.Unproved || sight.Value != money.New(1000, usd) {
		t.Errorf("once proved: %+v, %v", sight, err)
	}
	if again, err := w.Engine.Prove(t.Context(), visitor, "ada@example.com", proved); err != nil || again != proved {
		t.Errorf("proved twice: %v", err)
	}
	if _, err := w.Engine.Prove(t.Context(), visitor, "ada@example.com", handles["40000003"]); !errors.Is(err, giftcard.ErrNotFound) {
		t.Errorf("no card, proved: %v", err)
	}
	_, _, err = w.Engine.CheckCard(t.Context(), visitor, entered(t, "400000010"))
	if no, is := errors.AsType[*engine.NoCode](err); !is || no.Why.Error() != "9 characters were entered, not 18" {
		t.Errorf("nine digits: %v", err)
	}
}

// TestGuessingShortCodesIsSlowed more: five an hour of a holder or an address, ten in ten minutes over all; and whoever has
// one of our codes goes on.
func TestGuessingShortCodesIsSlowed(t *testing.T) {
	w := oldWorld(t)
	w.TakeOver(w.OldCard("40000001", giftcard.Active, money.New(1000, usd)))
	guess := func(account, from, code string) string {
		sight, _, err := w.Engine.CheckCard(t.Context(), access.MemberOf(account, from), entered(t, code))
		if _, wait := errors.AsType[*engine.TooManyTries](err); wait {
			return "wait"
		}
		must(t, err)
		if errors.Is(sight.Refusal, giftcard.ErrNotFound) {
			return "not found"
		}
		return "card"
	}
	accounts := make([]string, 3)
	for at := range accounts {
		accounts[at] = w.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd)
	}
	from := func(at int) string { return netip.AddrFrom4([4]byte{198, 51, 100, byte(at)}).String() }
	for at := range 5 {
		if got := guess(accounts[0], from(at), fmt.Sprint(50000000+at)); got != "not found" {
			t.Fatalf("guess %d = %s", at, got)
		}
	}
	if got := guess(accounts[0], from(9), "40000001"); got != "wait" {
		t.Errorf("the sixth of an account = %s", got)
	}
	if got := guess(accounts[1], from(9), "40000001"); got != "card" {
		t.Errorf("somebody else = %s", got)
	}
	visitor := access.Visitor(from(7))
	for at := range 5 { // another holder, by an address that was proved
		_, handle, err := w.Engine.CheckCard(t.Context(), visitor, entered(t, fmt.Sprint(60000000+at)))
		must(t, err)
		if _, err := w.Engine.Prove(t.Context(), visitor, "eve@example.com", handle); !errors.Is(err, giftcard.ErrNotFound) {
			t.Fatalf("a guess that is proved: %v", err)
		}
	}
	if got := guess(accounts[2], from(8), "40000001"); got != "wait" {
		t.Errorf("the eleventh over all = %s", got)
	}
	own := w.Card("us-2500")
	if sight, _, err := w.Engine.CheckCard(t.Context(), access.MemberOf(accounts[2], from(8)), own.Code.Entered()); err != nil || sight.Refusal != nil {
		t.Errorf("one of our own codes: %v, %v", sight.Refusal, err)
	}
	w.Clock.Set(w.Clock.Now().Add(11 * time.Minute))
	if got := guess(accounts[2], from(8), "40000001"); got != "card" {
		t.Errorf("after ten minutes = %s", got)
	}
}

// TestLimitsFollowFromTheCode: the shorter, the fewer; never more than for ours.
func TestLimitsFollowFromTheCode(t *testing.T) {
	numeric, err := giftcode.NewFormat(giftcode.Numeric, 8, 20)
	must(t, err)
	for length, want := range map[int]int{8: 10, 11: 10, 12: 10, 13: 128, 14: 1024, 15: 3000, 20: 3000} {
		if got := engine.Guesses(numeric.Bits(length)); got != want {
			t.Errorf("%d digits: %d wrong codes, want %d", length, got, want)
		}
	}
	const million, year = 1 << 20, 365 * 24 * time.Hour
	for length := 13; length <= 20; length++ {
		if every := engine.FoundEvery(numeric.Bits(length), million); every < year*9/10 {
			t.Errorf("of a million cards with %d digits one is found each %v", length, every)
		}
	}
}

// TestImportedAtOnce: of several that import the same at the same moment, each card is here once, and owed once.
func TestImportedAtOnce(t *testing.T) {
	w := oldWorld(t)
	var cards []engine.Foreign
	for at := range 300 {
		cards = append(cards, w.OldCard(fmt.Sprint(40000000+at), giftcard.Active, money.New(int64(100+at%3), usd)))
	}
	var mutex sync.Mutex
	count := map[bool]int{}
	engines := []*engine.Engine{w.Engine, enginetest.Another(w)}
	if engines[1] != w.Engine {
		terms := w.Engine.Terms()
		must(t, engines[1].Apply(t.Context(), access.Operator(), fmt.Sprintf("terms %p", terms.Catalog), func(string) (billing.Terms, error) { return terms, nil }))
	}
	atOnce(4, func(at int) {
		e := engines[at%2]
		taking, err := e.NewImport(access.Operator(), enginetest.Old, []byte("a file"), len(cards), false)
		if err != nil {
			t.Error(err)
			return
		}
		landed, err := e.ImportCards(t.Context(), access.Operator(), taking, cards)
		if err != nil {
			t.Error(err)
			return
		}
		mutex.Lock()
		defer mutex.Unlock()
		for _, l := range landed {
			count[l.Here]++
		}
	})
	if count[false] != 300 || count[true] != 900 {
		t.Errorf("%d cards were added, and %d were here, want 300 and 900", count[false], count[true])
	}
	w.Verify()
}

// TestImportedUnderAnOlderKey: a card is known whichever key of the ring it is kept under.
func TestImportedUnderAnOlderKey(t *testing.T) {
	w := oldWorld(t)
	terms := w.Engine.Terms()
	var keys []giftcode.Key
	for _, id := range []string{"older", "newer"} {
		key, err := giftcode.NewKey(id, rand.Reader)
		must(t, err)
		keys = append([]giftcode.Key{key}, keys...)
		w.Ring, err = giftcode.NewKeyring(keys...)
		must(t, err)
		w.Reopen(terms)
		if id == "older" {
			w.TakeOver(w.OldCard("40000001", giftcard.Active, money.New(1000, usd)))
		}
	}
	card := w.OldCard("40000001", giftcard.Active, money.New(1000, usd))
	if got := landings(w.TakeOver(card)); got != "here" {
		t.Errorf("under another key: %s", got)
	}
	account := w.Account("ada@example.com", country(t), usd)
	reply, err := w.Engine.RedeemCode(t.Context(), access.Operator(), account, store.NewID(), entered(t, "40000001"), nil)
	if err != nil || reply.Refusal != nil {
		t.Errorf("redeemed: %v, %v", reply.Refusal, err)
	}
	w.Verify()
}
