package audit

import (
	"cmp"
	"maps"
	"slices"

	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
	"scrip/purchase"
)

// Proof compares all that was added. Books may be proved once.
func (b *Books) Proof() Proof {
	for _, id := range sorted(b.charges) {
		b.drawLots(b.charges[id])
		b.proveCharge(b.charges[id])
	}
	for _, id := range sorted(b.granted) {
		b.proveAuthorization(b.granted[id])
	}
	for _, of := range slices.SortedFunc(maps.Keys(b.moved), compareCharged) {
		if b.charges[of.charge].Account != of.account && b.granted[of.charge].Account != of.account {
			b.find("transfers of charge "+of.charge, "a charge of account "+of.account, "none")
		}
	}
	for _, id := range sorted(b.lots) {
		b.proveLot(b.lots[id])
	}
	for _, serial := range sorted(b.cards) {
		b.proveCard(b.cards[serial])
	}
	for _, id := range sorted(b.accounts) {
		b.proveAccount(b.accounts[id])
		b.provePeriods(id)
	}
	b.proveOwners()
	proof := Proof{Counts: b.counts, Sums: b.sums()}
	b.proveSystem(proof.Sums)
	proof.Findings, proof.Disagreements = b.kept, b.all
	return proof
}

// drawLots counts what a charge drew from each lot, which must be the account's own.
func (b *Books) drawLots(c Charge) {
	for _, line := range c.Lines {
		if line.Lot == "" {
			continue
		}
		b.drawLot("charge "+c.ID+" line from "+line.Source, c.Account, line)
	}
}

// drawLot counts what was drawn from a lot, which must be the account's own.
func (b *Books) drawLot(where, account string, line Line) (known bool) {
	lot, known := b.lots[line.Lot]
	if !known || lot.Account != account || lot.Source != line.Source {
		b.find(where, "a lot of that source and account "+account, "lot "+line.Lot+" of "+quoted(lot.Source)+" and account "+quoted(lot.Account))
		return false
	}
	lot.drawn = b.plus(where, lot.drawn, line.Amount)
	b.lots[line.Lot] = lot
	return true
}

// proveAuthorization counts what an authorization keeps of each lot, or took of it, and compares a charge with
// its transfers. What is kept stays in the member's balance of the books until it is captured.
func (b *Books) proveAuthorization(a authorizationState) {
	if !a.sound {
		return // found when it was added
	}
	drawn, _ := prepaid.Authorization{Draws: a.Draws}.Part(a.Captured)
	if a.Fate == prepaid.Open {
		drawn = a.Draws
	}
	want := map[ledger.Name]money.Amount{}
	for _, draw := range drawn {
		where := "authorization " + a.ID + " line from " + draw.Source
		if !b.drawLot(where, a.Account, Line{draw.Lot, draw.Source, draw.Amount}) {
			continue
		}
		if lot := b.lots[draw.Lot]; lot.Kind != draw.Kind {
			b.find(where+" kind", lot.Kind, draw.Kind)
		}
		if a.Fate == prepaid.Open {
			add(b, where, b.holdings, holding{a.Account, balanceOf(draw.Kind)}, draw.Amount)
			continue
		}
		add(b, where, want, balanceOf(draw.Kind), draw.Amount)
	}
	want[ledger.BillerRevenue] = a.Captured.Zero().Sub(a.Captured)
	b.compareMoved("authorization "+a.ID, charged{a.ID, a.Account}, want)
}

// proveCharge compares a charge's lines, tax and revenue with its transfers.
func (b *Books) proveCharge(c Charge) {
	want := map[ledger.Name]money.Amount{}
	for _, line := range c.Lines {
		source := receivable(line.Source)
		if line.Lot != "" {
			source = balanceOf(b.lots[line.Lot].Kind)
		}
		add(b, "charge "+c.ID, want, source, line.Amount)
	}
	if c.Tax.Currency() != c.Total.Currency() || c.Tax.Minor() < 0 || c.Total.Less(c.Tax) {
		return // found when it was added
	}
	want[ledger.TaxPayable] = c.Tax.Zero().Sub(c.Tax)
	want[ledger.Revenue] = c.Tax.Sub(c.Total)
	b.compareMoved("charge "+c.ID, charged{c.ID, c.Account}, want)
}

// compareMoved compares what should have moved into a charge and out of it with what did.
func (b *Books) compareMoved(where string, of charged, want map[ledger.Name]money.Amount) {
	moved := b.moved[of]
	for with := range moved {
		if _, expected := want[with]; !expected {
			want[with] = money.Amount{}
		}
	}
	for _, with := range sorted(want) {
		if found := moved[with]; !same(want[with], found) {
			b.find(where+" transfers with "+string(with), positive(want[with]), positive(found))
		}
	}
}

