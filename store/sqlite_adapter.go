package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// connection runs the queries, which are written in PostgreSQL's dialect for pgx, on one SQLite
// connection. Each query is prepared once. It is used by one goroutine at a time.
type connection struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func connect(ctx context.Context, pool *sql.DB) (*connection, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{conn, map[string]*sql.Stmt{}}, nil
}

// ofMany are the words of PostgreSQL's dialect that are about other transactions. SQLite has one writer: it locks no
// row, and each transaction comes behind all that was told before.
var ofMany = strings.NewReplacer(" FOR UPDATE SKIP LOCKED", "", " FOR UPDATE", "", " FOR SHARE", "",
	"pg_current_xact_id()", behindAll, "pg_snapshot_xmin(pg_current_snapshot())", behindAll,
	"pg_snapshot_xmax(pg_current_snapshot())", behindAll)

const behindAll = "(SELECT COALESCE(MAX(position), 0) + 1 FROM events)"

// statement prepares a query once. Its context only bounds the preparing.
func (c *connection) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ready := c.prepared[query]; ready {
		return statement, nil
	}
	statement, err := c.conn.PrepareContext(ctx, ofMany.Replace(query))
	if err == nil {
		c.prepared[query] = statement
	}
	return statement, err
}

// Exec runs a statement, for each row that it takes, and tells how many rows it changed.
func (c *connection) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	one := oneRow(query)
	if one == "" {
		changed, err := c.change(ctx, query, args)
		return pgconn.NewCommandTag("UPDATE " + itoa(changed)), err
	}
	rows, total := arraysOf(args), int64(0)
	for at := range rows.count {
		changed, err := c.change(ctx, one, rows.row(at))
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		total += changed
	}
	return pgconn.NewCommandTag("UPDATE " + itoa(total)), nil
}

func (c *connection) change(ctx context.Context, query string, args []any) (int64, error) {
	statement, err := c.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, meant(err)
	}
	return result.RowsAffected()
}

// meant turns what SQLite says of a key that is taken into ErrConflict, and of a file that another process writes into
// ErrBusy, as it is with PostgreSQL.
func meant(err error) error {
	said, is := errors.AsType[*driver.Error](err)
	switch {
	case is && (said.Code() == codes.SQLITE_CONSTRAINT_UNIQUE || said.Code() == codes.SQLITE_CONSTRAINT_PRIMARYKEY):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case is && said.Code() == codes.SQLITE_BUSY:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// Query runs a statement that gives rows, for each that it takes.
func (c *connection) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	one := oneRow(query)
	if one == "" {
		found, err := c.find(ctx, query, args)
		return rowsOf{Rows: found}, err
	}
	given := arraysOf(args)
	if given.count == 0 {
		return noRows{}, nil
	}
	next := func(at int) (*sql.Rows, error) {
		if at == given.count {
			return nil, nil
		}
		return c.find(ctx, one, given.row(at))
	}
	first, err := next(0)
	return &rowsOfEach{rowsOf: rowsOf{first}, next: next}, err
}

func (c *connection) find(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	statement, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// QueryRow runs a statement that gives one row; none is pgx.ErrNoRows, as with PostgreSQL.
func (c *connection) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	statement, err := c.statement(ctx, query)
	if err != nil {
		return row{err: err}
	}
	return row{result: statement.QueryRowContext(ctx, args...)}
}

func (c *connection) run(ctx context.Context, statement string) error {
	_, err := c.Exec(ctx, statement)
	return err
}

func (c *connection) close() error {
	var failed error
	for _, statement := range c.prepared {
		failed = errors.Join(failed, statement.Close())
	}
	return errors.Join(failed, c.conn.Close())
}

// unbroken runs a write's statements to their end. SQLite answers one that is broken off by undoing the
// whole transaction, and with it the writes that share it; so a context that has ended stops a write
// between two statements.
type unbroken struct{ on *connection }

func (u unbroken) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if err := ctx.Err(); err != nil {
		return pgconn.CommandTag{}, err
	}
	return u.on.Exec(context.WithoutCancel(ctx), query, args...)
}

func (u unbroken) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return u.on.Query(context.WithoutCancel(ctx), query, args...)
}

func (u unbroken) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	if err := ctx.Err(); err != nil {
		return row{err: err}
	}
	return u.on.QueryRow(context.WithoutCancel(ctx), query, args...)
}

type row struct {
	result *sql.Row
	err    error
}

func (r row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.result.Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return pgx.ErrNoRows
	}
	return err
}

// rowsOf are SQLite's rows with the methods that generated code calls; the others of pgx.Rows have
// nothing to tell.
type rowsOf struct{ *sql.Rows }

func (r rowsOf) Close() {
	// Err tells what went wrong with reading; closing has nothing to add.
	_ = r.Rows.Close()
}

func (r rowsOf) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (r rowsOf) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (r rowsOf) Values() ([]any, error)                       { return nil, errors.ErrUnsupported }
func (r rowsOf) RawValues() [][]byte                          { return nil }
func (r rowsOf) Conn() *pgx.Conn                              { return nil }
func (r rowsOf) TypeMap() *pgtype.Map                         { return nil }

// noRows are the rows of a statement on many rows that is given none.
type noRows struct{ rowsOf }

// Next reports that there is none.
func (noRows) Next() bool { return false }

// Err is nil.
func (noRows) Err() error { return nil }

// Close has nothing to end.
func (noRows) Close() {}

// rowsOfEach are the rows of one statement after another.
type rowsOfEach struct {
	rowsOf
	next   func(at int) (*sql.Rows, error)
	at     int
	failed error
}

// Next goes on to the next row, of the next statement where one has no more.
func (r *rowsOfEach) Next() bool {
	for !r.Rows.Next() {
		if r.failed = r.Rows.Err(); r.failed != nil {
			return false
		}
		r.Close()
		r.at++
		following, err := r.next(r.at)
		if err != nil || following == nil {
			r.failed = err
			return false
		}
		r.Rows = following
	}
	return true
}

// Err is what went wrong, if anything did.
func (r *rowsOfEach) Err() error { return r.failed }
