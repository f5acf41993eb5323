package engine_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
)

// files is how the tests' retailers write their files: local times, minor units, and no trailer but where totals are tested.
func files() *catalog.Settlement {
	return &catalog.Settlement{Format: catalog.CSV, Currency: usd, Amounts: catalog.MinorUnits, Times: "YYYY-MM-DD hh:mm:ss",
		Fields: map[catalog.Field]catalog.Place{"store": {Column: "store"}, "terminal": {Column: "terminal"}, "transaction": {Column: "id"},
			"at": {Column: "at"}, "operation": {Column: "what"}, "serial": {Column: "card"}, "amount": {Column: "amount"}},
		Operations: map[string]catalog.FileOperation{"activate": catalog.FileActivate, "void": catalog.FileVoid, "return": catalog.FileReturn, "reverse": catalog.FileReverse}}
}

// eightPercent is what the tests' retailers keep.
func eightPercent() money.Rate {
	rate, err := money.ParseRate("0.08")
	if err != nil {
		panic(err)
	}
	return rate
}

// settling is a corner shop whose files are settled, by two persons.
type settling struct {
	*tills
	lines []string
}

var proposer, confirmer = access.StaffMember("ada", access.Manager, ""), access.StaffMember("bea", access.Manager, "")

func newSettling(t *testing.T) *settling { return &settling{tills: newTills(t)} }

// names is the line of the columns' names.
const names = "store,terminal,id,at,what,card,amount\n"

// line adds a line to the shop's next file.
func (w *settling) line(asked engine.AtTill, what string, minor int64) {
	w.lines = append(w.lines, fmt.Sprintf("%s,%s,%s,%s,%s,%s,%d", asked.Store, asked.Terminal, asked.Transaction, asked.At.UTC().Format(time.DateTime), what, asked.Serial, minor))
}

// sold sells a card of 25.00, and has a line of it.
func (w *settling) sold() engine.AtTill {
	w.T.Helper()
	asked := w.at(w.tills.card("us-2500", corner).Serial)
	w.do(corner, retail.Activate, asked, nil)
	w.line(asked, "activate", 2500)
	return asked
}

// unheard has a line of a sale that never came.
func (w *settling) unheard() engine.AtTill {
	w.T.Helper()
	asked := w.at(w.tills.card("us-2500", corner).Serial)
	w.line(asked, "activate", 2500)
	return asked
}

// file is the shop's file of the lines since the last one.
func (w *settling) file() string {
	text := names + strings.Join(append(w.lines, ""), "\n")
	w.lines = nil
	return text
}

var january = calendar.Must("2026-01-31")

// settle settles a file of the corner's, wanted to be refused so, or not to be.
func (w *settling) settle(on calendar.Date, text string, refusal error) engine.DaySettled {
	w.T.Helper()
	return w.settleAs(engine.DaysFile{Retailer: corner, Day: on, Text: text}, refusal)
}

func (w *settling) settleAs(file engine.DaysFile, refusal error) engine.DaySettled {
	w.T.Helper()
	settled, _, err := w.Engine.SettleDay(w.T.Context(), proposer, store.NewID(), file)
	if !errors.Is(err, refusal) || refusal == nil && err != nil {
		w.T.Errorf("SettleDay = %+v, %v, want %v", settled, err, refusal)
	}
	return settled
}

// tomorrow moves on to the next day at eight.
func (w *settling) tomorrow() {
	w.Clock.Set(calendar.In(w.Clock.Now(), time.UTC).Plus(1).Start(time.UTC).Add(8 * time.Hour))
}

// breaks are the breaks of a day as a line each.
func (w *settling) breaks(on calendar.Date) (told []string) {
	w.T.Helper()
	breaks, err := w.Engine.Breaks(w.T.Context(), operator, store.BreakFilter{Retailer: corner, On: on}, store.BreakPlace{}, 1000)
	must(w.T, err)
	for _, b := range breaks {
		told = append(told, fmt.Sprintf("%d %s %d/%d %s", b.Number, b.Kind, b.Ours.Minor(), b.Theirs.Minor(), b.State))
	}
	return told
}

