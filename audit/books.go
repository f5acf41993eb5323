// Package audit asks whether the books agree: every amount that is kept twice, in the ledger, on a lot,
// on a card, on a charge or as an account's copy, is reckoned from both sides and compared. It is used
// by tests and by `scrip verify`. Values go in, in any order; a Proof comes out.
package audit

import (
	"scrip/calendar"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
	"scrip/purchase"
)

// Account is a member as stored. Balance is the stored copy of what can be spent of all its lots, and
// Authorized that of what open authorizations keep.
type Account struct {
	ID                  string
	Currency            money.Currency
	Balance, Authorized money.Amount
}

// Card is a gift card as stored. RedeemedBy is empty unless it was redeemed.
type Card struct {
	Serial     string
	State      giftcard.State
	Value      money.Amount
	RedeemedBy string
}

// Lot is what an account holds of one source. Value is what it began with, Rest what can be spent.
type Lot struct {
	ID, Account, Source string
	Kind                prepaid.Kind
	Value, Rest         money.Amount
}

// Charge is a period that was paid. End is the period's last word: where an upgrade moved it, the date
// to which it was moved.
type Charge struct {
	ID, Account string
	Start, End  calendar.Date
	Total, Tax  money.Amount
	Lines       []Line
}

// Line is one source's part of a charge. Lot is empty where the source is no lot but payment_method,
// partner, apple or package.
type Line struct {
	Lot, Source string
	Amount      money.Amount
}

// Authorization is a part of a balance that is or was kept for one charge of the service's own biller. Draws
// are what was kept of which lots; the charge that it became bears its id.
type Authorization struct {
	ID, Account             string
	Fate                    prepaid.Fate
	Asked, Amount, Captured money.Amount
	Draws                   []prepaid.Draw
}

// Transfer is a row of the ledger. Lot is set on the transfer that fills a lot, Charge on all those of
// a charge; what does not apply is empty.
type Transfer struct {
	ID                string
	Debit, Credit     ledger.Account
	Amount            money.Amount
	Card, Lot, Charge string
}

// Books collects what is stored until Proof compares it. It is filled by one goroutine.
type Books struct {
	findings
	counts   Counts
	ledger   map[book]sums
	accounts map[string]Account
	holdings map[holding]money.Amount // what the lots of an account hold
	periods  map[string][]period
	lots     map[string]lotState
	filled   map[flow]money.Amount // into a balance for a lot
	cards    map[string]cardState
	charges  map[string]Charge
	granted  map[string]authorizationState
	open     map[string]money.Amount                  // what open authorizations of an account keep
	moved    map[charged]map[ledger.Name]money.Amount // into a charge, or with a minus out of it
	taken    map[string]money.Amount                  // from a lot, by a charge-back
	owed     map[money.Currency]money.Amount
	orders   map[string]purchase.Order
	transfer map[string]struct{}
}

// Counts is how much was looked at.
type Counts struct{ Accounts, Cards, Lots, Charges, Authorizations, Orders, Transfers int }

type book struct {
	account  ledger.Account
	currency money.Currency
}

type sums struct{ debit, credit money.Amount }

type holding struct {
	account string
	name    ledger.Name
}

type flow struct {
	of, owner string
	name      ledger.Name
}

type charged struct{ charge, account string }

type period struct {
	charge     string
	start, end calendar.Date
}

type lotState struct {
	Lot
	drawn money.Amount // by charges, and by authorizations that are open
}

type authorizationState struct {
	Authorization
	sound bool // its amounts can be reckoned with
}

type cardState struct {
	Card
	lots int // how many lots of bought value name it
}

// New is empty books, which will keep the first findings up to a number and count all.
func New(keep int) *Books {
	return &Books{
		findings: findings{keep: keep}, ledger: map[book]sums{}, accounts: map[string]Account{},
		holdings: map[holding]money.Amount{}, periods: map[string][]period{}, lots: map[string]lotState{},
		filled: map[flow]money.Amount{}, cards: map[string]cardState{}, charges: map[string]Charge{},
		granted: map[string]authorizationState{}, open: map[string]money.Amount{},
		moved: map[charged]map[ledger.Name]money.Amount{}, owed: map[money.Currency]money.Amount{},
		taken: map[string]money.Amount{}, orders: map[string]purchase.Order{}, transfer: map[string]struct{}{},
	}
}

// AddAccount adds a member.
func (b *Books) AddAccount(a Account) {
	b.counts.Accounts++
	_, twice := b.accounts[a.ID]
	b.unique("account", a.ID, twice)
	b.currency("account "+a.ID, a.Currency, a.Balance)
	b.currency("account "+a.ID+" authorized", a.Currency, a.Authorized)
	b.accounts[a.ID] = a
}

