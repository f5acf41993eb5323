package engine_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/checkout"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
	"scrip/store/storetest"
	"scrip/timeline"
)

// bookkeeper lives the steps of docs/accounting.md with one card and one member.
type bookkeeper struct {
	*settling
	card    engine.Printed
	sale    engine.AtTill
	account string
	seen    map[string]bool // transfers by their ids
	online  *counter
	order   string // the link of an order
}

// step does what a row of the document names.
func (b *bookkeeper) step(name string) {
	b.T.Helper()
	redeem := func(handle string) {
		if reply := b.Do(b.account, engine.Command{Kind: timeline.Redeem, Card: handle}); reply.Refusal != nil {
			b.T.Fatal(reply.Refusal)
		}
	}
	switch name {
	case "a card is issued":
		b.card = b.Printed()
	case "activated for 25.00":
		b.sale = b.at(b.card.Serial)
		b.sale.Amount = money.New(2500, usd)
		b.do(corner, retail.Activate, b.sale, nil)
	case "voided on the same day":
		b.do(corner, retail.Void, b.at(b.card.Serial), nil)
	case "returned":
		b.do(corner, retail.Return, b.at(b.card.Serial), nil)
	case "reversed":
		b.reverse(corner, b.sale, true, nil)
	case "reversed, and refused":
		b.reverse(corner, b.sale, false, giftcard.ErrAlreadyRedeemed)
	case "frozen":
		must(b.T, b.Engine.MoveCard(b.T.Context(), operator, b.card.Serial, engine.Freeze))
	case "an active card is imported, with 25.00 left":
		b.card = b.imported(money.New(2500, usd))
	case "voided by support":
		must(b.T, b.Engine.MoveCard(b.T.Context(), operator, b.card.Serial, engine.Void))
	case "redeemed":
		redeem(b.Handle(b.card))
	case "a month is charged":
		b.Do(b.account, engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Self})
	case "the day's file has it":
		b.line(b.sale, "activate", 2500)
		b.settleDay()
	case "the day's file has it for 20.00":
		b.line(b.sale, "activate", 2000)
		b.settleDay()
	case "the day's file is without it":
		b.settleDay()
	case "sold, and no till told us":
		b.sale = b.at(b.card.Serial)
	case "two persons accept ours":
		b.resolve(january, 1, settlement.AcceptOurs)
	case "two persons accept theirs":
		b.resolve(january, 1, settlement.AcceptTheirs)
	case "two persons write it off":
		b.resolve(january, 1, settlement.WriteOff)
	case "two persons have it activated":
		b.resolve(january, 1, settlement.Activate)
	case "the shop pays 23.00":
		_, _, err := b.Engine.RecordPayment(b.T.Context(), proposer, store.NewID(), corner, "wire 7", money.New(2300, usd))
		must(b.T, err)
	case "replaced":
		_, code, _, err := b.Engine.ReplaceCard(b.T.Context(), operator, store.NewID(), b.card.Serial)
		must(b.T, err)
		b.card.Code = code
	case "a card is ordered online":
		b.order = b.online.place(ordering())
	case "paid, for a day to come":
		asked := ordering()
		asked.On = "2026-02-14"
		b.order = b.online.place(asked)
		b.online.act(b.order, checkout.Approve, "card-1")
	case "its day comes":
		b.online.At(calendar.Must("2026-02-14"), 13)
	case "sent to another address":
		must(b.T, b.Engine.ResendOrder(b.T.Context(), buyer, b.order, store.NewID(), "right@example.com"))
	case "refunded":
		must(b.T, b.Engine.RefundOrder(b.T.Context(), operator, b.online.order(b.order).ID))
	case "the mail's code is redeemed":
		must(b.T, b.Loops.Settle(b.T.Context()))
		must(b.T, b.online.redeem(b.account, b.online.mailed(string(b.online.order(b.order).Recipient))))
	case "charged back":
		b.online.act(b.order, checkout.Contest, "")
	case "the bank keeps the money":
		b.online.act(b.order, checkout.KeepForAll, "")
	case "the bank gives the money back":
		b.online.act(b.order, checkout.GiveBack, "")
	default:
		b.T.Fatalf("docs/accounting.md has a step %q, which is none", name)
	}
}

