package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/membership"
	"scrip/store"
	"scrip/timeline"
)

func holder(key string) access.Actor {
	return access.KeyHolder(key, []access.Grant{access.Admin}, "192.0.2.7", "request-1")
}

// eight sends a deed eight times at once, on two servers, and gives the one answer that all have.
func eight[T comparable](t *testing.T, w *enginetest.World, do func(e *engine.Engine) (T, bool, error)) (T, error) {
	t.Helper()
	var replies [8]T
	var errs [8]error
	var again [8]bool
	servers := []*engine.Engine{w.Engine, sharing(t, w)}
	atOnce(8, func(at int) { replies[at], again[at], errs[at] = do(servers[at%2]) })
	first := 0
	for at := range replies {
		if replies[at] != replies[0] || !errors.Is(errs[at], errs[0]) {
			t.Errorf("one is answered %+v, %v, another %+v, %v", replies[0], errs[0], replies[at], errs[at])
		}
		if !again[at] {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d of 8 are told that they are the first", first)
	}
	return replies[0], errs[0]
}

// sharing is another server with the catalogue that is in force.
func sharing(t *testing.T, w *enginetest.World) *engine.Engine {
	t.Helper()
	another := enginetest.Another(w)
	must(t, another.Reuse(t.Context(), func(string) (billing.Terms, error) { return w.Engine.Terms(), nil }))
	return another
}

func TestADeedIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	serial := w.Card("us-2500").Serial
	moved, err := eight(t, w, func(e *engine.Engine) (engine.Moved, bool, error) {
		return e.MoveCardOnce(t.Context(), holder("k"), "freeze it", serial, engine.Freeze)
	})
	if err != nil || moved != (engine.Moved{Serial: serial.String(), State: giftcard.Frozen}) {
		t.Errorf("freeze = %+v, %v", moved, err)
	}
	_, err = eight(t, w, func(e *engine.Engine) (engine.Moved, bool, error) {
		return e.MoveCardOnce(t.Context(), holder("k"), "freeze it again", serial, engine.Freeze)
	})
	if !errors.Is(err, giftcard.ErrNotActive) {
		t.Errorf("freeze of a frozen card: %v", err)
	}
	_, _, err = w.Engine.MoveCardOnce(t.Context(), holder("k"), "freeze it", w.Card("us-2500").Serial, engine.Freeze)
	if !errors.Is(err, engine.ErrKeyReused) {
		t.Errorf("another card under the same key: %v", err)
	}
	if _, again, err := w.Engine.MoveCardOnce(t.Context(), holder("another"), "freeze it", serial, engine.Freeze); again || !errors.Is(err, giftcard.ErrNotActive) {
		t.Errorf("another program's key of the same text: %v, %v", again, err)
	}
	entries, err := w.Engine.Entries(t.Context(), holder("k"), store.EntryFilter{Subject: serial.String()}, engine.Page{Most: 100})
	must(t, err)
	var told []string
	for _, e := range entries {
		told = append(told, fmt.Sprint(e.Actor.Role, " ", e.Actor.Key, " ", e.Actor.From, " ", e.Actor.Request, " ", e.Operation, " ", e.Outcome))
	}
	want := []string{"key another 192.0.2.7 request-1 card.freeze not_active", "key k 192.0.2.7 request-1 card.freeze not_active", "key k 192.0.2.7 request-1 card.freeze done"}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("the entries are %q, want %q", told, want)
	}
	w.Verify()
}

