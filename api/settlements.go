package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/money"
	"scrip/settlement"
	"scrip/store"
)

// settledFile is what settling a day came to.
type settledFile struct {
	Retailer   string        `json:"retailer"`
	Day        calendar.Date `json:"day"`
	Revision   int           `json:"revision" says:"Counts the files of the day."`
	Rows       int           `json:"rows" says:"Of the file."`
	Matched    int           `json:"matched" says:"Transactions on which both agree."`
	Breaks     int           `json:"breaks" says:"Transactions on which they differ."`
	Ours       amount        `json:"ours" says:"What the shop owes for the day by its tills, before its commission."`
	Theirs     amount        `json:"theirs" says:"The same by its file."`
	Agreed     amount        `json:"agreed" says:"What of it both say, or what was decided."`
	Commission amount        `json:"commission" says:"What the shop keeps of what is agreed."`
	Again      bool          `json:"again" says:"This very file was settled before, and nothing was changed."`
}

// settledDay is a business day of which a retailer's file came.
type settledDay struct {
	Retailer   string        `json:"retailer"`
	Day        calendar.Date `json:"day"`
	Revision   int           `json:"revision" says:"Counts the files of the day; the last one counts."`
	Rows       int           `json:"rows" says:"Of the file."`
	Matched    int           `json:"matched" says:"Transactions on which both agree."`
	Decided    int           `json:"decided" says:"Breaks that were resolved."`
	Ours       amount        `json:"ours" says:"What the shop owes for the day by its tills, before its commission."`
	Theirs     amount        `json:"theirs" says:"The same by its file."`
	Agreed     amount        `json:"agreed" says:"What of it both say, or what was decided."`
	Rate       string        `json:"commission_rate" says:"As the catalogue had it when the file came."`
	Commission amount        `json:"commission" says:"What the shop keeps of what is agreed."`
	Owed       amount        `json:"owed" says:"What is agreed, less the commission."`
	Sum        string        `json:"file_sha256"`
	ReceivedAt time.Time     `json:"received_at"`
}

// settlementBreak is a transaction on which a retailer's file and its tills differ.
type settlementBreak struct {
	Retailer    string                `json:"retailer"`
	Day         calendar.Date         `json:"day" says:"Of the file."`
	Number      int                   `json:"number" says:"Within the day."`
	Kind        settlement.Kind       `json:"kind"`
	State       settlement.CaseState  `json:"state"`
	AgeDays     int                   `json:"age_days" says:"Since the business day."`
	Store       string                `json:"store"`
	Terminal    string                `json:"terminal"`
	Transaction string                `json:"transaction"`
	On          calendar.Date         `json:"business_date" says:"Of the transaction."`
	Operation   string                `json:"operation"`
	Serial      string                `json:"serial"`
	Line        int                   `json:"line,omitzero" says:"Of the file, where it is in it."`
	Standing    string                `json:"with_us" says:"stands, reversed, refused or unknown."`
	Ours        amount                `json:"ours" says:"What it adds to what the shop owes, by its tills."`
	Theirs      amount                `json:"theirs" says:"The same by its file."`
	Resolution  settlement.Resolution `json:"resolution,omitzero" says:"That is or was proposed."`
	Reason      string                `json:"reason,omitzero"`
	Proposer    string                `json:"proposer,omitzero"`
	ProposedAt  *time.Time            `json:"proposed_at,omitzero"`
	Confirmer   string                `json:"confirmer,omitzero"`
	ConfirmedAt *time.Time            `json:"confirmed_at,omitzero"`
	ArrivedOn   string                `json:"arrived_on,omitzero" says:"The day whose file has the transaction."`
}

// decidedBreak is what a decision on a break came to.
type decidedBreak struct {
	Retailer   string                `json:"retailer"`
	Day        calendar.Date         `json:"day"`
	Number     int                   `json:"number"`
	State      settlement.CaseState  `json:"state"`
	Resolution settlement.Resolution `json:"resolution"`
	Agreed     amount                `json:"agreed" says:"Of the day, since then."`
	Commission amount                `json:"commission" says:"Of the day, since then."`
}

// retailerAccount is how a retailer's account stands.
type retailerAccount struct {
	Retailer string            `json:"retailer"`
	Accounts []retailerBalance `json:"balances" says:"By currency."`
	Pending  int               `json:"pending_breaks"`
	Missing  []string          `json:"missing_days" says:"Days without a file since the first that has one, the latest first, 366 at most."`
}

type retailerBalance struct {
	Agreed     amount `json:"agreed"`
	Commission amount `json:"commission"`
	Paid       amount `json:"paid"`
	Owed       amount `json:"owed" says:"What is agreed, less the commission and what was paid. Less than nothing is a credit of the shop's."`
}