func (w *settling) wants(on calendar.Date, want ...string) {
	w.T.Helper()
	if got := w.breaks(on); fmt.Sprint(got) != fmt.Sprint(want) {
		w.T.Errorf("the breaks of %s are %q, want %q", on, got, want)
	}
}

// resolve has one person propose and another confirm.
func (w *settling) resolve(on calendar.Date, number int, as settlement.Resolution) engine.Decided {
	w.T.Helper()
	of, decision := engine.BreakRef{Retailer: corner, On: on, Number: number}, engine.Decision{As: as, Reason: "the receipt"}
	_, _, err := w.Engine.Propose(w.T.Context(), proposer, store.NewID(), of, decision)
	must(w.T, err)
	decided, _, err := w.Engine.Confirm(w.T.Context(), confirmer, store.NewID(), of, decision)
	must(w.T, err)
	return decided
}

// account is what the corner owes: agreed, commission, paid and owed.
func (w *settling) account() string {
	w.T.Helper()
	account, err := w.Engine.RetailerAccount(w.T.Context(), operator, corner)
	must(w.T, err)
	told := []string{fmt.Sprintf("%d pending, missing %v", account.Pending, account.Missing)}
	for _, in := range account.By {
		told = append(told, fmt.Sprintf("agreed %s, commission %s, paid %s, owed %s", in.Agreed, in.Commission, in.Paid, in.Owed))
	}
	return strings.Join(told, "; ")
}

// TestADayIsSettled: what both say is agreed, and where they differ is a break of its kind, which two persons end. The shop's
// account follows, and so do the books.
func TestADayIsSettled(t *testing.T) {
	w := newSettling(t)
	w.sold()
	missing := w.sold()
	w.lines = w.lines[:1]
	dearer := w.at(w.tills.card(chosen, corner).Serial)
	dearer.Amount = money.New(3000, usd)
	w.do(corner, retail.Activate, dearer, nil)
	w.line(dearer, "activate", 2900)
	unheard := w.unheard()
	reversed := w.sold()
	w.reverse(corner, reversed, true, nil)
	w.line(reversed, "activate", 2500) // again
	text := w.file()
	w.settle(january, text, engine.ErrDayNotOver)
	w.tomorrow()
	file := engine.DaysFile{Retailer: corner, Day: january, Text: text}
	compared, err := w.Engine.CompareDay(t.Context(), proposer, file)
	must(t, err)
	if compared.Again || len(compared.Breaks) != 5 || len(w.breaks(january)) != 0 {
		t.Errorf("compared: %+v", compared)
	}
	settled := w.settle(january, text, nil)
	if settled.Breaks != 5 || settled.Matched != 1 || settled.Ours != 2500+2500+3000 || settled.Theirs != 2500+2900+2500+2500+2500 || settled.Agreed != 2500 || settled.Commission != 200 || settled.Again {
		t.Errorf("settled: %+v", settled)
	}
	w.wants(january, "1 not_in_file 2500/0 open", "2 amount 3000/2900 open", "3 not_with_us 0/2500 open", "4 state 0/2500 open", "5 duplicate 0/2500 open")

	again := w.settle(january, text, nil)
	if !again.Again || again.Breaks != 5 || again.Revision != 1 {
		t.Errorf("again: %+v", again)
	}
	if compared, err = w.Engine.CompareDay(t.Context(), proposer, file); err != nil || !compared.Again {
		t.Errorf("compared again: %+v, %v", compared, err)
	}
	w.settle(january, strings.ReplaceAll(text, "\n", "\r\n"), engine.ErrOtherFile)

	w.resolve(january, 1, settlement.AcceptOurs)
	w.resolve(january, 2, settlement.WriteOff)
	w.resolve(january, 3, settlement.Activate)
	w.state(unheard.Serial, giftcard.Active, 2500)
	w.state(missing.Serial, giftcard.Active, 2500)
	w.resolve(january, 4, settlement.AcceptTheirs)
	last := w.resolve(january, 5, settlement.AcceptOurs)
	if last.Agreed != 2500+2500+2900+2500+2500 || last.Commission != 1032 {
		t.Errorf("the last: %+v", last)
	}
	w.settleAs(engine.DaysFile{Retailer: corner, Day: january, Text: names, Replaces: true}, engine.ErrBreaksResolved)
	if _, _, err := w.Engine.RecordPayment(t.Context(), proposer, "k", corner, "wire 7", money.New(11868, usd)); err != nil {
		t.Error(err)
	}
	if got, want := w.account(), "0 pending, missing []; agreed 129.00 USD, commission 10.32 USD, paid 118.68 USD, owed 0.00 USD"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	w.Verify()
	proof, err := w.DB.Proof(t.Context())
	must(t, err)
	for _, sum := range proof.Sums {
		if sum.Name == "retailer_receivable" && !sum.Balance.IsZero() {
			t.Errorf("the shop owes nothing, and the books have %s", sum.Balance)
		}
	}
}

