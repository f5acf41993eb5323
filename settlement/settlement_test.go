package settlement

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scrip/calendar"
	"scrip/ledger"
	"scrip/money"
	"scrip/retail"
)

// held draws transactions of a business day, of all operations and standings.
func held(t *rapid.T, on calendar.Date) []Held {
	var all []Held
	for at := range rapid.IntRange(0, 12).Draw(t, "transactions") {
		h := Held{Serial: fmt.Sprintf("serial-%s-%d", on, at), Standing: Stands,
			Transaction: retail.Transaction{Retailer: "r", Store: "s", Terminal: fmt.Sprint(at % 3), On: on, ID: fmt.Sprint(at), Operation: retail.Activate}}
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			h.Transaction.Operation = retail.Void
		case 1:
			h.Transaction.Operation = retail.Return
		case 2:
			h.Standing = Reversed
		case 3:
			h.Standing = Refused
		}
		if h.Standing != Refused {
			h.Value = money.New(rapid.Int64Range(1, 1_000_000).Draw(t, "value"), usd)
		}
		all = append(all, h)
	}
	return all
}

// told is what a faithful file says of transactions: a sale that was reversed stands in it with its reversal, or not at all.
func told(t *rapid.T, all []Held) []Row {
	var rows []Row
	for _, h := range all {
		row := Row{Transaction: h.Transaction, Serial: h.Serial, Value: h.Value}
		both := h.Standing == Reversed && rapid.Bool().Draw(t, "both")
		if h.Standing == Stands || both {
			rows = append(rows, row)
		}
		if both {
			row.Reversal = true
			rows = append(rows, row)
		}
	}
	return numbered(rapid.Permutation(rows).Draw(t, "rows"))
}

func numbered(rows []Row) []Row {
	for at := range rows {
		rows[at].Line = at + 1
	}
	return rows
}

// TestAFaithfulFileHasNoBreak, in whatever order its lines stand.
func TestAFaithfulFileHasNoBreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := held(t, winter)
		d := Day{On: winter, Currency: usd, Held: all, Rows: told(t, all)}
		r := d.Match()
		if len(r.Breaks) > 0 || r.Ours != r.Theirs || r.Agreed != r.Ours || r.Matched != len(all) {
			t.Fatalf("%+v", r)
		}
		check(t, d, r)
	})
}

// TestEachPlantedDifferenceIsItsBreak, and there is no other.
func TestEachPlantedDifferenceIsItsBreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := held(t, winter)
		d := Day{On: winter, Currency: usd, Held: all, Rows: told(t, all), Fates: map[string]Fate{}}
		want := map[string]Kind{}
		plant(t, &d, want)
		before := late(t, &d, want)
		d.Rows = numbered(rapid.Permutation(d.Rows).Draw(t, "order"))
		r := d.Match()
		got := map[string]Kind{}
		for _, b := range r.Breaks {
			got[b.Transaction.Key()] = b.Kind
		}
		if !maps.Equal(got, want) || len(r.Breaks) != len(want) || !slices.Equal(r.Arrived, before) {
			t.Fatalf("%v (%d), and %v have arrived, want %v, and %v", got, len(r.Breaks), r.Arrived, want, before)
		}
		check(t, d, r)
	})
}

// plant makes differences of rows and of what we hold.
func plant(t *rapid.T, d *Day, want map[string]Kind) {
	sales := map[string]int{}
	for _, row := range d.Rows {
		sales[row.Transaction.Key()]++
	}
	var rows []Row
	for _, row := range d.Rows {
		key := row.Transaction.Key()
		fault := rapid.IntRange(0, 7).Draw(t, "fault")
		if sales[key] > 1 { // a sale and its reversal
			rows = append(rows, row)
			continue
		}
		switch fault {
		case 0:
			want[key] = NotInFile
			continue
		case 1:
			row.Value, want[key] = row.Value.Add(money.New(1, usd)), Amount
		case 2:
			row.Serial, want[key] = "other", Card
		case 3:
			rows, want[key] = append(rows, row), Duplicate
		case 4:
			stranger := row
			stranger.Transaction.Store = "elsewhere"
			rows, want[stranger.Transaction.Key()] = append(rows, stranger), NotWithUs
		case 5:
			if row.Transaction.Operation == retail.Activate {
				reversal := row
				reversal.Reversal = true
				rows, want[key] = append(rows, reversal), State
			}
		}
		rows = append(rows, row)
	}
	for _, h := range d.Held {
		if key := h.Transaction.Key(); h.Standing == Refused && rapid.Bool().Draw(t, "refused") {
			rows, want[key] = append(rows, Row{Transaction: h.Transaction, Serial: h.Serial, Value: money.New(5, usd)}), State
		}
	}
	d.Rows = rows
}

