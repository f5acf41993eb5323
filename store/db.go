// Package store keeps what the rules decided. A use case writes through one Tx, and everything in it is
// there, or nothing is. SQL stands here alone, and here is no rule about money: the tables only repeat
// the rules as checks and unique keys.
package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"scrip/store/query"
)

var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrUnknown says that a commit's fate is unknown: what was asked may have happened or not. The same
	// command with the same key tells.
	ErrUnknown = errors.New("it is not known whether the change was kept: ask again with the same key")
	// ErrClosed says that the store takes no more reads and writes, because it is being closed.
	ErrClosed = errors.New("the store is closed")
	// ErrLocked says that another process serves the same file.
	ErrLocked = errors.New("another process serves this database: stop it first")
	// ErrOlder says that the database has an older schema, or none: a server brings it forward, or scrip migrate.
	ErrOlder = errors.New("the database is older than this program, or empty: run 'scrip migrate', or start the server on it once")
	// ErrNewer says that the database was migrated by a newer program.
	ErrNewer = errors.New("the database is newer than this program: use the newer program")
	// ErrAddress says that a database has an address that is not understood.
	ErrAddress = errors.New("the database's address is neither a file's path nor of the form postgres://user@host:5432/database")
	// ErrBusy says that another transaction has held a row, or of SQLite the whole file, for too long. Nothing was changed.
	ErrBusy = errors.New("another transaction was in the way for too long: ask again with the same key")
	// ErrConflict says that a row changed between reading and writing it.
	ErrConflict = errors.New("the row was changed by somebody else")
)

// mostShared is how many waiting writes share a commit.
const mostShared = 256

// Options say how a database is opened.
type Options struct {
	// Clock gives each write its time.
	Clock func() time.Time
	// Alone takes a SQLite file for this process: a second one that asks for it gets ErrLocked. Short
	// commands beside a server do not ask. PostgreSQL is shared by as many as like.
	Alone bool
	// Migrate brings an older schema forward.
	Migrate bool

	mostLog int64 // in bytes; 0 for mostLog
	atOnce  int   // 0 for fewestAtOnce
}

// DB is an open database. Writes that wait at the same moment share one commit; reads go beside them.
type DB struct{ backend }

// backend is SQLite or PostgreSQL.
type backend interface {
	// look reads, on one state of the database where it takes a snapshot.
	look(ctx context.Context, snapshot bool, do func(*Tx) error) error
	write(w *work) error
	session(ctx context.Context, token string) (kept, error)
	epoch(ctx context.Context, account string) (int64, error)
	member(ctx context.Context, account string) (Account, error)
	now() time.Time
	close() error
}

// work is one use case that waits to be written.
type work struct {
	ctx    context.Context
	needs  Needs
	shared bool // it reads nothing but what it needs, and so may share its statements with others
	// presumes says that of what it needs not all was read: that its answers are new, and what its accounts hold in all
	// will do. Where it comes to more than a success, it goes once more, without.
	presumes bool
	do       func(*Tx) error
	err      error
	done     chan struct{}
}

// sober has use cases presume nothing any more, and tells whether one did.
func sober(all []*work) (presumed bool) {
	for _, w := range all {
		presumed = presumed || w.presumes
		w.presumes = false
	}
	return presumed
}

// allWaiting takes what waits behind a first one at this moment, and never waits for more.
func allWaiting[T any](first T, behind <-chan T) []T {
	all := append(make([]T, 0, mostShared), first)
	for len(all) < mostShared {
		select {
		case next := <-behind:
			all = append(all, next)
		default:
			return all
		}
	}
	return all
}

// Open opens a database: PostgreSQL at an address that begins with postgres:// or postgresql://, or else the
// SQLite file at a path, which is made where there is none and Migrate is set. An older schema is ErrOlder
// without Migrate.
func Open(ctx context.Context, address string, options Options) (*DB, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	options.Clock = inMicros(options.Clock)
	if IsPostgres(address) {
		db, err := openPostgres(ctx, address, options)
		if err != nil {
			return nil, err
		}
		return &DB{db}, nil
	}
	db, err := openSQLite(ctx, address, options)
	if err != nil {
		return nil, err
	}
	return &DB{db}, nil
}