// TestWhoDecidesABreak: two persons, by name, who may.
func TestWhoDecidesABreak(t *testing.T) {
	w := newSettling(t)
	w.unheard()
	w.tomorrow()
	w.settle(january, w.file(), nil)
	of := engine.BreakRef{Retailer: corner, On: january, Number: 1}
	decide := func(confirms bool, actor access.Actor, of engine.BreakRef, as settlement.Resolution, want error) {
		t.Helper()
		do := w.Engine.Propose
		if confirms {
			do = w.Engine.Confirm
		}
		if _, _, err := do(t.Context(), actor, store.NewID(), of, engine.Decision{As: as}); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s, %s: %v, want %v", actor.Who(), as, err, want)
		}
	}
	program := access.KeyHolder("ada", []access.Grant{access.Manage}, "", "") // of the same name as a person
	decide(true, confirmer, of, settlement.AcceptOurs, settlement.ErrNotProposed)
	decide(false, operator, of, settlement.AcceptOurs, engine.ErrNameless)
	decide(false, access.StaffMember("cleo", access.Agent, ""), of, settlement.AcceptOurs, access.ErrDenied)
	decide(false, till(corner), of, settlement.AcceptOurs, access.ErrDenied)
	decide(false, proposer, of, settlement.WriteOff, settlement.ErrNothingToGive)
	decide(false, proposer, of, settlement.AcceptOurs, nil)
	decide(true, proposer, of, settlement.AcceptOurs, settlement.ErrSamePerson)
	decide(true, access.StaffMember("ADA", access.Manager, ""), of, settlement.AcceptOurs, settlement.ErrSamePerson)
	decide(true, confirmer, of, settlement.AcceptTheirs, settlement.ErrOtherProposal)
	decide(true, program, of, settlement.AcceptOurs, nil)
	decide(true, confirmer, of, settlement.AcceptOurs, settlement.ErrClosed)
	decide(false, confirmer, engine.BreakRef{Retailer: corner, On: january, Number: 2}, settlement.AcceptOurs, engine.ErrNoBreak)
	decide(false, confirmer, engine.BreakRef{Retailer: corner, On: january.Plus(1), Number: 1}, settlement.AcceptOurs, engine.ErrNotSettled)
	decide(true, confirmer, engine.BreakRef{Retailer: corner, On: january, Number: 2}, settlement.Activate, engine.ErrNoBreak)
	w.wants(january, "1 not_with_us 0/2500 resolved")
	w.Verify()
}