// late has rows of the day before come with the file: of what its own file missed, of what no file had yet, and of what was
// settled.
func late(t *rapid.T, d *Day, want map[string]Kind) (arrived []string) {
	for _, h := range held(t, winter.Plus(-1)) {
		key := h.Transaction.Key()
		if h.Standing != Stands {
			continue
		}
		d.Held = append(d.Held, h)
		d.Fates[key] = rapid.SampledFrom([]Fate{Open, Missed, Settled}).Draw(t, "fate")
		d.Rows = append(d.Rows, Row{Transaction: h.Transaction, Serial: h.Serial, Value: h.Value})
		want[key] = Late
		switch d.Fates[key] {
		case Settled:
			want[key] = Duplicate
		case Missed:
			arrived = append(arrived, key)
		case Open:
		}
	}
	slices.Sort(arrived)
	return arrived
}

// TestWhatBelongsToTwoDays: a transaction counts once, by whichever day's file has it first; a reversal that follows its sale
// a day later is late where it is undone with us, too.
func TestWhatBelongsToTwoDays(t *testing.T) {
	sale := retail.Transaction{Retailer: "r", Store: "s", Terminal: "t", On: winter, ID: "1", Operation: retail.Activate}
	row := Row{1, sale, false, "c", money.New(2500, usd)}
	reversal := row
	reversal.Reversal = true
	hold := func(standing Standing) []Held {
		return []Held{{Transaction: sale, Serial: "c", Value: row.Value, Standing: standing}}
	}
	for name, test := range map[string]struct {
		on           calendar.Date
		held         []Held
		rows         []Row
		fate         Fate
		kind         Kind
		ours, theirs int64
	}{
		"its day's file is without what came late before": {winter, hold(Stands), nil, Settled, "", 0, 0},
		"its day's file has what came late before":        {winter, hold(Stands), []Row{row}, Settled, Duplicate, 0, 2500},
		"a reversal alone": {winter, hold(Reversed), []Row{reversal}, Open, State, 0, -2500},
		"a reversal alone, of a sale that never came":                    {winter, nil, []Row{reversal}, Open, NotWithUs, 0, -2500},
		"a sale and a reversal that never came":                          {winter, nil, []Row{row, reversal}, Open, "", 0, 0},
		"the reversal of a settled sale, a day later":                    {winter.Plus(1), hold(Reversed), []Row{reversal}, Settled, Late, -2500, -2500},
		"the reversal of one that stands with us":                        {winter.Plus(1), hold(Stands), []Row{reversal}, Settled, State, 0, -2500},
		"the reversal of a sale that no file has had":                    {winter.Plus(1), hold(Reversed), []Row{reversal}, Missed, State, 0, -2500},
		"the reversal that another day's file was without":               {winter.Plus(2), hold(Reversed), []Row{reversal}, Behind, Late, -2500, -2500},
		"a sale that another day's file was without":                     {winter.Plus(2), hold(Stands), []Row{row}, Behind, Late, 2500, 2500},
		"a late sale that never came":                                    {winter.Plus(1), nil, []Row{row}, Open, NotWithUs, 0, 2500},
		"a late sale and its reversal, settled":                          {winter.Plus(1), hold(Reversed), []Row{row, reversal}, Settled, "", 0, 0},
		"a late sale of which the file of its day was without, reversed": {winter.Plus(1), hold(Reversed), []Row{row}, Missed, State, 0, 2500},
	} {
		d := Day{On: test.on, Currency: usd, Held: test.held, Rows: numbered(slices.Clone(test.rows)), Fates: map[string]Fate{sale.Key(): test.fate}}
		r := d.Match()
		check(t, d, r)
		if test.kind == "" && len(r.Breaks) == 0 {
			continue
		}
		if len(r.Breaks) != 1 || r.Breaks[0].Kind != test.kind || r.Breaks[0].Ours.Minor() != test.ours || r.Breaks[0].Theirs.Minor() != test.theirs {
			t.Errorf("%s: %+v", name, r.Breaks)
		}
	}
}

