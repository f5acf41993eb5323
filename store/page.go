package store

import (
	"context"
	"fmt"
	"time"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/history"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/query"
)

// A page is read from behind the last row of the one before it, which names itself; "" is before the first.

// CardFilter says which cards are listed; what is empty is not asked for.
type CardFilter struct {
	State   giftcard.State
	Batch   string
	Product catalog.ProductID
}

// Cards are cards that a filter lets through: those of a batch by serial number, others in no order of meaning.
func (tx *Tx) Cards(ctx context.Context, filter CardFilter, after string, most int) (cards []Card, last string, err error) {
	var rows []query.Card
	if filter.Batch != "" {
		rows, err = tx.q.CardsOfBatch(ctx, query.CardsOfBatchParams{Batch: filter.Batch, Serial: after, Limit: int32(most),
			State: string(filter.State), Product: string(filter.Product)})
	} else {
		rows, err = tx.q.CardsPage(ctx, query.CardsPageParams{Digest: after, Limit: int32(most), State: string(filter.State),
			Product: string(filter.Product)})
	}
	for _, row := range rows {
		card, err := cardOf(row, nil)
		if err != nil {
			return nil, "", err
		}
		cards, last = append(cards, card), row.Digest
		if filter.Batch != "" {
			last = row.Serial
		}
	}
	return cards, last, err
}

// LotsFrom are lots of an account in the order redeemed, from behind a position on.
func (tx *Tx) LotsFrom(ctx context.Context, account string, currency money.Currency, after int64, most int) ([]Lot, error) {
	rows, err := tx.q.LotsPage(ctx, query.LotsPageParams{AccountID: account, Position: after, Limit: int32(most)})
	lots := make([]Lot, len(rows))
	for at, row := range rows {
		lots[at] = lotOf(row, currency)
	}
	return lots, err
}

func lotOf(row query.Lot, currency money.Currency) Lot {
	return Lot{prepaid.Lot{ID: row.LotID, Source: row.Source, Kind: prepaid.Kind(row.Kind), Rest: money.New(row.Rest, currency), Place: row.Position},
		row.Position, money.New(row.Value, currency), instant(row.RedeemedAt)}
}

// ChargesBefore are charges of an account with their lines, the newest first, from before an id on.
func (tx *Tx) ChargesBefore(ctx context.Context, account string, currency money.Currency, before string, most int) ([]Charge, error) {
	rows, err := tx.q.ChargesPage(ctx, query.ChargesPageParams{AccountID: account, ChargeID: orLast(before), Limit: int32(most)})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lines, err := tx.q.LinesOfCharges(ctx, query.LinesOfChargesParams{AccountID: account, First: rows[len(rows)-1].ChargeID, Last: rows[0].ChargeID})
	if err != nil {
		return nil, err
	}
	of := map[string][]history.Line{}
	for _, line := range lines {
		of[line.ChargeID] = append(of[line.ChargeID], history.Line{Source: line.Source, Amount: money.New(line.Amount, currency)})
	}
	charges := make([]Charge, len(rows))
	for at, row := range rows {
		if charges[at], err = chargeOf(row, currency); err != nil {
			return nil, fmt.Errorf("charge %s: %w", row.ChargeID, err)
		}
		charges[at].Lines = of[row.ChargeID]
	}
	return charges, nil
}

// Entered is a transfer as it stands in the ledger.
type Entered struct {
	ID            string
	Debit, Credit ledger.Name
	Amount        money.Amount
	Cause         string
	At            time.Time
}

// TransfersBefore are transfers on an account's side of the books, the newest first, from before an id on.
func (tx *Tx) TransfersBefore(ctx context.Context, account, before string, most int) ([]Entered, error) {
	rows, err := tx.q.TransfersPage(ctx, query.TransfersPageParams{AccountID: account, TransferID: orLast(before), Limit: int32(most)})
	transfers := make([]Entered, len(rows))
	for at, row := range rows {
		currency, err := money.ParseCurrency(row.Currency)
		if err != nil {
			return nil, fmt.Errorf("transfer %s: %w", row.TransferID, err)
		}
		transfers[at] = Entered{row.TransferID, ledger.Name(row.Debit), ledger.Name(row.Credit), money.New(row.Amount, currency),
			row.Cause, instant(row.At)}
	}
	return transfers, err
}
