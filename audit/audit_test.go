package audit_test

import (
	"math"
	"strings"
	"testing"

	"scrip/audit"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

var usd, eur = money.MustCurrency("USD"), money.MustCurrency("EUR")

// rows are what a database would hold, as slices that a test may tamper with.
type rows struct {
	accounts  []audit.Account
	cards     []audit.Card
	lots      []audit.Lot
	charges   []audit.Charge
	transfers []audit.Transfer

	authorizations []audit.Authorization
}

func (r *rows) transfer(of audit.Transfer, moved ledger.Transfer) {
	of.ID = "t" + string(rune('a'+len(r.transfers)))
	of.Debit, of.Credit, of.Amount = moved.Debit, moved.Credit, moved.Amount
	r.transfers = append(r.transfers, of)
}

// goodRows are an account that redeemed two cards and was given a little, and that paid a month of
// 12.99 with all of them and its payment method; and three cards in other states.
func goodRows(t *testing.T) *rows {
	t.Helper()
	r := &rows{}
	for _, card := range []giftcard.Card{
		{Serial: "c1", Value: money.New(500, usd)}, {Serial: "c2", Value: money.New(300, usd)},
		{Serial: "c3", Value: money.New(700, usd)}, {Serial: "c4", Value: money.New(900, eur)}, {Serial: "c5", Value: money.New(800, usd)},
	} {
		card.State = giftcard.Issued
		active, sold, err := card.Activate(money.Amount{})
		if err != nil {
			t.Fatal(err)
		}
		r.transfer(audit.Transfer{Card: card.Serial}, sold)
		r.cards = append(r.cards, audit.Card{Serial: card.Serial, State: active.State, Value: active.Value})
	}
	r.cards[3].State = giftcard.Frozen
	void, returned, err := giftcard.Card{Serial: "c5", Value: money.New(800, usd), State: giftcard.Active}.Void()
	if err != nil {
		t.Fatal(err)
	}
	r.cards[4].State = void.State
	r.transfer(audit.Transfer{Card: "c5"}, returned)
	r.redeem(t, 0, "l1")
	r.redeem(t, 1, "l2")
	r.lots = append(r.lots, audit.Lot{ID: "l3", Account: "m", Source: "welcome", Kind: prepaid.Promotional, Value: money.New(100, usd), Rest: money.New(100, usd)})
	r.transfer(audit.Transfer{Lot: "l3"}, ledger.Transfer{Debit: ledger.Of(ledger.PromotionExpense), Credit: ledger.For(ledger.PromotionalBalance, "m"), Amount: money.New(100, usd)})
	r.charge(t, "2026-01-31")
	r.lots[0].Rest, r.lots[1].Rest, r.lots[2].Rest = money.New(0, usd), money.New(0, usd), money.New(0, usd)
	r.redeemOther(t)
	r.accounts = []audit.Account{{ID: "m", Currency: usd, Balance: money.New(250, usd)}, {ID: "n", Currency: eur, Balance: money.New(0, eur)}}
	return r
}

func (r *rows) redeem(t *testing.T, at int, lot string) {
	t.Helper()
	card := giftcard.Card{Serial: r.cards[at].Serial, Value: r.cards[at].Value, State: r.cards[at].State}
	redeemed, err := card.Redeem(giftcard.Holder{Account: "m", Currency: usd, Payer: catalog.Self})
	if err != nil {
		t.Fatal(err)
	}
	r.cards[at].State, r.cards[at].RedeemedBy = redeemed.Card.State, redeemed.Card.RedeemedBy
	r.lots = append(r.lots, audit.Lot{ID: lot, Account: "m", Source: redeemed.Lot.Source, Kind: redeemed.Lot.Kind, Value: redeemed.Lot.Rest, Rest: redeemed.Lot.Rest})
	for _, moved := range redeemed.Transfers {
		r.transfer(audit.Transfer{Card: card.Serial, Lot: lot}, moved)
	}
}

// redeemOther adds a card that is not touched.
func (r *rows) redeemOther(t *testing.T) {
	t.Helper()
	card := giftcard.Card{Serial: "c6", Value: money.New(250, usd), State: giftcard.Issued}
	active, sold, err := card.Activate(money.Amount{})
	if err != nil {
		t.Fatal(err)
	}
	r.transfer(audit.Transfer{Card: "c6"}, sold)
	r.cards = append(r.cards, audit.Card{Serial: "c6", State: active.State, Value: active.Value})
	r.redeem(t, 5, "l4")
}

func (r *rows) charge(t *testing.T, on string) {
	t.Helper()
	country, err := catalog.ParseCountry("US")
	if err != nil {
		t.Fatal(err)
	}
	rate, err := money.ParseRate("0.0825")
	if err != nil {
		t.Fatal(err)
	}
	from := calendar.Must("2020-01-01")
	sold, err := catalog.New([]catalog.Plan{{ID: "basic", Prices: []catalog.Price{{Amount: money.New(1200, usd), From: from}}}},
		[]catalog.Tax{{Country: country, Rate: rate, From: from}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	policy := billing.DefaultPolicy()
	policy.Shortfall = billing.ChargeRemainder
	account := billing.Account{Country: country, Currency: usd, Method: billing.MethodWorks, Membership: membership.New()}
	for _, lot := range r.lots {
		account.Balance = append(account.Balance, prepaid.Lot{ID: lot.ID, Source: lot.Source, Kind: lot.Kind, Rest: lot.Rest})
	}
	o, err := billing.Start(account, billing.Terms{Catalog: sold, Policy: policy}, calendar.Must(on), "basic", catalog.Self, billing.Approved)
	if err != nil {
		t.Fatal(err)
	}
	paid := o.Charges[0]
	charge := audit.Charge{ID: "p1", Account: "m", Start: paid.Start, End: paid.End, Total: paid.Total, Tax: paid.Tax}
	for _, draw := range paid.Draws {
		charge.Lines = append(charge.Lines, audit.Line{Lot: draw.Lot, Source: draw.Source, Amount: draw.Amount})
	}
	charge.Lines = append(charge.Lines, audit.Line{Source: string(paid.PaidBy), Amount: paid.Other})
	r.charges = append(r.charges, charge)
	for _, moved := range paid.Transfers("m") {
		r.transfer(audit.Transfer{Charge: "p1"}, moved)
	}
}

func (r *rows) prove(keep int) audit.Proof {
	books := audit.New(keep)
	for _, transfer := range r.transfers {
		books.AddTransfer(transfer)
	}
	for _, charge := range r.charges {
		books.AddCharge(charge)
	}
	for _, authorization := range r.authorizations {
		books.AddAuthorization(authorization)
	}
	for _, lot := range r.lots {
		books.AddLot(lot)
	}
	for _, card := range r.cards {
		books.AddCard(card)
	}
	for _, account := range r.accounts {
		books.AddAccount(account)
	}
	return books.Proof()
}

func TestGoodBooksAgree(t *testing.T) {
	proof := goodRows(t).prove(10)
	want := `2 accounts, 6 cards, 4 lots, 1 charges, 0 authorizations, 20 transfers

ledger account                debit  credit  balance
cards_outstanding        USD  18.50   25.50     7.00
charges                  USD  12.99   12.99     0.00
gift_balance             USD   8.00   10.50     2.50
in_transit               USD  10.50   10.50     0.00
payment_method_clearing  USD   3.99    0.00    -3.99
promotion_expense        USD   1.00    0.00    -1.00
promotional_balance      USD   1.00    1.00     0.00
retailer_receivable      USD  25.50    8.00   -17.50
revenue                  USD   0.00   12.00    12.00
tax_payable              USD   0.00    0.99     0.99
`
	got := proof.String()
	for _, line := range strings.Split(want, "\n")[3:] {
		if !strings.Contains(got, line) {
			t.Errorf("the proof lacks %q", line)
		}
	}
	if !proof.OK() || !strings.HasSuffix(got, "\nThe books agree.\n") {
		t.Errorf("proof = %s", got)
	}
}

func TestEmptyBooksAgree(t *testing.T) {
	if proof := audit.New(1).Proof(); !proof.OK() {
		t.Error(proof)
	}
}

// TestTampering changes one value each time, and wants its place to be the first that is named.
func TestTampering(t *testing.T) {
	cents := func(minor int64) money.Amount { return money.New(minor, usd) }
	credit := func(r *rows, name ledger.Name) *audit.Transfer {
		for at := range r.transfers {
			if r.transfers[at].Credit.Name == name {
				return &r.transfers[at]
			}
		}
		t.Fatalf("no transfer to %s", name)
		return nil
	}
	for name, test := range map[string]struct {
		tamper func(r *rows)
		want   string
	}{
		"a lot's rest":             {func(r *rows) { r.lots[0].Rest = cents(1) }, "lot l1 rest and what was drawn: expected 5.00 USD, found 5.01 USD"},
		"a lot's rest below zero":  {func(r *rows) { r.lots[0].Rest = cents(-1) }, "lot l1 rest: expected from 0 to 5.00 USD, found -0.01 USD"},
		"a lot's rest over all":    {func(r *rows) { r.lots[0].Rest = cents(501) }, "lot l1 rest: expected from 0 to 5.00 USD, found 5.01 USD"},
		"a lot's value":            {func(r *rows) { r.lots[3].Value = cents(251) }, "lot l4 rest and what was drawn: expected 2.51 USD, found 2.50 USD"},
		"a lot's value and rest":   {func(r *rows) { r.lots[3].Value, r.lots[3].Rest = cents(251), cents(251) }, "lot l4 transfers into gift_balance: expected 2.51 USD, found 2.50 USD"},
		"a lot's kind":             {func(r *rows) { r.lots[3].Kind = prepaid.Promotional }, "lot l4 transfers into promotional_balance: expected 2.50 USD, found 0"},
		"a lot's account":          {func(r *rows) { r.lots[3].Account = "n" }, "lot l4 transfers into gift_balance: expected 2.50 USD, found 0"},
		"a drawn lot's account":    {func(r *rows) { r.lots[0].Account = "n" }, `charge p1 line from c1: expected a lot of that source and account m, found lot l1 of "c1" and account "n"`},
		"a lot's source":           {func(r *rows) { r.lots[3].Source = "c1" }, "lot l4 card c1 value: expected 2.50 USD, found 5.00 USD"},
		"a lot's source, no card":  {func(r *rows) { r.lots[3].Source = "zz" }, "lot l4 card: expected card zz, found none"},
		"a lot's currency":         {func(r *rows) { r.lots[3].Rest = money.New(250, eur) }, "lot l4 currency: expected USD, found EUR"},
		"a lot twice":              {func(r *rows) { r.lots = append(r.lots, r.lots[3]) }, "lot l4: expected one row of this id, found another"},
		"two lots of a card":       {func(r *rows) { r.lots = append(r.lots, r.lots[3]); r.lots[4].ID = "l5" }, "lot l5 transfers into gift_balance: expected 2.50 USD, found 0"},
		"a lot lost":               {func(r *rows) { r.lots = r.lots[:3] }, "card c6, redeemed, lots: expected 1, found 0"},
		"a card's state":           {func(r *rows) { r.cards[2].State = giftcard.Voided }, "ledger cards_outstanding and the active and frozen cards: expected 0.00 USD, found 7.00 USD"},
		"a card's value":           {func(r *rows) { r.cards[3].Value = money.New(901, eur) }, "ledger cards_outstanding and the active and frozen cards: expected 9.01 EUR, found 9.00 EUR"},
		"a redeemed card's value":  {func(r *rows) { r.cards[0].Value = cents(501) }, "lot l1 card c1 value: expected 5.00 USD, found 5.01 USD"},
		"a card's redeemer":        {func(r *rows) { r.cards[0].RedeemedBy = "n" }, `lot l1 card c1: expected redeemed by m, found redeemed by "n"`},
		"a card without redeemer":  {func(r *rows) { r.cards[0].RedeemedBy = "" }, `card c1 redeemed by: expected an account exactly if redeemed, found redeemed by ""`},
		"a card active again":      {func(r *rows) { r.cards[0].State, r.cards[0].RedeemedBy = giftcard.Active, "" }, `lot l1 card c1: expected redeemed by m, found active by ""`},
		"a card redeemed for none": {func(r *rows) { r.cards[2].State, r.cards[2].RedeemedBy = giftcard.Redeemed, "m" }, "card c3, redeemed, lots: expected 1, found 0"},
		"a card twice":             {func(r *rows) { r.cards = append(r.cards, r.cards[4]) }, "card c5: expected one row of this id, found another"},
		"a card worth nothing":     {func(r *rows) { r.cards[4].Value = cents(0) }, "card c5 value: expected more than 0, found 0.00 USD"},
		"a charge's total":         {func(r *rows) { r.charges[0].Total = cents(1300) }, "charge p1 sum of its lines: expected 13.00 USD, found 12.99 USD"},
		"a charge's tax":           {func(r *rows) { r.charges[0].Tax = cents(98) }, "charge p1 transfers with revenue: expected 12.01 USD, found 12.00 USD"},
		"a charge's tax over all":  {func(r *rows) { r.charges[0].Tax = cents(1300) }, "charge p1 tax: expected from 0 to 12.99 USD, found 13.00 USD"},
		"a charge's tax below":     {func(r *rows) { r.charges[0].Tax = cents(math.MinInt64) }, "charge p1 tax: expected from 0 to 12.99 USD, found -92233720368547758.08 USD"},
		"a line":                   {func(r *rows) { r.charges[0].Lines[0].Amount = cents(499) }, "charge p1 sum of its lines: expected 12.99 USD, found 12.98 USD"},
		"two lines": {func(r *rows) {
			r.charges[0].Lines[0].Amount, r.charges[0].Lines[1].Amount = cents(499), cents(301)
		}, "lot l1 rest and what was drawn: expected 5.00 USD, found 4.99 USD"},
		"a line's lot":           {func(r *rows) { r.charges[0].Lines[0].Lot = "l2" }, `charge p1 line from c1: expected a lot of that source and account m, found lot l2 of "c2" and account "m"`},
		"a line's payer":         {func(r *rows) { r.charges[0].Lines[3].Source = "apple" }, "charge p1 transfers with apple_receivable: expected 3.99 USD, found 0"},
		"a line without a payer": {func(r *rows) { r.charges[0].Lines[3].Source = "c9" }, "charge p1 line without a lot: expected one payer, behind all lots, found c9"},
		"a period's end":         {func(r *rows) { r.charges[0].End = r.charges[0].Start }, "charge p1 period: expected an end after 2026-01-31, found 2026-01-31"},
		"a charge lost":          {func(r *rows) { r.charges = nil }, "transfers of charge p1: expected a charge of account m, found none"},
		"a charge's account":     {func(r *rows) { r.charges[0].Account = "n" }, `charge p1 line from c1: expected a lot of that source and account n, found lot l1 of "c1" and account "m"`},
		"a day charged twice": {func(r *rows) {
			r.charge(t, "2026-02-27")
			r.charges[1].ID = "p2"
		}, ""},
		"the stored balance":        {func(r *rows) { r.accounts[0].Balance = cents(249) }, "account m stored balance: expected 2.50 USD, found 2.49 USD"},
		"the stored currency":       {func(r *rows) { r.accounts[0].Currency = eur }, "account m currency: expected EUR, found USD"},
		"an account lost":           {func(r *rows) { r.accounts = r.accounts[1:] }, `lot l1 account: expected "m", found none`},
		"an account twice":          {func(r *rows) { r.accounts = append(r.accounts, r.accounts[1]) }, "account n: expected one row of this id, found another"},
		"a redemption's amount":     {func(r *rows) { credit(r, ledger.GiftBalance).Amount = cents(501) }, "lot l1 transfers into gift_balance: expected 5.00 USD, found 5.01 USD"},
		"a redemption's lot":        {func(r *rows) { credit(r, ledger.GiftBalance).Lot = "" }, "lot l1 transfers into gift_balance: expected 5.00 USD, found 0"},
		"a redemption half":         {func(r *rows) { credit(r, ledger.InTransit).Amount = cents(499) }, "ledger cards_outstanding and the active and frozen cards: expected 7.00 USD, found 7.01 USD"},
		"a draw's amount":           {func(r *rows) { credit(r, ledger.Charges).Amount = cents(499) }, "charge p1 transfers with gift_balance: expected 8.00 USD, found 7.99 USD"},
		"a draw from a wrong place": {func(r *rows) { credit(r, ledger.Charges).Debit = ledger.Of(ledger.Refundable) }, "charge p1 transfers with gift_balance: expected 8.00 USD, found 3.00 USD"},
		"the tax's transfer":        {func(r *rows) { credit(r, ledger.TaxPayable).Amount = cents(98) }, "charge p1 transfers with tax_payable: expected 0.99 USD, found 0.98 USD"},
		"the revenue's charge":      {func(r *rows) { credit(r, ledger.Revenue).Charge = "p2" }, "charge p1 transfers with revenue: expected 12.00 USD, found 0"},
		"a transfer of nothing":     {func(r *rows) { r.transfers[0].Amount = cents(0) }, "transfer ta amount: expected more than 0, found 0.00 USD"},
		"a transfer below zero":     {func(r *rows) { r.transfers[0].Amount = cents(-500) }, "transfer ta amount: expected more than 0, found -5.00 USD"},
		"a transfer to itself":      {func(r *rows) { r.transfers[0].Debit = r.transfers[0].Credit }, "transfer ta: expected two accounts, found cards_outstanding on both sides"},
		"a transfer twice":          {func(r *rows) { r.transfers = append(r.transfers, r.transfers[0]) }, "transfer ta: expected one row of this id, found another"},
		"a transfer's owner":        {func(r *rows) { r.transfers[0].Credit.Owner = "m" }, `transfer ta owner: expected one exactly for a member's account, found cards_outstanding of "m"`},
		"a transfer's currency":     {func(r *rows) { credit(r, ledger.Revenue).Amount = money.New(1200, eur) }, "charge p1 transfers with revenue: expected 12.00 USD, found 12.00 EUR"},
		"a sum too large": {func(r *rows) {
			r.transfers[0].Amount, r.transfers[1].Amount = cents(math.MaxInt64), cents(math.MaxInt64)
		}, "transfer tb: expected a sum that fits an amount, found the sum is larger than an amount can hold"},
	} {
		t.Run(name, func(t *testing.T) {
			r := goodRows(t)
			test.tamper(r)
			proof := r.prove(100)
			if proof.OK() {
				t.Fatal("nothing was found")
			}
			if name == "a day charged twice" {
				last := proof.String()
				if !strings.Contains(last, "account m charge p2 start: expected not before 2026-02-28, the end of charge p1, found 2026-02-27") {
					t.Errorf("proof = %s", last)
				}
				return
			}
			if got := proof.Findings[0].String(); got != test.want {
				t.Errorf("first finding = %s\nwant %s\nall %s", got, test.want, proof)
			}
		})
	}
}

func TestProofKeepsTheFirstAndCountsAll(t *testing.T) {
	r := goodRows(t)
	for at := range r.lots {
		r.lots[at].Rest = money.New(-1, usd)
	}
	proof := r.prove(2)
	if len(proof.Findings) != 2 || proof.Disagreements < 4 || !strings.Contains(proof.String(), "; the first 2:\n  lot l1 rest: ") {
		t.Errorf("proof = %s", proof)
	}
}
