package simulate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"scrip/billing"
	"scrip/catalog"
	"scrip/simulate"
	"scrip/strict"
)

// valid is a scenario with every kind of field, of which each malformed file breaks one thing.
const valid = `{
 "name": "everything", "says": "One of each.",
 "catalog": {
  "plans": [
   {"id": "basic", "prices": [{"currency": "USD", "amount": 799, "from": "2020-01-01"}, {"currency": "USD", "amount": 899, "from": "2027-01-01"}]},
   {"id": "premium", "prices": [{"currency": "USD", "amount": 2499, "from": "2020-01-01"}]}
  ],
  "taxes": [{"country": "US", "rate": "0.0825", "inclusive": false, "from": "2020-01-01"}, {"country": "US", "rate": "0.09", "inclusive": false, "from": "2027-01-01"}]
 },
 "policy": {"shortfall": "prorate", "upgrade": "rebase", "retry_days": [1, 3], "close_held_after_days": 30, "reminder_days": 7},
 "account": {"country": "US", "currency": "USD", "payment_method": "none"},
 "events": [
  {"on": "2026-01-01", "do": "redeem", "card": "A", "amount": 2500, "currency": "USD"},
  {"on": "2026-01-02", "do": "start", "plan": "basic", "payer": "self"},
  {"on": "2026-01-03", "do": "change_plan", "plan": "premium"},
  {"on": "2026-01-04", "do": "payment_method", "method": "ok"},
  {"on": "2026-01-05", "do": "payer", "payer": "partner"},
  {"on": "2026-01-06", "do": "cancel"},
  {"on": "2026-01-07", "do": "restart"}
 ],
 "until": "2026-02-01",
 "expect": {"timeline": [null, null], "end": null, "end": 1.5e300}
}
`