// TestACodeInWords: a reason, a name or a payment's reference with a code in it is refused.
func TestACodeInWords(t *testing.T) {
	w := newSettling(t)
	card := w.tills.card("us-2500", corner)
	code := card.Code.Reveal()
	w.line(w.at(card.Serial), "activate", 2500)
	w.tomorrow()
	w.settle(january, w.file(), nil)
	of := engine.BreakRef{Retailer: corner, On: january, Number: 1}
	named := access.StaffMember(access.Person(code), access.Manager, "")
	for name, err := range map[string]error{
		"a reason":    third(w.Engine.Propose(t.Context(), proposer, "k", of, engine.Decision{As: settlement.AcceptOurs, Reason: "card (" + code + ") shown"})),
		"a name":      third(w.Engine.Propose(t.Context(), named, "k", of, engine.Decision{As: settlement.AcceptOurs})),
		"a reference": third(w.Engine.RecordPayment(t.Context(), proposer, "k", corner, "for "+code, money.New(1, usd))),
	} {
		if !errors.Is(err, engine.ErrHoldsCode) || strings.Contains(err.Error(), code) {
			t.Errorf("%s with a code is not refused as it should be", name)
		}
	}
	w.wants(january, "1 not_with_us 0/2500 open")
}

// TestACardThatCannotBeActivated leaves its break as it was.
func TestACardThatCannotBeActivated(t *testing.T) {
	w := newSettling(t)
	gone, others := w.unheard(), w.at(w.tills.card("us-2500", kiosk).Serial)
	w.line(others, "activate", 2500)
	cheaper := w.at(w.tills.card("us-2500", corner).Serial)
	w.line(cheaper, "activate", 2400)
	nowhere := w.at(cheaper.Serial)
	var err error
	nowhere.Serial, err = giftcode.ParseSerial("0000-0000-0000-0")
	must(t, err)
	w.line(nowhere, "activate", 2500)
	sold := w.at(gone.Serial)
	w.do(corner, retail.Activate, sold, nil)
	w.line(sold, "activate", 2500)
	w.tomorrow()
	w.settle(january, w.file(), nil)
	for number, want := range map[int]error{1: giftcard.ErrNotIssued, 2: retail.ErrNotShipped, 3: giftcard.ErrValue, 4: giftcard.ErrNotFound} {
		of, as := engine.BreakRef{Retailer: corner, On: january, Number: number}, engine.Decision{As: settlement.Activate}
		_, _, err := w.Engine.Propose(t.Context(), proposer, store.NewID(), of, as)
		must(t, err)
		if _, _, err := w.Engine.Confirm(t.Context(), confirmer, store.NewID(), of, as); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", number, err, want)
		}
	}
	w.wants(january, "1 not_with_us 0/2500 proposed", "2 not_with_us 0/2500 proposed", "3 not_with_us 0/2400 proposed", "4 not_with_us 0/2500 proposed")
	w.Verify()
}

// TestACardOfAFrozenBatch is not activated by a shop's file, nor one of a product that is closed; and then it can be.
func TestACardOfAFrozenBatch(t *testing.T) {
	w := newSettling(t)
	id, cards := w.batch("us-2500", 1, corner)
	w.line(w.at(cards[0].Serial), "activate", 2500)
	old := w.at(w.tills.card("us-old", corner).Serial)
	w.line(old, "activate", 2500)
	w.tomorrow()
	w.settle(january, w.file(), nil)
	w.moveBatch(id, "frozen", "shipped", corner)
	closed := w.terms
	products := closed.Catalog.Products()
	var err error
	closed.Catalog, err = closed.Catalog.WithProducts(products[:len(products)-1], closed.Catalog.Retailers())
	must(t, err)
	w.Apply(closed)
	as := engine.Decision{As: settlement.Activate}
	for number, want := range map[int]error{1: giftcard.ErrBatchFrozen, 2: giftcard.ErrClosed} {
		of := engine.BreakRef{Retailer: corner, On: january, Number: number}
		must(t, third(w.Engine.Propose(t.Context(), proposer, store.NewID(), of, as)))
		if err := third(w.Engine.Confirm(t.Context(), confirmer, store.NewID(), of, as)); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", number, err, want)
		}
	}
	w.state(cards[0].Serial, giftcard.Issued, 2500)
	w.state(old.Serial, giftcard.Issued, 2500)
	w.moveBatch(id, "shipped", "", corner)
	w.resolve(january, 1, settlement.Activate)
	w.state(cards[0].Serial, giftcard.Active, 2500)
	w.Verify()
}