// proveLot compares a lot with what was drawn from it, is kept of it or was taken by a charge-back, the transfer that
// filled it, and its card.
func (b *Books) proveLot(l lotState) {
	where := "lot " + l.ID
	if sum := b.plus(where, b.plus(where, l.drawn, b.taken[l.ID]), l.Rest); sum != l.Value {
		b.find(where+" rest and what was drawn", l.Value, sum)
	}
	if filled := b.filled[flow{l.ID, l.Account, balanceOf(l.Kind)}]; !same(filled, l.Value) {
		b.find(where+" transfers into "+string(balanceOf(l.Kind)), l.Value, filled)
	}
	if l.Kind != prepaid.Bought {
		return
	}
	card, known := b.cards[l.Source]
	switch {
	case !known:
		b.find(where+" card", "card "+l.Source, "none")
		return
	case card.State != giftcard.Redeemed || card.RedeemedBy != l.Account:
		b.find(where+" card "+l.Source, "redeemed by "+l.Account, string(card.State)+" by "+quoted(card.RedeemedBy))
	case card.Value != l.Value:
		b.find(where+" card "+l.Source+" value", l.Value, card.Value)
	}
	card.lots++
	b.cards[l.Source] = card
}

func (b *Books) proveCard(c cardState) {
	want := 0
	if c.State == giftcard.Redeemed {
		want = 1
	}
	if c.lots != want {
		b.find("card "+c.Serial+", "+string(c.State)+", lots", want, c.lots)
	}
}

// proveAccount compares lots, ledger and the stored copy.
func (b *Books) proveAccount(a Account) {
	total := money.New(0, a.Currency)
	for _, kind := range []ledger.Name{ledger.GiftBalance, ledger.PromotionalBalance} {
		held := b.holdings[holding{a.ID, kind}]
		books := b.ledger[book{ledger.For(kind, a.ID), a.Currency}]
		if owed := b.minus(a.ID, books.credit, books.debit); !same(owed, held) {
			b.find("account "+a.ID+" "+string(kind)+" in lots and ledger", held, owed)
		}
		total = b.plus("account "+a.ID, total, held)
	}
	kept := b.open[a.ID]
	if spendable := b.minus("account "+a.ID, total, kept); !same(spendable, a.Balance) {
		b.find("account "+a.ID+" stored balance", spendable, a.Balance)
	}
	if !same(kept, a.Authorized) {
		b.find("account "+a.ID+" stored sum of what is authorized", kept, a.Authorized)
	}
	open := b.ledger[book{ledger.For(ledger.Charges, a.ID), a.Currency}]
	if rest := b.minus(a.ID, open.credit, open.debit); !rest.IsZero() {
		b.find("account "+a.ID+" "+string(ledger.Charges), 0, rest)
	}
}

// provePeriods: no day is charged twice.
func (b *Books) provePeriods(account string) {
	periods := b.periods[account]
	slices.SortFunc(periods, func(p, q period) int {
		return cmp.Or(p.start.Compare(q.start), cmp.Compare(p.charge, q.charge))
	})
	for i := range len(periods) - 1 {
		if p, q := periods[i], periods[i+1]; q.start.Before(p.end) {
			b.find("account "+account+" charge "+q.charge+" start", "not before "+p.end.String()+", the end of charge "+p.charge, q.start)
		}
	}
}

// proveOwners: whoever holds a lot, was charged, or is in the ledger is an account, in its currency.
func (b *Books) proveOwners() {
	for _, id := range sorted(b.lots) {
		b.owner("lot "+id, b.lots[id].Account, b.lots[id].Value.Currency())
	}
	for _, id := range sorted(b.charges) {
		b.owner("charge "+id, b.charges[id].Account, b.charges[id].Total.Currency())
	}
	for _, id := range sorted(b.granted) {
		b.owner("authorization "+id, b.granted[id].Account, b.granted[id].Asked.Currency())
	}
	for _, at := range b.order() {
		if !at.account.Name.System() {
			b.owner("ledger "+string(at.account.Name), at.account.Owner, at.currency)
		}
	}
}

func (b *Books) owner(where, account string, currency money.Currency) {
	switch a, known := b.accounts[account]; {
	case !known:
		b.find(where+" account", quoted(account), "none")
	case a.Currency != currency:
		b.find(where+" currency of account "+account, a.Currency, currency)
	}
}