// malformed files: what of the valid one is replaced, by what, and what the message must hold.
var malformed = []struct{ name, old, new, place, says string }{
	{"unknown field", `"until":`, `"till": 1, "until":`, "till (line 21, column 2)", "no such field"},
	{"unknown field in a price", `"amount": 799,`, `"amount": 799, "vat": 1,`, "catalog.plans[0].prices[0].vat", "currency, amount and from"},
	{"unknown field of the account", `"country": "US", "currency"`, `"zone": "UTC", "country": "US", "currency"`, "account.zone", "take it out"},
	{"unknown field of the policy", `"shortfall"`, `"short_fall"`, "policy.short_fall", "no such field"},
	{"another case", `"plans"`, `"Plans"`, "catalog.Plans", "plans and taxes"},
	{"a name with odd characters", `"plans"`, `"pl\nans\u001b[31m"`, `catalog["pl\nans\x1b[31m"]`, "no such field"},
	{"a field twice", `"until": "2026-02-01"`, `"until": "2026-02-01", "until": "2026-02-01"`, "until (line 21, column 25)", "twice"},
	{"a field twice in an event", `"card": "A"`, `"card": "A", "card": "A"`, "events[0].card", "keep one"},
	{"a field twice, once in escapes", `"card": "A"`, `"card": "A", "c\u0061rd": "B"`, "events[0].card", "twice"},
	{"null for an optional field", `"says": "One of each."`, `"says": null`, "says (line 2", "null does not belong here"},
	{"null for the policy", `"policy": {`, `"policy": null, "p": {`, "policy (line 10", "write an object"},
	{"null for an amount", `"amount": 2500`, `"amount": null`, "events[0].amount", "null does not belong here"},
	{"null for an event", `{"on": "2026-01-06", "do": "cancel"}`, `null`, "events[5]", "write an object"},
	{"null for a day", `[1, 3]`, `[1, null]`, "policy.retry_days[1]", "whole number"},
	{"no catalogue", `"catalog": {`, `"name": {`, "name", "twice"},
	{"no until", `"until": "2026-02-01",`, ``, "until", "the field is missing"},
	{"no amount of a card", `"amount": 2500, `, ``, "events[0].amount", "a redeem has on, do, card, amount and currency"},
	{"no plan to start", `"plan": "basic", `, ``, "events[1].plan", "missing"},
	{"no do", `"do": "cancel"`, `"plan": "basic"`, "events[5].do", "missing"},
	{"no country of the account", `"country": "US", "currency"`, `"currency"`, "account.country", "missing"},
	{"no rate", `"rate": "0.0825", `, ``, "catalog.taxes[0].rate", "missing"},
	{"no prices", `, "prices": [{"currency": "USD", "amount": 2499, "from": "2020-01-01"}]`, ``, "catalog.plans[1].prices", "missing"},
	{"an amount with a fraction", `2500`, `2500.0`, "events[0].amount", "without sign, fraction or exponent"},
	{"an amount with an exponent", `799`, `1e3`, "catalog.plans[0].prices[0].amount", "1e3 is not an amount"},
	{"an amount below nothing", `2500`, `-5`, "events[0].amount", "-5 is not an amount"},
	{"an amount of less than nothing at all", `2500`, `-0`, "events[0].amount", "-0 is not an amount"},
	{"an amount of nothing", `2500`, `0`, "events[0].amount", "from 1 to 1000000000000000"},
	{"an amount that is too large", `2500`, `1000000000000001`, "events[0].amount", "1000000000000001 is not"},
	{"an amount beyond all machines", `2500`, strings.Repeat("9", 5000), "events[0].amount", "…"},
	{"an amount in quotes", `2500`, `"2500"`, "events[0].amount", "a text does not belong here"},
	{"an amount with a zero before it", `2500`, `02500`, "events[0].amount", "not a number of JSON"},
	{"an amount with a plus", `2500`, `+2500`, "events[0].amount", "+2500 does not belong here"},
	{"an amount in hexadecimal", `2500`, `0x10`, "events[0].amount", "not a number of JSON"},
	{"not a number", `2500`, `NaN`, "events[0].amount", "NaN does not belong here"},
	{"a rate as a number", `"0.0825"`, `0.0825`, "catalog.taxes[0].rate", "the number 0.0825 does not belong here"},
	{"a rate in percent", `"0.0825"`, `"8.25%"`, "catalog.taxes[0].rate", "is not a rate"},
	{"a rate of two digits", `"0.0825"`, `"10.5"`, "catalog.taxes[0].rate", "is not a rate"},
	{"a rate of ten decimals", `"0.0825"`, `"0.0123456789"`, "catalog.taxes[0].rate", "one to nine digits"},
	{"a rate below nothing", `"0.0825"`, `"-0.1"`, "catalog.taxes[0].rate", "is not a rate"},
	{"a rate that ends in its point", `"0.0825"`, `"0."`, "catalog.taxes[0].rate", "is not a rate"},
	{"inclusive as a text", `"inclusive": false`, `"inclusive": "no"`, "catalog.taxes[0].inclusive", "true or false"},
	{"a small currency", `"currency": "USD", "payment_method"`, `"currency": "usd", "payment_method"`, "account.currency", "three capital letters"},
	{"an unknown currency", `"A", "amount": 2500, "currency": "USD"`, `"A", "amount": 2500, "currency": "ZZZ"`, "events[0].currency", "ISO 4217"},
	{"a country's name", `"country": "US", "currency"`, `"country": "USA", "currency"`, "account.country", "two capital letters"},
	{"a small country", `{"country": "US", "rate": "0.0825"`, `{"country": "us", "rate": "0.0825"`, "catalog.taxes[0].country", "is not a country"},
	{"a day that does not exist", `"2026-01-06"`, `"2026-02-29"`, "events[5].on", "date that exists"},
	{"a day without zeros", `"2026-01-06"`, `"2026-1-6"`, "events[5].on", "2026-12-31"},
	{"a year before all", `"from": "2020-01-01"}, {"currency"`, `"from": "1899-12-31"}, {"currency"`, "catalog.plans[0].prices[0].from", "1900 to 2999"},
	{"a year after all", `"until": "2026-02-01"`, `"until": "3000-01-01"`, "until", "1900 to 2999"},
	{"a date as a number", `"2026-01-06"`, `20260106`, "events[5].on", "write a date"},
	{"an event before the one above", `"2026-01-06"`, `"2026-01-04"`, "events[5].on", "before the event above it, on 2026-01-05"},
	{"until before the last event", `"until": "2026-02-01"`, `"until": "2026-01-06"`, "until (line 21, column 11)", "before the last event, on 2026-01-07"},
	{"an empty id", `"id": "premium"`, `"id": ""`, "catalog.plans[1].id", "1 to 64 characters"},
	{"an id of 65 characters", `"id": "premium"`, `"id": "` + strings.Repeat("é", 65) + `"`, "catalog.plans[1].id", "1 to 64 characters"},
	{"an empty card", `"card": "A"`, `"card": ""`, "events[0].card", "1 to 64 characters"},
	{"a plan of 65 characters", `"plan": "premium"`, `"plan": "` + strings.Repeat("p", 65) + `"`, "events[2].plan", "1 to 64 characters"},
	{"a card called payment_method", `"card": "A"`, `"card": "payment_method"`, "events[0].card", "call it otherwise"},
	{"a card called partner", `"card": "A"`, `"card": "partner"`, "events[0].card", "no card is called"},
	{"a card called apple", `"card": "A"`, `"card": "\u0061pple"`, "events[0].card", "no card is called"},
	{"a card called package", `"card": "A"`, `"card": "package"`, "events[0].card", "no card is called"},
	{"a plan id twice", `"id": "premium"`, `"id": "basic"`, "catalog.plans[1].id", "plans[0] is called \"basic\" already"},
	{"two prices from a day", `"amount": 899, "from": "2027-01-01"`, `"amount": 899, "from": "2020-01-01"`, "catalog.plans[0].prices[1].from", "USD from 2020-01-01 already"},
	{"two taxes from a day", `"rate": "0.09", "inclusive": false, "from": "2027-01-01"`, `"rate": "0.09", "inclusive": true, "from": "2020-01-01"`, "catalog.taxes[1].from", "US from 2020-01-01 already"},
	{"retry days that go back", `[1, 3]`, `[3, 1]`, "policy.retry_days[1]", "ascending"},
	{"a retry day twice", `[1, 3]`, `[1, 1]`, "policy.retry_days[1]", "each once"},
	{"a retry day of nothing", `[1, 3]`, `[0, 3]`, "policy.retry_days[0]", "1 to 3650"},
	{"a retry day after ten years", `[1, 3]`, `[1, 3651]`, "policy.retry_days[1]", "1 to 3650"},
	{"a retry day with a fraction", `[1, 3]`, `[1, 3.0]`, "policy.retry_days[1]", "fraction"},
	{"one retry day without a list", `[1, 3]`, `3`, "policy.retry_days", "a list"},
	{"closing after no days", `"close_held_after_days": 30`, `"close_held_after_days": 0`, "policy.close_held_after_days", "1 to 3650"},
	{"a reminder in words", `"reminder_days": 7`, `"reminder_days": "7"`, "policy.reminder_days", "whole number"},
	{"an unknown shortfall", `"prorate"`, `"forgive"`, "policy.shortfall", `"prorate" or "charge_remainder"`},
	{"an unknown upgrade", `"rebase"`, `"REBASE"`, "policy.upgrade", `"rebase" or "next_billing_date"`},
	{"an unknown payment method", `"payment_method": "none"`, `"payment_method": "card"`, "account.payment_method", `"none", "ok" or "declines"`},
	{"an unknown method", `"method": "ok"`, `"method": "visa"`, "events[3].method", `"none", "ok" or "declines"`},
	{"an unknown payer", `"payer": "partner"`, `"payer": "google"`, "events[4].payer", `"self", "partner", "apple" or "package"`},
	{"an unknown event", `"do": "cancel"`, `"do": "pause"`, "events[5].do", `"redeem", "start", "change_plan"`},
	{"a field of another event", `"card": "A"`, `"card": "A", "plan": "basic"`, "events[0].plan", "does not belong to this event"},
	{"a cancellation with a plan", `"do": "cancel"`, `"do": "cancel", "plan": "basic"`, "events[5].plan", "a cancel has on and do"},
	{"a change of plan with a payer", `"do": "change_plan"`, `"payer": "self", "do": "change_plan"`, "events[2].payer", "take it out"},
	{"no events", `"do": "restart"}
 ]`, `"do": "restart"}
 ], "e": []`, "e (line", "no such field"},
	{"the catalogue as a list", `"catalog": {`, `"catalog": [{`, "catalog (line 3, column 13)", "a list does not belong here"},
	{"a text that never ends", `"expect": {"timeline": [null, null], "end": null, "end": 1.5e300}
}
`, `"expect": "`, "expect", "never ends"},
	{"an object that never ends", `"end": 1.5e300}
}`, `"end": 1.5e300}`, "line 23, column 1", "close it with }"},
	{"something behind the end", `"end": 1.5e300}
}`, `"end": 1.5e300}
}
{}`, "line 24, column 1", "follows the end"},
	{"a comma behind the end", `"end": 1.5e300}
}`, `"end": 1.5e300}
},`, "line 23, column 2", "take it out"},
	{"a comma too many", `"do": "restart"}
 ]`, `"do": "restart"},
 ]`, "events (line 20, column 2)", "take the comma out"},
	{"a comma too few", `"says": "One of each.",`, `"says": "One of each."`, "line 3, column 2", "comma"},
	{"a colon too few", `"until": `, `"until" `, "line 21, column 10", "colon"},
	{"a name without quotes", `"until"`, `until`, "line 21, column 2", "double quotes"},
	{"single quotes", `"One of each."`, `'One of each.'`, "says (line 2", `the character '\''`},
	{"a comment", ` "until"`, ` // the end
 "until"`, "line 21, column 2", "a field must begin here"},
	{"an unknown escape", `"One of each."`, `"One \x of each."`, "says (line 2, column 37)", "backslash"},
	{"an escape of three digits", `"One of each."`, `"\u00e"`, "says", "four hexadecimal digits"},
	{"a high surrogate alone", `"card": "A"`, `"card": "\ud83c"`, "events[0].card", "surrogate"},
	{"a low surrogate alone", `"card": "A"`, `"card": "\udf81\ud83c"`, "events[0].card", "both halves"},
	{"a surrogate and something else", `"One of each."`, `"\ud83c\u0041"`, "says", "surrogate"},
	{"a line break in a text", `"One of each."`, "\"One\nof each.\"", "says (line 2, column 36)", `\u000a`},
	{"a control character in a text", `"One of each."`, "\"\\n\x00\"", "says", `\u0000`},
	{"bytes that are not UTF-8", `"One of each."`, "\"caf\xe9\"", "line 2, column 36", "0xe9 is not UTF-8"},
	{"a surrogate in UTF-8", `"One of each."`, "\"\xed\xa0\x80\"", "line 2", "UTF-8"},
	{"a no-break space", `"policy": `, "\"policy\":\u00a0", "policy (line 10", `the character '\u00a0'`},
	{"what is ignored, broken", `[null, null]`, `[null, nul]`, "expect.timeline[1]", "write a JSON value"},
	{"what is ignored, with a number like 1.", `1.5e300`, `1.`, "expect.end", "not a number of JSON"},
	{"what is ignored, too deep", `[null, null]`, strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "expect.timeline[0][0]", "deep"},
}

