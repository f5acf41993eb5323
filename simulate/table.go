package simulate

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"

	"scrip/calendar"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
)

// The table's columns.
var columns = []string{"On", "What", "Plan", "Amount", "Tax", "Period", "Paid by", "Balance"}

// row is an event as people read it, a cell for each of the columns.
type row struct {
	on, what, plan, amount, tax, period string
	paidBy                              []string // a line each
	balance                             string
}

// WriteTable writes a scenario's result for people to read: a row for each event, amounts in major
// units. It holds no colours and no control characters, so that it reads alike in a terminal, a file
// and a mail.
func WriteTable(w io.Writer, s Scenario, result Result) error {
	var text bytes.Buffer
	for _, said := range []string{s.Name, s.Says} {
		if said != "" {
			text.WriteString(printable(said) + "\n")
		}
	}
	var rows [][]string
	for _, event := range result.Timeline {
		rows = append(rows, rowOf(event, s.Currency).cells()...)
	}
	for line := range strings.Lines(grid(rows) + "\n") {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	text.WriteString(summary(s, result.End) + "\n")
	_, err := w.Write(text.Bytes())
	return err
}

// cells are the row's, and below them a row for each further source that paid.
func (r row) cells() [][]string {
	first := ""
	if len(r.paidBy) > 0 {
		first = r.paidBy[0]
	}
	cells := [][]string{{r.on, r.what, r.plan, r.amount, r.tax, r.period, first, r.balance}}
	for at := 1; at < len(r.paidBy); at++ {
		cells = append(cells, []string{"", "", "", "", "", "", r.paidBy[at], ""})
	}
	return cells
}

// grid sets rows in columns under their names, amounts to the right.
func grid(rows [][]string) string {
	left := lipgloss.NewStyle().PaddingRight(2)
	right := left.Align(lipgloss.Right)
	return table.New().Headers(columns...).Rows(rows...).Wrap(false).
		Border(lipgloss.NormalBorder()).BorderTop(false).BorderBottom(false).
		BorderLeft(false).BorderRight(false).BorderColumn(false).
		StyleFunc(func(_, column int) lipgloss.Style {
			switch columns[column] {
			case "Amount", "Tax", "Balance":
				return right
			}
			return left
		}).String()
}

// summary is how the account stands in the end.
func summary(s Scenario, end End) string {
	text := fmt.Sprintf("At the end of %s: %s, balance %s", s.Until, statusInWords(end.Status), inCurrency(end.Balance, s.Currency))
	if end.Status != membership.Active {
		return text + "."
	}
	return text + ", paid until " + end.PaidUntil.String() + ", the balance runs out " + dateOr(end.RunsOut, "on no date in sight") + "."
}

func statusInWords(status membership.Status) string {
	switch status {
	case membership.None:
		return "never a member"
	case membership.Held:
		return "on hold"
	case membership.Active, membership.Closed:
	}
	return string(status)
}

// rowOf sets what an event tells in its columns.
func rowOf(e history.Event, currency money.Currency) row {
	r := row{on: e.On.String(), what: inWords(string(e.Kind)), plan: printable(string(e.Plan))}
	amount := func(a money.Amount) string { return inCurrency(a, currency) }
	switch e.Kind {
	case history.Redeemed:
		r.what, r.amount, r.balance = "redeemed "+printable(e.Card), amount(e.Amount), amount(e.Balance)
	case history.Charged:
		r.amount, r.tax, r.balance = amount(e.Total), amount(e.Tax), amount(e.Balance)
		r.period, r.paidBy = e.Start.String()+" to "+e.End.String(), sourcesOf(e.Lines, currency)
		if e.Prorated {
			r.what += ", prorated"
		}
	case history.PlanChanged:
		if !e.PaidUntil.IsZero() {
			r.what += ", paid until " + e.PaidUntil.String()
		}
	case history.PlanChangeScheduled:
		r.what += " for " + e.Effective.String()
	case history.Cancelled:
		if !e.EndsUntold {
			r.what += ", ends " + dateOr(e.Ends, "on no date in sight")
		}
	case history.PaymentDeclined:
		r.amount = amount(e.Amount)
	case history.PaymentMethodSet:
		r.what += ": " + inWords(e.Method)
	case history.PayerSet:
		r.what += ": " + inWords(string(e.Payer))
	case history.Reminder:
		r.what, r.balance = "reminder: runs out "+e.RunsOut.String(), amount(e.Balance)
	case history.Closed:
		r.balance = amount(e.Balance)
	case history.Started, history.PlanChangeWithdrawn, history.Restarted, history.Held, history.HoldRemoved:
	default:
		r.what += ": " + inWords(e.Reason)
	}
	return r
}

// sourcesOf writes who paid what of a charge, a line each.
func sourcesOf(lines []history.Line, currency money.Currency) []string {
	texts := make([]string, len(lines))
	for i, line := range lines {
		source := printable(line.Source)
		if line.Source == string(membership.ByMethod) {
			source = inWords(line.Source)
		}
		texts[i] = source + " " + inCurrency(line.Amount, currency)
	}
	return texts
}

// inCurrency writes an amount in the account's currency; what an empty account holds has none yet.
func inCurrency(amount money.Amount, currency money.Currency) string {
	return money.New(amount.Minor(), currency).String()
}

func inWords(name string) string { return strings.ReplaceAll(name, "_", " ") }

func dateOr(date calendar.Date, otherwise string) string {
	if date.IsZero() {
		return otherwise
	}
	return date.String()
}

// printable is a text of the file with everything that a terminal could obey written as an escape.
func printable(text string) string {
	var out strings.Builder
	for _, letter := range text {
		if strconv.IsPrint(letter) {
			out.WriteRune(letter)
			continue
		}
		out.WriteString(strings.Trim(strconv.QuoteRune(letter), "'"))
	}
	return out.String()
}
