package engine_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
)

func wrongCode(t *testing.T) giftcode.Code {
	t.Helper()
	code, err := giftcode.New(rand.Reader)
	must(t, err)
	return code
}

// check looks at a code, and tells "" for a card, "not found", or "wait".
func check(t *testing.T, w *enginetest.World, actor access.Actor, code giftcode.Code) string {
	t.Helper()
	sight, _, err := w.Engine.CheckCard(t.Context(), actor, code.Entered())
	if _, wait := errors.AsType[*engine.TooManyTries](err); wait {
		return "wait"
	}
	must(t, err)
	if errors.Is(sight.Refusal, giftcard.ErrNotFound) {
		return "not found"
	}
	return ""
}

// TestGuessingIsSlowed by address, by account and over all, and nobody else by the first two: a code that
// leads to a card is never counted, and after the window all may try again.
func TestGuessingIsSlowed(t *testing.T) {
	for name, test := range map[string]struct {
		guesser func(at int) access.Actor
		most    int
		also    access.Actor // is slowed too
	}{
		"an address":         {func(int) access.Actor { return access.Visitor("198.51.100.7") }, 10, access.MemberOf("a", "198.51.100.7")},
		"an IPv6 subscriber": {func(at int) access.Actor { return access.Visitor(fmt.Sprintf("2001:db8:1:2::%x", at+1)) }, 10, access.Visitor("2001:db8:1:2:ffff::1")},
		"an account":         {func(at int) access.Actor { return access.MemberOf("a", fmt.Sprintf("198.51.100.%d", at)) }, 10, access.MemberOf("a", "203.0.113.1")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Account("a@example.com", country(t), usd)
			card, stranger := w.Card("us-2500"), access.Visitor("203.0.113.9")
			for at := range test.most {
				if got := check(t, w, test.guesser(at), wrongCode(t)); got != "not found" {
					t.Fatalf("try %d = %q, want not found", at+1, got)
				}
				if got := check(t, w, stranger, card.Code); got != "" {
					t.Fatalf("a right code of somebody else = %q", got)
				}
			}
			for _, who := range []access.Actor{test.guesser(test.most), test.also} {
				for what, code := range map[string]giftcode.Code{"a wrong code": wrongCode(t), "the right code": card.Code} {
					if got := check(t, w, who, code); got != "wait" {
						t.Errorf("%s of %+v = %q, want to wait", what, who, got)
					}
				}
			}
			if got := check(t, w, stranger, card.Code); got != "" {
				t.Errorf("a right code of somebody else = %q, want the card", got)
			}
			w.Clock.Set(w.Clock.Now().Add(15*time.Minute + time.Second))
			if got := check(t, w, access.Visitor(test.also.From), card.Code); got != "" {
				t.Errorf("a right code after the window = %q, want the card", got)
			}
		})
	}
}

// TestGuessingByManyIsSlowed: over all addresses together there is a limit too.
func TestGuessingByManyIsSlowed(t *testing.T) {
	w := newWorld(t)
	tried := 0
	for ; tried < 3500; tried++ {
		if check(t, w, access.Visitor(fmt.Sprintf("10.0.%d.%d", tried/200, tried%200)), wrongCode(t)) == "wait" {
			break
		}
	}
	if tried != 3000 {
		t.Errorf("%d guesses were answered, want 3000", tried)
	}
}

// TestGuessingFailsClosed: where tries cannot be counted, nobody is told whether a code is right.
func TestGuessingFailsClosed(t *testing.T) {
	w := newWorld(t)
	card := w.Card("us-2500")
	must(t, w.DB.Close())
	for what, code := range map[string]giftcode.Code{"a wrong code": wrongCode(t), "the right code": card.Code} {
		if sight, handle, err := w.Engine.CheckCard(t.Context(), access.Visitor("192.0.2.1"), code.Entered()); !errors.Is(err, store.ErrClosed) || handle != "" || sight.Refusal != nil || sight.Serial != "" {
			t.Errorf("%s on a closed database = %+v, %q, %v, want %v", what, sight, handle, err, store.ErrClosed)
		}
	}
	if _, err := w.Engine.AskSignIn(t.Context(), access.Visitor("192.0.2.1"), "a@example.com", "browser", "en"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("AskSignIn on a closed database = %v, want %v", err, store.ErrClosed)
	}
	w.Open(w.Engine.Terms())
}