// wholes are malformed files that are not a valid one with a replacement.
var wholes = []struct{ name, text, place, says string }{
	{"nothing", "", "line 1, column 1", "empty"},
	{"white space", " \n\t ", "line 1, column 1", "empty"},
	{"null", "null", "line 1, column 1", "write an object"},
	{"a list", "[]", "line 1, column 1", "with name, says, catalog"},
	{"an empty object", "{}", "catalog (line 1, column 1)", "missing"},
	{"a byte order mark", "\ufeff" + valid, "line 1, column 1", "byte order mark"},
	{"UTF-16", "\xff\xfe{\x00}\x00", "line 1, column 1", "UTF-8"},
	{"no events", written("", "2026-01-01"), "events (line 3, column 12)", "at least one event"},
	{"no plans", `{"catalog": {"plans": []}}`, "catalog.plans (line 1, column 23)", "at least one plan"},
	{"no prices", `{"catalog": {"plans": [{"id": "a", "prices": []}]}}`, "catalog.plans[0].prices", "at least one price"},
	{"ten thousand brackets", strings.Repeat("[", 10_000), "line 1, column 1", "write an object"},
	{"more than 16 MiB", valid + strings.Repeat(" ", 16<<20), "line 24, column", "16 MiB"},
	{"cards worth more than an amount can hold", written(redeemed(9300, 1_000_000_000_000_000), "2026-01-01"), "events[9223].amount", "9223372036854775807"},
}

