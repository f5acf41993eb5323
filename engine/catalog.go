package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/store"
)

// easternmost is the offset of the zone in which a date begins first.
const easternmost = 14 * time.Hour

// Reuse decides by the catalogue that is in force. It fails with store.ErrNotFound on a database that no
// server has used yet.
func (e *Engine) Reuse(ctx context.Context, parse func(string) (billing.Terms, error)) error {
	return e.db.Read(ctx, func(tx *store.Tx) error {
		latest, err := tx.LatestCatalog(ctx)
		if err != nil {
			return fmt.Errorf("the catalogue in force: %w; start the server once", err)
		}
		parsed, err := parse(latest.Body)
		e.terms.Store(&terms{parsed, latest.Version, parse})
		return err
	})
}

// Refresh decides by a newer catalogue from now on, where another server has put one in force.
func (e *Engine) Refresh(ctx context.Context) error {
	present := e.terms.Load()
	var latest store.Catalog
	err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
		latest, err = tx.LatestCatalog(ctx)
		return err
	})
	if err != nil || latest.Version <= present.version {
		return err
	}
	parsed, err := present.parse(latest.Body)
	if err != nil {
		return fmt.Errorf("the catalogue in force, version %d: %w", latest.Version, err)
	}
	e.terms.CompareAndSwap(present, &terms{parsed, latest.Version, present.parse})
	return nil
}

// withNewTerms does something once more where it found that another server has put a newer catalogue in force.
func (e *Engine) withNewTerms(ctx context.Context, do func() error) error {
	err := do()
	if errors.Is(err, errOldTerms) {
		if err := e.Refresh(ctx); err != nil {
			return err
		}
		err = do()
	}
	return err
}

// Apply puts a catalogue and policy, written as body, in force. It keeps what was in force, and refuses
// with ErrCatalogPast a catalogue that changes what has begun somewhere on earth. Members' estimates
// are reckoned anew by the loops.
func (e *Engine) Apply(ctx context.Context, actor access.Actor, body string, parse func(string) (billing.Terms, error)) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	next, err := parse(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(body))
	applied := store.Catalog{Version: 1, Digest: hex.EncodeToString(sum[:]), Body: body}
	apply := func(tx *store.Tx) error {
		latest, err := tx.LatestCatalog(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return tx.AddCatalog(ctx, applied)
		}
		if err != nil || latest.Digest == applied.Digest {
			applied.Version = latest.Version
			return err
		}
		before, err := parse(latest.Body)
		if err != nil {
			return fmt.Errorf("the catalogue in force, version %d: %w", latest.Version, err)
		}
		tomorrow := calendar.In(tx.Now.Add(easternmost), time.UTC).Plus(1)
		if err := next.Catalog.MayFollow(before.Catalog, tomorrow); err != nil {
			return errors.Join(ErrCatalogPast, err)
		}
		applied.Version = latest.Version + 1
		return tx.AddCatalog(ctx, applied)
	}
	err = e.db.Write(ctx, apply)
	if errors.Is(err, store.ErrConflict) { // another server was quicker, most likely with the same one
		err = e.db.Write(ctx, apply)
	}
	if err == nil {
		e.terms.Store(&terms{next, applied.Version, parse})
	}
	return err
}