// TestASaleThatWasSettledIsNotReversed: a sale that was made good by the shop's file stands, whether its activation never came
// or came too late, and its reversal says so.
func TestASaleThatWasSettledIsNotReversed(t *testing.T) {
	w := newSettling(t)
	never, late := w.unheard(), w.unheard()
	w.tomorrow()
	w.settle(january, w.file(), nil)
	for number := range 2 {
		w.resolve(january, number+1, settlement.Activate)
	}
	w.do(corner, retail.Activate, late, giftcard.ErrNotIssued)
	for range 2 {
		w.reverse(corner, never, false, retail.ErrSettled)
		w.reverse(corner, late, false, retail.ErrSettled)
	}
	w.state(never.Serial, giftcard.Active, 2500)
	w.state(late.Serial, giftcard.Active, 2500)
	other := w.at(never.Serial)
	w.reverse(corner, other, false, nil) // of a transaction that has sold nothing
	w.Verify()
}

// TestWhatComesLate: a transaction that its day's file missed arrives with another day's, and counts there once, in whatever
// order the files come; and days without a file are told.
func TestWhatComesLate(t *testing.T) {
	w := newSettling(t)
	late := w.sold()
	w.lines = nil
	kept := w.sold()
	first := w.file()
	w.tomorrow() // 1 February
	w.sold()
	w.line(late, "activate", 2500)
	w.line(kept, "activate", 2500) // which the file of its day has
	second := w.file()
	w.tomorrow()
	w.tomorrow() // 3 February
	w.settle(january, first, nil)
	w.wants(january, "1 not_in_file 2500/0 open")
	if got := w.account(); !strings.HasPrefix(got, "1 pending, missing [2026-02-02 2026-02-01]") {
		t.Error(got)
	}
	w.settle(january.Plus(1), second, nil)
	w.wants(january, "1 not_in_file 2500/0 arrived")
	w.wants(january.Plus(1), "1 late 2500/2500 open", "2 duplicate 0/2500 open")

	// A correction of the second file takes back what had arrived with it.
	w.settleAs(engine.DaysFile{Retailer: corner, Day: january.Plus(1), Text: names, Replaces: true}, nil)
	w.wants(january, "1 not_in_file 2500/0 open")
	w.wants(january.Plus(1), "1 not_in_file 2500/0 open")
	if again := w.settleAs(engine.DaysFile{Retailer: corner, Day: january.Plus(1), Text: second, Replaces: true}, nil); again.Revision != 3 || again.Commission != 200 {
		t.Errorf("the third: %+v", again)
	}
	w.wants(january, "1 not_in_file 2500/0 arrived")
	w.resolve(january.Plus(1), 1, settlement.AcceptOurs)
	w.resolve(january.Plus(1), 2, settlement.AcceptOurs)

	// The first file, corrected: it is without what came with the second.
	w.settleAs(engine.DaysFile{Retailer: corner, Day: january, Text: strings.ReplaceAll(first, "\n", "\r\n"), Replaces: true}, nil)
	if got, want := w.account(), "0 pending, missing [2026-02-02]; agreed 75.00 USD, commission 6.00 USD, paid 0.00 USD, owed 69.00 USD"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	w.Verify()
}

