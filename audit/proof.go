package audit

import (
	"fmt"
	"strconv"
	"strings"

	"scrip/ledger"
	"scrip/money"
)

// Proof is what the books say, and where they disagree.
type Proof struct {
	Counts        Counts
	Sums          []Sum // by account name and currency
	Findings      []Finding
	Disagreements int // all of them; Findings holds the first
}

// Sum is what stands in the ledger under one name and currency. Balance is credit less debit.
type Sum struct {
	Name                   ledger.Name
	Currency               money.Currency
	Debit, Credit, Balance money.Amount
}

// Finding is one disagreement.
type Finding struct{ Where, Expected, Found string }

func (f Finding) String() string {
	return f.Where + ": expected " + f.Expected + ", found " + f.Found
}

// OK reports whether the books agree.
func (p Proof) OK() bool { return p.Disagreements == 0 }

// String is the proof as `scrip verify` prints it.
func (p Proof) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d accounts, %d cards, %d lots, %d charges, %d authorizations, %d orders, %d transfers\n\n",
		p.Counts.Accounts, p.Counts.Cards, p.Counts.Lots, p.Counts.Charges, p.Counts.Authorizations, p.Counts.Orders, p.Counts.Transfers)
	rows := [][5]string{{"ledger account", "", "debit", "credit", "balance"}}
	for _, sum := range p.Sums {
		rows = append(rows, [5]string{string(sum.Name), sum.Currency.String(), sum.Debit.Decimal(), sum.Credit.Decimal(), sum.Balance.Decimal()})
	}
	writeTable(&text, rows)
	if p.OK() {
		text.WriteString("\nThe books agree.\n")
		return text.String()
	}
	places := "places"
	if p.Disagreements == 1 {
		places = "place"
	}
	fmt.Fprintf(&text, "\nThe books disagree in %d %s", p.Disagreements, places)
	if len(p.Findings) < p.Disagreements {
		fmt.Fprintf(&text, "; the first %d", len(p.Findings))
	}
	text.WriteString(":\n")
	for _, finding := range p.Findings {
		text.WriteString("  " + finding.String() + "\n")
	}
	return text.String()
}

// writeTable aligns names to the left and amounts to the right.
func writeTable(text *strings.Builder, rows [][5]string) {
	var widths [5]int
	for _, row := range rows {
		for column, cell := range row {
			widths[column] = max(widths[column], len(cell))
		}
	}
	for _, row := range rows {
		fmt.Fprintf(text, "%-*s  %-*s  %*s  %*s  %*s\n", widths[0], row[0], widths[1], row[1],
			widths[2], row[2], widths[3], row[3], widths[4], row[4])
	}
}

// findings keeps the first disagreements and counts all.
type findings struct {
	keep, all int
	kept      []Finding
}

func (f *findings) find(where string, expected, found any) {
	f.all++
	if len(f.kept) < f.keep {
		f.kept = append(f.kept, Finding{where, fmt.Sprint(expected), fmt.Sprint(found)})
	}
}

func name(account ledger.Account) string { return string(account.Name) }

func quoted(text string) string { return strconv.Quote(text) }
