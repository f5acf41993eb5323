package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"scrip/store/query"
)

// Parcel is what one transaction made of letters that its own server sends at once. They are in one row. Once all of them
// were sent it stays, as the record of that; where one ended otherwise, or nobody sent it in time, they become rows of
// notices.
//
// So a letter in a parcel has no key that would keep AddNotice from queueing it once more. It needs none: of the kind that
// is packed, card_applied, there is one for each lot, made in the transaction that makes the lot, and the key of both is
// the account and the card's serial number.
type Parcel struct {
	id      string
	due     int64 // microseconds
	notices []query.Notice
}

// Letters is how many there are, once the transaction has committed.
func (p *Parcel) Letters() int { return len(p.notices) }

// packed is a notice in a parcel's row.
type packed struct {
	Account   string          `json:"account"`
	Key       string          `json:"key"`
	Kind      string          `json:"kind"`
	Body      json.RawMessage `json:"body"`
	CreatedAt int64           `json:"created_at"`
}

// pack keeps a notice back for the transaction's parcel.
func (u *unit) pack(row query.Notice) *Parcel {
	if u.parcel == nil {
		u.parcel = &Parcel{id: NewID()}
	}
	u.rows.packed = append(u.rows.packed, row)
	return u.parcel
}

// seal gives the row of the parcel of what was packed so far. What is packed later goes into another.
func (u *unit) seal(notices []query.Notice) (query.Parcel, error) {
	parcel, letters := u.parcel, make([]packed, len(notices))
	u.parcel, parcel.notices, parcel.due = nil, notices, notices[0].DueAt
	for at, n := range notices {
		letters[at] = packed{n.AccountID, n.Key, n.Kind, json.RawMessage(n.Body), n.CreatedAt}
		parcel.due = min(parcel.due, n.DueAt)
	}
	text, err := json.Marshal(letters)
	return query.Parcel{ParcelID: parcel.id, DueAt: &parcel.due, Letters: string(text)}, err
}

// parcelOf is the parcel of a row that is due.
func parcelOf(row query.Parcel) (*Parcel, error) {
	var letters []packed
	if err := json.Unmarshal([]byte(row.Letters), &letters); err != nil {
		return nil, fmt.Errorf("parcel %s: %w", row.ParcelID, err)
	}
	parcel := &Parcel{id: row.ParcelID, due: *row.DueAt}
	for _, l := range letters {
		parcel.notices = append(parcel.notices, query.Notice{AccountID: l.Account, Key: l.Key, Kind: l.Kind, Body: string(l.Body), CreatedAt: l.CreatedAt})
	}
	return parcel, nil
}

// DueParcels are the parcels whose letters anybody may send at an instant.
func (tx *Tx) DueParcels(ctx context.Context, at time.Time, most int) ([]*Parcel, error) {
	rows, err := tx.q.DueParcels(ctx, query.DueParcelsParams{DueAt: new(at.UnixMicro()), Limit: int32(most)})
	if err != nil {
		return nil, err
	}
	parcels := make([]*Parcel, len(rows))
	for at, row := range rows {
		if parcels[at], err = parcelOf(row); err != nil {
			return nil, err
		}
	}
	return parcels, nil
}

// SettleParcels records how the letters of parcels ended, and takes out of the fates what it has recorded: not letters
// that were in none of these parcels, or in one that somebody else has unpacked. The letters of a parcel that were not
// all sent become notices, those that have not ended due when their parcel was.
func (tx *Tx) SettleParcels(ctx context.Context, parcels []*Parcel, fates map[NoticeKey]Fate) error {
	return tx.endParcels(ctx, parcels, fates, time.Time{})
}

// Unpack makes notices of the letters of parcels, but of those that somebody else has ended. They are taken for a first
// attempt: due at an instant, or, at no instant, when their parcel was.
func (tx *Tx) Unpack(ctx context.Context, parcels []*Parcel, due time.Time) error {
	return tx.endParcels(ctx, parcels, nil, due)
}

// endParcels ends all of them in one statement, and so locks them in one order; those that do not stay it then deletes.
func (tx *Tx) endParcels(ctx context.Context, parcels []*Parcel, fates map[NoticeKey]Fate, due time.Time) error {
	if len(parcels) == 0 {
		return nil
	}
	parcels = slices.Clone(parcels)
	slices.SortFunc(parcels, func(a, b *Parcel) int { return cmp.Compare(a.id, b.id) })
	parcels = slices.Compact(parcels)
	ends := make([]query.Parcel, len(parcels))
	for at, p := range parcels {
		ends[at] = query.Parcel{ParcelID: p.id, SentAt: new(tx.Now.UnixMicro()), Sent: int64(len(p.notices))}
	}
	mine, err := tx.q.EndParcels(ctx, columns[query.EndParcelsParams](ends))
	if err != nil {
		return err
	}
	slices.Sort(mine)
	var unpacked []string
	var rows []query.Notice
	for _, p := range parcels {
		if _, is := slices.BinarySearch(mine, p.id); !is {
			continue
		}
		if !p.sent(fates) {
			unpacked, rows = append(unpacked, p.id), append(rows, tx.unpack(p, fates, due)...)
		}
		for _, n := range p.notices {
			delete(fates, keyOf(n))
		}
	}
	if len(unpacked) == 0 {
		return nil
	}
	if _, err := tx.q.DeleteParcels(ctx, unpacked); err != nil {
		return err
	}
	_, err = tx.addNotices(ctx, rows)
	return err
}

// sent reports whether all of a parcel's letters were.
func (p *Parcel) sent(fates map[NoticeKey]Fate) bool {
	return !slices.ContainsFunc(p.notices, func(n query.Notice) bool { return fates[keyOf(n)] != NoticeSent })
}

// unpack gives the rows of a parcel's letters.
func (tx *Tx) unpack(p *Parcel, fates map[NoticeKey]Fate, due time.Time) []query.Notice {
	rows := slices.Clone(p.notices)
	for at := range rows {
		row := &rows[at]
		row.State, row.Attempts, row.DueAt = noticeQueued, 1, p.due
		if !due.IsZero() {
			row.DueAt = due.UnixMicro()
		}
		if fate, ended := fates[keyOf(*row)]; ended {
			row.State, row.SettledAt = string(fate), new(tx.Now.UnixMicro())
		}
	}
	return rows
}

func keyOf(row query.Notice) NoticeKey { return NoticeKey{row.AccountID, row.Key} }