// TestWhatChangesAfterADayIsSettled is found with a later day's file: a sale that a till sent late, and a sale that was reversed.
func TestWhatChangesAfterADayIsSettled(t *testing.T) {
	w := newSettling(t)
	reversed := w.sold()
	sold := w.Clock.Now()
	w.tomorrow() // 1 February
	w.settle(january, w.file(), nil)
	w.Clock.Set(w.Clock.Now().Add(time.Hour))
	w.reverse(corner, reversed, true, nil)
	sent := w.at(w.tills.card("us-2500", corner).Serial)
	sent.At = sold
	w.do(corner, retail.Activate, sent, nil)
	w.wants(january)
	w.tomorrow() // 2 February
	w.settle(january.Plus(1), names, nil)
	if got := w.breaks(january.Plus(1)); len(got) != 2 || !strings.Contains(fmt.Sprint(got), "not_in_file 2500/0 open") || !strings.Contains(fmt.Sprint(got), "not_in_file -2500/0 open") {
		t.Errorf("the breaks are %q", got)
	}
	w.sold()
	w.line(sent, "activate", 2500)
	w.line(reversed, "reverse", 2500)
	w.tomorrow() // 3 February
	w.settle(january.Plus(2), w.file(), nil)
	if got := fmt.Sprint(w.breaks(january.Plus(1))); strings.Count(got, "arrived") != 2 {
		t.Errorf("they have not arrived: %s", got)
	}
	w.wants(january.Plus(2), "1 late 2500/2500 open", "2 late -2500/-2500 open")
	w.Clock.Set(w.Clock.Now().Add(time.Hour))
	w.settleAs(engine.DaysFile{Retailer: corner, Day: january, Text: strings.ReplaceAll(names, "\n", "\r\n"), Replaces: true}, nil)
	w.wants(january) // both are settled with another day's file
	w.Verify()
}

// TestDaysOfOtherLengths: a file of a business day of 23 or 25 hours in New York has what was sold on it, to the last second.
func TestDaysOfOtherLengths(t *testing.T) {
	w := newSettling(t)
	zone, err := time.LoadLocation("America/New_York")
	must(t, err)
	for day, hours := range map[string]int{"2026-03-08": 23, "2026-11-01": 25} {
		on := calendar.Must(day)
		begins, ends := on.Start(zone), on.Plus(1).Start(zone)
		if ends.Sub(begins) != time.Duration(hours)*time.Hour {
			t.Fatalf("%s has %v", day, ends.Sub(begins))
		}
		for _, at := range []time.Time{begins, ends.Add(-time.Second)} {
			w.Clock.Set(at)
			asked := w.at(w.tills.card("us-2500", kiosk).Serial)
			w.do(kiosk, retail.Activate, asked, nil)
			asked.At = at.Add(0)
			w.lines = append(w.lines, fmt.Sprintf("%s,%s,%s,%s,activate,%s,2500", asked.Store, asked.Terminal, asked.Transaction, at.In(zone).Format(time.DateTime), asked.Serial))
		}
		file := engine.DaysFile{Retailer: kiosk, Day: on, Text: w.file()}
		w.settleAs(file, engine.ErrDayNotOver)
		w.Clock.Set(ends)
		if settled := w.settleAs(file, nil); settled.Matched != 2 || settled.Breaks != 0 {
			t.Errorf("%s: %+v", day, settled)
		}
	}
}

