package engine_test

import (
	"errors"
	"testing"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/store"
)

func TestPasskeys(t *testing.T) {
	w := newWorld(t)
	enrolment, err := w.Engine.AddStaff(t.Context(), access.Operator(), "ada", access.Agent)
	must(t, err)
	person, err := w.Engine.Enrolment(t.Context(), enrolment)
	must(t, err)
	key := store.Passkey{ID: "k", Credential: "1"}
	must(t, w.Engine.Enrol(t.Context(), "192.0.2.1", enrolment, key))
	if err := w.Engine.Enrol(t.Context(), "192.0.2.1", enrolment, store.Passkey{ID: "k2"}); !errors.Is(err, engine.ErrEnrolment) {
		t.Errorf("Enrol again = %v, want ErrEnrolment", err)
	}
	found, was, err := w.Engine.PasskeyOf(t.Context(), "k")
	if err != nil || found.Name != "ada" || found.Duty != "agent" || found.Handle != person.Handle || was.Credential != "1" {
		t.Errorf("PasskeyOf = %+v, %+v, %v", found, was, err)
	}
	must(t, w.Engine.UsePasskey(t.Context(), was, "2"))
	if err := w.Engine.UsePasskey(t.Context(), was, "3"); !errors.Is(err, engine.ErrNoPasskey) {
		t.Errorf("UsePasskey of what was used = %v", err)
	}
	counts := func(epoch int64) bool {
		counts, err := w.Engine.StaffSignedIn(t.Context(), "ada", epoch)
		must(t, err)
		return counts
	}
	if !counts(found.Epoch) || counts(found.Epoch+1) {
		t.Error("the wrong sessions count")
	}
	_, err = w.Engine.AddStaff(t.Context(), access.Operator(), "ada", access.Manager)
	must(t, err)
	again, _, err := w.Engine.PasskeyOf(t.Context(), "k")
	if err != nil || again.Duty != "manager" || again.Handle != found.Handle || counts(found.Epoch) || !counts(again.Epoch) {
		t.Errorf("with another duty: %+v, %v", again, err)
	}
	must(t, w.Engine.EndStaff(t.Context(), access.Operator(), "ada"))
	if _, _, err := w.Engine.PasskeyOf(t.Context(), "k"); !errors.Is(err, engine.ErrNoPasskey) || counts(again.Epoch) {
		t.Errorf("PasskeyOf one who was removed = %v", err)
	}
	if err := w.Engine.EndStaff(t.Context(), access.Operator(), "ada"); !errors.Is(err, engine.ErrNoStaff) {
		t.Errorf("EndStaff again = %v", err)
	}
	staff, err := w.Engine.Staff(t.Context(), access.Operator())
	if err != nil || len(staff) != 1 || staff[0].EndedAt.IsZero() {
		t.Errorf("Staff = %+v, %v", staff, err)
	}
}

func TestAnEnrolmentEnds(t *testing.T) {
	w := newWorld(t)
	enrolment, err := w.Engine.AddStaff(t.Context(), access.Operator(), "ada", access.Agent)
	must(t, err)
	w.Clock.Set(w.Clock.Now().Add(24*time.Hour - time.Second))
	_, err = w.Engine.Enrolment(t.Context(), enrolment)
	must(t, err)
	w.Clock.Set(w.Clock.Now().Add(time.Second))
	for _, text := range []string{enrolment, "", "x"} {
		if _, err := w.Engine.Enrolment(t.Context(), text); !errors.Is(err, engine.ErrEnrolment) {
			t.Errorf("Enrolment = %v", err)
		}
		if err := w.Engine.Enrol(t.Context(), "", text, store.Passkey{ID: "k"}); !errors.Is(err, engine.ErrEnrolment) {
			t.Errorf("Enrol = %v", err)
		}
	}
}

func TestOnlyTheOperatorManagesStaff(t *testing.T) {
	w := newWorld(t)
	for _, actor := range []access.Actor{ada(access.Manager), ada(access.Auditor), access.Visitor(""), access.KeyHolder("k", access.Grants, "", "")} {
		_, failedAdd := w.Engine.AddStaff(t.Context(), actor, "eve", access.Manager)
		_, failedList := w.Engine.Staff(t.Context(), actor)
		for _, err := range []error{failedAdd, failedList, w.Engine.EndStaff(t.Context(), actor, "eve")} {
			if !errors.Is(err, access.ErrDenied) {
				t.Errorf("%s %s: %v, want ErrDenied", actor.Role, actor.Duty, err)
			}
		}
	}
}