// inMicros is a clock that shows instants as they are kept, so that who is told of one now is told the same later.
func inMicros(clock func() time.Time) func() time.Time {
	return func() time.Time { return clock().Truncate(time.Microsecond) }
}

// IsPostgres reports whether an address is one of PostgreSQL, and not the path of a file.
func IsPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// CheckAddress refuses what looks like an address, and not like the path of a file, but is none of PostgreSQL. It
// does not repeat it, for there may be a password in it.
func CheckAddress(address string) error {
	if !IsPostgres(address) && (strings.Contains(address, "://") || strings.Contains(address, "password=")) {
		return ErrAddress
	}
	return nil
}

// Tx is one transaction. Now is its time, and does not move.
type Tx struct {
	Now  time.Time
	q    *query.Queries
	unit *unit // of one that writes
}

// Read runs what only reads, on one consistent state of the database.
func (db *DB) Read(ctx context.Context, do func(*Tx) error) error { return db.look(ctx, true, do) }

// Look is Read for a single statement, which sees one state by itself.
func (db *DB) Look(ctx context.Context, do func(*Tx) error) error { return db.look(ctx, false, do) }

// Write runs a use case in a transaction of its own. It may run twice, so it has no effect except
// through tx; what it returns undoes it. When Write returns nil, the change is on the disk. ErrUnknown
// says that nobody knows.
func (db *DB) Write(ctx context.Context, do func(*Tx) error) error {
	return db.write(&work{ctx: ctx, do: do, done: make(chan struct{})})
}

// Together is Write for a use case that names beforehand the accounts, cards and answers that it reads. All
// that wait at the same moment are read together, decided one after another, and written together; one
// that fails takes nobody with it. What it needs is presumed at first, where that saves reading it: it runs once more
// where it comes to anything but success, and once more by itself where it turns out to read more.
func (db *DB) Together(ctx context.Context, needs Needs, do func(*Tx) error) error {
	presumes := len(needs.Sums)+len(needs.Answers) > 0
	return db.write(&work{ctx: ctx, needs: needs, shared: true, presumes: presumes, do: do, done: make(chan struct{})})
}

// Due is how a pass over due accounts went.
type Due struct {
	Done   int
	Failed map[string]error // by account
}

// WriteDue locks some accounts on which something is due, the longest due first, but for those that
// others have locked, and runs a use case on each; all of them are one transaction. One that fails leaves
// nothing of its own. Where it fails as a whole, nothing was changed.
func (db *DB) WriteDue(ctx context.Context, most int, do func(tx *Tx, account string) error) (due Due, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		due = Due{Failed: map[string]error{}}
		rows, err := tx.unit.lockDue(ctx, tx.q, tx.Now, most)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for at, row := range rows {
			ids[at] = row.AccountID
		}
		if err := errors.Join(tx.unit.hold(rows), tx.unit.loadLots(ctx, tx.q, ids), tx.unit.loadAuthorizations(ctx, tx.unit.direct, ids)); err != nil {
			return err
		}
		each, direct := tx.unit.sharing(tx.Now), tx.unit.direct
		tx.unit.direct = nil // none reads more, so that what it did can be taken back
		defer func() { tx.unit.direct = direct }()
		for _, row := range rows {
			if err := tx.unit.attempt(each, func(tx *Tx) error { return do(tx, row.AccountID) }); err != nil {
				due.Failed[row.AccountID] = err
			} else {
				due.Done++
			}
		}
		return nil
	})
	if err != nil {
		return Due{}, err
	}
	return due, nil
}

// Close lets the writes that wait go through and the reads under way end, and closes the database.
func (db *DB) Close() error { return db.close() }

func itoa(number int64) string { return strconv.FormatInt(number, 10) }
