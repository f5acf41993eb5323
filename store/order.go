package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/access"
	"scrip/catalog"
	"scrip/ledger"
	"scrip/money"
	"scrip/purchase"
	"scrip/store/query"
)

// Order is an online order's row.
type Order struct {
	purchase.Order
	Digest        string // of its card; empty until it is delivered
	BuyerLanguage string
	Zone          string // the recipient's
	Payment       string // what the gateway calls its payment; empty until one was begun
	MovedAt       time.Time
	DueAt         time.Time // zero where nothing is to be done
	Attempts      int       // to do it
}

// AddOrder adds an order that was placed, due at an instant.
func (tx *Tx) AddOrder(ctx context.Context, o Order) error {
	return tx.q.InsertOrder(ctx, query.InsertOrderParams{OrderID: o.ID, State: string(o.State), Product: string(o.Product), Country: o.Country.String(),
		Value: o.Value.Minor(), Currency: o.Value.Currency().String(), Design: string(o.Gift.Design), SenderName: o.Gift.From, RecipientName: o.Gift.To,
		Message: o.Gift.Message, Language: o.Gift.Language, Buyer: string(o.Buyer), BuyerLanguage: o.BuyerLanguage, Recipient: string(o.Recipient),
		Zone: o.Zone, PlacedAt: tx.Now.UnixMicro(), DeliverAt: o.DeliverAt.UnixMicro(), DueAt: dueMicros(o.DueAt)})
}

// Order reads an order, or ErrNotFound.
func (tx *Tx) Order(ctx context.Context, id string) (Order, error) {
	row, err := tx.q.OrderByID(ctx, id)
	return orderOf(row, err)
}

// LockOrder is Order for changing it. It is locked before its card is.
func (tx *Tx) LockOrder(ctx context.Context, id string) (Order, error) {
	row, err := tx.q.LockOrder(ctx, id)
	return orderOf(row, err)
}

// MoveOrder writes an order's new state, guarded by the one and the card that it had: ErrConflict says that it has another.
func (tx *Tx) MoveOrder(ctx context.Context, was, now Order) error {
	return one(tx.q.MoveOrder(ctx, query.MoveOrderParams{OrderID: was.ID, State: string(now.State), Recipient: string(now.Recipient), Digest: now.Digest,
		Serial: now.Serial, Taken: now.Taken.Minor(), Froze: now.Froze, MovedAt: tx.Now.UnixMicro(), DueAt: dueMicros(now.DueAt), Was: string(was.State), WasSerial: was.Serial}))
}

// BeginPayment keeps what the gateway calls an order's payment, once, of which it is asked again at an instant:
// ErrConflict says that it has another, or waits for none any more.
func (tx *Tx) BeginPayment(ctx context.Context, order, payment string, ask time.Time) error {
	return one(tx.q.BeginPayment(ctx, query.BeginPaymentParams{OrderID: order, Payment: payment, DueAt: dueMicros(ask)}))
}

// CallOrder makes an order due now: something was told of its payment.
func (tx *Tx) CallOrder(ctx context.Context, id string) error {
	_, err := tx.q.CallOrder(ctx, query.CallOrderParams{OrderID: id, DueAt: dueMicros(tx.Now)})
	return err
}

// RestOrder makes an order, with which nothing is to be done now, due again at an instant, or, at no instant, never.
func (tx *Tx) RestOrder(ctx context.Context, o Order, until time.Time) error {
	_, err := tx.q.RestOrder(ctx, query.RestOrderParams{OrderID: o.ID, DueAt: dueMicros(until), Was: string(o.State)})
	return err
}

// DueOrders are the orders with which something is to be done at an instant.
func (tx *Tx) DueOrders(ctx context.Context, at time.Time, most int) ([]string, error) {
	return tx.q.DueOrders(ctx, query.DueOrdersParams{DueAt: dueMicros(at), Limit: int32(most)})
}

// LeaseOrder takes an order that is due for one attempt, and makes it due again later. ErrConflict says that it is not
// due: it is done, or somebody else has it.
func (tx *Tx) LeaseOrder(ctx context.Context, id string, until time.Time) error {
	return one(tx.q.LeaseOrder(ctx, query.LeaseOrderParams{OrderID: id, DueAt: dueMicros(until), Now: dueMicros(tx.Now)}))
}

// AddOrderTransfer enters a transfer on an order's side of the books.
func (tx *Tx) AddOrderTransfer(ctx context.Context, order string, t ledger.Transfer) error {
	return tx.q.InsertOrderTransfer(ctx, query.InsertOrderTransferParams{OrderID: order, TransferID: NewID(), Debit: string(t.Debit.Name),
		Credit: string(t.Credit.Name), Amount: t.Amount.Minor(), Currency: t.Amount.Currency().String(), At: tx.Now.UnixMicro()})
}

// OrderLetter is a letter that is due about an order. The digest is of the card whose code a gift mail tells.
type OrderLetter struct {
	Order    string
	Key      string
	Kind     purchase.Letter
	Digest   string
	Attempts int
}

