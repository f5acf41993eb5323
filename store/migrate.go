package store

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// migrate brings the schema forward; there is no way back. It fails with ErrNewer on a database that a
// newer program migrated, and with ErrOlder where it may not migrate.
func migrate(ctx context.Context, pool *sql.DB, alone bool) error {
	steps, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, steps)
	if err != nil {
		return err
	}
	present, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	switch {
	case present > known:
		return ErrNewer
	case present == known:
		return nil
	case !alone:
		return ErrOlder
	}
	_, err = provider.Up(ctx)
	return err
}
