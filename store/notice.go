package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"scrip/catalog"
	"scrip/money"
	"scrip/notice"
	"scrip/store/query"
)

// Fate is how a notice ended.
type Fate string

// The fates. A lapsed notice had lost its point before it could be sent; a failed one has an address
// that takes no mail.
const (
	NoticeSent   Fate = "sent"
	NoticeLapsed Fate = "lapsed"
	NoticeFailed Fate = "failed"
)

// Notice is a queued notice's row.
type Notice struct {
	Account  string
	Notice   notice.Notice
	Attempts int
}

// noticeBody is a notice as JSON: an amount is minor units of the account's currency.
type noticeBody struct {
	Kind      notice.Kind    `json:"kind"`
	On        string         `json:"on"`
	Card      string         `json:"card,omitempty"`
	Currency  money.Currency `json:"currency"`
	Amount    int64          `json:"amount,omitempty"`
	Balance   int64          `json:"balance"`
	Plan      catalog.PlanID `json:"plan,omitempty"`
	RunsOut   string         `json:"runs_out,omitempty"`
	PaidUntil string         `json:"paid_until,omitempty"`
	CloseOn   string         `json:"close_on,omitempty"`
	Then      notice.Then    `json:"then,omitempty"`
}

// noticeQueued is the state of a notice that has not ended.
const noticeQueued = "queued"

// AddNotice queues a notice, unless one of its key was queued already. Those in parcels do not count: see Parcel.
func (tx *Tx) AddNotice(account string, currency money.Currency, n notice.Notice) error {
	row, err := tx.noticeRow(account, currency, n)
	tx.unit.rows.notices = append(tx.unit.rows.notices, row)
	return err
}

// PackNotice packs a notice into the transaction's parcel, taken for a first attempt to send it until an instant.
func (tx *Tx) PackNotice(account string, currency money.Currency, n notice.Notice, taken time.Time) (*Parcel, error) {
	row, err := tx.noticeRow(account, currency, n)
	row.DueAt = taken.UnixMicro()
	return tx.unit.pack(row), err
}

func (tx *Tx) noticeRow(account string, currency money.Currency, n notice.Notice) (query.Notice, error) {
	body, err := json.Marshal(noticeBody{n.Kind, n.On.String(), n.Card, currency, n.Amount.Minor(), n.Balance.Minor(), n.Plan,
		n.RunsOut.String(), n.PaidUntil.String(), n.CloseOn.String(), n.Then})
	return query.Notice{AccountID: account, Key: n.Key, Kind: string(n.Kind), Body: string(body), State: noticeQueued,
		DueAt: tx.Now.UnixMicro(), CreatedAt: tx.Now.UnixMicro()}, err
}

// addNotices writes notices, but those whose keys are there, and tells how many it wrote.
func (tx *Tx) addNotices(ctx context.Context, rows []query.Notice) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	slices.SortFunc(rows, inOrder)
	return tx.q.InsertNotices(ctx, columns[query.InsertNoticesParams](rows))
}

// inOrder is the order in which notices are locked.
func inOrder(a, b query.Notice) int {
	return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Key, b.Key))
}

// sentAlways is the kind of notice that never loses its point. The others wait while their account has
// something due or asks a payment method: only then is it known whether they still have one.
const sentAlways = string(notice.CardApplied)

// DueNotices are the notices to send at an instant, in order.
func (tx *Tx) DueNotices(ctx context.Context, at time.Time, most int) ([]Notice, error) {
	rows, err := tx.q.DueNotices(ctx, query.DueNoticesParams{DueAt: at.UnixMicro(), Always: sentAlways, Limit: int32(most)})
	if err != nil {
		return nil, err
	}
	notices := make([]Notice, len(rows))
	for i, row := range rows {
		n, err := noticeOf(row.Key, row.Body)
		if err != nil {
			return nil, fmt.Errorf("notice %s of account %s: %w", row.Key, row.AccountID, err)
		}
		notices[i] = Notice{row.AccountID, n, int(row.Attempts)}
	}
	return notices, nil
}

