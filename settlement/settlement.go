// Package settlement compares what a retailer's file of a business day says with what its tills did with us, and reckons
// what the shop owes. Its law: each transaction adds an amount to what the shop owes, with us and with them; where the
// two differ there is a break, and without its breaks a file adds up to what we hold.
package settlement

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"scrip/calendar"
	"scrip/money"
	"scrip/retail"
)

// Standing is how a transaction stands with us.
type Standing string

// The standings.
const (
	Unknown  Standing = ""         // it never came
	Stands   Standing = "stands"   // it was done
	Reversed Standing = "reversed" // it was done and reversed, or never came before its reversal did
	Refused  Standing = "refused"
)

// Held is a transaction as we hold it.
type Held struct {
	Transaction retail.Transaction
	Serial      string
	Value       money.Amount // of one that stands or stood
	Standing    Standing
	Received    time.Time // when it came
	// Since is what it has added to what the shop owes after its own day was settled, of one of a day before.
	Since money.Amount
}

// Row is a line of a file. A reversal bears its original's transaction.
type Row struct {
	Line        int
	Transaction retail.Transaction
	Reversal    bool
	Serial      string
	Value       money.Amount
}

// Kind is how a break came about.
type Kind string

// The kinds.
const (
	NotInFile Kind = "not_in_file" // it stands with us, and the file is without it
	NotWithUs Kind = "not_with_us" // the file has it, and it never came
	Amount    Kind = "amount"      // the amounts differ
	State     Kind = "state"       // it stands with one, and with the other it was reversed or refused
	Card      Kind = "card"        // the cards differ
	Duplicate Kind = "duplicate"   // it is settled already: by a line before, or by another day's file
	Late      Kind = "late"        // both agree, but it belongs to a day before the file's
)

// Kinds are all kinds.
var Kinds = []Kind{NotInFile, NotWithUs, Amount, State, Card, Duplicate, Late}

// Break is a difference. Ours and Theirs are what the transaction adds to what the shop owes.
type Break struct {
	Kind         Kind
	Transaction  retail.Transaction
	Serial       string
	Line         int // of the file; 0 of what is not in it
	Standing     Standing
	Ours, Theirs money.Amount
}

// Fate is what was settled of a transaction in other days' files.
type Fate string

// The fates.
const (
	Open    Fate = ""        // no file of its day has come yet
	Missed  Fate = "missed"  // its day's file was without it, and nothing was agreed on it
	Behind  Fate = "behind"  // it changed after its day was settled, and another day's file was without that
	Settled Fate = "settled" // it was in a file, or it was agreed what is owed for it
)

// Day is all that a comparison stands on.
type Day struct {
	On       calendar.Date
	Currency money.Currency
	Held     []Held // all of the day, and those of other days that the file names
	Rows     []Row
	Fates    map[string]Fate // by the transactions' keys; of the day itself only Settled counts
}

// Result is what a comparison came to.
type Result struct {
	Ours, Theirs money.Amount // what the shop owes by us, and by the file
	Agreed       money.Amount // of that, what both say
	Matched      int          // transactions without a break
	Breaks       []Break
	Arrived      []string // keys of transactions that other days' files missed, and that this one has
}

// listed is what a file says of one transaction.
type listed struct {
	first          Row
	sold, reversed money.Amount // what its lines add, and take back
	hasSale        bool
	hasReversal    bool
}

// adds is what the file's lines of the transaction add to what the shop owes.
func (l listed) adds() money.Amount { return l.sold.Sub(l.reversed) }

// stands reports whether the file has it as done and not reversed.
func (l listed) stands() bool { return l.hasSale && !l.hasReversal }

// Match compares a file with what we hold.
func (d Day) Match() Result {
	nothing := money.New(0, d.Currency)
	m := matching{d, Result{Ours: nothing, Theirs: nothing, Agreed: nothing}, map[string]Held{}, map[string]*listed{}}
	for _, held := range d.Held {
		if held.Value.IsZero() || held.Value.Currency() == d.Currency { // what was sold in another is in no file of this one
			m.held[held.Transaction.Key()] = held
		}
	}
	for _, row := range d.Rows {
		m.list(row)
	}
	for _, key := range slices.Sorted(maps.Keys(m.listed)) {
		m.compare(key, *m.listed[key])
	}
	for _, key := range slices.Sorted(maps.Keys(m.held)) {
		switch held := m.held[key]; {
		case m.listed[key] != nil:
		case held.Transaction.On == d.On && d.Fates[key] != Settled:
			m.missing(held)
		case held.Transaction.On != d.On && d.Fates[key] == Open && !held.Since.IsZero():
			m.absent(held, held.Since)
		}
	}
	slices.SortStableFunc(m.result.Breaks, func(a, b Break) int { return cmp.Compare(a.Line, b.Line) })
	return m.result
}