func TestOneAccountForOneExternalID(t *testing.T) {
	w := newWorld(t)
	opening := engine.Opening{ExternalID: "user-1", Country: country(t), Currency: usd, Zone: "Europe/Berlin", Language: "en"}
	open := func(key string, o engine.Opening) func(e *engine.Engine) (string, bool, error) {
		return func(e *engine.Engine) (string, bool, error) {
			opened, again, err := e.OpenAccountOnce(t.Context(), holder("k"), key, o)
			return opened.Account, again, err
		}
	}
	account, err := eight(t, w, open("open it", opening))
	must(t, err)
	if found, err := w.Engine.AccountOf(t.Context(), holder("k"), "user-1"); found != account || err != nil {
		t.Errorf("AccountOf = %q, %v, want %q", found, err, account)
	}
	if view, err := w.Engine.View(t.Context(), holder("k"), account); err != nil || view.ExternalID != "user-1" || view.Email != "" {
		t.Errorf("View = %+v, %v", view, err)
	}
	if _, err := eight(t, w, open("open it again", opening)); !errors.Is(err, engine.ErrExternalIDTaken) {
		t.Errorf("the external id twice: %v", err)
	}
	opening.ExternalID, opening.Email = "user-2", "a@example.com"
	_, err = eight(t, w, open("with an address", opening))
	must(t, err)
	opening.ExternalID = "user-3"
	if _, err := eight(t, w, open("with the same address", opening)); !errors.Is(err, engine.ErrAddressTaken) {
		t.Errorf("the address twice: %v", err)
	}
	for name, wrong := range map[string]engine.Opening{"nobody": {Country: country(t), Currency: usd, Zone: "UTC"},
		"the machine's zone": {ExternalID: "x", Country: country(t), Currency: usd, Zone: "Local"},
		"no zone":            {ExternalID: "x", Country: country(t), Currency: usd}} {
		if _, _, err := w.Engine.OpenAccountOnce(t.Context(), holder("k"), name, wrong); !errors.Is(err, engine.ErrNobody) && !errors.Is(err, engine.ErrZone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Engine.AccountOf(t.Context(), holder("k"), "user-3"); !errors.Is(err, engine.ErrNoAccount) {
		t.Errorf("an account that was refused: %v", err)
	}
}

// TestWithoutAnAddressNothingIsMailed, and all else is as it is.
func TestWithoutAnAddressNothingIsMailed(t *testing.T) {
	w := newWorld(t)
	opened, _, err := w.Engine.OpenAccountOnce(t.Context(), holder("k"), "open", engine.Opening{ExternalID: "u", Country: country(t), Currency: usd, Zone: "UTC", Language: "en"})
	must(t, err)
	w.Do(opened.Account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))})
	w.Do(opened.Account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	w.At(w.View(opened.Account).RunsOut.Plus(1), 12)
	if view := w.View(opened.Account); view.Membership.Status != membership.Held {
		t.Errorf("the membership is %s", view.Membership.Status)
	}
	if mails := w.Mailbox.All(); len(mails) > 0 {
		t.Errorf("%d mails were sent", len(mails))
	}
	w.Verify()
}

func TestADamagedCardIsReplaced(t *testing.T) {
	w := newWorld(t)
	old := w.Card("us-2500")
	account := w.Account("a@example.com", country(t), usd)
	type told struct {
		engine.Replaced
		code giftcode.Code
	}
	replace := func(key string, serial giftcode.Serial) func(e *engine.Engine) (told, bool, error) {
		return func(e *engine.Engine) (told, bool, error) {
			replaced, code, again, err := e.ReplaceCard(t.Context(), holder("k"), key, serial)
			return told{replaced, code}, again, err
		}
	}
	got, err := eight(t, w, replace("replace", old.Serial))
	must(t, err)
	if got.code.IsZero() || got.code == old.Code || got.Old != old.Serial.String() {
		t.Fatalf("the card was replaced by %+v", got.Replaced)
	}
	if _, err := eight(t, w, replace("again", old.Serial)); !errors.Is(err, giftcard.ErrReplaced) {
		t.Errorf("replaced twice: %v", err)
	}
	w.Verify()
	reply, err := w.Engine.RedeemCode(t.Context(), holder("k"), account, "old", old.Code.Entered(), nil)
	if err != nil || !errors.Is(reply.Refusal, giftcard.ErrReplaced) {
		t.Errorf("the old code: %+v, %v", reply, err)
	}
	reply, err = w.Engine.RedeemCode(t.Context(), holder("k"), account, "new", got.code.Entered(), nil)
	if err != nil || reply.Refusal != nil || reply.Serial != got.New || w.View(account).Balance.Minor() != 2500 {
		t.Errorf("the new code: %+v, %v", reply, err)
	}
	w.Clock.Set(w.Clock.Now().Add(24*time.Hour - time.Second))
	must(t, w.Engine.Sweep(t.Context()))
	if again, _, err := replace("replace", old.Serial)(w.Engine); again != got || err != nil {
		t.Errorf("the same key within a day: %v", err)
	}
	w.Clock.Set(w.Clock.Now().Add(time.Second))
	for range 2 {
		if again, replayed, err := replace("replace", old.Serial)(w.Engine); !again.code.IsZero() || again.Replaced != got.Replaced || !replayed || err != nil {
			t.Errorf("the same key after a day: %v, %v", replayed, err)
		}
		must(t, w.Engine.Sweep(t.Context()))
	}
	w.Verify()
}