// asked asks for digits, and gives the request's id and the digits as they were mailed.
func asked(t *testing.T, w *enginetest.World, email access.Email, browser string) (id, digits string) {
	t.Helper()
	id, err := w.Engine.AskSignIn(t.Context(), access.Visitor("192.0.2.1"), email, browser, "en")
	must(t, err)
	letters, err := w.Engine.DueDigits(t.Context(), 100)
	must(t, err)
	for _, letter := range letters {
		if letter.Letter.ID == id {
			digits = letter.Letter.Digits
		}
	}
	return id, digits
}

func other(digits string) string {
	if digits == "000000" {
		return "000001"
	}
	return "000000"
}

// TestDigits count once, for ten minutes, in the browser that asked, and for five tries.
func TestDigits(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	visitor := access.Visitor("192.0.2.1")
	prove := func(id, browser, digits string) (engine.Proof, error) {
		return w.Engine.ProveSignIn(t.Context(), visitor, id, browser, digits)
	}
	wants := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s = %v, want %v", what, err, want)
		}
	}

	id, digits := asked(t, w, "ada@example.com", "browser")
	_, err := prove(id, "another browser", digits)
	wants("another browser", err, engine.ErrSignInExpired)
	_, err = prove("no such request", "browser", digits)
	wants("no request", err, engine.ErrSignInExpired)
	for range 4 {
		_, err = prove(id, "browser", other(digits))
		wants("wrong digits", err, engine.ErrWrongDigits)
	}
	proof, err := prove(id, "browser", digits)
	if err != nil || proof.Account != account || proof.Epoch != 1 {
		t.Errorf("the fifth try, right = %+v, %v, want account %s", proof, err, account)
	}
	_, err = prove(id, "browser", digits)
	wants("used digits", err, engine.ErrSignInExpired)

	id, digits = asked(t, w, "ada@example.com", "browser")
	for range 5 {
		_, err = prove(id, "browser", other(digits))
		wants("wrong digits", err, engine.ErrWrongDigits)
	}
	_, err = prove(id, "browser", digits)
	wants("the sixth try, right", err, engine.ErrSignInExpired)

	id, digits = asked(t, w, "new@example.com", "browser")
	w.Clock.Set(w.Clock.Now().Add(10*time.Minute - time.Microsecond))
	if proof, err := prove(id, "browser", digits); err != nil || proof.Account != "" || proof.Email != "new@example.com" {
		t.Errorf("the last moment = %+v, %v, want an address without an account", proof, err)
	}
	id, digits = asked(t, w, "new@example.com", "browser")
	w.Clock.Set(w.Clock.Now().Add(10 * time.Minute))
	_, err = prove(id, "browser", digits)
	wants("ten minutes later", err, engine.ErrSignInExpired)
}

// TestDigitsAtOnce: the same digits, sent by many at once, sign in one of them.
func TestDigitsAtOnce(t *testing.T) {
	w := newWorld(t)
	id, digits := asked(t, w, "ada@example.com", "browser")
	var errs [8]error
	atOnce(8, func(at int) {
		_, errs[at] = w.Engine.ProveSignIn(t.Context(), access.Visitor("192.0.2.1"), id, "browser", digits)
	})
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
		} else if !errors.Is(err, engine.ErrSignInExpired) {
			t.Errorf("ProveSignIn = %v", err)
		}
	}
	if in != 1 {
		t.Errorf("%d signed in by the same digits, want 1", in)
	}
}

// TestDigitsAreMailedSparingly: five to an address, twenty from a sender, in a quarter of an hour.
func TestDigitsAreMailedSparingly(t *testing.T) {
	w := newWorld(t)
	ask := func(from string, email access.Email) bool {
		_, err := w.Engine.AskSignIn(t.Context(), access.Visitor(from), email, "browser", "en")
		if _, wait := errors.AsType[*engine.TooManyTries](err); wait {
			return false
		}
		must(t, err)
		return true
	}
	for at := range 6 {
		if got := ask(fmt.Sprintf("198.51.100.%d", at), "ada@example.com"); got != (at < 5) {
			t.Errorf("mail %d to one address: %t", at+1, got)
		}
	}
	for at := range 21 {
		if got := ask("203.0.113.1", access.Email(fmt.Sprintf("m%d@example.com", at))); got != (at < 20) {
			t.Errorf("mail %d from one sender: %t", at+1, got)
		}
	}
	w.Clock.Set(w.Clock.Now().Add(15 * time.Minute))
	if !ask("203.0.113.1", "ada@example.com") {
		t.Error("a quarter of an hour later, nobody may ask")
	}
}
