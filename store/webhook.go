package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"scrip/feed"
	"scrip/store/query"
)

// EndpointState is whether events are delivered to an endpoint.
type EndpointState string

// The states of an endpoint. One that is gone has answered that it wants no more.
const (
	EndpointEnabled  EndpointState = "enabled"
	EndpointDisabled EndpointState = "disabled"
	EndpointGone     EndpointState = "gone"
)

// Endpoint is where events are delivered.
type Endpoint struct {
	ID         string
	URL        string
	Types      []feed.Type // none for all
	Secret     string      // its name: the secret itself is not kept
	OldSecret  string      // counts beside the secret until OldUntil
	OldUntil   time.Time
	State      EndpointState
	Cursor     feed.Cursor // behind what was queued
	Failures   int         // passes in a row in which it took nothing
	RestsUntil time.Time
	CreatedAt  time.Time
}

// AddEndpoint adds an endpoint that is enabled.
func (tx *Tx) AddEndpoint(ctx context.Context, e Endpoint) error {
	types, err := json.Marshal(e.Types)
	if err != nil {
		return err
	}
	return tx.q.InsertEndpoint(ctx, query.InsertEndpointParams{EndpointID: e.ID, Url: e.URL, Types: string(types), Secret: e.Secret,
		Cursor: e.Cursor.String(), CreatedAt: tx.Now.UnixMicro()})
}

// Endpoint reads an endpoint, or ErrNotFound.
func (tx *Tx) Endpoint(ctx context.Context, id string) (Endpoint, error) {
	return endpointOf(tx.q.Endpoint(ctx, id))
}

// LockEndpoint is Endpoint for changing it, or what is queued for it: nobody else does meanwhile.
func (tx *Tx) LockEndpoint(ctx context.Context, id string) (Endpoint, error) {
	return endpointOf(tx.q.LockEndpoint(ctx, id))
}

// Endpoints are the endpoints behind an id.
func (tx *Tx) Endpoints(ctx context.Context, after string, most int) ([]Endpoint, error) {
	rows, err := tx.q.Endpoints(ctx, query.EndpointsParams{EndpointID: after, Limit: int32(most)})
	endpoints := make([]Endpoint, len(rows))
	for at, row := range rows {
		var failed error
		endpoints[at], failed = endpointOf(row, nil)
		err = errors.Join(err, failed)
	}
	return endpoints, err
}

// SaveEndpoint writes an endpoint that is locked.
func (tx *Tx) SaveEndpoint(ctx context.Context, e Endpoint) error {
	types, err := json.Marshal(e.Types)
	if err != nil {
		return err
	}
	return one(tx.q.UpdateEndpoint(ctx, query.UpdateEndpointParams{EndpointID: e.ID, Url: e.URL, Types: string(types), Secret: e.Secret,
		OldSecret: e.OldSecret, OldUntil: micros(e.OldUntil), State: string(e.State), Cursor: e.Cursor.String(),
		Failures: int64(e.Failures), RestsUntil: micros(e.RestsUntil)}))
}

// DeleteEndpoint deletes an endpoint that is locked, with all that was queued for it.
func (tx *Tx) DeleteEndpoint(ctx context.Context, id string) error {
	if _, err := tx.q.DeleteDeliveries(ctx, id); err != nil {
		return err
	}
	return one(tx.q.DeleteEndpoint(ctx, id))
}

func endpointOf(row query.Endpoint, err error) (Endpoint, error) {
	if err != nil {
		return Endpoint{}, found(err)
	}
	e := Endpoint{ID: row.EndpointID, URL: row.Url, Secret: row.Secret, OldSecret: row.OldSecret, OldUntil: moment(row.OldUntil),
		State: EndpointState(row.State), Failures: int(row.Failures), RestsUntil: moment(row.RestsUntil), CreatedAt: instant(row.CreatedAt)}
	failedTypes := json.Unmarshal([]byte(row.Types), &e.Types)
	cursor, failedCursor := feed.ParseCursor(row.Cursor)
	if e.Cursor = cursor; failedTypes != nil || failedCursor != nil {
		return e, fmt.Errorf("endpoint %s: %w", row.EndpointID, errors.Join(failedTypes, failedCursor))
	}
	return e, nil
}