func TestReadRefuses(t *testing.T) {
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(valid, c.old) == 0 {
				t.Fatalf("%q does not stand in the valid file", c.old)
			}
			refused(t, strings.Replace(valid, c.old, c.new, 1), c.place, c.says)
		})
	}
	for _, c := range wholes {
		t.Run(c.name, func(t *testing.T) { refused(t, c.text, c.place, c.says) })
	}
}

// refused has a file read, and run by the command, and wants one line that names the place and says
// what to do.
func refused(t *testing.T, text, place, says string) {
	t.Helper()
	_, err := simulate.Read(strings.NewReader(text))
	mistake, ok := errors.AsType[*strict.Mistake](err)
	if !ok {
		t.Fatalf("Read = %v, want a mistake", err)
	}
	checkMistake(t, mistake)
	if message := mistake.Error(); !strings.HasPrefix(message, place) || !strings.Contains(message, says) {
		t.Errorf("Read = %q, want it to name %q and say %q", message, place, says)
	}
	file := filepath.Join(t.TempDir(), "scenario.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if exit := (simulate.Command{File: file, Stdout: &stdout, Stderr: &stderr}).Run(); exit != 2 {
		t.Errorf("exit %d, want 2", exit)
	}
	if want := "scrip simulate: " + file + ": " + mistake.Error() + "\n"; stderr.String() != want {
		t.Errorf("standard error %q, want %q", stderr.String(), want)
	}
	if stdout.Len() > 0 {
		t.Errorf("standard output %q, want none", stdout.String())
	}
}

