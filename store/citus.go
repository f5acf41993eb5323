package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"scrip/store/query"
)

// Citus spreads tables over the nodes of a PostgreSQL cluster, each by one of its columns. There, statements on
// many rows run in their form for one row, since each row may be on another node, and no statement locks rows of
// several nodes. docs/scaling.md tells the rest.

var (
	// ErrNoCitus says that tables are to be spread where that is not possible.
	ErrNoCitus = errors.New("the database has no extension citus: install Citus on every node, name it in shared_preload_libraries, and run 'CREATE EXTENSION citus' in this database as a superuser")
	// ErrOneFile says that tables are to be spread of a database that is a single file.
	ErrOneFile = errors.New("a SQLite file cannot be spread over nodes: name a postgres:// address with --database or in the configuration")
)

// spreadTable says by which column a table is spread, and beside which table: rows with the same value are on the
// same node. None is a group of its own. A table without a column has a copy on each node.
type spreadTable struct{ name, by, beside string }

const (
	byItself = "none"
	// spreadLock is the advisory lock under which tables are spread: of several who would, one does.
	spreadLock = 7_263_517_004
)

var spreadTables = []spreadTable{
	{"accounts", "account_id", byItself},
	{"lots", "account_id", "accounts"},
	{"charges", "account_id", "accounts"},
	{"charge_lines", "account_id", "accounts"},
	{"authorizations", "account_id", "accounts"},
	{"authorization_lines", "account_id", "accounts"},
	{"transfers", "account_id", "accounts"},
	{"events", "account_id", "accounts"},
	{"notices", "account_id", "accounts"},
	{"parcels", "parcel_id", byItself},
	{"answers", "account_id", "accounts"},
	{"questions", "account_id", "accounts"},
	{"waiting", "account_id", "accounts"},
	{"deliveries", "account_id", "accounts"},
	{"cards", "digest", byItself},
	{"card_transfers", "digest", "cards"},
	{"card_serials", "serial", byItself},
	{"emails", "email", byItself},
	{"external_ids", "external_id", byItself},
	{"api_keys", "digest", byItself},
	{"audit_entries", "subject", "accounts"},
	{"sealed_codes", "digest", "cards"},
	{"batches", "batch", byItself},
	{"batch_parts", "batch", "batches"},
	{"till_transactions", "transaction_key", byItself},
	{"settlements", "retailer", byItself},
	{"settlement_breaks", "retailer", "settlements"},
	{"settlement_transfers", "retailer", "settlements"},
	{"retailer_payments", "retailer", "settlements"},
	{"card_waits", "digest", "cards"},
	{"orders", "order_id", byItself},
	{"order_transfers", "order_id", "orders"},
	{"order_letters", "order_id", "orders"},
	{"sign_ins", "sign_in_id", byItself},
	{"sessions", "token", byItself},
	{"tries", "scope", byItself},
	{"catalogs", "", ""},
	{"feed", "", ""},
	{"sandbox", "", ""},
	{"test_clocks", "clock_id", byItself},
	{"endpoints", "", ""},
	{"staff", "", ""},
	{"passkeys", "", ""},
}

// spread spreads the tables that are not spread yet, one after another, and tells which. Where it breaks off, the
// next call goes on. The pool is the caller's own: the lock ends with it.
func spread(ctx context.Context, pool *pgxpool.Pool) (done []string, err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(spreadLock)); err != nil {
		return nil, err
	}
	for _, table := range spreadTables {
		is := false
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = CAST(CAST($1 AS text) AS regclass) AND (partmethod = 'h' OR repmodel = 't'))",
			table.name).Scan(&is); err != nil {
			return done, err
		}
		if is {
			continue
		}
		if err := table.spread(ctx, conn); err != nil {
			return done, fmt.Errorf("spread the table %s: %w", table.name, err)
		}
		done = append(done, table.name)
	}
	return done, nil
}

func (t spreadTable) spread(ctx context.Context, conn *pgxpool.Conn) error {
	if t.by == "" {
		_, err := conn.Exec(ctx, "SELECT create_reference_table(CAST(CAST($1 AS text) AS regclass))", t.name)
		return err
	}
	_, err := conn.Exec(ctx, "SELECT create_distributed_table(CAST(CAST($1 AS text) AS regclass), CAST($2 AS text), colocate_with => CAST($3 AS text))",
		t.name, t.by, t.beside)
	return err
}

// hasCitus reports whether the extension is there, by its own table.
func hasCitus(ctx context.Context, pool *pgxpool.Pool) (has bool, err error) {
	err = pool.QueryRow(ctx, "SELECT to_regclass('pg_dist_partition') IS NOT NULL").Scan(&has)
	return has, err
}

// isSpread reports whether any table is spread over nodes.
func isSpread(ctx context.Context, pool *pgxpool.Pool) (is bool, err error) {
	if has, err := hasCitus(ctx, pool); err != nil || !has {
		return false, err
	}
	err = pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE partmethod = 'h')").Scan(&is)
	return is, err
}

// on is how statements reach the database on a connection.
func (db *postgres) on(conn *pgxpool.Conn) query.DBTX {
	if db.spread {
		return eachRow{conn}
	}
	return conn
}

// setsOn is how a unit's steps do.
func (db *postgres) setsOn(conn *pgxpool.Conn) sets {
	if db.spread {
		return eachRow{conn}
	}
	return pipeline{conn}
}

// The first two characters of a code are its class.
const (
	constraintViolated    = "23"
	transactionRolledBack = "40"
)

