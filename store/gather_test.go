package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"scrip/store/storetest"
)

// TestSessionsAndEpochsAreReadAsTheyAre: by many at once, each gets its own, and sees what it wrote before.
func TestSessionsAndEpochsAreReadAsTheyAre(t *testing.T) {
	onTwo(t, func(t *testing.T, dbs [2]*DB) {
		const workers, rounds = 32, 10
		ids := make([]string, workers)
		for at := range ids {
			ids[at] = fmt.Sprint("account ", at)
		}
		members(t, dbs[0], ids...)
		for _, err := range atOnce(workers, func(at int) error {
			ctx, id := context.Background(), ids[at]
			for round := range rounds {
				token, data := fmt.Sprintf("token %d/%d", at, round), []byte{byte(at), byte(round)}
				reads := dbs[(at+round)%2]
				if got, err := reads.Session(ctx, token); !errors.Is(err, ErrNotFound) {
					return fmt.Errorf("a session before it began: %v, %w", got, err)
				}
				if err := dbs[0].Write(ctx, func(tx *Tx) error {
					return errors.Join(tx.PutSession(ctx, token, data, noon.Add(time.Hour)), tx.EndSessions(ctx, id))
				}); err != nil {
					return err
				}
				if got, err := reads.Session(ctx, token); err != nil || !slices.Equal(got, data) {
					return fmt.Errorf("%s: %v, %w, want %v", token, got, err, data)
				}
				if epoch, err := reads.Epoch(ctx, id); err != nil || epoch != int64(round)+2 {
					return fmt.Errorf("%s, round %d: epoch %d, %w", id, round, epoch, err)
				}
				if err := dbs[1].Write(ctx, func(tx *Tx) error { return tx.EndSession(ctx, token) }); err != nil {
					return err
				}
				if got, err := reads.Session(ctx, token); !errors.Is(err, ErrNotFound) {
					return fmt.Errorf("a session that ended: %v, %w", got, err)
				}
			}
			return nil
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if epoch, err := dbs[0].Epoch(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the epoch of nobody is %d, %v", epoch, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := dbs[0].Session(ctx, "token"); !errors.Is(err, context.Canceled) && !errors.Is(err, ErrNotFound) {
			t.Errorf("with a context that has ended: %v", err)
		}
	})
}

// TestNobodyWaitsForASessionOfAClosedStore, whenever it is closed.
func TestNobodyWaitsForASessionOfAClosedStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		for range 10 {
			db := reopen(t, address, Options{Migrate: true})
			var all sync.WaitGroup
			for worker := range 32 {
				all.Go(func() {
					for {
						_, session := db.Session(context.Background(), fmt.Sprint(worker))
						_, epoch := db.Epoch(context.Background(), fmt.Sprint(worker))
						if errors.Is(session, ErrClosed) && errors.Is(epoch, ErrClosed) {
							return
						}
						for _, err := range []error{session, epoch} {
							if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrClosed) {
								t.Errorf("Session, Epoch: %v", err)
								return
							}
						}
					}
				})
			}
			time.Sleep(3 * time.Millisecond)
			must(t, db.Close())
			all.Wait()
		}
	})
}
