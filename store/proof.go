package store

import (
	"context"
	"strings"

	"scrip/audit"
	"scrip/calendar"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/query"
)

const (
	// auditPage is how many rows are read at once.
	auditPage = 2000
	// findingsKept is how many disagreements are told.
	findingsKept = 20
)

// Proof reads all that the books rest on, in one read transaction beside whatever writes, and checks
// every part against every other.
func (db *DB) Proof(ctx context.Context) (proof audit.Proof, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		books := audit.New(findingsKept)
		a := auditor{ctx, tx.q, books, map[string]money.Currency{}}
		for _, read := range []func() error{a.accounts, a.cards, a.lots, a.charges, a.authorizations, a.orders, a.transfers, a.cardTransfers,
			a.orderTransfers, a.settlementTransfers} {
			if err := read(); err != nil {
				return err
			}
		}
		proof = books.Proof()
		return nil
	})
	return proof, err
}

// auditor reads page after page, each from the last row of the one before.
type auditor struct {
	ctx        context.Context
	q          *query.Queries
	books      *audit.Books
	currencies map[string]money.Currency // of the accounts
}

func (a auditor) accounts() error {
	last := ""
	for {
		rows, err := a.q.AuditAccounts(a.ctx, query.AuditAccountsParams{AccountID: last, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			currency, err := money.ParseCurrency(row.Currency)
			if err != nil {
				return err
			}
			a.currencies[row.AccountID] = currency
			a.books.AddAccount(audit.Account{ID: row.AccountID, Currency: currency, Balance: money.New(row.Balance, currency),
				Authorized: money.New(row.Authorized, currency)})
			last = row.AccountID
		}
	}
}

func (a auditor) cards() error {
	last := ""
	for {
		rows, err := a.q.AuditCards(a.ctx, query.AuditCardsParams{Digest: last, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			currency, err := money.ParseCurrency(row.Currency)
			if err != nil {
				return err
			}
			a.books.AddCard(audit.Card{Serial: row.Serial, State: giftcard.State(row.State), Value: money.New(row.Value, currency), RedeemedBy: row.RedeemedBy})
			last = row.Digest
		}
	}
}

func (a auditor) lots() error {
	account, position := "", int64(0)
	for {
		rows, err := a.q.AuditLots(a.ctx, query.AuditLotsParams{AccountID: account, Position: position, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			currency := a.currencies[row.AccountID]
			a.books.AddLot(audit.Lot{ID: row.LotID, Account: row.AccountID, Source: row.Source, Kind: prepaid.Kind(row.Kind),
				Value: money.New(row.Value, currency), Rest: money.New(row.Rest, currency)})
			account, position = row.AccountID, row.Position
		}
	}
}

func (a auditor) charges() error {
	account, charge := "", ""
	for {
		rows, err := a.q.AuditCharges(a.ctx, query.AuditChargesParams{AccountID: account, ChargeID: charge, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := a.charge(row); err != nil {
				return err
			}
			account, charge = row.AccountID, row.ChargeID
		}
	}
}

func (a auditor) charge(row query.Charge) error {
	currency := a.currencies[row.AccountID]
	start, err := calendar.Parse(row.PeriodStart)
	if err != nil {
		return err
	}
	end, err := calendar.Parse(row.EndedOn)
	if err != nil {
		return err
	}
	charge := audit.Charge{ID: row.ChargeID, Account: row.AccountID, Start: start, End: end,
		Total: money.New(row.Total, currency), Tax: money.New(row.Tax, currency)}
	lines, err := a.q.AuditChargeLines(a.ctx, query.AuditChargeLinesParams{AccountID: row.AccountID, ChargeID: row.ChargeID})
	for _, line := range lines {
		charge.Lines = append(charge.Lines, audit.Line{Lot: line.LotID, Source: line.Source, Amount: money.New(line.Amount, currency)})
	}
	a.books.AddCharge(charge)
	return err
}

func (a auditor) authorizations() error {
	account, authorization := "", ""
	for {
		rows, err := a.q.AuditAuthorizations(a.ctx, query.AuditAuthorizationsParams{AccountID: account, AuthorizationID: authorization, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			lines, err := a.q.AuthorizationLines(a.ctx, query.AuthorizationLinesParams{AccountID: row.AccountID, AuthorizationID: row.AuthorizationID})
			if err != nil {
				return err
			}
			currency := a.currencies[row.AccountID]
			kept, err := authorizationOf(row, lines, currency)
			if err != nil {
				return err
			}
			a.books.AddAuthorization(audit.Authorization{ID: row.AuthorizationID, Account: row.AccountID, Fate: prepaid.Fate(row.Fate),
				Asked: kept.Asked, Amount: money.New(row.Amount, currency), Captured: money.New(row.Captured, currency), Draws: kept.Draws})
			account, authorization = row.AccountID, row.AuthorizationID
		}
	}
}

func (a auditor) transfers() error {
	last := ""
	for {
		rows, err := a.q.AuditTransfers(a.ctx, query.AuditTransfersParams{TransferID: last, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			moved, err := transferOf(row.AccountID, row.Debit, row.Credit, row.Amount, row.Currency)
			if err != nil {
				return err
			}
			moved.ID = row.TransferID
			switch kind, id, _ := strings.Cut(row.Cause, ":"); CauseKind(kind) {
			case ByLot:
				moved.Lot = id
			case ByCharge:
				moved.Charge = id
			case ByQuestion:
			}
			a.books.AddTransfer(moved)
			last = row.TransferID
		}
	}
}

func (a auditor) cardTransfers() error {
	return a.besides(func(last string) (page []entered, err error) {
		rows, err := a.q.AuditCardTransfers(a.ctx, query.AuditCardTransfersParams{TransferID: last, Limit: auditPage})
		for _, row := range rows {
			page = append(page, entered{row.TransferID, row.Debit, row.Credit, row.Amount, row.Currency})
		}
		return page, err
	})
}

func (a auditor) orders() error {
	last := ""
	for {
		rows, err := a.q.AuditOrders(a.ctx, query.AuditOrdersParams{OrderID: last, Limit: auditPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			order, err := orderOf(row, nil)
			if err != nil {
				return err
			}
			a.books.AddOrder(order.Order)
			last = row.OrderID
		}
	}
}

func (a auditor) orderTransfers() error {
	return a.besides(func(last string) (page []entered, err error) {
		rows, err := a.q.AuditOrderTransfers(a.ctx, query.AuditOrderTransfersParams{TransferID: last, Limit: auditPage})
		for _, row := range rows {
			page = append(page, entered{row.TransferID, row.Debit, row.Credit, row.Amount, row.Currency})
		}
		return page, err
	})
}

func (a auditor) settlementTransfers() error {
	return a.besides(func(last string) (page []entered, err error) {
		rows, err := a.q.AuditSettlementTransfers(a.ctx, query.AuditSettlementTransfersParams{TransferID: last, Limit: auditPage})
		for _, row := range rows {
			page = append(page, entered{row.TransferID, row.Debit, row.Credit, row.Amount, row.Currency})
		}
		return page, err
	})
}

// entered is a transfer as its row has it.
type entered struct {
	TransferID, Debit, Credit string
	Amount                    int64
	Currency                  string
}

// besides adds transfers beside the accounts', which are read in pages behind the last of the one before.
func (a auditor) besides(read func(last string) ([]entered, error)) error {
	last := ""
	for {
		rows, err := read(last)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			moved, err := transferOf("", row.Debit, row.Credit, row.Amount, row.Currency)
			if err != nil {
				return err
			}
			moved.ID = row.TransferID
			a.books.AddTransfer(moved)
			last = row.TransferID
		}
	}
}

func transferOf(owner, debit, credit string, amount int64, code string) (audit.Transfer, error) {
	currency, err := money.ParseCurrency(code)
	return audit.Transfer{Debit: accountIn(ledger.Name(debit), owner), Credit: accountIn(ledger.Name(credit), owner), Amount: money.New(amount, currency)}, err
}

// accountIn is the account of a name as a member's row has it: the member's, or the service's.
func accountIn(name ledger.Name, owner string) ledger.Account {
	if name.System() {
		return ledger.Of(name)
	}
	return ledger.For(name, owner)
}
