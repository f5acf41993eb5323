package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// A server that waits for another to migrate looks every second whether that has ended, for five minutes.
const (
	lockBeatSeconds = 1
	lockTries       = 300
)

// Migration is what was done to a database's schema: the version that it had, which is 0 where there was none, and
// the one that it has; and the tables that were spread over nodes.
type Migration struct {
	From, To int64
	Spread   []string
}

// Migrate brings a database's schema forward. Of several who do so at once, beside servers too, each comes back when
// it is done, whoever has done it.
func Migrate(ctx context.Context, address string) (Migration, error) {
	if err := CheckAddress(address); err != nil {
		return Migration{}, err
	}
	if !IsPostgres(address) {
		return migrateFile(ctx, address)
	}
	return onPostgres(ctx, address, func(pool *pgxpool.Pool) (Migration, error) {
		return migratePostgres(ctx, pool, true)
	})
}

// Distribute is Migrate, and then spreads the tables over the nodes of a Citus cluster, but for those that are
// already. It fails with ErrNoCitus or ErrOneFile where that is not possible, and has changed nothing then. No server
// may serve the database meanwhile: it learns when it is started that tables are spread.
func Distribute(ctx context.Context, address string) (Migration, error) {
	if err := CheckAddress(address); err != nil {
		return Migration{}, err
	}
	if !IsPostgres(address) {
		return Migration{}, ErrOneFile
	}
	return onPostgres(ctx, address, func(pool *pgxpool.Pool) (Migration, error) {
		if has, err := hasCitus(ctx, pool); err != nil {
			return Migration{}, err
		} else if !has {
			return Migration{}, ErrNoCitus
		}
		done, err := migratePostgres(ctx, pool, true)
		if err == nil {
			done.Spread, err = spread(ctx, pool)
		}
		return done, err
	})
}

func onPostgres(ctx context.Context, address string, do func(*pgxpool.Pool) (Migration, error)) (done Migration, err error) {
	pool, err := openPool(ctx, address, func(pool *pgxpool.Pool) error {
		done, err = do(pool)
		return err
	})
	if err == nil {
		pool.Close()
	}
	return done, err
}

func migrateFile(ctx context.Context, path string) (done Migration, err error) {
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), private(path)); err != nil {
		return done, err
	}
	db := &sqlite{}
	pool, err := db.pool(path, "")
	if err == nil {
		pool.SetMaxOpenConns(1)
		done, err = migrateSQLite(ctx, pool, true)
	}
	if err := errors.Join(err, db.release(0)); err != nil {
		return done, fmt.Errorf("open %s: %w", path, err)
	}
	return done, nil
}

// migrateSQLite brings the schema forward; there is no way back. It fails with ErrNewer on a database that a
// newer program migrated, and with ErrOlder where it may not migrate.
func migrateSQLite(ctx context.Context, pool *sql.DB, mayMigrate bool) (Migration, error) {
	return migrate(ctx, goose.DialectSQLite3, pool, "migrations/sqlite", mayMigrate)
}

// migratePostgres does so on PostgreSQL. Of several servers that start at once, one migrates and the others
// wait for it.
func migratePostgres(ctx context.Context, pool *pgxpool.Pool, mayMigrate bool) (done Migration, failed error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockBeatSeconds, lockTries))
	if err != nil {
		return done, err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { failed = errors.Join(failed, db.Close()) }()
	return migrate(ctx, goose.DialectPostgres, db, "migrations/postgres", mayMigrate, goose.WithSessionLocker(locker))
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, folder string, mayMigrate bool, options ...goose.ProviderOption) (Migration, error) {
	steps, err := fs.Sub(migrations, folder)
	if err != nil {
		return Migration{}, err
	}
	provider, err := goose.NewProvider(dialect, pool, steps, options...)
	if err != nil {
		return Migration{}, err
	}
	known := provider.ListSources()[len(provider.ListSources())-1].Version
	present, err := version(ctx, pool)
	done := Migration{From: max(present, 0), To: known}
	switch {
	case err != nil:
		return done, err
	case present > known:
		return done, ErrNewer
	case present == known:
		return done, nil
	case !mayMigrate:
		return done, ErrOlder
	}
	return done, forward(ctx, provider, pool, present)
}

// forward migrates. Where somebody else does at the same moment, and so it fails, it goes on from where they came to.
func forward(ctx context.Context, provider *goose.Provider, pool *sql.DB, present int64) error {
	for {
		_, failed := provider.Up(ctx)
		if failed == nil {
			return nil
		}
		now, err := version(ctx, pool)
		if err != nil || now <= present {
			return errors.Join(failed, err)
		}
		present = now
	}
}

// none is the version of a database that was never migrated.
const none = -1

func version(ctx context.Context, pool *sql.DB) (present int64, err error) {
	if err := pool.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&present); err != nil {
		// Whoever cannot read the version finds a database without one, if it is there.
		return none, pool.PingContext(ctx)
	}
	return present, nil
}
