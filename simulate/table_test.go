package simulate_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"scrip/simulate"
	"scrip/simulate/scenariotest"
)

func tabled(t *testing.T, text string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := simulate.Command{File: "-", Form: simulate.AsTable, Stdin: strings.NewReader(text), Stdout: &stdout, Stderr: &stderr}.Run()
	if exit != 0 || stderr.Len() > 0 {
		t.Fatalf("exit %d, %s", exit, stderr.String())
	}
	return stdout.String()
}

func TestTable(t *testing.T) {
	text := strings.Replace(valid, `"amount": 2500, "currency": "USD"}`, `"amount": 500, "currency": "USD"}, {"on": "2026-01-01", "do": "redeem", "card": "B", "amount": 2000, "currency": "USD"}`, 1)
	text = strings.Replace(text, `"until": "2026-02-01"`, `"until": "2026-02-20"`, 1)
	want := `everything
One of each.
On          What                                 Plan        Amount       Tax  Period                    Paid by              Balance
───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
2026-01-01  redeemed A                                     5.00 USD                                                          5.00 USD
2026-01-01  redeemed B                                    20.00 USD                                                         25.00 USD
2026-01-02  started                              basic
2026-01-02  charged                              basic     8.65 USD  0.66 USD  2026-01-02 to 2026-02-02  A 5.00 USD         16.35 USD
                                                                                                         B 3.65 USD
2026-01-03  plan changed, paid until 2026-01-13  premium
2026-01-04  payment method set: ok
2026-01-05  payer set: partner
2026-01-06  cancelled, ends 2026-01-31
2026-01-07  restarted
2026-01-13  charged, prorated                    premium  15.71 USD  1.20 USD  2026-01-13 to 2026-01-31  B 15.71 USD         0.64 USD
2026-01-24  reminder: runs out 2026-01-31                                                                                    0.64 USD
2026-01-31  charged                              premium  27.05 USD  2.06 USD  2026-01-31 to 2026-02-28  partner 27.05 USD   0.64 USD
At the end of 2026-02-20: active, balance 0.64 USD, paid until 2026-02-28, the balance runs out on no date in sight.
`
	if diff := cmp.Diff(want, tabled(t, text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Columns begin in the same place in each row, however wide a name's characters are, and nothing that a
// terminal would obey is written.
func TestTableOfOddNames(t *testing.T) {
	text := strings.Replace(valid, `"name": "everything"`, `"name": "red \u001b[31m\u0007"`, 1)
	text = strings.Replace(text, `"card": "A"`, `"card": "ギフト🎁\u202e\u0000\u009b31m\tA"`, 1)
	text = strings.ReplaceAll(text, `"basic"`, `"標準\n"`)
	got := tabled(t, text)
	if strings.ContainsFunc(got, func(letter rune) bool { return letter != '\n' && !unicode.IsPrint(letter) }) {
		t.Errorf("%q holds what a terminal would obey", got)
	}
	if !strings.HasPrefix(got, `red \x1b[31m\a`+"\n") || !strings.Contains(got, `redeemed ギフト🎁\u202e\x00\u009b31m\tA`) {
		t.Errorf("got\n%s", got)
	}
	at := -1
	for line := range strings.Lines(got) {
		before, _, found := strings.Cut(line, "標準")
		if width := lipgloss.Width(before); found && at >= 0 && width != at {
			t.Errorf("the plan stands in column %d and in column %d:\n%s", at, width, got)
		} else if found {
			at = width
		}
	}
}

// Every scenario can be written as a table, in lines without blanks at their ends.
func TestTableOfEveryScenario(t *testing.T) {
	for _, file := range scenariotest.Files(t) {
		var stdout, stderr bytes.Buffer
		if exit := (simulate.Command{File: file, Form: simulate.AsTable, Stdout: &stdout, Stderr: &stderr}).Run(); exit != 0 {
			t.Errorf("%s: exit %d, %s", file, exit, stderr.String())
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if got := stdout.String(); !strings.HasPrefix(got, name+"\n") || strings.Contains(got, " \n") || !strings.Contains(got, "\nAt the end of ") {
			t.Errorf("%s:\n%s", file, got)
		}
	}
}