// retailerPayment is what a retailer has paid.
type retailerPayment struct {
	Retailer  string `json:"retailer"`
	Reference string `json:"reference"`
	Amount    amount `json:"amount"`
	Again     bool   `json:"again" says:"It was recorded before, and nothing was changed."`
}

type retailerInput struct {
	Retailer catalog.RetailerID `path:"retailer" says:"The retailer's id in the catalogue."`
}

type dayInput struct {
	retailerInput
	Day calendar.Date `path:"day" says:"The business day."`
}

type decisionInput struct {
	dayInput
	Number     breakNumber           `path:"number" says:"The break's number within the day."`
	Resolution settlement.Resolution `json:"resolution" says:"ours: the shop owes what its tills told; theirs: what its file says, and the books follow; activate: it has sold the card, which is activated now; written_off: what it does not pay is given up."`
}

// mostFile bounds a body with a file, in which a character may take two bytes.
const mostFile = 2 * settlement.MostBytes

func settlementOperations() []operation {
	of := func(id, method, path, says string, scope access.Scope) operation {
		return operation{ID: id, Method: method, Path: "/v1/settlements" + path, Tag: "settlements", Says: says, Scope: scope, Change: method == http.MethodPost}
	}
	file := of("settleDay", http.MethodPost, "", "Takes in a retailer's file of a business day, and tells where it differs from what its tills did. The same file again changes nothing.", access.Settle)
	file.Most = mostFile
	return []operation{
		route(file, settleDay),
		route(of("listSettlements", http.MethodGet, "/{retailer}", "Lists a retailer's settled days, the latest first.", access.ReadSettlements), listSettlements),
		route(of("getRetailerAccount", http.MethodGet, "/{retailer}/account", "Tells what a retailer owes, and of which days no file came.", access.ReadSettlements), getRetailerAccount),
		route(of("listBreaks", http.MethodGet, "/{retailer}/breaks", "Lists a retailer's breaks, the oldest first.", access.ReadSettlements), listBreaks),
		route(of("recordPayment", http.MethodPost, "/{retailer}/payments", "Takes in what a retailer has paid, once for each reference.", access.Settle), recordPayment),
		route(of("getSettlement", http.MethodGet, "/{retailer}/days/{day}", "Tells how a day was settled.", access.ReadSettlements), getSettlement),
		route(of("proposeResolution", http.MethodPost, "/{retailer}/days/{day}/breaks/{number}/propose", "Proposes how a break is resolved, in place of what was proposed before. A second person confirms it.", access.Settle), proposeResolution),
		route(of("confirmResolution", http.MethodPost, "/{retailer}/days/{day}/breaks/{number}/confirm", "Confirms the resolution that another person, or another key, has proposed. The day's figures and the books follow.", access.Settle), confirmResolution),
	}
}

func settleDay(c *call, in struct {
	Retailer catalog.RetailerID `json:"retailer" says:"The retailer's id in the catalogue."`
	Day      calendar.Date      `json:"day,omitzero" says:"The business day; it may be left out where the file's header tells it."`
	File     fileText           `json:"file" says:"The file's text, of 16 MiB at most, in the form that the catalogue tells."`
	Replaces bool               `json:"replaces,omitzero" says:"It takes the place of another file of the day. Its breaks are begun anew; none of them may be resolved."`
}) (settledFile, error) {
	s, again, err := c.site.Engine.SettleDay(c.Context(), c.actor, c.key, engine.DaysFile{Retailer: in.Retailer, Day: in.Day, Text: string(in.File), Replaces: in.Replaces})
	c.replayed(again)
	of := func(minor int64) amount { return amount{minor, s.Currency} }
	return settledFile{s.Retailer, s.On, s.Revision, s.Rows, s.Matched, s.Breaks, of(s.Ours), of(s.Theirs), of(s.Agreed), of(s.Commission), s.Again}, err
}

func listSettlements(c *call, in struct {
	retailerInput
	page
}) (list[settledDay], error) {
	days, err := c.site.Engine.SettledDays(c.Context(), c.actor, in.Retailer, in.of())
	return listed(days, in.most(), showSettledDay, func(d store.SettledDay) string { return d.On.String() }), err
}

func getSettlement(c *call, in dayInput) (settledDay, error) {
	day, err := c.site.Engine.SettledDay(c.Context(), c.actor, in.Retailer, in.Day)
	return showSettledDay(day), err
}

func showSettledDay(d store.SettledDay) settledDay {
	return settledDay{string(d.Retailer), d.On, d.Revision, d.Rows, d.Matched, d.Decided, amountOf(d.Ours), amountOf(d.Theirs), amountOf(d.Agreed), d.Rate.String(),
		amountOf(d.Commission), amountOf(settlement.Owed(d.Agreed, d.Commission, d.Agreed.Zero())), d.Sum, d.ReceivedAt}
}