// checkMistake wants one short line, a problem and a remedy, and a place that exists.
func checkMistake(t *testing.T, m *strict.Mistake) {
	t.Helper()
	if strings.ContainsFunc(m.Error(), func(letter rune) bool { return !unicode.IsPrint(letter) }) {
		t.Errorf("%q holds what does not belong in a line", m.Error())
	}
	if m.Problem == "" || m.Remedy == "" || m.Line < 1 || m.Column < 1 {
		t.Errorf("%+v lacks a problem, a remedy or a place", m)
	}
}

func TestReadTakesEverything(t *testing.T) {
	s, err := simulate.Read(strings.NewReader(valid))
	if err != nil {
		t.Fatal(err)
	}
	want := billing.Policy{Shortfall: billing.Prorate, Upgrade: billing.Rebase, RetryDays: []int{1, 3}, CloseHeldAfterDays: 30, ReminderDays: 7}
	if diff := cmp.Diff(want, s.Terms.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if s.Name != "everything" || s.Says != "One of each." || len(s.Events) != 7 || s.Until.String() != "2026-02-01" {
		t.Errorf("Read = %+v", s)
	}
}

// What may be left out has its default, and what stands at a limit is taken.
func TestReadTakes(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		check          func(simulate.Scenario) bool
	}{
		{"an empty policy", `{"shortfall": "prorate", "upgrade": "rebase", "retry_days": [1, 3], "close_held_after_days": 30, "reminder_days": 7}`, `{}`,
			func(s simulate.Scenario) bool { return cmp.Equal(s.Terms.Policy, billing.DefaultPolicy()) }},
		{"no retries", `[1, 3]`, `[]`, func(s simulate.Scenario) bool { return len(s.Terms.Policy.RetryDays) == 0 }},
		{"the longest policy", `"reminder_days": 7`, `"reminder_days": 3650`, func(s simulate.Scenario) bool { return s.Terms.Policy.ReminderDays == 3650 }},
		{"no payment method", `, "payment_method": "none"`, ``, func(s simulate.Scenario) bool { return s.Method == billing.NoMethod }},
		{"no payer", `, "payer": "self"`, ``, func(s simulate.Scenario) bool { return s.Events[1].Payer == catalog.Self }},
		{"the largest amount", `2500`, `1000000000000000`, func(s simulate.Scenario) bool { return s.Events[0].Amount.Minor() == 1e15 }},
		{"a card of another currency", `"amount": 2500, "currency": "USD"`, `"amount": 2500, "currency": "JPY"`,
			func(s simulate.Scenario) bool { return s.Events[0].Amount.Currency().String() == "JPY" }},
		{"a card of 64 wide characters", `"card": "A"`, `"card": "` + strings.Repeat("卡", 64) + `"`,
			func(s simulate.Scenario) bool { return s.Events[0].Card == strings.Repeat("卡", 64) }},
		{"a card in escapes", `"card": "A"`, `"card": "\ud83c\udf81\u00e9\/\n"`, func(s simulate.Scenario) bool { return s.Events[0].Card == "🎁é/\n" }},
		{"an empty name", `"name": "everything"`, `"name": ""`, func(s simulate.Scenario) bool { return s.Name == "" }},
		{"no taxes", `[{"country": "US", "rate": "0.0825", "inclusive": false, "from": "2020-01-01"}, {"country": "US", "rate": "0.09", "inclusive": false, "from": "2027-01-01"}]`, `[]`,
			func(s simulate.Scenario) bool { return true }},
		{"nothing expected", `{"timeline": [null, null], "end": null, "end": 1.5e300}`, `null`, func(simulate.Scenario) bool { return true }},
		{"Windows line ends", "\n", "\r\n", func(simulate.Scenario) bool { return true }},
		{"an unknown plan in an event", `"plan": "premium"`, `"plan": "gold"`, func(s simulate.Scenario) bool { return s.Events[2].Plan == "gold" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := simulate.Read(strings.NewReader(strings.Replace(valid, c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if !c.check(s) {
				t.Errorf("Read = %+v", s)
			}
			if _, err := simulate.Run(s); err != nil {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

// One card redeemed again and again is refused each time but once: its value counts once.
func TestReadCountsACardOnce(t *testing.T) {
	event := `{"on": "2026-01-01", "do": "redeem", "card": "A", "amount": 1000000000000000, "currency": "USD"}`
	s, err := simulate.Read(strings.NewReader(written(strings.Repeat(event+",", 20_000)+event, "2026-01-01")))
	if err != nil {
		t.Fatal(err)
	}
	result, err := simulate.Run(s)
	if err != nil || result.End.Balance.Minor() != 1e15 {
		t.Errorf("Run = %v, %v", result.End, err)
	}
}

// What a source itself fails with is no mistake of the file.
func TestReadOfABrokenSource(t *testing.T) {
	_, err := simulate.Read(iotest.ErrReader(os.ErrClosed))
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read = %v, want %v", err, os.ErrClosed)
	}
}

// The scanner takes as JSON what encoding/json takes.
func TestExpectIsJSON(t *testing.T) {
	for _, value := range []string{"0", "-0", "-", "1.0", "01", ".5", "5.", "1e5", "1E+05", "1e", "1e+", "-1.5e-7", "+1", "1_000", "0x1", "Infinity",
		"true", "tru", "truefalse", "false", "null", "nullx", "None", `""`, `"\""`, `"\b\f\n\r\t\\\/\u00AF"`, `"\v"`, `"\u12"`, `"\U0041"`, "\"\t\"", `"a`,
		"[]", "[1]", "[1,]", "[,1]", "[1 2]", "[1", "]", "{}", `{"a":1}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, "[}", "{]", "", "1 2"} {
		text := strings.Replace(valid, `{"timeline": [null, null], "end": null, "end": 1.5e300}`, value, 1)
		_, err := simulate.Read(strings.NewReader(text))
		if got, want := err == nil, json.Valid([]byte(text)); got != want {
			t.Errorf("expect %s: taken %v (%v), want %v", value, got, err, want)
		}
	}
}
