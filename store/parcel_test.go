package store

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

// TestParcels: the letters of a transaction that its server sends are one row, of those that came through alone. They
// become notices once, whoever unpacks them: those that have ended with their fates, the others for anybody to send.
func TestParcels(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b", "c", "d")
		lease := time.Now().Add(time.Hour).Truncate(time.Microsecond)
		parcels := make([]*Parcel, 4)
		pack := func(at int, account string, then error) use {
			return use{nil, Needs{Accounts: []string{account}}, func(tx *Tx) (err error) {
				parcels[at], err = tx.PackNotice(account, usd, noticeOn("n"), lease)
				return errors.Join(err, then)
			}}
		}
		errRefused := errors.New("refused")
		failed := together(t, db, pack(0, "a", nil), pack(1, "b", errRefused), pack(2, "c", nil), pack(3, "d", nil))
		if failed[0] != nil || !errors.Is(failed[1], errRefused) || failed[2] != nil || failed[3] != nil {
			t.Fatalf("packed: %v", failed)
		}
		parcels = []*Parcel{parcels[0], parcels[2], parcels[3]}
		letters := 0
		for _, parcel := range slices.Compact(slices.Clone(parcels)) {
			letters += parcel.Letters()
		}
		if letters != 3 {
			t.Errorf("%d letters are packed, want 3", letters)
		}
		due := func(at time.Time) (found []*Parcel, notices []Notice) {
			must(t, db.Look(t.Context(), func(tx *Tx) (err error) {
				found, err = tx.DueParcels(t.Context(), at, 10)
				return err
			}))
			must(t, db.Look(t.Context(), func(tx *Tx) (err error) {
				notices, err = tx.DueNotices(t.Context(), at, 10)
				return err
			}))
			return found, notices
		}
		if found, notices := due(lease.Add(-time.Microsecond)); len(found)+len(notices) != 0 {
			t.Errorf("before their lease ends %d parcels and %d notices are due", len(found), len(notices))
		}
		left, _ := due(lease)
		if len(left) == 0 {
			t.Fatal("when their lease has ended, no parcel is due")
		}

		// One server knows of one that it was sent; another takes all for lost, from the rows.
		key := NoticeKey{"a", "n"}
		unpack := func(parcels []*Parcel, fates map[NoticeKey]Fate, until time.Time) (others map[NoticeKey]Fate) {
			must(t, db.Write(t.Context(), func(tx *Tx) (err error) {
				others, err = tx.Unpack(t.Context(), parcels, fates, until)
				return err
			}))
			return others
		}
		fates := map[NoticeKey]Fate{key: NoticeSent, {"b", "n"}: NoticeFailed}
		if others := unpack(parcels, fates, time.Time{}); len(others) != 1 || others[NoticeKey{"b", "n"}] != NoticeFailed {
			t.Errorf("left over are %v", others)
		}
		if others := unpack(left, fates, time.Now()); !maps.Equal(others, fates) {
			t.Errorf("unpacked once more, left over are %v", others)
		}
		if found, notices := due(lease.Add(-time.Microsecond)); len(found)+len(notices) != 0 {
			t.Errorf("unpacked, before their lease ends %d parcels and %d notices are due", len(found), len(notices))
		}
		found, notices := due(lease)
		if len(found) != 0 || len(notices) != 2 || notices[0].Account != "c" || notices[1].Account != "d" || notices[0].Attempts != 1 {
			t.Errorf("when their lease has ended, %d parcels and %+v are due", len(found), notices)
		}
		must(t, db.Look(t.Context(), func(tx *Tx) error {
			counts, err := tx.CountNotices(t.Context())
			if want := map[string]int64{"queued": 2, "sent": 1}; !maps.Equal(counts, want) {
				t.Errorf("notices: %v, want %v", counts, want)
			}
			return err
		}))
	})
}
