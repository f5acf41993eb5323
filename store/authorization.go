package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store/query"
)

// Authorization is an authorization's row.
type Authorization struct {
	prepaid.Authorization
	Fate     prepaid.Fate
	Captured money.Amount
	EndedOn  calendar.Date // zero while it is open
	MadeAt   time.Time
}

// AddAuthorization adds an open authorization with its lines, and takes from the lots what it keeps. The write
// fails with ErrConflict where a lot has less.
func (tx *Tx) AddAuthorization(account string, a prepaid.Authorization) {
	r := &tx.unit.rows
	r.authorizations = append(r.authorizations, query.Authorization{AccountID: account, AuthorizationID: a.ID, Reference: a.Reference,
		Asked: a.Asked.Minor(), Amount: a.Total().Minor(), Fate: string(prepaid.Open), MadeOn: a.On.String(), UntilOn: a.Until.String(),
		MadeAt: tx.Now.UnixMicro()})
	for at, d := range a.Draws {
		r.authorizationLines = append(r.authorizationLines, query.AuthorizationLine{AccountID: account, AuthorizationID: a.ID,
			Position: int64(at), LotID: d.Lot, LotPosition: d.Place, Source: d.Source, Kind: string(d.Kind), Amount: d.Amount.Minor()})
		tx.DrawLot(account, d)
	}
}

// EndAuthorization ends an open authorization, and gives back to the lots what it returns. The write fails with
// ErrConflict where it is not open.
func (tx *Tx) EndAuthorization(account string, e billing.Ending) {
	r := &tx.unit.rows
	r.ended = append(r.ended, query.Authorization{AccountID: account, AuthorizationID: e.Authorization.ID, Fate: string(e.Fate),
		Captured: prepaid.Total(e.Charged).Minor(), EndedOn: e.On.String(), EndedAt: new(tx.Now.UnixMicro())})
	for _, d := range e.Returned {
		r.draws = append(r.draws, draw{account, d.Lot, -d.Amount.Minor()})
	}
}

// endAtOnce ends those that were made in the same unit before they are written, and gives the others.
func (r *rows) endAtOnce() (others []query.Authorization) {
	made := make(map[string]*query.Authorization, len(r.authorizations))
	for at := range r.authorizations {
		made[r.authorizations[at].AuthorizationID] = &r.authorizations[at]
	}
	for _, e := range r.ended {
		if row := made[e.AuthorizationID]; row != nil {
			row.Fate, row.Captured, row.EndedOn, row.EndedAt = e.Fate, e.Captured, e.EndedOn, e.EndedAt
		} else {
			others = append(others, e)
		}
	}
	return others
}

// Authorization reads an authorization, or ErrNotFound.
func (tx *Tx) Authorization(ctx context.Context, account, id string, currency money.Currency) (Authorization, error) {
	row, err := tx.q.Authorization(ctx, query.AuthorizationParams{AccountID: account, AuthorizationID: id})
	if err != nil {
		return Authorization{}, found(err)
	}
	lines, err := tx.q.AuthorizationLines(ctx, query.AuthorizationLinesParams{AccountID: account, AuthorizationID: id})
	if err != nil {
		return Authorization{}, err
	}
	return rowOf(row, lines, currency)
}

// Authorizations are an account's authorizations, the newest first, that are older than one, or all.
func (tx *Tx) Authorizations(ctx context.Context, account, before string, currency money.Currency, most int) ([]Authorization, error) {
	if before == "" {
		before = "~" // behind every id
	}
	rows, err := tx.q.AuthorizationsBefore(ctx, query.AuthorizationsBeforeParams{AccountID: account, AuthorizationID: before, Limit: int32(most)})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lines, err := tx.q.AuthorizationLinesBetween(ctx, query.AuthorizationLinesBetweenParams{AccountID: account,
		FirstID: rows[len(rows)-1].AuthorizationID, LastID: rows[0].AuthorizationID})
	if err != nil {
		return nil, err
	}
	of := linesOf(lines)
	all := make([]Authorization, len(rows))
	for at, row := range rows {
		if all[at], err = rowOf(row, of[row.AuthorizationID], currency); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func linesOf(lines []query.AuthorizationLine) map[string][]query.AuthorizationLine {
	of := map[string][]query.AuthorizationLine{}
	for _, line := range lines {
		of[line.AuthorizationID] = append(of[line.AuthorizationID], line)
	}
	return of
}

func rowOf(row query.Authorization, lines []query.AuthorizationLine, currency money.Currency) (Authorization, error) {
	var d dates
	ended := d.parse(row.EndedOn)
	a, err := authorizationOf(row, lines, currency)
	return Authorization{a, prepaid.Fate(row.Fate), money.New(row.Captured, currency), ended, instant(row.MadeAt)}, errors.Join(err, d.failed)
}

func authorizationOf(row query.Authorization, lines []query.AuthorizationLine, currency money.Currency) (prepaid.Authorization, error) {
	var d dates
	a := prepaid.Authorization{ID: row.AuthorizationID, Reference: row.Reference, Asked: money.New(row.Asked, currency),
		On: d.parse(row.MadeOn), Until: d.parse(row.UntilOn)}
	for _, line := range lines {
		a.Draws = append(a.Draws, prepaid.Draw{Lot: line.LotID, Source: line.Source, Kind: prepaid.Kind(line.Kind),
			Amount: money.New(line.Amount, currency), Place: line.LotPosition})
	}
	if d.failed != nil {
		return a, fmt.Errorf("authorization %s: %w", row.AuthorizationID, d.failed)
	}
	return a, nil
}

// openOf are the open authorizations of accounts, by account, in the order made.
func openOf(ctx context.Context, q *query.Queries, currencies map[string]money.Currency, accounts []string) (map[string][]prepaid.Authorization, error) {
	rows, err := q.OpenAuthorizations(ctx, accounts)
	if err != nil {
		return nil, err
	}
	lines, err := q.OpenAuthorizationLines(ctx, accounts)
	if err != nil {
		return nil, err
	}
	of := linesOf(lines)
	open := map[string][]prepaid.Authorization{}
	for _, row := range rows {
		a, err := authorizationOf(row, of[row.AuthorizationID], currencies[row.AccountID])
		if err != nil {
			return nil, err
		}
		open[row.AccountID] = append(open[row.AccountID], a)
	}
	return open, nil
}
