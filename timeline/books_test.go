package timeline_test

import (
	"fmt"
	"slices"

	"scrip/audit"
	"scrip/billing"
	"scrip/calendar"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
)

// keptBooks are the rows that a database would hold of a life.
type keptBooks struct {
	cards     []audit.Card
	lots      []audit.Lot
	charges   []audit.Charge
	kept      []audit.Authorization
	transfers []audit.Transfer
}

func (k *keptBooks) post(of audit.Transfer, transfers ...ledger.Transfer) {
	for _, moved := range transfers {
		of.ID = fmt.Sprint(len(k.transfers))
		of.Debit, of.Credit, of.Amount = moved.Debit, moved.Credit, moved.Amount
		k.transfers = append(k.transfers, of)
	}
}

// redeem books a card that was sold before, and another that never will be redeemed.
func (k *keptBooks) redeem(r giftcard.Redemption) {
	card := r.Card
	k.cards = append(k.cards, audit.Card{Serial: card.Serial, State: card.State, Value: card.Value, RedeemedBy: card.RedeemedBy},
		audit.Card{Serial: card.Serial + " twin", State: giftcard.Active, Value: card.Value})
	sale := ledger.Transfer{Debit: ledger.Of(ledger.RetailerReceivable), Credit: ledger.Of(ledger.CardsOutstanding), Amount: card.Value}
	k.post(audit.Transfer{Card: card.Serial}, sale, sale)
	k.lots = append(k.lots, audit.Lot{ID: card.Serial, Account: owner, Source: card.Serial, Kind: r.Lot.Kind, Value: r.Lot.Rest})
	k.post(audit.Transfer{Card: card.Serial, Lot: card.Serial}, r.Transfers[:]...)
}

func (k *keptBooks) charge(c billing.Charge) {
	id := fmt.Sprint(len(k.charges))
	row := audit.Charge{ID: id, Account: owner, Start: c.Start, End: c.End, Total: c.Total, Tax: c.Tax}
	for _, draw := range c.Draws {
		row.Lines = append(row.Lines, audit.Line{Lot: draw.Source, Source: draw.Source, Amount: draw.Amount})
	}
	if c.Other.IsPositive() {
		row.Lines = append(row.Lines, audit.Line{Source: string(c.PaidBy), Amount: c.Other})
	}
	k.charges = append(k.charges, row)
	k.post(audit.Transfer{Charge: id}, c.Transfers(owner)...)
}

func (k *keptBooks) authorize(made prepaid.Authorization) {
	k.kept = append(k.kept, audit.Authorization{ID: made.ID, Account: owner, Fate: prepaid.Open, Asked: made.Asked,
		Amount: made.Total(), Draws: made.Draws})
}

func (k *keptBooks) end(e billing.Ending) {
	at := slices.IndexFunc(k.kept, func(row audit.Authorization) bool { return row.ID == e.Authorization.ID })
	k.kept[at].Fate, k.kept[at].Captured = e.Fate, prepaid.Total(e.Charged)
	k.post(audit.Transfer{Charge: e.Authorization.ID}, e.Transfers(owner)...)
}

// moved is an upgrade's: the present period ends on another date.
func (k *keptBooks) moved(end calendar.Date) { k.charges[len(k.charges)-1].End = end }

// prove audits the books of an account as it stands.
func (l *life) prove() error {
	books := audit.New(1)
	books.AddAccount(audit.Account{ID: owner, Currency: l.state.Currency, Balance: l.state.Balance.Total(), Authorized: l.state.Authorized()})
	for _, card := range l.kept.cards {
		books.AddCard(card)
	}
	rests := map[string]money.Amount{}
	for _, lot := range l.state.Balance {
		rests[lot.Source] = lot.Rest
	}
	for _, lot := range l.kept.lots {
		if lot.Rest = lot.Value.Zero(); !rests[lot.Source].IsZero() {
			lot.Rest = rests[lot.Source]
		}
		books.AddLot(lot)
	}
	for _, charge := range l.kept.charges {
		books.AddCharge(charge)
	}
	for _, kept := range l.kept.kept {
		books.AddAuthorization(kept)
	}
	for _, transfer := range l.kept.transfers {
		books.AddTransfer(transfer)
	}
	if proof := books.Proof(); !proof.OK() {
		return fmt.Errorf("the books disagree: %v", proof)
	}
	return nil
}