// micros is an instant as it is kept, 0 for none, and moment is what it was.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return instant(micros)
}

// DeliveryState is where the delivery of an event to an endpoint stands.
type DeliveryState string

// The states of a delivery. A dead one was given up.
const (
	DeliveryQueued DeliveryState = "queued"
	Delivered      DeliveryState = "delivered"
	DeliveryDead   DeliveryState = "dead"
)

// DeliveryKey names a delivery to an endpoint: of one event of an account, a card or a batch.
type DeliveryKey struct {
	Subject string
	Number  int64
	Place   int
}

// number orders a subject's deliveries.
func (k DeliveryKey) number() int64 { return k.Number*feed.Places + int64(k.Place) }

func deliveryKey(subject string, number int64) DeliveryKey {
	return DeliveryKey{subject, number / feed.Places, int(number % feed.Places)}
}

// Delivery is one event that is delivered to one endpoint. Of a subject's events one is due at a time, the first that
// is neither delivered nor dead; those behind it wait.
type Delivery struct {
	DeliveryKey
	Endpoint  string
	Type      feed.Type
	State     DeliveryState
	Attempts  int
	DueAt     time.Time // zero for one that waits or is settled
	Answered  int       // the status of the last answer, 0 for none
	Problem   string    // what was wrong at last
	CreatedAt time.Time
	SettledAt time.Time
}

// deliveryRow is a delivery's row as statements on many take it.
type deliveryRow struct {
	AccountID, EndpointID, Type, State, Problem             string
	Number, Attempts, Answered, DueAt, CreatedAt, SettledAt int64
}

func rowsOfDeliveries(deliveries []Delivery) []deliveryRow {
	rows := make([]deliveryRow, len(deliveries))
	for at, d := range deliveries {
		rows[at] = deliveryRow{AccountID: d.Subject, EndpointID: d.Endpoint, Number: d.number(), Type: string(d.Type), State: string(d.State),
			Attempts: int64(d.Attempts), Answered: int64(d.Answered), Problem: d.Problem, DueAt: micros(d.DueAt),
			CreatedAt: micros(d.CreatedAt), SettledAt: micros(d.SettledAt)}
	}
	slices.SortFunc(rows, func(a, b deliveryRow) int { // in one order, as everything is locked
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Number, b.Number))
	})
	return rows
}

// QueueDeliveries queues deliveries to an endpoint that is locked, those too that were settled before; what is queued
// already stays as it is. The first of each subject is due.
func (tx *Tx) QueueDeliveries(ctx context.Context, deliveries []Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	for at := range deliveries {
		deliveries[at].CreatedAt = tx.Now
	}
	rows := rowsOfDeliveries(deliveries)
	if _, err := tx.q.QueueDeliveries(ctx, columns[query.QueueDeliveriesParams](rows)); err != nil {
		return err
	}
	return tx.callNext(ctx, rows)
}

// callNext makes due the first in line of each subject of some deliveries.
func (tx *Tx) callNext(ctx context.Context, rows []deliveryRow) error {
	lines := slices.CompactFunc(slices.Clone(rows), func(a, b deliveryRow) bool { return a.AccountID == b.AccountID })
	for at := range lines {
		lines[at].DueAt = tx.Now.UnixMicro()
	}
	_, err := tx.q.CallNext(ctx, columns[query.CallNextParams](lines))
	return err
}

// DueDeliveries are the deliveries to make to an endpoint now, the longest due first.
func (tx *Tx) DueDeliveries(ctx context.Context, endpoint string, most int) ([]Delivery, error) {
	rows, err := tx.q.DueDeliveries(ctx, query.DueDeliveriesParams{EndpointID: endpoint, DueAt: new(tx.Now.UnixMicro()), Limit: int32(most)})
	due := make([]Delivery, len(rows))
	for at, row := range rows {
		due[at] = Delivery{DeliveryKey: deliveryKey(row.AccountID, row.Number), Endpoint: row.EndpointID, Type: feed.Type(row.Type),
			State: DeliveryQueued, Attempts: int(row.Attempts)}
	}
	return due, err
}