// matching is a comparison under way.
type matching struct {
	Day
	result Result
	held   map[string]Held
	listed map[string]*listed
}

// list takes in a line. One that says again what was said is a break by itself.
func (m *matching) list(row Row) {
	key := row.Transaction.Key()
	l := m.listed[key]
	if l == nil {
		l = &listed{first: row, sold: row.Value.Zero(), reversed: row.Value.Zero()}
		m.listed[key] = l
	}
	adds := adds(row.Transaction.Operation, row.Value)
	if row.Reversal {
		adds = adds.Zero().Sub(adds)
	}
	m.result.Theirs = m.result.Theirs.Add(adds)
	switch {
	case row.Reversal && l.hasReversal, !row.Reversal && l.hasSale:
		m.report(Duplicate, row, m.held[key].Standing, adds.Zero(), adds)
	case row.Reversal:
		l.hasReversal, l.reversed = true, row.Value
	default:
		l.hasSale, l.sold = true, adds
	}
}

// compare tells how what the file says of a transaction differs from what we hold.
func (m *matching) compare(key string, l listed) {
	held, nothing := m.held[key], l.sold.Zero()
	ours, theirs := nothing, l.adds()
	if held.Standing == Stands {
		ours = adds(held.Transaction.Operation, held.Value)
	}
	foreign := l.first.Transaction.On != m.On
	fate := m.Fates[key]
	if foreign && held.Standing != Unknown && (fate == Behind || fate == Missed && l.hasSale) {
		m.result.Arrived = append(m.result.Arrived, key)
	}
	switch {
	case foreign && m.takenBack(key, l, held):
		m.report(Late, l.first, held.Standing, theirs, theirs)
		return
	case fate == Settled, foreign && !l.hasSale:
		if !theirs.IsZero() {
			m.report(kindOf(fate == Settled && l.hasSale), l.first, held.Standing, nothing, theirs)
		}
		return
	}
	kind := differs(held, l, ours)
	switch {
	case kind == "" && foreign && !ours.IsZero():
		m.report(Late, l.first, held.Standing, ours, theirs)
	case kind == "":
		m.result.Ours, m.result.Agreed = m.result.Ours.Add(ours), m.result.Agreed.Add(ours)
		m.result.Matched++
	default:
		m.report(kind, l.first, held.Standing, ours, theirs)
	}
}

// takenBack reports whether the file has the reversal of a sale that was settled on its own day and is undone with us.
func (m *matching) takenBack(key string, l listed, held Held) bool {
	fate := m.Fates[key]
	return (fate == Settled || fate == Behind) && l.hasReversal && !l.hasSale && held.Standing == Reversed && held.Value == l.reversed
}

// kindOf is the kind of what is settled already, or of a reversal whose original the file is without.
func kindOf(again bool) Kind {
	if again {
		return Duplicate
	}
	return State
}

// differs is the kind of the break between what we hold of a transaction and what the file says, or nothing.
func differs(held Held, l listed, ours money.Amount) Kind {
	switch theirs := l.adds(); {
	case held.Standing == Unknown && theirs.IsZero():
		return ""
	case held.Standing == Unknown:
		return NotWithUs
	case held.Serial != l.first.Serial && !(ours.IsZero() && theirs.IsZero()):
		return Card
	case ours == theirs:
		return ""
	case held.Standing == Stands && l.stands():
		return Amount
	}
	return State
}

// missing is a transaction that the file is without.
func (m *matching) missing(held Held) {
	if held.Standing != Stands {
		m.result.Matched++ // both agree that nothing is owed
		return
	}
	m.absent(held, adds(held.Transaction.Operation, held.Value))
}

func (m *matching) absent(held Held, ours money.Amount) {
	m.report(NotInFile, Row{Transaction: held.Transaction, Serial: held.Serial}, held.Standing, ours, ours.Zero())
}

func (m *matching) report(kind Kind, row Row, standing Standing, ours, theirs money.Amount) {
	m.result.Ours = m.result.Ours.Add(ours)
	m.result.Breaks = append(m.result.Breaks, Break{Kind: kind, Transaction: row.Transaction, Serial: row.Serial, Line: row.Line,
		Standing: standing, Ours: ours, Theirs: theirs})
}

// AddedSince is what a transaction has added to what the shop owes since its day was settled: all of one that came later,
// and nothing any more of one that was reversed later.
func (h Held) AddedSince(settled, reversed time.Time) money.Amount {
	all, late := adds(h.Transaction.Operation, h.Value), h.Received.After(settled)
	switch {
	case h.Standing == Stands && late:
		return all
	case h.Standing == Reversed && !late && reversed.After(settled):
		return all.Zero().Sub(all)
	}
	return all.Zero()
}

// adds is what an operation of a value adds to what the shop owes.
func adds(operation retail.Operation, value money.Amount) money.Amount {
	if operation == retail.Activate {
		return value
	}
	return value.Zero().Sub(value)
}