func getRetailerAccount(c *call, in retailerInput) (retailerAccount, error) {
	account, err := c.site.Engine.RetailerAccount(c.Context(), c.actor, in.Retailer)
	balance := func(in engine.InCurrency) retailerBalance {
		return retailerBalance{amountOf(in.Agreed), amountOf(in.Commission), amountOf(in.Paid), amountOf(in.Owed)}
	}
	return retailerAccount{string(account.Retailer), each(account.By, balance), account.Pending, each(account.Missing, calendar.Date.String)}, err
}

func listBreaks(c *call, in struct {
	retailerInput
	Day   calendar.Date        `query:"day" says:"Of the file."`
	State settlement.CaseState `query:"state" says:"Only those in this state."`
	Kind  settlement.Kind      `query:"kind" says:"Only those of this kind."`
	Older age                  `query:"older_than_days" says:"Only those that are older, by their business day."`
	page
}) (list[settlementBreak], error) {
	after, err := placeOf(in.Cursor)
	if err != nil {
		return list[settlementBreak]{}, err
	}
	today := calendar.In(c.site.Engine.Now(), time.UTC)
	filter := store.BreakFilter{Retailer: in.Retailer, On: in.Day, State: in.State, Kind: in.Kind}
	if in.Older > 0 {
		filter.Last = today.Plus(-int(in.Older) - 1)
	}
	breaks, err := c.site.Engine.Breaks(c.Context(), c.actor, filter, after, in.most())
	show := func(b store.Break) settlementBreak { return showBreak(b, today) }
	return listed(breaks, in.most(), show, func(b store.Break) string { return fmt.Sprintf("%s/%d", b.On, b.Number) }), err
}

// placeOf is the break that a cursor names.
func placeOf(c cursor) (place store.BreakPlace, err error) {
	if c == "" {
		return place, nil
	}
	day, number, _ := strings.Cut(string(c), "/")
	if place.On, err = calendar.Parse(day); err == nil {
		place.Number, err = strconv.Atoi(number)
	}
	if err != nil {
		return place, &inputError{In: "query", Field: "cursor", Says: cursorRemedy}
	}
	return place, nil
}

func showBreak(b store.Break, today calendar.Date) settlementBreak {
	of := b.Transaction
	shown := settlementBreak{Retailer: string(b.Retailer), Day: b.On, Number: b.Number, Kind: b.Kind, State: b.State, AgeDays: settlement.Age(b.On, today),
		Store: of.Store, Terminal: of.Terminal, Transaction: of.ID, On: of.On, Operation: string(of.Operation), Serial: b.Serial, Line: b.Line,
		Standing: string(b.Standing), Ours: amountOf(b.Ours), Theirs: amountOf(b.Theirs), Resolution: b.Resolution, Reason: b.Reason,
		Proposer: b.Proposer, ProposedAt: at(b.ProposedAt), Confirmer: b.Confirmer, ConfirmedAt: at(b.ConfirmedAt), ArrivedOn: b.ArrivedOn.String()}
	if b.Standing == settlement.Unknown {
		shown.Standing = "unknown"
	}
	return shown
}

func proposeResolution(c *call, in struct {
	decisionInput
	Reason reasonText `json:"reason,omitzero" says:"Why, for the second person: 1 to 500 characters."`
}) (decidedBreak, error) {
	d, again, err := c.site.Engine.Propose(c.Context(), c.actor, c.key, in.ref(), engine.Decision{As: in.Resolution, Reason: string(in.Reason)})
	c.replayed(again)
	return showDecided(d), err
}

func confirmResolution(c *call, in decisionInput) (decidedBreak, error) {
	d, again, err := c.site.Engine.Confirm(c.Context(), c.actor, c.key, in.ref(), engine.Decision{As: in.Resolution})
	c.replayed(again)
	return showDecided(d), err
}

func (in decisionInput) ref() engine.BreakRef {
	return engine.BreakRef{Retailer: in.Retailer, On: in.Day, Number: int(in.Number)}
}

func showDecided(d engine.Decided) decidedBreak {
	return decidedBreak{string(d.Retailer), d.On, d.Number, d.State, d.Resolution, amount{d.Agreed, d.Currency}, amount{d.Commission, d.Currency}}
}

func recordPayment(c *call, in struct {
	retailerInput
	Amount    minor          `json:"amount" says:"In minor units."`
	Currency  money.Currency `json:"currency"`
	Reference reference      `json:"reference" says:"The payment's own: the same one counts once."`
}) (retailerPayment, error) {
	paid, again, err := c.site.Engine.RecordPayment(c.Context(), c.actor, c.key, in.Retailer, string(in.Reference), money.New(int64(in.Amount), in.Currency))
	c.replayed(again)
	return retailerPayment{paid.Retailer, paid.Reference, amount{paid.Amount, paid.Currency}, paid.Again}, err
}
