package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"scrip/store/query"
)

// Parcel is what one transaction made of letters that its own server sends at once. They are in one row, and become
// rows of notices when it is known how they ended: a row for each beforehand would be written twice.
type Parcel struct {
	ID      string
	letters int // once they are written
}

// Letters is how many there are, once the transaction has committed.
func (p *Parcel) Letters() int { return p.letters }

// packed is a notice in a parcel.
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
		u.parcel = &Parcel{ID: NewID()}
	}
	u.rows.packed = append(u.rows.packed, row)
	return u.parcel
}

// seal gives the parcel of what was packed so far. What is packed later goes into another.
func (u *unit) seal(notices []query.Notice) (query.Parcel, error) {
	parcel := u.parcel
	parcel.letters, u.parcel = len(notices), nil
	row, letters := query.Parcel{ParcelID: parcel.ID, DueAt: notices[0].DueAt}, make([]packed, len(notices))
	for at, n := range notices {
		letters[at] = packed{n.AccountID, n.Key, n.Kind, json.RawMessage(n.Body), n.CreatedAt}
		row.DueAt = min(row.DueAt, n.DueAt)
	}
	text, err := json.Marshal(letters)
	row.Letters = string(text)
	return row, err
}

// DueParcels are the parcels whose letters anybody may send at an instant.
func (tx *Tx) DueParcels(ctx context.Context, at time.Time, most int) ([]string, error) {
	return tx.q.DueParcels(ctx, query.DueParcelsParams{DueAt: at.UnixMicro(), Limit: int32(most)})
}

// Unpack makes notices of the letters of parcels, those that have ended with their fates, the others taken for a first
// attempt: due at an instant, or, at no instant, when their parcel was. It gives the fates of letters that were in none
// of these parcels: somebody else has unpacked them.
func (tx *Tx) Unpack(ctx context.Context, parcels []string, fates map[NoticeKey]Fate, due time.Time) (others map[NoticeKey]Fate, err error) {
	if len(parcels) == 0 {
		return fates, nil
	}
	taken, err := tx.q.TakeParcels(ctx, distinct(parcels))
	if err != nil {
		return nil, err
	}
	others = maps.Clone(fates)
	var rows []query.Notice
	for _, parcel := range taken {
		var letters []packed
		if err := json.Unmarshal([]byte(parcel.Letters), &letters); err != nil {
			return nil, fmt.Errorf("parcel %s: %w", parcel.ParcelID, err)
		}
		for _, l := range letters {
			row := query.Notice{AccountID: l.Account, Key: l.Key, Kind: l.Kind, Body: string(l.Body), State: noticeQueued, Attempts: 1,
				DueAt: parcel.DueAt, CreatedAt: l.CreatedAt}
			if !due.IsZero() {
				row.DueAt = due.UnixMicro()
			}
			key := NoticeKey{l.Account, l.Key}
			if fate, ended := fates[key]; ended {
				row.State, row.SettledAt = string(fate), new(tx.Now.UnixMicro())
				delete(others, key)
			}
			rows = append(rows, row)
		}
	}
	return others, tx.addNotices(ctx, rows)
}
