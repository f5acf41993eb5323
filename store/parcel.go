package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"scrip/store/query"
)

// Parcel is what one transaction made of letters that its own server sends at once. They are in one row, and become
// rows of notices when it is known how they ended: a row for each beforehand would be written twice.
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
	return query.Parcel{ParcelID: parcel.id, DueAt: parcel.due, Letters: string(text)}, err
}

// parcelOf is the parcel of a row.
func parcelOf(row query.Parcel) (*Parcel, error) {
	var letters []packed
	if err := json.Unmarshal([]byte(row.Letters), &letters); err != nil {
		return nil, fmt.Errorf("parcel %s: %w", row.ParcelID, err)
	}
	parcel := &Parcel{id: row.ParcelID, due: row.DueAt}
	for _, l := range letters {
		parcel.notices = append(parcel.notices, query.Notice{AccountID: l.Account, Key: l.Key, Kind: l.Kind, Body: string(l.Body), CreatedAt: l.CreatedAt})
	}
	return parcel, nil
}

// DueParcels are the parcels whose letters anybody may send at an instant.
func (tx *Tx) DueParcels(ctx context.Context, at time.Time, most int) ([]*Parcel, error) {
	rows, err := tx.q.DueParcels(ctx, query.DueParcelsParams{DueAt: at.UnixMicro(), Limit: int32(most)})
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

// Unpack makes notices of the letters of parcels, those that have ended with their fates, the others taken for a first
// attempt: due at an instant, or, at no instant, when their parcel was. It gives the fates of letters that were in none
// of these parcels, or in one that somebody else has unpacked.
func (tx *Tx) Unpack(ctx context.Context, parcels []*Parcel, fates map[NoticeKey]Fate, due time.Time) (others map[NoticeKey]Fate, err error) {
	if len(parcels) == 0 {
		return fates, nil
	}
	parcels = slices.Clone(parcels)
	slices.SortFunc(parcels, func(a, b *Parcel) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id)) })
	parcels = slices.Compact(parcels)
	keys := make([]query.Parcel, len(parcels))
	for at, p := range parcels {
		keys[at] = query.Parcel{ParcelID: p.id, DueAt: p.due}
	}
	mine, err := tx.q.TakeParcels(ctx, columns[query.TakeParcelsParams](keys))
	if err != nil {
		return nil, err
	}
	others = maps.Clone(fates)
	var rows []query.Notice
	for _, parcel := range parcels {
		if !slices.Contains(mine, parcel.id) {
			continue
		}
		for _, row := range parcel.notices {
			row.State, row.Attempts, row.DueAt = noticeQueued, 1, parcel.due
			if !due.IsZero() {
				row.DueAt = due.UnixMicro()
			}
			key := NoticeKey{row.AccountID, row.Key}
			if fate, ended := fates[key]; ended {
				row.State, row.SettledAt = string(fate), new(tx.Now.UnixMicro())
				delete(others, key)
			}
			rows = append(rows, row)
		}
	}
	_, err = tx.addNotices(ctx, rows)
	return others, err
}
