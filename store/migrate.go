package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

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

// migrateSQLite brings the schema forward; there is no way back. It fails with ErrNewer on a database that a
// newer program migrated, and with ErrOlder where it may not migrate.
func migrateSQLite(ctx context.Context, pool *sql.DB, mayMigrate bool) error {
	return migrate(ctx, goose.DialectSQLite3, pool, "migrations/sqlite", mayMigrate)
}

// migratePostgres does so on PostgreSQL. Of several servers that start at once, one migrates and the others
// wait for it.
func migratePostgres(ctx context.Context, pool *pgxpool.Pool, mayMigrate bool) (failed error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockBeatSeconds, lockTries))
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { failed = errors.Join(failed, db.Close()) }()
	return migrate(ctx, goose.DialectPostgres, db, "migrations/postgres", mayMigrate, goose.WithSessionLocker(locker))
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, folder string, mayMigrate bool, options ...goose.ProviderOption) error {
	steps, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, pool, steps, options...)
	if err != nil {
		return err
	}
	known := provider.ListSources()[len(provider.ListSources())-1].Version
	// Whoever cannot read the version finds a database without one.
	var present int64
	if err := pool.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&present); err != nil {
		if ping := pool.PingContext(ctx); ping != nil {
			return ping
		}
	}
	switch {
	case present > known:
		return ErrNewer
	case present == known:
		return nil
	case !mayMigrate:
		return ErrOlder
	}
	_, err = provider.Up(ctx)
	return err
}