// sums adds up the ledger by account name and currency.
func (b *Books) sums() []Sum {
	var all []Sum
	for _, at := range b.order() {
		if last := len(all) - 1; last < 0 || all[last].Name != at.account.Name || all[last].Currency != at.currency {
			zero := money.New(0, at.currency)
			all = append(all, Sum{Name: at.account.Name, Currency: at.currency, Debit: zero, Credit: zero, Balance: zero})
		}
		sum, entry := &all[len(all)-1], b.ledger[at]
		where := "sum of " + string(at.account.Name)
		sum.Debit, sum.Credit = b.plus(where, sum.Debit, either(entry.debit, sum.Debit)), b.plus(where, sum.Credit, either(entry.credit, sum.Credit))
		sum.Balance = b.minus(where, sum.Credit, sum.Debit)
	}
	return all
}

// byAccount are the service's accounts whose balance is that of things that are kept, and what those are.
var byAccount = map[ledger.Name]string{
	ledger.CardsOutstanding: "the active and frozen cards",
	ledger.CustomerDeposits: "the orders that are paid and not delivered",
	ledger.ChargeBacks:      "the frozen cards of orders that were charged back",
}

// proveSystem compares the service's own accounts with the cards and the orders, and the ledger with itself.
func (b *Books) proveSystem(all []Sum) {
	want := map[ledger.Name]map[money.Currency]money.Amount{ledger.CardsOutstanding: maps.Clone(b.owed),
		ledger.CustomerDeposits: {}, ledger.ChargeBacks: {}}
	for _, id := range sorted(b.orders) {
		b.expect(b.orders[id], want)
	}
	for _, sum := range all {
		switch sum.Name {
		case ledger.CardsOutstanding, ledger.CustomerDeposits, ledger.ChargeBacks:
			if of := either(want[sum.Name][sum.Currency], sum.Balance.Zero()); of != sum.Balance {
				b.find("ledger "+string(sum.Name)+" and "+byAccount[sum.Name], of, sum.Balance)
			}
			delete(want[sum.Name], sum.Currency)
		case ledger.InTransit:
			if !sum.Balance.IsZero() {
				b.find("ledger in_transit", 0, sum.Balance)
			}
		}
	}
	for _, name := range sorted(want) {
		for _, currency := range slices.SortedFunc(maps.Keys(want[name]), func(a, b money.Currency) int { return cmp.Compare(a.String(), b.String()) }) {
			b.find("ledger "+string(name)+" and "+byAccount[name], want[name][currency], 0)
		}
	}
}

// expect adds what an order has in the service's accounts: a deposit that waits, or what the bank has taken back of a
// card that is frozen.
func (b *Books) expect(o purchase.Order, want map[ledger.Name]map[money.Currency]money.Amount) {
	where, currency := "order "+o.ID, o.Value.Currency()
	card := b.cards[o.Serial]
	switch {
	case o.State == purchase.Paid:
		add(b, where, want[ledger.CustomerDeposits], currency, o.Rest())
	case o.State == purchase.ChargedBack && card.State == giftcard.Frozen:
		add(b, where, want[ledger.ChargeBacks], currency, o.Value.Zero().Sub(card.Value))
	case o.State == purchase.Delivered && card.Serial == "":
		b.find(where+" card", "a card", "none")
	}
}

func (b *Books) minus(where string, sum, amount money.Amount) money.Amount {
	return b.plus(where, either(sum, amount), either(amount, sum).Zero().Sub(amount))
}

// order is the ledger's accounts by name, currency and owner.
func (b *Books) order() []book {
	return slices.SortedFunc(maps.Keys(b.ledger), func(p, q book) int {
		return cmp.Or(cmp.Compare(p.account.Name, q.account.Name), cmp.Compare(p.currency.String(), q.currency.String()),
			cmp.Compare(p.account.Owner, q.account.Owner))
	})
}

func compareCharged(p, q charged) int {
	return cmp.Or(cmp.Compare(p.charge, q.charge), cmp.Compare(p.account, q.account))
}

func sorted[K cmp.Ordered, V any](by map[K]V) []K { return slices.Sorted(maps.Keys(by)) }

// same compares two amounts, where nothing is nothing in any currency.
func same(a, b money.Amount) bool { return a == b || a.IsZero() && b.IsZero() }

// either is an amount, or where it has no currency, as nothing was added, none of another's.
func either(amount, other money.Amount) money.Amount {
	if amount.Currency().IsZero() {
		return other.Zero()
	}
	return amount
}

func positive(amount money.Amount) money.Amount {
	if amount.Minor() < 0 {
		return amount.Zero().Sub(amount)
	}
	return amount
}