func noticeOf(key, text string) (notice.Notice, error) {
	var body noticeBody
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return notice.Notice{}, err
	}
	var d dates
	n := notice.Notice{Kind: body.Kind, Key: key, On: d.parse(body.On), Card: body.Card, Amount: money.New(body.Amount, body.Currency),
		Balance: money.New(body.Balance, body.Currency), Plan: body.Plan, RunsOut: d.parse(body.RunsOut),
		PaidUntil: d.parse(body.PaidUntil), CloseOn: d.parse(body.CloseOn), Then: body.Then}
	return n, d.failed
}

// NoticeKey names a notice.
type NoticeKey struct{ AccountID, Key string }

// Key is the notice's name.
func (n Notice) Key() NoticeKey { return NoticeKey{n.Account, n.Notice.Key} }

// LeaseNotices takes notices for one attempt to send each, and gives those that nobody else has: until the lease
// ends they are not due again.
func (tx *Tx) LeaseNotices(ctx context.Context, notices []Notice, until time.Time) (map[NoticeKey]bool, error) {
	leased := make(map[NoticeKey]bool, len(notices))
	if len(notices) == 0 {
		return leased, nil
	}
	rows := make([]query.Notice, len(notices))
	slices.SortFunc(notices, func(a, b Notice) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Notice.Key, b.Notice.Key))
	})
	for at, n := range notices {
		rows[at] = query.Notice{AccountID: n.Account, Key: n.Notice.Key, Attempts: int64(n.Attempts), DueAt: until.UnixMicro()}
	}
	mine, err := tx.q.LeaseNotices(ctx, columns[query.LeaseNoticesParams](rows))
	for _, row := range mine {
		leased[NoticeKey(row)] = true
	}
	return leased, err
}

// DelayNotice makes a notice that was taken, and could not be sent, due again at an instant.
func (tx *Tx) DelayNotice(ctx context.Context, n Notice, until time.Time) error {
	_, err := tx.q.DelayNotice(ctx, query.DelayNoticeParams{AccountID: n.Account, Key: n.Notice.Key,
		Attempts: int64(n.Attempts) + 1, DueAt: until.UnixMicro()})
	return err
}

// SettleNotices records how notices ended.
func (tx *Tx) SettleNotices(ctx context.Context, fates map[NoticeKey]Fate) error {
	rows := make([]query.Notice, 0, len(fates))
	for key, fate := range fates {
		rows = append(rows, query.Notice{AccountID: key.AccountID, Key: key.Key, State: string(fate), SettledAt: new(tx.Now.UnixMicro())})
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, inOrder)
	_, err := tx.q.SettleNotices(ctx, columns[query.SettleNoticesParams](rows))
	return err
}

// CountNotices counts the notices by their state, which is "queued" or a Fate, and those in parcels that were sent.
func (tx *Tx) CountNotices(ctx context.Context) (map[string]int64, error) {
	rows, err := tx.q.CountNotices(ctx)
	inParcels, failed := tx.q.CountSent(ctx)
	counts := map[string]int64{}
	if inParcels > 0 {
		counts[string(NoticeSent)] = inParcels
	}
	for _, row := range rows {
		counts[row.State] += row.Count
	}
	return counts, errors.Join(err, failed)
}

// NextDue is the earliest instant at which an account, a question, a notice, a parcel, a delivery, or an order or a letter about
// one is due, or zero. A notice that waits for its account is due when that is.
func (tx *Tx) NextDue(ctx context.Context) (time.Time, error) {
	accounts, failedAccounts := tx.q.NextDue(ctx)
	questions, failedQuestions := tx.q.NextQuestion(ctx)
	notices, failedNotices := tx.q.NextNotice(ctx, sentAlways)
	parcels, failedParcels := tx.q.NextParcel(ctx)
	deliveries, failedDeliveries := tx.q.NextDelivery(ctx)
	orders, failedOrders := tx.q.NextOrder(ctx)
	letters, failedLetters := tx.q.NextOrderLetter(ctx)
	var next time.Time
	for _, micros := range []int64{accounts, questions, notices, parcels, deliveries, orders, letters} {
		if at := instant(micros); micros > 0 && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, errors.Join(failedAccounts, failedQuestions, failedNotices, failedParcels, failedDeliveries, failedOrders, failedLetters)
}

func mine(changed int64, err error) (bool, error) { return changed == 1, err }