// AddCard adds a gift card.
func (b *Books) AddCard(c Card) {
	b.counts.Cards++
	_, twice := b.cards[c.Serial]
	b.unique("card", c.Serial, twice)
	if !c.Value.IsPositive() {
		b.find("card "+c.Serial+" value", "more than 0", c.Value)
	}
	if redeemed := c.State == giftcard.Redeemed; redeemed != (c.RedeemedBy != "") {
		b.find("card "+c.Serial+" redeemed by", "an account exactly if redeemed", string(c.State)+" by "+quoted(c.RedeemedBy))
	}
	if c.State == giftcard.Active || c.State == giftcard.Frozen {
		add(b, "card "+c.Serial, b.owed, c.Value.Currency(), c.Value)
	}
	b.cards[c.Serial] = cardState{Card: c}
}

// AddLot adds what an account holds of one source.
func (b *Books) AddLot(l Lot) {
	b.counts.Lots++
	_, twice := b.lots[l.ID]
	b.unique("lot", l.ID, twice)
	where := "lot " + l.ID
	if !b.currency(where, l.Value.Currency(), l.Rest) {
		return
	}
	if !l.Value.IsPositive() {
		b.find(where+" value", "more than 0", l.Value)
	}
	if l.Rest.Minor() < 0 || l.Value.Less(l.Rest) {
		b.find(where+" rest", "from 0 to "+l.Value.String(), l.Rest)
	}
	add(b, where, b.holdings, holding{l.Account, balanceOf(l.Kind)}, l.Rest)
	b.lots[l.ID] = lotState{Lot: l, drawn: l.Value.Zero()}
}

// AddCharge adds a paid period with its lines.
func (b *Books) AddCharge(c Charge) {
	b.counts.Charges++
	_, twice := b.charges[c.ID]
	b.unique("charge", c.ID, twice)
	where := "charge " + c.ID
	if !c.Start.Before(c.End) {
		b.find(where+" period", "an end after "+c.Start.String(), c.End)
	}
	b.charges[c.ID] = c
	b.periods[c.Account] = append(b.periods[c.Account], period{c.ID, c.Start, c.End})
	if !b.currency(where, c.Total.Currency(), c.Tax) {
		return
	}
	if c.Tax.Minor() < 0 || c.Total.Less(c.Tax) {
		b.find(where+" tax", "from 0 to "+c.Total.String(), c.Tax)
	}
	b.addLines(where, c)
}

func (b *Books) addLines(where string, c Charge) {
	sum := c.Total.Zero()
	for at, line := range c.Lines {
		if !b.currency(where+" line from "+line.Source, c.Total.Currency(), line.Amount) {
			return
		}
		if !line.Amount.IsPositive() {
			b.find(where+" line from "+line.Source, "more than 0", line.Amount)
		}
		if line.Lot == "" && (receivable(line.Source) == "" || at < len(c.Lines)-1) {
			b.find(where+" line without a lot", "one payer, behind all lots", line.Source)
		}
		sum = b.plus(where, sum, line.Amount)
	}
	if sum != c.Total {
		b.find(where+" sum of its lines", c.Total, sum)
	}
}

// AddAuthorization adds what is or was kept for a charge of the service's own biller.
func (b *Books) AddAuthorization(a Authorization) {
	b.counts.Authorizations++
	_, twice := b.granted[a.ID]
	b.unique("authorization", a.ID, twice)
	before := b.all
	b.checkAuthorization("authorization "+a.ID, a)
	b.granted[a.ID] = authorizationState{a, b.all == before}
	if a.Fate == prepaid.Open {
		add(b, "authorization "+a.ID, b.open, a.Account, a.Amount)
	}
}

func (b *Books) checkAuthorization(where string, a Authorization) {
	if !b.currency(where, a.Asked.Currency(), a.Amount) || !b.currency(where, a.Asked.Currency(), a.Captured) {
		return
	}
	if !a.Amount.IsPositive() || a.Asked.Less(a.Amount) {
		b.find(where+" amount", "more than 0, and at most "+a.Asked.String(), a.Amount)
	}
	if a.Captured.Minor() < 0 || a.Amount.Less(a.Captured) || a.Captured.IsPositive() != (a.Fate == prepaid.Captured) {
		b.find(where+" captured", "from 0 to "+a.Amount.String()+", and more than 0 exactly if captured", string(a.Fate)+" with "+a.Captured.String())
	}
	sum := a.Amount.Zero()
	for _, draw := range a.Draws {
		if !draw.Amount.IsPositive() {
			b.find(where+" line from "+draw.Source, "more than 0", draw.Amount)
		}
		sum = b.plus(where, sum, draw.Amount)
	}
	if sum != a.Amount {
		b.find(where+" sum of its lines", a.Amount, sum)
	}
}

