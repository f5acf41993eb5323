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
	"scrip/catalog"
	"scrip/store"
)

// easternmost is the offset of the zone in which a date begins first.
const easternmost = 14 * time.Hour

// Reuse decides by the catalogue that is in force. It fails with ErrNoCatalog on a database that never had one.
func (e *Engine) Reuse(ctx context.Context, parse func(string) (billing.Terms, error)) error {
	return e.db.Read(ctx, func(tx *store.Tx) error {
		latest, err := tx.LatestCatalog(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoCatalog
		}
		if err != nil {
			return err
		}
		parsed, err := parse(latest.Body)
		e.terms.Store(&terms{parsed, latest.Version, parse})
		return err
	})
}

// Declared is a catalogue with its policy, as it was written, under its version. Version 0 is none.
type Declared struct {
	Version int64
	Body    string
}

// Catalog is what is in force.
func (e *Engine) Catalog(ctx context.Context, actor access.Actor) (Declared, error) {
	if err := actor.May(access.ManageCatalog, ""); err != nil {
		return Declared{}, err
	}
	var latest store.Catalog
	err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
		latest, err = tx.LatestCatalog(ctx)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return Declared{latest.Version, latest.Body}, err
}

// Sold is what is sold and the policy, as they are in force, and under which version.
func (e *Engine) Sold(actor access.Actor) (billing.Terms, int64, error) {
	if err := actor.May(access.ReadCatalog, ""); err != nil {
		return billing.Terms{}, 0, err
	}
	present := e.terms.Load()
	return present.Terms, present.version, nil
}

// Compare tells what a catalogue and policy, written as body, would change of one that is in force, and, with
// ErrCatalogPast, why that cannot be.
func (e *Engine) Compare(before Declared, body string, parse func(string) (billing.Terms, error)) ([]catalog.Change, error) {
	after, err := parse(body)
	if err != nil {
		return nil, err
	}
	if before.Version == 0 {
		return after.Changes(billing.Terms{Catalog: new(catalog.Catalog)}), nil
	}
	present, err := parse(before.Body)
	if err != nil {
		return nil, fmt.Errorf("the catalogue in force, version %d: %w", before.Version, err)
	}
	return after.Changes(present), mayFollow(after, present, e.clock())
}

// mayFollow refuses what changes the past anywhere on earth.
func mayFollow(next, before billing.Terms, now time.Time) error {
	tomorrow := calendar.In(now.Add(easternmost), time.UTC).Plus(1)
	if err := next.Catalog.MayFollow(before.Catalog, tomorrow); err != nil {
		return fmt.Errorf("%w: %w", ErrCatalogPast, err)
	}
	return nil
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
	_, err := e.apply(ctx, actor, body, parse, func(context.Context, *store.Tx, store.Catalog) (bool, error) { return true, nil })
	return err
}

// Replace is Apply in the place of one version, or ErrCatalogChanged where another is in force by now. It gives
// the version that is.
func (e *Engine) Replace(ctx context.Context, actor access.Actor, version int64, body string, parse func(string) (billing.Terms, error)) (int64, error) {
	return e.apply(ctx, actor, body, parse, func(_ context.Context, _ *store.Tx, latest store.Catalog) (bool, error) {
		if latest.Version != version {
			return false, ErrCatalogChanged
		}
		return true, nil
	})
}

// Adopt is Apply for a file that a server starts with. One that was in force before, and that another has
// replaced, stays replaced: the file was left behind, and who wants to go back says so by Apply. It reports
// whether the file is what is in force.
func (e *Engine) Adopt(ctx context.Context, actor access.Actor, body string, parse func(string) (billing.Terms, error)) (adopted bool, err error) {
	_, err = e.apply(ctx, actor, body, parse, func(ctx context.Context, tx *store.Tx, _ store.Catalog) (bool, error) {
		_, err := tx.CatalogOf(ctx, digestOf(body))
		if errors.Is(err, store.ErrNotFound) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return false, err
	}
	inForce, err := e.Catalog(ctx, actor)
	return digestOf(inForce.Body) == digestOf(body), err
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// apply puts a catalogue in force where another is, and where the caller may replace that one; else it goes on
// by that one. It gives the version by which it decides.
func (e *Engine) apply(ctx context.Context, actor access.Actor, body string, parse func(string) (billing.Terms, error),
	replaces func(context.Context, *store.Tx, store.Catalog) (bool, error)) (int64, error) {
	if err := actor.May(access.ManageCatalog, ""); err != nil {
		return 0, err
	}
	next, err := parse(body)
	if err != nil {
		return 0, err
	}
	var applied terms
	apply := func(tx *store.Tx) error {
		applied = terms{next, 1, parse}
		latest, err := tx.LatestCatalog(ctx)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		may, err := replaces(ctx, tx, latest)
		if err != nil {
			return err
		}
		if latest.Version > 0 {
			before, err := parse(latest.Body)
			if err != nil {
				return fmt.Errorf("the catalogue in force, version %d: %w", latest.Version, err)
			}
			if latest.Digest == digestOf(body) || !may {
				applied = terms{before, latest.Version, parse}
				return nil
			}
			if err := mayFollow(next, before, tx.Now); err != nil {
				return err
			}
			applied.version = latest.Version + 1
		}
		return tx.AddCatalog(ctx, store.Catalog{Version: applied.version, Digest: digestOf(body), Body: body})
	}
	err = e.db.Write(ctx, apply)
	if errors.Is(err, store.ErrConflict) { // another server was quicker, most likely with the same one
		err = e.db.Write(ctx, apply)
	}
	if err == nil {
		e.terms.Store(&applied)
	}
	return applied.version, err
}