// settleDay has the shop's file of the day settled, the day after.
func (b *bookkeeper) settleDay() {
	b.tomorrow()
	b.settle(january, b.file(), nil)
}

// imported is an active card of another system.
func (b *bookkeeper) imported(left money.Amount) engine.Printed {
	b.T.Helper()
	code, err := giftcode.New(rand.Reader)
	must(b.T, err)
	taking, err := b.Engine.NewImport(operator, chosen, []byte("a file"), 1, false)
	must(b.T, err)
	_, err = b.Engine.ImportCards(b.T.Context(), operator, taking, []engine.Foreign{{Code: code, State: giftcard.Active, Value: left}})
	must(b.T, err)
	sight, _, err := b.Engine.CheckCard(b.T.Context(), operator, code.Entered())
	must(b.T, err)
	serial, err := giftcode.ParseSerial(sight.Serial)
	must(b.T, err)
	return engine.Printed{Serial: serial, Code: code}
}

// Printed is a card in the shop's hands whose value its buyer chooses.
func (b *bookkeeper) Printed() engine.Printed { return b.settling.tills.card(chosen, corner) }

// entered are the transfers that were entered since it was asked last, as rows of the document.
func (b *bookkeeper) entered() (rows []string) {
	b.T.Helper()
	beside := storetest.SQL(b.T, b.Path)
	found, err := beside.Query(`SELECT transfer_id, debit, credit, amount, currency FROM card_transfers
UNION ALL SELECT transfer_id, debit, credit, amount, currency FROM transfers
UNION ALL SELECT transfer_id, debit, credit, amount, currency FROM order_transfers
UNION ALL SELECT transfer_id, debit, credit, amount, currency FROM settlement_transfers ORDER BY 1`)
	must(b.T, err)
	for found.Next() {
		var id, debit, credit, currency string
		var minor int64
		must(b.T, found.Scan(&id, &debit, &credit, &minor, &currency))
		if !b.seen[id] {
			b.seen[id] = true
			rows = append(rows, fmt.Sprintf("%s | %s | %s", debit, credit, money.New(minor, money.MustCurrency(currency)).Decimal()))
		}
	}
	must(b.T, found.Err())
	must(b.T, found.Close())
	return rows
}

// TestTheBooksOfTheDocument: each table of docs/accounting.md is lived, and enters the transfers that it says.
func TestTheBooksOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/accounting.md")
	must(t, err)
	sections := strings.Split(string(text), "\n## ")[1:]
	lived := 0
	for _, section := range sections {
		title, body, _ := strings.Cut(section, "\n")
		_, table, is := strings.Cut(body, "| what happens | debit | credit | amount |\n|---|---|---|---:|\n")
		if !is {
			continue
		}
		lived++
		t.Run(title, func(t *testing.T) { liveTable(t, table) })
	}
	if lived < 16 {
		t.Errorf("%d tables were found", lived)
	}
}

func liveTable(t *testing.T, table string) {
	w := newSettling(t)
	b := bookkeeper{settling: w, account: w.Account("m@example.com", country(t), usd), seen: map[string]bool{}, online: &counter{w.World, w.terms}}
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	named := ""
	check := func() {
		if got := b.entered(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s enters\n%s\nand the document says\n%s", named, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		b.Verify()
		want = nil
	}
	for row := range strings.Lines(table) {
		name, transfer, _ := strings.Cut(strings.Trim(strings.TrimSpace(row), "| "), " | ")
		if strings.HasPrefix(row, "| | ") {
			want = append(want, strings.Trim(strings.TrimSpace(row), "| "))
			continue
		}
		if named != "" {
			check()
		}
		named = name
		b.step(name)
		if !strings.HasPrefix(transfer, "–") {
			want = append(want, transfer)
		}
	}
	check()
}