// TestFilesAndPaymentsThatCannotBe are refused, and change nothing.
func TestFilesAndPaymentsThatCannotBe(t *testing.T) {
	w := newSettling(t)
	w.tomorrow()
	w.settleAs(engine.DaysFile{Retailer: "nobody", Day: january, Text: names}, engine.ErrNoTills)
	if _, _, err := w.Engine.SettleDay(t.Context(), proposer, "k", engine.DaysFile{Retailer: corner, Day: january, Text: "x\n"}); err == nil ||
		!strings.Contains(err.Error(), `line 1, names: the column "store" is missing`) {
		t.Error(err)
	}
	pay := func(reference string, minor int64, want error) engine.Paid {
		t.Helper()
		paid, _, err := w.Engine.RecordPayment(t.Context(), proposer, store.NewID(), corner, reference, money.New(minor, usd))
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("payment %q of %d: %v, want %v", reference, minor, err, want)
		}
		return paid
	}
	pay("", 100, engine.ErrPayment)
	pay("a", 0, engine.ErrPayment)
	pay(strings.Repeat("a", 129), 100, engine.ErrPayment)
	if paid := pay("a", 100, nil); paid.Again {
		t.Errorf("%+v", paid)
	}
	if paid := pay("a", 100, nil); !paid.Again {
		t.Errorf("%+v", paid)
	}
	pay("a", 101, engine.ErrPaymentReused)
	pay(" a ", 101, engine.ErrPaymentReused)
	pay("  ", 100, engine.ErrPayment)
	pay("big", math.MaxInt64, engine.ErrPayment)
	pay("big", 1<<53-100, engine.ErrPayment) // with what was paid before
	if _, _, err := w.Engine.RecordPayment(t.Context(), proposer, "yen", corner, "yen", money.New(100, money.MustCurrency("JPY"))); !errors.Is(err, engine.ErrPayment) {
		t.Errorf("a payment in another currency than the files: %v", err)
	}
	for name, err := range map[string]error{
		"settle":  third(w.Engine.SettleDay(t.Context(), access.StaffMember("cleo", access.Auditor, ""), "k", engine.DaysFile{})),
		"compare": second(w.Engine.CompareDay(t.Context(), access.StaffMember("cleo", access.Agent, ""), engine.DaysFile{})),
		"account": second(w.Engine.RetailerAccount(t.Context(), till(corner), corner)),
		"days":    second(w.Engine.SettledDays(t.Context(), till(corner), corner, engine.Page{})),
		"day":     second(w.Engine.SettledDay(t.Context(), till(corner), corner, january)),
		"breaks":  second(w.Engine.Breaks(t.Context(), till(corner), store.BreakFilter{}, store.BreakPlace{}, 1)),
		"pay":     third(w.Engine.RecordPayment(t.Context(), till(corner), "k", corner, "a", money.New(1, usd))),
	} {
		if !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := w.account(); got != "0 pending, missing []; agreed 0.00 USD, commission 0.00 USD, paid 1.00 USD, owed -1.00 USD" {
		t.Error(got)
	}
	pay("all", 1<<53-1-100, nil)
	pay("one more", 1, engine.ErrPayment)
	if got := w.account(); !strings.Contains(got, "paid 90071992547409.91 USD") {
		t.Error(got)
	}
	w.Verify()
}

// TestTwinsSettleOnce: the same file under one key, at two servers, and one confirmation, are each done once.
func TestTwinsSettleOnce(t *testing.T) {
	w := newSettling(t)
	w.unheard()
	text := w.file()
	w.tomorrow()
	settled, err := eight(t, w.World, func(e *engine.Engine) (engine.DaySettled, bool, error) {
		return e.SettleDay(t.Context(), proposer, "file", engine.DaysFile{Retailer: corner, Day: january, Text: text})
	})
	if err != nil || settled.Breaks != 1 || settled.Again {
		t.Errorf("%+v, %v", settled, err)
	}
	of, as := engine.BreakRef{Retailer: corner, On: january, Number: 1}, engine.Decision{As: settlement.Activate}
	if _, err := eight(t, w.World, func(e *engine.Engine) (engine.Decided, bool, error) {
		return e.Propose(t.Context(), proposer, "propose", of, as)
	}); err != nil {
		t.Error(err)
	}
	decided, err := eight(t, w.World, func(e *engine.Engine) (engine.Decided, bool, error) {
		return e.Confirm(t.Context(), confirmer, "confirm", of, as)
	})
	if err != nil || decided.Agreed != 2500 || decided.Commission != 200 {
		t.Errorf("%+v, %v", decided, err)
	}
	// Of several who settle the day by other files, under keys of their own, one does.
	w.unheard()
	w.Clock.Set(w.Clock.Now().Add(24 * time.Hour))
	text = w.file()
	var done atomic.Int64
	atOnce(4, func(int) {
		got, _, err := w.Engine.SettleDay(t.Context(), proposer, store.NewID(), engine.DaysFile{Retailer: corner, Day: january.Plus(1), Text: text})
		if err != nil {
			t.Error(err)
		}
		if !got.Again {
			done.Add(1)
		}
	})
	if done.Load() != 1 {
		t.Errorf("%d have settled the day", done.Load())
	}
	w.Verify()
}