// AddOrder adds an order that was placed online.
func (b *Books) AddOrder(o purchase.Order) {
	b.counts.Orders++
	_, twice := b.orders[o.ID]
	b.unique("order", o.ID, twice)
	b.orders[o.ID] = o
}

// AddTransfer adds a row of the ledger.
func (b *Books) AddTransfer(t Transfer) {
	b.counts.Transfers++
	_, twice := b.transfer[t.ID]
	b.unique("transfer", t.ID, twice)
	b.transfer[t.ID] = struct{}{}
	where := "transfer " + t.ID
	if !t.Amount.IsPositive() {
		b.find(where+" amount", "more than 0", t.Amount)
		return
	}
	if t.Debit == t.Credit {
		b.find(where, "two accounts", name(t.Debit)+" on both sides")
	}
	for _, side := range []ledger.Account{t.Debit, t.Credit} {
		if side.Name.System() != (side.Owner == "") {
			b.find(where+" owner", "one exactly for a member's account", name(side)+" of "+quoted(side.Owner))
		}
	}
	b.post(where, t)
}

func (b *Books) post(where string, t Transfer) {
	debit, credit := book{t.Debit, t.Amount.Currency()}, book{t.Credit, t.Amount.Currency()}
	left := b.ledger[debit]
	left.debit = b.plus(where, left.debit, t.Amount)
	b.ledger[debit] = left
	right := b.ledger[credit]
	right.credit = b.plus(where, right.credit, t.Amount)
	b.ledger[credit] = right
	if t.Lot != "" && isBalance(t.Credit.Name) {
		add(b, where, b.filled, flow{t.Lot, t.Credit.Owner, t.Credit.Name}, t.Amount)
	}
	if t.Lot != "" && isBalance(t.Debit.Name) {
		add(b, where, b.taken, t.Lot, t.Amount)
	}
	switch {
	case t.Credit.Name == ledger.Charges:
		b.move(where, charged{t.Charge, t.Credit.Owner}, t.Debit.Name, t.Amount)
	case t.Debit.Name == ledger.Charges:
		b.move(where, charged{t.Charge, t.Debit.Owner}, t.Credit.Name, t.Amount.Zero().Sub(t.Amount))
	}
}

func (b *Books) move(where string, of charged, with ledger.Name, amount money.Amount) {
	if b.moved[of] == nil {
		b.moved[of] = map[ledger.Name]money.Amount{}
	}
	add(b, where, b.moved[of], with, amount)
}

func (b *Books) unique(kind, id string, twice bool) {
	if twice {
		b.find(kind+" "+id, "one row of this id", "another")
	}
}

// currency reports whether an amount is of the currency that it must have; nothing at all is of any.
func (b *Books) currency(where string, want money.Currency, amount money.Amount) bool {
	if amount.Currency() == want || amount == (money.Amount{}) {
		return true
	}
	b.find(where+" currency", want, amount.Currency())
	return false
}

// add sums by a key. An amount of another currency is found, and left out.
func add[K comparable](b *Books, where string, to map[K]money.Amount, key K, amount money.Amount) {
	to[key] = b.plus(where, to[key], amount)
}

// plus is a sum that never panics: rows may hold anything.
func (b *Books) plus(where string, sum, amount money.Amount) money.Amount {
	if !sum.Currency().IsZero() && !b.currency(where, sum.Currency(), amount) {
		return sum
	}
	next, err := sum.Plus(amount)
	if err != nil {
		b.find(where, "a sum that fits an amount", err)
		return sum
	}
	return next
}

func balanceOf(kind prepaid.Kind) ledger.Name {
	if kind == prepaid.Promotional {
		return ledger.PromotionalBalance
	}
	return ledger.GiftBalance
}

func isBalance(name ledger.Name) bool {
	return name == ledger.GiftBalance || name == ledger.PromotionalBalance
}

// receivable is where a payer's part of a charge comes from, or nothing for a source that is none.
func receivable(source string) ledger.Name {
	switch source {
	case "payment_method":
		return ledger.MethodClearing
	case "partner":
		return ledger.PartnerReceivable
	case "apple":
		return ledger.AppleReceivable
	case "package":
		return ledger.PackageReceivable
	}
	return ""
}