// committed is what a commit comes to that was answered with an error. Where the database is spread, the error may say
// that a node's answer was lost; and where it is the only node on which something was written, that may have
// committed. What breaks a constraint, or stood in another transaction's way, was undone for certain.
func (db *postgres) committed(err error) error {
	var told *pgconn.PgError
	if !db.spread || errors.Is(err, ErrUnknown) || !errors.As(err, &told) ||
		strings.HasPrefix(told.Code, constraintViolated) || strings.HasPrefix(told.Code, transactionRolledBack) {
		return err
	}
	return errors.Join(ErrUnknown, err)
}

// eachRow runs a statement on many rows in its form for one row, for all of them at once.
type eachRow struct{ conn *pgxpool.Conn }

// Exec runs a statement, and tells how many rows it changed.
func (e eachRow) Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error) {
	if oneRow(statement) == "" {
		return e.conn.Exec(ctx, statement, args...)
	}
	var sent singles
	sent.add(statement, args)
	changed, err := e.send(ctx, &sent, []int{sent.Len()})
	return pgconn.NewCommandTag("UPDATE " + itoa(changed[0])), err
}

// Query runs a statement that gives rows.
func (e eachRow) Query(ctx context.Context, statement string, args ...any) (pgx.Rows, error) {
	if oneRow(statement) == "" {
		return e.conn.Query(ctx, statement, args...)
	}
	var sent singles
	sent.add(statement, args)
	if sent.Len() == 0 {
		return noRows{}, nil
	}
	answers := e.conn.SendBatch(ctx, &sent.Batch)
	first, err := answers.Query()
	if err != nil {
		_ = answers.Close() // which says the same
		return nil, err
	}
	return &singleRows{Rows: first, answers: answers, left: sent.Len() - 1}, nil
}

// QueryRow runs a statement that gives one row, and so is not on many.
func (e eachRow) QueryRow(ctx context.Context, statement string, args ...any) pgx.Row {
	return e.conn.QueryRow(ctx, statement, args...)
}

// run sends all steps at once, and then reads all answers.
func (e eachRow) run(ctx context.Context, steps []step) error {
	var sent singles
	q, ends := query.New(&sent), make([]int, len(steps))
	for at, s := range steps {
		if _, err := s.do(q); err != nil {
			return err
		}
		ends[at] = sent.Len()
	}
	changed, err := e.send(ctx, &sent, ends)
	if err != nil {
		return err
	}
	for at, s := range steps {
		if err := s.check(changed[at], nil); err != nil {
			return err
		}
	}
	return nil
}

// send tells how many rows were changed by the statements up to each of these ends.
func (e eachRow) send(ctx context.Context, sent *singles, ends []int) (changed []int64, failed error) {
	answers := e.conn.SendBatch(ctx, &sent.Batch)
	defer func() {
		if err := answers.Close(); failed == nil {
			failed = err
		}
	}()
	changed = make([]int64, len(ends))
	read := 0
	for at, end := range ends {
		for ; read < end; read++ {
			tag, err := answers.Exec()
			if err != nil {
				return changed, err
			}
			changed[at] += tag.RowsAffected()
		}
	}
	return changed, nil
}

// singles takes statements to be sent together, each for one row.
type singles struct{ queued }

// Exec queues a statement for each row that it takes.
func (s *singles) Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error) {
	s.add(statement, args)
	return pgconn.CommandTag{}, nil
}

func (s *singles) add(statement string, args []any) {
	one := oneRow(statement)
	if one == "" {
		s.Queue(statement, args...)
		return
	}
	given := arraysOf(args)
	for at := range given.count {
		s.Queue(one, given.row(at)...)
	}
}

// singleRows are the rows of one statement after another, of those that were sent together.
type singleRows struct {
	pgx.Rows
	answers pgx.BatchResults
	left    int
	failed  error
}

// Next goes on to the next row, of the next statement where one has no more.
func (r *singleRows) Next() bool {
	for !r.Rows.Next() {
		if r.failed = r.Rows.Err(); r.failed == nil && r.left == 0 {
			r.failed = r.answers.Close()
			return false
		}
		if r.failed != nil {
			return false
		}
		r.left--
		if r.Rows, r.failed = r.answers.Query(); r.failed != nil {
			return false
		}
	}
	return true
}

// Close ends the reading.
func (r *singleRows) Close() {
	r.Rows.Close()
	// Next has told what went wrong.
	_ = r.answers.Close()
}

// Err is what went wrong, if anything did.
func (r *singleRows) Err() error { return r.failed }

// reach is how many times as many due accounts are looked at as are to be locked, so that several servers find
// accounts that the others have not locked.
const reach = 4

// lockDue locks some accounts on which something is due, but for those that others have locked.
func (u *unit) lockDue(ctx context.Context, q *query.Queries, now time.Time, most int) ([]query.Account, error) {
	due := query.LockDueAccountsParams{DueAt: new(now.UnixMicro()), Limit: int32(most)}
	if _, spread := u.direct.(eachRow); !spread {
		return q.LockDueAccounts(ctx, due)
	}
	for {
		due.Limit *= reach
		ids, err := q.DueAccounts(ctx, query.DueAccountsParams(due))
		if err != nil {
			return nil, err
		}
		full := len(ids) == int(due.Limit)
		locked, err := lockOfDue(ctx, q, ids, due.DueAt, most)
		if err != nil || len(locked) > 0 || !full {
			return locked, err
		}
	}
}

// lockOfDue locks some of these accounts, each where nobody else has locked it and it is still due.
func lockOfDue(ctx context.Context, q *query.Queries, ids []string, now *int64, most int) ([]query.Account, error) {
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	locked := make([]query.Account, 0, most)
	for _, id := range ids {
		row, err := q.LockDueAccount(ctx, query.LockDueAccountParams{AccountID: id, DueAt: now})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if locked = append(locked, row); len(locked) == most {
			break
		}
	}
	return locked, nil
}
