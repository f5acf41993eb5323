package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
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

// rowLocks stand only in PostgreSQL's dialect: SQLite has one writer.
var rowLocks = strings.NewReplacer(" FOR UPDATE SKIP LOCKED", "", " FOR UPDATE", "")

// statement prepares a query once. Its context only bounds the preparing.
func (c *connection) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ready := c.prepared[query]; ready {
		return statement, nil
	}
	statement, err := c.conn.PrepareContext(ctx, rowLocks.Replace(query))
	if err == nil {
		c.prepared[query] = statement
	}
	return statement, err
}

// Exec runs a statement and tells how many rows it changed.
func (c *connection) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	statement, err := c.statement(ctx, query)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	changed, err := result.RowsAffected()
	return pgconn.NewCommandTag("UPDATE " + itoa(changed)), err
}

// Query runs a statement that gives rows.
func (c *connection) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	statement, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	return rows{result}, nil
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

// rows are SQLite's rows with the methods that generated code calls; the others of pgx.Rows have
// nothing to tell.
type rows struct{ *sql.Rows }

func (r rows) Close() {
	// Err tells what went wrong with reading; closing has nothing to add.
	_ = r.Rows.Close()
}

func (r rows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (r rows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (r rows) Values() ([]any, error)                       { return nil, errors.ErrUnsupported }
func (r rows) RawValues() [][]byte                          { return nil }
func (r rows) Conn() *pgx.Conn                              { return nil }
func (r rows) TypeMap() *pgtype.Map                         { return nil }
