package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"scrip/store/query"
)

// refusing is where the statements of a use case go that shares its unit: nowhere.
type refusing struct{ u *unit }

// Exec refuses.
func (r refusing) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, r.u.refuse()
}

// Query refuses.
func (r refusing) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, r.u.refuse() }

// QueryRow refuses.
func (r refusing) QueryRow(context.Context, string, ...any) pgx.Row { return row{err: r.u.refuse()} }

// afterFlush is where the statements of a use case go that has the unit for itself: to the database, after
// what was kept back.
type afterFlush struct{ u *unit }

// Exec runs a statement.
func (a afterFlush) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if err := a.u.flush(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	return a.u.direct.Exec(ctx, query, args...)
}

// Query runs a statement that gives rows.
func (a afterFlush) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if err := a.u.flush(ctx); err != nil {
		return nil, err
	}
	return a.u.direct.Query(ctx, query, args...)
}

// QueryRow runs a statement that gives one row.
func (a afterFlush) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	if err := a.u.flush(ctx); err != nil {
		return row{err: err}
	}
	return a.u.direct.QueryRow(ctx, query, args...)
}

// errAsked says that a statement is only being noted.
var errAsked = errors.New("the statement is noted, to be sent together with others")

// readTogether runs statements that begin a transaction, and then reads that do not wait for each other, on PostgreSQL
// in one exchange: each is run once to note its statement, and once more to take the answer.
func readTogether(ctx context.Context, on query.DBTX, begin []string, reads []func(*query.Queries) error) error {
	conn, is := on.(*pgxpool.Conn)
	if !is {
		for _, statement := range begin {
			if _, err := on.Exec(ctx, statement); err != nil {
				return err
			}
		}
		for _, read := range reads {
			if err := read(query.New(on)); err != nil {
				return err
			}
		}
		return nil
	}
	var asked noted
	for _, statement := range begin {
		asked.Queue(statement)
	}
	for _, read := range reads {
		if err := read(query.New(&asked)); err != nil && !errors.Is(err, errAsked) {
			return err
		}
	}
	if asked.Len() == 0 {
		return nil
	}
	answers := conn.SendBatch(ctx, &asked.Batch)
	for range begin {
		if _, err := answers.Exec(); err != nil {
			return errors.Join(err, answers.Close())
		}
	}
	for _, read := range reads {
		if err := read(query.New(answered{answers})); err != nil {
			return errors.Join(err, answers.Close())
		}
	}
	return answers.Close()
}

// noted takes statements that read, to be sent together.
type noted struct{ queued }

// Query notes a statement.
func (n *noted) Query(_ context.Context, statement string, args ...any) (pgx.Rows, error) {
	n.Queue(statement, args...)
	return nil, errAsked
}

// answered gives the answers of statements that were sent together, in their order.
type answered struct{ pgx.BatchResults }

// Exec refuses: reads change nothing.
func (answered) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errors.ErrUnsupported
}

// Query gives the next answer.
func (a answered) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return a.BatchResults.Query()
}

// QueryRow refuses: each reads many rows.
func (answered) QueryRow(context.Context, string, ...any) pgx.Row {
	return row{err: errors.ErrUnsupported}
}

// oneByOne runs each step when its turn comes.
type oneByOne struct{ on query.DBTX }

func (o oneByOne) run(ctx context.Context, steps []step) error {
	q := query.New(o.on)
	for _, s := range steps {
		changed, err := s.do(q)
		if err := s.check(changed, err); err != nil {
			return err
		}
	}
	return nil
}

func (s step) check(changed int64, err error) error {
	if err == nil && s.want >= 0 && changed != s.want {
		return fmt.Errorf("%w: %d rows were written of %d", ErrConflict, changed, s.want)
	}
	return err
}

// A statement on many rows is written for PostgreSQL: it takes each column as an array. Its form for one row
// takes each as a value. It says the same, and is what SQLite runs, and Citus, where each row may be on
// another node.
var (
	manyRows  = regexp.MustCompile(`\b(unnest|ANY)\(CAST\(\$\d+ AS \w+\[\]\)\)`)
	unnested  = regexp.MustCompile(`unnest\(CAST\((\$\d+) AS (\w+)\[\]\)\)`)
	anyOf     = regexp.MustCompile(`= ANY\(CAST\((\$\d+) AS \w+\[\]\)\)`)
	fromSet   = regexp.MustCompile(`(?s)\s(?:FROM|USING) \(SELECT\s(.*?)\) AS u\b(, LATERAL)?`)
	columnOfU = regexp.MustCompile(`(\$\d+) AS (\w+)`)
	fromSelf  = regexp.MustCompile(`(?s)(INSERT INTO [^)]*\))\s+SELECT(.*?)(\s+ON CONFLICT.*)?$`)
	ofU       = regexp.MustCompile(`\bu\.(\w+)`)
	orNull    = regexp.MustCompile(`NULLIF\((\$\d+), 0\)`) // by the 0 alone, PostgreSQL takes it for a small number
)

var oneRowForms sync.Map // statement to its form for one row, or ""

// oneRow is a statement's form for one row, or "" where it takes no arrays.
func oneRow(statement string) string {
	if form, known := oneRowForms.Load(statement); known {
		return form.(string)
	}
	form := ""
	if manyRows.MatchString(statement) {
		form = orNull.ReplaceAllString(makeOneRow(statement), "NULLIF(CAST($1 AS bigint), 0)")
	}
	oneRowForms.Store(statement, form)
	return form
}

func makeOneRow(statement string) string {
	form := anyOf.ReplaceAllString(strings.TrimSpace(statement), "= $1")
	form = unnested.ReplaceAllString(form, "$1")
	if strings.Contains(form, "INSERT INTO ") {
		return fromSelf.ReplaceAllString(form, "$1\nVALUES ($2)$3")
	}
	values := map[string]string{}
	if set := fromSet.FindStringSubmatch(form); set != nil {
		for _, column := range columnOfU.FindAllStringSubmatch(set[1], -1) {
			values[column[2]] = column[1]
		}
		from := ""
		if set[2] != "" {
			from = " FROM"
		}
		form = fromSet.ReplaceAllString(form, from)
	}
	return ofU.ReplaceAllStringFunc(form, func(name string) string { return values[name[2:]] })
}

// arrays are the arguments of a statement on many rows: the argument at an index of each row.
type arrays struct {
	args  []reflect.Value
	count int
}

func arraysOf(args []any) arrays {
	a := arrays{args: make([]reflect.Value, len(args))}
	for at, arg := range args {
		a.args[at] = reflect.ValueOf(arg)
	}
	a.count = a.args[0].Len()
	return a
}

func (a arrays) row(at int) []any {
	row := make([]any, len(a.args))
	for i, arg := range a.args {
		row[i] = arg.Index(at).Interface()
	}
	return row
}