// LeaseDeliveries takes deliveries for one attempt each, and gives those that nobody else has: until the lease ends
// they are not due again.
func (tx *Tx) LeaseDeliveries(ctx context.Context, deliveries []Delivery, until time.Time) (map[DeliveryKey]bool, error) {
	leased := make(map[DeliveryKey]bool, len(deliveries))
	rows := rowsOfDeliveries(deliveries)
	for at := range rows {
		rows[at].DueAt = until.UnixMicro()
	}
	mine, err := tx.q.LeaseDeliveries(ctx, columns[query.LeaseDeliveriesParams](rows))
	for _, row := range mine {
		leased[deliveryKey(row.AccountID, row.Number)] = true
	}
	return leased, err
}

// EndDeliveries records how attempts ended at deliveries that were leased, to an endpoint that is locked. Behind one
// that is settled the next is due. One whose lease somebody else has taken meanwhile stays as it is.
func (tx *Tx) EndDeliveries(ctx context.Context, deliveries []Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	rows := rowsOfDeliveries(deliveries)
	for at := range rows {
		rows[at].Attempts++ // as the lease counted
	}
	if _, err := tx.q.EndDeliveries(ctx, columns[query.EndDeliveriesParams](rows)); err != nil {
		return err
	}
	if rows = slices.DeleteFunc(rows, func(row deliveryRow) bool { return row.SettledAt == 0 }); len(rows) == 0 {
		return nil
	}
	return tx.callNext(ctx, rows)
}

// SendAgain makes one delivery due now, whatever became of it before, in no order with others.
func (tx *Tx) SendAgain(ctx context.Context, d Delivery) error {
	_, err := tx.q.SendAgain(ctx, query.SendAgainParams{AccountID: d.Subject, EndpointID: d.Endpoint, Number: d.number(),
		Type: string(d.Type), DueAt: new(tx.Now.UnixMicro()), CreatedAt: tx.Now.UnixMicro()})
	return err
}

// DeadDeliveries are an endpoint's dead deliveries behind one.
func (tx *Tx) DeadDeliveries(ctx context.Context, endpoint string, after DeliveryKey, most int) ([]Delivery, error) {
	rows, err := tx.q.DeadDeliveries(ctx, query.DeadDeliveriesParams{EndpointID: endpoint, AccountID: after.Subject,
		Number: after.number(), Limit: int32(most)})
	return deliveriesOf(rows), err
}

// DeliveriesOf are the deliveries of one event, to whichever endpoint.
func (tx *Tx) DeliveriesOf(ctx context.Context, event DeliveryKey) ([]Delivery, error) {
	rows, err := tx.q.DeliveriesOf(ctx, query.DeliveriesOfParams{AccountID: event.Subject, Number: event.number(), Below: event.number() + 1})
	return deliveriesOf(rows), err
}

// CountDeliveries counts an endpoint's deliveries by their state.
func (tx *Tx) CountDeliveries(ctx context.Context, endpoint string) (map[DeliveryState]int64, error) {
	rows, err := tx.q.CountDeliveries(ctx, endpoint)
	counts := map[DeliveryState]int64{}
	for _, row := range rows {
		counts[DeliveryState(row.State)] = row.Count
	}
	return counts, err
}

func deliveriesOf(rows []query.Delivery) []Delivery {
	all := make([]Delivery, len(rows))
	for at, row := range rows {
		all[at] = Delivery{DeliveryKey: deliveryKey(row.AccountID, row.Number), Endpoint: row.EndpointID, Type: feed.Type(row.Type),
			State: DeliveryState(row.State), Attempts: int(row.Attempts), Answered: int(row.Answered), Problem: row.Problem,
			CreatedAt: instant(row.CreatedAt)}
		if row.DueAt != nil {
			all[at].DueAt = instant(*row.DueAt)
		}
		if row.SettledAt != nil {
			all[at].SettledAt = instant(*row.SettledAt)
		}
	}
	return all
}
