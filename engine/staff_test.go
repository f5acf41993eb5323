package engine_test

import (
	"errors"
	"slices"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
)

func ada(duty access.Duty) access.Actor { return access.StaffMember("ada", duty, "192.0.2.9") }

func TestStaffSignIn(t *testing.T) {
	w := newWorld(t)
	if err := w.Engine.SignInStaff(t.Context(), ada(access.Agent)); err != nil {
		t.Errorf("SignInStaff = %v", err)
	}
	if err := w.Engine.SignInStaff(t.Context(), ada("")); !errors.Is(err, access.ErrDenied) {
		t.Errorf("SignInStaff without a duty = %v, want ErrDenied", err)
	}
	entries, err := w.Engine.Entries(t.Context(), ada(access.Auditor), store.EntryFilter{Subject: "ada"}, engine.Page{Most: 10})
	must(t, err)
	if len(entries) != 2 || entries[0].Outcome != "not_allowed" || entries[1].Outcome != "done" ||
		entries[1].Actor.Person != "ada" || entries[1].Actor.From != "192.0.2.9" {
		t.Errorf("entries = %+v", entries)
	}
}

// TestStaffMoveCards: what each duty may do to a card, who it is recorded of, and why.
func TestStaffMoveCards(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		duty access.Duty
		may  []bool // freeze, unfreeze, replace, void the new one
	}{
		{access.Agent, []bool{true, true, true, false}}, {access.Manager, []bool{true, true, true, true}},
		{access.Auditor, []bool{false, false, false, false}},
	} {
		serial, actor := w.Card("us-2500").Serial, ada(row.duty)
		actor.Reason = "found in the street"
		new := serial
		for at, do := range []func(key string) error{
			func(key string) error {
				_, _, err := w.Engine.MoveCardOnce(t.Context(), actor, key, serial, engine.Freeze)
				return err
			},
			func(key string) error {
				_, _, err := w.Engine.MoveCardOnce(t.Context(), actor, key, serial, engine.Unfreeze)
				return err
			},
			func(key string) error {
				replaced, _, _, err := w.Engine.ReplaceCard(t.Context(), actor, key, serial)
				if err == nil {
					new, err = giftcode.ParseSerial(replaced.New)
				}
				return err
			},
			func(key string) error {
				_, _, err := w.Engine.MoveCardOnce(t.Context(), actor, key, new, engine.Void)
				return err
			},
		} {
			for range 2 { // the second time it is only told again
				err := do(string(row.duty) + string(rune('a'+at)))
				if may := err == nil; may != row.may[at] || !may && !errors.Is(err, access.ErrDenied) {
					t.Errorf("%s, deed %d: %v", row.duty, at, err)
				}
			}
		}
		entries, err := w.Engine.Entries(t.Context(), ada(access.Auditor), store.EntryFilter{Subject: serial.String()}, engine.Page{Most: 10})
		must(t, err)
		var did []string
		for _, e := range slices.Backward(entries) {
			if e.Actor.Person != "ada" || e.Actor.Reason != "found in the street" || e.Actor.Role != access.Staff {
				t.Errorf("entry = %+v", e)
			}
			did = append(did, e.Operation)
		}
		want := []string{"card.freeze", "card.unfreeze", "card.replace"}
		if row.duty == access.Auditor {
			want = nil
		}
		if !slices.Equal(did, want) {
			t.Errorf("%s did %v, want %v", row.duty, did, want)
		}
		events, err := w.Engine.CardEvents(t.Context(), actor, serial)
		must(t, err)
		if len(events) != len(want) {
			t.Errorf("%s: %d events, want %d", row.duty, len(events), len(want))
		}
	}
}

func TestTwoOfTheStaffNeverMeetInOneKey(t *testing.T) {
	w := newWorld(t)
	serial := w.Card("us-2500").Serial
	_, _, err := w.Engine.MoveCardOnce(t.Context(), ada(access.Agent), "key", serial, engine.Freeze)
	must(t, err)
	bob := access.StaffMember("bob", access.Agent, "")
	if _, _, err := w.Engine.MoveCardOnce(t.Context(), bob, "key", serial, engine.Freeze); !errors.Is(err, giftcard.ErrNotActive) {
		t.Errorf("bob's freeze = %v, want a refusal of its own", err)
	}
}

func TestAccountOfEmail(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	if got, err := w.Engine.AccountOfEmail(t.Context(), ada(access.Agent), "ada@example.com"); got != account || err != nil {
		t.Errorf("AccountOfEmail = %q, %v, want %q", got, err, account)
	}
	if _, err := w.Engine.AccountOfEmail(t.Context(), ada(access.Agent), "bob@example.com"); !errors.Is(err, engine.ErrNoAccount) {
		t.Errorf("AccountOfEmail of nobody = %v", err)
	}
	if _, err := w.Engine.AccountOfEmail(t.Context(), access.MemberOf(account, ""), "ada@example.com"); !errors.Is(err, access.ErrDenied) {
		t.Errorf("AccountOfEmail of a member = %v", err)
	}
}
