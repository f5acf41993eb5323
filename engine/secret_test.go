package engine_test

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/store/storetest"
	"scrip/timeline"
)

// TestNoCodeIsKept: after a story with all that touches codes and digits, neither what was logged on any
// level, nor a byte of the database or its log, nor a letter holds a code; and the log no digits.
func TestNoCodeIsKept(t *testing.T) {
	a := newAsker(t, "late", 2*time.Hour, true)
	visitor := access.Visitor("192.0.2.1")
	var codes []giftcode.Code
	for range 5 {
		card := a.Card("us-40")
		sight, handle, err := a.Engine.CheckCard(t.Context(), visitor, card.Code.Entered())
		if err != nil || sight.Refusal != nil {
			t.Fatalf("CheckCard = %+v, %v", sight, err)
		}
		a.Do(a.account, engine.Command{Kind: timeline.Redeem, Card: handle})
		a.Do(a.account, engine.Command{Kind: timeline.Redeem, Card: handle})
		codes = append(codes, card.Code, a.Card("us-500").Code)
	}
	for range 12 {
		code, err := giftcode.New(rand.Reader)
		must(t, err)
		codes = append(codes, code)
		_, _, _ = a.Engine.CheckCard(t.Context(), visitor, code.Entered()) // some are slowed
	}
	digits := map[string]bool{}
	for _, email := range []access.Email{"ada@example.com", "asker@example.com"} {
		id, mailed := asked(t, a.World, email, "browser")
		_, _ = a.Engine.ProveSignIn(t.Context(), visitor, id, "browser", other(mailed)) // is counted
		_, err := a.Engine.ProveSignIn(t.Context(), visitor, id, "browser", mailed)
		must(t, err)
		digits[mailed] = true
	}
	for day := asksOn; day.Before(calendar.Must("2026-07-01")); day = day.Plus(3) {
		a.At(day, 3)
	}
	kept := map[string][]byte{"the log": a.Log.Bytes()}
	keep := func(when string) {
		for part, bytes := range storetest.Everything(t, a.Path) {
			kept[when+part] = bytes
		}
	}
	keep("while it runs: ")
	must(t, a.DB.Close())
	keep("closed: ")
	a.Open(a.terms)
	for _, letter := range a.Mailbox.All() {
		kept["letter "+letter.ID] = []byte(letter.Subject + letter.Text + letter.HTML)
	}
	if len(kept) < 10 || len(a.Log.Bytes()) == 0 {
		t.Fatalf("there is little to look at: %d texts, %d bytes of log", len(kept), len(a.Log.Bytes()))
	}
	for where, text := range kept {
		text = bytes.ToUpper(text)
		for _, code := range codes {
			for _, form := range []string{code.Reveal(), strings.ReplaceAll(code.Reveal(), "-", "")} {
				if bytes.Contains(text, []byte(strings.ToUpper(form))) {
					t.Errorf("%s holds a code", where)
				}
			}
		}
	}
	for six := range digits {
		if regexp.MustCompile(`\b` + six + `\b`).Match(a.Log.Bytes()) {
			t.Errorf("the log holds digits")
		}
	}
}
