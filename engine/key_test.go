package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/engine/enginetest"
)

func TestAPIKeys(t *testing.T) {
	w := newWorld(t)
	text, err := w.Engine.NewKey(t.Context(), access.Operator(), "player", []access.Grant{access.Read}, "")
	must(t, err)
	holder, err := w.Engine.HolderOf(t.Context(), text)
	must(t, err)
	if holder.May(access.ReadAccounts, "a") != nil || holder.May(access.OwnAccount, "a") == nil || !strings.HasPrefix(text, holder.Key+"_") {
		t.Errorf("the key is held by %+v", holder)
	}
	for _, wrong := range []string{"", "scrip_", text[:len(text)-1], text + "x", strings.ToUpper(text), strings.Repeat("scrip_", 100)} {
		if _, err := w.Engine.HolderOf(t.Context(), wrong); !errors.Is(err, engine.ErrKeyUnknown) {
			t.Errorf("a key that is none gives %v", err)
		}
	}
	used := func() time.Time {
		t.Helper()
		keys, err := w.Engine.Keys(t.Context(), access.Operator())
		must(t, err)
		if len(keys) != 1 || keys[0].Name != "player" || strings.Contains(keys[0].Digest, text) {
			t.Fatalf("Keys = %+v", keys)
		}
		return keys[0].UsedAt
	}
	must(t, w.Engine.NoteUses(t.Context()))
	first := used()
	w.Clock.Set(w.Clock.Now().Add(59 * time.Second))
	_, err = w.Engine.HolderOf(t.Context(), text)
	must(t, err)
	must(t, w.Engine.NoteUses(t.Context()))
	if got := used(); first != w.Clock.Now().Add(-59*time.Second).UTC() || got != first {
		t.Errorf("the use is noted as %v, and within a minute as %v", first, got)
	}
	w.Clock.Set(w.Clock.Now().Add(time.Second))
	_, err = w.Engine.HolderOf(t.Context(), text)
	must(t, err)
	must(t, w.Engine.NoteUses(t.Context()))
	if got := used(); !got.Equal(w.Clock.Now()) {
		t.Errorf("the use a minute later is noted as %v", got)
	}
	another := enginetest.Another(w)
	if _, err := another.HolderOf(t.Context(), text); err != nil {
		t.Errorf("another server: %v", err)
	}
	must(t, w.Engine.RevokeKey(t.Context(), access.Operator(), holder.Key))
	if _, err := w.Engine.HolderOf(t.Context(), text); !errors.Is(err, engine.ErrKeyUnknown) {
		t.Errorf("a revoked key gives %v", err)
	}
	w.Clock.Set(w.Clock.Now().Add(5 * time.Second))
	if _, err := another.HolderOf(t.Context(), text); !errors.Is(err, engine.ErrKeyUnknown) {
		t.Errorf("a revoked key gives %v on another server five seconds later", err)
	}
	if err := w.Engine.RevokeKey(t.Context(), access.Operator(), holder.Key); !errors.Is(err, engine.ErrKeyUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	for _, actor := range []access.Actor{holder, access.MemberOf("a", ""), access.KeyHolder("k", []access.Grant{access.Admin}, "", "")} {
		if _, err := w.Engine.NewKey(t.Context(), actor, "more", access.Grants, ""); !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s makes a key: %v", actor.Role, err)
		}
	}
}
