package store

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

// TestParcels: the letters of a transaction that its server sends are one row, of those that came through alone. Where
// they were not all sent they become notices once, whoever unpacks them: those that have ended with their fates, the
// others for anybody to send.
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
		fates := map[NoticeKey]Fate{key: NoticeSent, {"b", "n"}: NoticeFailed}
		must(t, db.Write(t.Context(), func(tx *Tx) error { return tx.SettleParcels(t.Context(), parcels, fates) }))
		if len(fates) != 1 || fates[NoticeKey{"b", "n"}] != NoticeFailed {
			t.Errorf("left over are %v", fates)
		}
		must(t, db.Write(t.Context(), func(tx *Tx) error { return tx.Unpack(t.Context(), left, time.Now()) }))
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

// packIn packs a letter for each account in one transaction.
func packIn(t *testing.T, db *DB, taken time.Time, key string, accounts ...string) (parcel *Parcel) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *Tx) (err error) {
		for _, account := range accounts {
			if parcel, err = tx.PackNotice(account, usd, noticeOn(key), taken); err != nil {
				return err
			}
		}
		return nil
	}))
	return parcel
}

// TestASentParcelStays as the record of its letters: none of them gets a row, and whoever has read it before, or tells of
// it once more, ends it no second time. Of one whose letters were not all sent each has a row, with its fate.
func TestASentParcelStays(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b", "c")
		lease := time.Now().Add(time.Hour).Truncate(time.Microsecond)
		later := lease.AddDate(1, 0, 0)
		due := func() (parcels []*Parcel, notices []Notice) {
			must(t, db.Look(t.Context(), func(tx *Tx) (err error) {
				if parcels, err = tx.DueParcels(t.Context(), later, 10); err == nil {
					notices, err = tx.DueNotices(t.Context(), later, 10)
				}
				return err
			}))
			return parcels, notices
		}
		settle := func(parcels []*Parcel, fates map[NoticeKey]Fate) map[NoticeKey]Fate {
			fates = maps.Clone(fates)
			must(t, db.Write(t.Context(), func(tx *Tx) error { return tx.SettleParcels(t.Context(), parcels, fates) }))
			return fates
		}
		counts := func(want map[string]int64, rows int) {
			t.Helper()
			must(t, db.Look(t.Context(), func(tx *Tx) error {
				got, err := tx.CountNotices(t.Context())
				if must(t, err); !maps.Equal(got, want) {
					t.Errorf("notices: %v, want %v", got, want)
				}
				states, err := tx.q.CountNotices(t.Context())
				for _, state := range states {
					rows -= int(state.Count)
				}
				if rows != 0 {
					t.Errorf("%d rows of notices are missing", rows)
				}
				return err
			}))
		}

		parcel := packIn(t, db, lease, "sent", "a", "b", "c")
		read, _ := due()
		if len(read) != 1 || read[0].Letters() != 3 {
			t.Fatalf("%d parcels are due", len(read))
		}
		sent := map[NoticeKey]Fate{{"a", "sent"}: NoticeSent, {"b", "sent"}: NoticeSent, {"c", "sent"}: NoticeSent}
		if left := settle([]*Parcel{parcel, parcel, parcel}, sent); len(left) != 0 {
			t.Errorf("left over are %v", left)
		}
		counts(map[string]int64{"sent": 3}, 0)
		if left := settle([]*Parcel{parcel}, sent); !maps.Equal(left, sent) {
			t.Errorf("settled once more, left over are %v", left)
		}
		must(t, db.Write(t.Context(), func(tx *Tx) error { return tx.Unpack(t.Context(), read, time.Now()) }))
		if parcels, notices := due(); len(parcels)+len(notices) != 0 {
			t.Errorf("of a parcel that was sent, %d parcels and %v are due", len(parcels), notices)
		}
		must(t, db.Look(t.Context(), func(tx *Tx) error {
			next, err := tx.q.NextParcel(t.Context())
			if next != 0 {
				t.Errorf("the next parcel is due at %d", next)
			}
			return err
		}))
		counts(map[string]int64{"sent": 3}, 0)

		whole, part, failed := packIn(t, db, lease, "whole", "a"), packIn(t, db, lease, "part", "a", "b"), packIn(t, db, lease, "failed", "a", "b")
		if left := settle([]*Parcel{failed, whole, part, failed}, map[NoticeKey]Fate{{"a", "whole"}: NoticeSent, {"b", "part"}: NoticeSent,
			{"a", "failed"}: NoticeFailed, {"b", "failed"}: NoticeSent}); len(left) != 0 {
			t.Errorf("left over are %v", left)
		}
		counts(map[string]int64{"sent": 3 + 3, "failed": 1, "queued": 1}, 4)
		parcels, notices := due()
		if len(parcels) != 0 || len(notices) != 1 || notices[0].Key() != (NoticeKey{"a", "part"}) || notices[0].Attempts != 1 {
			t.Errorf("%d parcels and %+v are due", len(parcels), notices)
		}
	})
}

// TestOneEndsAParcel, of a server that has sent its letters and one that finds it overdue: each letter is there once.
func TestOneEndsAParcel(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		members(t, db, "a", "b")
		now := time.Now()
		for round := range 20 {
			key := itoa(int64(round))
			parcels := []*Parcel{packIn(t, db, now, key, "a", "b"), packIn(t, db, now, key+"+", "a"), packIn(t, db, now, key+"-", "a", "b")}
			sent := map[NoticeKey]Fate{{"a", key}: NoticeSent, {"b", key}: NoticeSent, {"a", key + "+"}: NoticeSent, {"a", key + "-"}: NoticeSent}
			for _, err := range atOnce(2, func(at int) error {
				return db.Write(t.Context(), func(tx *Tx) error {
					if at == 0 {
						return tx.Unpack(t.Context(), parcels, now)
					}
					fates := maps.Clone(sent)
					if err := tx.SettleParcels(t.Context(), parcels, fates); err != nil {
						return err
					}
					return tx.SettleNotices(t.Context(), fates)
				})
			}) {
				must(t, err)
			}
			must(t, db.Look(t.Context(), func(tx *Tx) error {
				got, err := tx.CountNotices(t.Context())
				if want := map[string]int64{"sent": 4 * int64(round+1), "queued": int64(round + 1)}; !maps.Equal(got, want) {
					t.Fatalf("notices: %v, want %v", got, want)
				}
				return err
			}))
		}
	})
}