// AddOrderLetter queues a letter, unless one of its key was queued already.
func (tx *Tx) AddOrderLetter(ctx context.Context, l OrderLetter) error {
	return tx.q.InsertOrderLetter(ctx, query.InsertOrderLetterParams{OrderID: l.Order, Key: l.Key, Kind: string(l.Kind), Digest: l.Digest, DueAt: dueMicros(tx.Now)})
}

// DueOrderLetters are the letters about orders to send at an instant.
func (tx *Tx) DueOrderLetters(ctx context.Context, at time.Time, most int) ([]OrderLetter, error) {
	rows, err := tx.q.DueOrderLetters(ctx, query.DueOrderLettersParams{DueAt: dueMicros(at), Limit: int32(most)})
	letters := make([]OrderLetter, len(rows))
	for i, row := range rows {
		letters[i] = OrderLetter{row.OrderID, row.Key, purchase.Letter(row.Kind), row.Digest, int(row.Attempts)}
	}
	return letters, err
}

// LeaseOrderLetter takes a letter for one attempt to send it, and reports whether nobody else has it.
func (tx *Tx) LeaseOrderLetter(ctx context.Context, l OrderLetter, until time.Time) (bool, error) {
	return mine(tx.q.LeaseOrderLetter(ctx, query.LeaseOrderLetterParams{OrderID: l.Order, Key: l.Key, Attempts: int64(l.Attempts), DueAt: dueMicros(until)}))
}

// DelayOrderLetter makes a letter that was taken, and could not be sent, due again at an instant.
func (tx *Tx) DelayOrderLetter(ctx context.Context, l OrderLetter, until time.Time) error {
	_, err := tx.q.DelayOrderLetter(ctx, query.DelayOrderLetterParams{OrderID: l.Order, Key: l.Key, Attempts: int64(l.Attempts) + 1, DueAt: dueMicros(until)})
	return err
}

// SettleOrderLetter records how a letter ended, and reports whether it was not recorded before.
func (tx *Tx) SettleOrderLetter(ctx context.Context, l OrderLetter, fate Fate) (bool, error) {
	return mine(tx.q.SettleOrderLetter(ctx, query.SettleOrderLetterParams{OrderID: l.Order, Key: l.Key, State: string(fate)}))
}

// LapseGifts has gift mails that were not sent yet sent no more: their codes are dead.
func (tx *Tx) LapseGifts(ctx context.Context, order string) error {
	_, err := tx.q.LapseGifts(ctx, order)
	return err
}

// LetterState is what became of a letter about an order.
type LetterState struct {
	Kind   purchase.Letter
	Digest string
	Fate   Fate // empty while it is queued
}

// OrderLetters are the letters about an order, the oldest first.
func (tx *Tx) OrderLetters(ctx context.Context, order string) ([]LetterState, error) {
	rows, err := tx.q.OrderLetters(ctx, order)
	letters := make([]LetterState, len(rows))
	for i, row := range rows {
		letters[i] = LetterState{Kind: purchase.Letter(row.Kind), Digest: row.Digest}
		if row.DueAt == nil {
			letters[i].Fate = Fate(row.State)
		}
	}
	return letters, err
}

// EraseSealedCode erases a card's sealed code: it was told, or will not be.
func (tx *Tx) EraseSealedCode(ctx context.Context, digest string) error {
	_, err := tx.q.EraseSealedCode(ctx, digest)
	return err
}

// dueMicros is an instant at which something is due as a row has it, or none.
func dueMicros(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	return new(at.UnixMicro())
}

func orderOf(row query.Order, err error) (Order, error) {
	if err != nil {
		return Order{}, found(err)
	}
	currency, failedCurrency := money.ParseCurrency(row.Currency)
	country, failedCountry := catalog.ParseCountry(row.Country)
	if err := errors.Join(failedCurrency, failedCountry); err != nil {
		return Order{}, fmt.Errorf("order %s: %w", row.OrderID, err)
	}
	return Order{Order: purchase.Order{ID: row.OrderID, State: purchase.State(row.State), Product: catalog.ProductID(row.Product), Country: country,
		Value: money.New(row.Value, currency), Buyer: access.Email(row.Buyer), Recipient: access.Email(row.Recipient), PlacedAt: instant(row.PlacedAt),
		DeliverAt: instant(row.DeliverAt), Serial: row.Serial, Taken: money.New(row.Taken, currency), Froze: row.Froze,
		Gift: purchase.Gift{Design: purchase.Design(row.Design), From: row.SenderName, To: row.RecipientName, Message: row.Message, Language: row.Language}},
		Digest: row.Digest, BuyerLanguage: row.BuyerLanguage, Zone: row.Zone, Payment: row.Payment, MovedAt: instant(row.MovedAt),
		DueAt: instantOr(row.DueAt), Attempts: int(row.Attempts)}, nil
}