// TestWhatChangesAfterItsDay was settled is missed by a later day's file that is without it, once.
func TestWhatChangesAfterItsDay(t *testing.T) {
	settled := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	before, after := settled.Add(-1), settled.Add(1)
	sale := retail.Transaction{Retailer: "r", Store: "s", Terminal: "t", On: winter, ID: "1", Operation: retail.Activate}
	for name, test := range map[string]struct {
		standing           Standing
		received, reversed time.Time
		fate               Fate
		ours               int64
	}{
		"it was there":                     {Stands, before, time.Time{}, Open, 0},
		"it came":                          {Stands, after, time.Time{}, Open, 2500},
		"it came, and a break is about it": {Stands, after, time.Time{}, Missed, 0},
		"that was missed before":           {Reversed, before, after, Behind, 0},
		"it was reversed":                  {Reversed, before, after, Open, -2500},
		"it had been reversed":             {Reversed, before, before, Open, 0},
		"it came and was reversed":         {Reversed, after, after, Open, 0},
		"it came and was refused":          {Refused, after, time.Time{}, Open, 0},
	} {
		h := Held{Transaction: sale, Serial: "c", Value: money.New(2500, usd), Standing: test.standing, Received: test.received}
		h.Since = h.AddedSince(settled, test.reversed)
		d := Day{On: winter.Plus(1), Currency: usd, Held: []Held{h}, Fates: map[string]Fate{sale.Key(): test.fate}}
		r := d.Match()
		check(t, d, r)
		if r.Ours.Minor() != test.ours || test.ours != 0 && (len(r.Breaks) != 1 || r.Breaks[0].Kind != NotInFile) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestResolutions: what each comes to, for the shop and for the books.
func TestResolutions(t *testing.T) {
	sale := retail.Transaction{Operation: retail.Activate}
	dollars := func(minor int64) money.Amount { return money.New(minor, usd) }
	for name, test := range map[string]struct {
		of      Break
		as      Resolution
		agreed  int64
		entered string
		refusal error
	}{
		"not in file, ours":        {Break{Kind: NotInFile, Transaction: sale, Ours: dollars(2500), Theirs: dollars(0)}, AcceptOurs, 2500, "", nil},
		"not in file, theirs":      {Break{Kind: NotInFile, Transaction: sale, Ours: dollars(2500), Theirs: dollars(0)}, AcceptTheirs, 0, "settlement_differences retailer_receivable 25.00 USD", nil},
		"not in file, written off": {Break{Kind: NotInFile, Transaction: sale, Ours: dollars(2500), Theirs: dollars(0)}, WriteOff, 0, "settlement_write_offs retailer_receivable 25.00 USD", nil},
		"not in file, activated":   {Break{Kind: NotInFile, Transaction: sale, Ours: dollars(2500), Theirs: dollars(0)}, Activate, 0, "", ErrNotActivatable},
		"not with us, theirs":      {Break{Kind: NotWithUs, Transaction: sale, Ours: dollars(0), Theirs: dollars(2500)}, AcceptTheirs, 2500, "retailer_receivable settlement_differences 25.00 USD", nil},
		"not with us, activated":   {Break{Kind: NotWithUs, Transaction: sale, Ours: dollars(0), Theirs: dollars(2500)}, Activate, 2500, "", nil},
		"not with us, written off": {Break{Kind: NotWithUs, Transaction: sale, Ours: dollars(0), Theirs: dollars(2500)}, WriteOff, 0, "", ErrNothingToGive},
		"amount, written off":      {Break{Kind: Amount, Transaction: sale, Ours: dollars(2500), Theirs: dollars(2000)}, WriteOff, 2000, "settlement_write_offs retailer_receivable 5.00 USD", nil},
		"duplicate, activated":     {Break{Kind: Duplicate, Transaction: sale, Ours: dollars(0), Theirs: dollars(2500)}, Activate, 0, "", ErrNotActivatable},
		"late":                     {Break{Kind: Late, Transaction: sale, Ours: dollars(2500), Theirs: dollars(2500)}, AcceptTheirs, 2500, "", nil},
		"nothing that there is":    {Break{Kind: Late, Transaction: sale, Ours: dollars(2500), Theirs: dollars(2500)}, "forget", 0, "", ErrNotActivatable},
	} {
		got, err := test.of.Resolve(test.as)
		if !errors.Is(err, test.refusal) || (err == nil) != (test.refusal == nil) {
			t.Errorf("%s: %v, want %v", name, err, test.refusal)
		}
		if err == nil && (got.Agreed.Minor() != test.agreed || entered(got.Transfer) != test.entered) {
			t.Errorf("%s: %+v, want %d, %q", name, got, test.agreed, test.entered)
		}
	}
}

func entered(t ledger.Transfer) string {
	if !t.Amount.IsPositive() {
		return ""
	}
	return fmt.Sprintf("%s %s %s", t.Debit.Name, t.Credit.Name, t.Amount)
}

// TestTwoPersonsEndABreak, and one alone does not.
func TestTwoPersonsEndABreak(t *testing.T) {
	c := Case{Break: Break{Kind: Amount, Ours: money.New(2500, usd), Theirs: money.New(2000, usd)}, State: Undecided}
	refused := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	_, _, err := c.Confirm(AcceptOurs, "b")
	refused(err, ErrNotProposed)
	_, err = c.Propose(Activate, "a")
	refused(err, ErrNotActivatable)
	c, err = c.Propose(AcceptOurs, "a")
	refused(err, nil)
	_, _, err = c.Confirm(AcceptOurs, "a")
	refused(err, ErrSamePerson)
	c, err = c.Propose(AcceptTheirs, "b")
	refused(err, nil)
	_, _, err = c.Confirm(AcceptOurs, "a")
	refused(err, ErrOtherProposal)
	_, _, err = c.Confirm(AcceptTheirs, "b")
	refused(err, ErrSamePerson)
	c, settling, err := c.Confirm(AcceptTheirs, "a")
	if refused(err, nil); c.State != Resolved || settling.Agreed.Minor() != 2000 {
		t.Errorf("%+v, %+v", c, settling)
	}
	_, _, err = c.Confirm(AcceptTheirs, "a")
	refused(err, ErrClosed)
	_, err = c.Propose(AcceptOurs, "a")
	refused(err, ErrClosed)
}

// TestCommission: half up once a day, of what was taken back too.
func TestCommission(t *testing.T) {
	rate, err := money.ParseRate("0.085")
	if err != nil {
		t.Fatal(err)
	}
	for agreed, want := range map[int64]int64{0: 0, 2500: 213, 2400: 204, 100: 9, 5: 0, 6: 1, -2500: -213, -100: -9} {
		if got := Commission(money.New(agreed, usd), rate); got.Minor() != want {
			t.Errorf("of %d: %s, want %d", agreed, got, want)
		}
	}
	dollars := func(minor int64) money.Amount { return money.New(minor, usd) }
	for _, test := range []struct {
		before, after int64
		want          string
	}{{0, 213, "commission_expense retailer_receivable 2.13 USD"}, {213, 200, "retailer_receivable commission_expense 0.13 USD"}, {213, 213, ""}} {
		if got := entered(Keep(dollars(test.before), dollars(test.after))); got != test.want {
			t.Errorf("from %d to %d: %q, want %q", test.before, test.after, got, test.want)
		}
	}
}

// TestMissingDays lie between the first with a file and the last.
func TestMissingDays(t *testing.T) {
	day := calendar.Must
	with := []calendar.Date{day("2026-01-30"), day("2026-01-31"), day("2026-02-02")}
	if got := fmt.Sprint(Missing(with, day("2026-02-04"))); got != "[2026-02-04 2026-02-03 2026-02-01]" {
		t.Error(got)
	}
	if got := Missing(nil, winter); got != nil {
		t.Error(got)
	}
	if got := Missing(with[:1], with[0].Plus(-1)); got != nil {
		t.Error(got)
	}
	if got := Missing(with[:1], with[0].Plus(5000)); len(got) != mostMissing {
		t.Error(len(got))
	}
}
