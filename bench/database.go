package bench

import (
	"context"
	_ "embed" // for the catalogue
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"scrip/access"
	"scrip/billing"
	"scrip/clock"
	"scrip/engine"
	"scrip/simulate"
	"scrip/store"
)

// Catalog is what is sold in a database of made-up data. No service sells it, so it also marks such a database.
//
//go:embed catalog.json
var Catalog string

// ErrNotOurs says that a database holds what the tool did not make.
var ErrNotOurs = errors.New("scrip bench fills a database with made-up data, so it takes an empty one or one that it has filled before, and this one holds something else")

func parseCatalog(body string) (billing.Terms, error) {
	return simulate.ReadTerms(strings.NewReader(body))
}

// open opens the database and an engine on it. One that is empty it marks as its own.
func (b *bench) open(ctx context.Context) (*store.DB, *engine.Engine, error) {
	fresh, err := isFresh(ctx, b.Database)
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, b.Database, store.Options{Clock: b.Clock, Alone: b.URL == "", Migrate: fresh})
	if err != nil {
		return nil, nil, err
	}
	if err := isOurs(ctx, db); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	e := engine.New(engine.Config{DB: db, Ring: b.Ring, Clock: b.Clock, Log: b.log})
	if err := e.Apply(ctx, access.Operator(), Catalog, parseCatalog); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, e, nil
}

// isFresh reports whether there is nothing at an address: no file, an empty one, or a database without a table.
func isFresh(ctx context.Context, address string) (bool, error) {
	if !store.IsPostgres(address) {
		file, err := os.Stat(filepath.Clean(address))
		if errors.Is(err, os.ErrNotExist) {
			return true, nil
		}
		return err == nil && file.Size() == 0, err
	}
	tables := 0
	err := ask(ctx, address, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'", &tables)
	return err == nil && tables == 0, err
}

// isOurs fails with ErrNotOurs on a database with another catalogue, or with rows and none.
func isOurs(ctx context.Context, db *store.DB) error {
	return db.Read(ctx, func(tx *store.Tx) error {
		latest, err := tx.LatestCatalog(ctx)
		if !errors.Is(err, store.ErrNotFound) {
			if err == nil && latest.Body != Catalog {
				err = ErrNotOurs
			}
			return err
		}
		accounts, failedAccounts := tx.AccountsAfter(ctx, "", 1)
		cards, failedCards := tx.CardsAfter(ctx, "", 1)
		if len(accounts)+len(cards) > 0 {
			return ErrNotOurs
		}
		return errors.Join(failedAccounts, failedCards)
	})
}

// ask asks PostgreSQL for one row, beside the store: a load test looks at the database from outside.
func ask(ctx context.Context, address, question string, into ...any) error {
	conn, err := connect(ctx, address)
	if err != nil {
		return err
	}
	return errors.Join(conn.QueryRow(ctx, question).Scan(into...), conn.Close(ctx))
}

// connect never tells the address, which may hold a password.
func connect(ctx context.Context, address string) (*pgx.Conn, error) {
	settings, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of PostgreSQL is not of the form postgres://user@host:5432/database")
	}
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL at %s, database %s: %w", settings.Host, settings.Database, err)
	}
	return conn, nil
}

// ended is how long PostgreSQL may take to notice that connections were closed, and to count what they wrote.
const ended = 200 * time.Millisecond

// written is how much PostgreSQL has written until now: bytes of its log, and rows of this database.
type written struct{ log, rows int64 }

// written is nothing for SQLite. The rows are those of connections that have ended, and of the others up to a second ago.
func (b *bench) written(ctx context.Context) (w written, err error) {
	if !store.IsPostgres(b.Database) {
		return w, nil
	}
	clock.Rest(ctx, ended)
	err = ask(ctx, b.Database, `SELECT CAST(pg_current_wal_lsn() - '0/0' AS bigint),
		CAST((SELECT COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables) AS bigint)`, &w.log, &w.rows)
	return w, err
}

// since adds to a result what was written for each thing that was done.
func (r *Result) since(before, after written, done int64) {
	if done > 0 && after.log > before.log {
		r.LogBytes, r.Rows = (after.log-before.log)/done, float64(after.rows-before.rows)/float64(done)
	}
}