// TestTheVersionGuardsACommand: of two editors who saw the same account, the second is told.
func TestTheVersionGuardsACommand(t *testing.T) {
	w := newWorld(t)
	account := w.Account("a@example.com", country(t), usd)
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))})
	seen := w.View(account).Version
	start := engine.Command{Kind: timeline.Start, Plan: "basic", If: &seen}
	reply, err := w.Engine.Do(t.Context(), holder("k"), account, "start", start)
	if err != nil || reply.Refusal != nil {
		t.Fatalf("start = %+v, %v", reply, err)
	}
	if _, err := w.Engine.Do(t.Context(), holder("k"), account, "cancel", engine.Command{Kind: timeline.Cancel, If: &seen}); !errors.Is(err, engine.ErrChanged) {
		t.Errorf("cancel of what was changed = %v", err)
	}
	if reply, err := w.Engine.Do(t.Context(), holder("k"), account, "start", start); err != nil || !reply.Replayed {
		t.Errorf("the first again = %+v, %v", reply, err)
	}
	seen = w.View(account).Version
	if reply, err := w.Engine.Do(t.Context(), holder("k"), account, "cancel", engine.Command{Kind: timeline.Cancel, If: &seen}); err != nil || reply.Refusal != nil {
		t.Errorf("cancel after another look = %+v, %v", reply, err)
	}
}

func TestEntitlement(t *testing.T) {
	w := newWorld(t)
	account := w.Account("a@example.com", country(t), usd)
	entitled := func() engine.Entitlement {
		t.Helper()
		e, err := w.Engine.Entitlement(t.Context(), holder("k"), account)
		must(t, err)
		return e
	}
	if e := entitled(); e.Entitled != (membership.Entitlement{Why: membership.NeverStarted}) || !e.Until.IsZero() {
		t.Errorf("before the start: %+v", e)
	}
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))})
	w.Do(account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	view, e := w.View(account), entitled()
	if e.Entitled != (membership.Entitlement{MayWatch: true, Until: view.Membership.Period.End, Why: membership.Paid}) ||
		!e.Until.Equal(view.Membership.Period.End.Start(time.UTC)) || e.RunsOut != view.RunsOut || !e.Holds.After(w.Clock.Now()) {
		t.Errorf("paid: %+v", e)
	}
	w.Clock.Set(view.RunsOut.Start(time.UTC).Add(time.Hour)) // nothing has been lived since
	if e := entitled(); e.Entitled != (membership.Entitlement{Why: membership.OnHold}) {
		t.Errorf("run out, and not lived yet: %+v", e)
	}
	w.At(view.RunsOut, 2)
	if e := entitled(); e.Entitled != (membership.Entitlement{Why: membership.OnHold}) {
		t.Errorf("on hold: %+v", e)
	}
	w.At(view.RunsOut.Plus(40), 2)
	if e := entitled(); e.Entitled != (membership.Entitlement{Why: membership.HasEnded}) {
		t.Errorf("closed: %+v", e)
	}
	if _, err := w.Engine.Entitlement(t.Context(), holder("k"), store.NewID()); !errors.Is(err, engine.ErrNoAccount) {
		t.Errorf("of no account: %v", err)
	}
}
