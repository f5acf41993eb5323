// Package store keeps what the rules decided. A use case writes through one Tx, and everything in it is
// there, or nothing is. SQL stands here alone, and here is no rule about money: the tables only repeat
// the rules as checks and unique keys.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"

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
	// ErrOlder says that the database has an older schema, or none: only a server brings it forward.
	ErrOlder = errors.New("the database is older than this program, or empty: start the server on it once")
	// ErrNewer says that the database was migrated by a newer program.
	ErrNewer = errors.New("the database is newer than this program: use the newer program")
	// ErrConflict says that a row changed between reading and writing it.
	ErrConflict = errors.New("the row was changed by somebody else")
)

const (
	// busyTimeoutMillis is how long a write waits for another process that writes.
	busyTimeoutMillis = 10_000
	// mostShared is how many waiting writes share a commit.
	mostShared = 256
	// checkpointEvery is how often the write-ahead log is copied back, beside the writes.
	checkpointEvery = time.Second
	// mostLog is the size in bytes from which the log is begun anew. While writes never pause it would not
	// be by itself. They wait meanwhile, and for reads that are still on it at most readersWaitMillis.
	mostLog           = 64 << 20
	readersWaitMillis = 100
)

// Options say how a database is opened.
type Options struct {
	// Clock gives each write its time.
	Clock func() time.Time
	// Alone takes the file for this process: a second one that asks for it gets ErrLocked. Short
	// commands beside a server do not ask.
	Alone bool

	mostLog int64 // in bytes; 0 for mostLog
}

// DB is an open database. Writes that wait at the same moment share one commit; reads go beside them.
type DB struct {
	clock   func() time.Time
	mostLog int64
	pools   []*sql.DB
	writer  *connection
	copier  *connection // of the write-ahead log
	readers chan *connection
	writes  chan *write
	large   chan struct{} // the write-ahead log
	closing chan struct{}
	done    chan struct{}
	beside  sync.WaitGroup // what goes on beside reads and writes
	lock    *flock.Flock
}

// Open opens the SQLite file at path. Who asks for it alone has it made where there is none, and
// migrated; others get ErrOlder.
func Open(ctx context.Context, path string, options Options) (*DB, error) {
	db := &DB{clock: options.Clock, mostLog: cmp.Or(options.mostLog, mostLog), writes: make(chan *write, mostShared), large: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	path, err := filepath.EvalSymlinks(path) // the lock is the file's, by whichever name it is called
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if options.Alone {
		db.lock = flock.New(path + ".lock")
		if held, err := db.lock.TryLock(); err != nil || !held {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, ErrLocked), err)
		}
	}
	if err := db.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.release(len(db.readers)))
	}
	go db.write()
	db.beside.Go(func() { db.checkpoint(path + "-wal") })
	return db, nil
}

func (db *DB) open(ctx context.Context, path string) error {
	writing, err := db.pool(path, "")
	if err != nil {
		return err
	}
	writing.SetMaxOpenConns(1)
	if err := migrate(ctx, writing, db.lock != nil); err != nil {
		return err
	}
	if db.writer, err = connect(ctx, writing); err != nil {
		return err
	}
	reading, err := db.pool(path, "&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	if db.copier, err = connect(ctx, reading); err != nil {
		return err
	}
	count := 2 * runtime.GOMAXPROCS(0)
	db.readers = make(chan *connection, count)
	for range count {
		reader, err := connect(ctx, reading)
		if err != nil {
			return err
		}
		db.readers <- reader
	}
	return nil
}

// pool opens a pool of connections. SQLite's settings hold for one connection, so they stand in its
// address.
func (db *DB) pool(path, more string) (*sql.DB, error) {
	settings := "?_txlock=immediate&_pragma=busy_timeout(" + strconv.Itoa(busyTimeoutMillis) + ")" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(0)&_pragma=cache_size(-65536)" + more
	pool, err := sql.Open("sqlite", "file:"+escapePath(path)+settings)
	if err == nil {
		db.pools = append(db.pools, pool)
	}
	return pool, err
}

// Tx is one transaction. Now is its time, and does not move.
type Tx struct {
	Now    time.Time
	q      *query.Queries
	reader *connection // of one that only reads
}

// Read runs what only reads, on one consistent state of the database.
func (db *DB) Read(ctx context.Context, do func(*Tx) error) error {
	return db.Look(ctx, func(tx *Tx) (failed error) {
		if err := tx.reader.run(context.WithoutCancel(ctx), "BEGIN"); err != nil {
			return fmt.Errorf("begin to read: %w", err)
		}
		defer func() { failed = errors.Join(failed, tx.reader.run(context.WithoutCancel(ctx), "ROLLBACK")) }()
		return do(tx)
	})
}

// Look is Read for a single statement, which sees one state by itself.
func (db *DB) Look(ctx context.Context, do func(*Tx) error) error {
	select {
	case <-db.closing:
		return ErrClosed
	default:
	}
	var reader *connection
	select {
	case <-db.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case reader = <-db.readers:
	}
	defer func() { db.readers <- reader }()
	return do(&Tx{Now: db.clock().UTC(), q: query.New(unbroken{reader}), reader: reader})
}

// Close lets the writes that wait go through and the reads under way end, and closes the database.
func (db *DB) Close() error {
	close(db.closing)
	<-db.done
	db.beside.Wait()
	return db.release(cap(db.readers))
}

func (db *DB) release(readers int) error {
	var failed error
	if db.writer != nil {
		failed = errors.Join(failed, db.writer.close())
	}
	if db.copier != nil {
		failed = errors.Join(failed, db.copier.close())
	}
	for range readers {
		failed = errors.Join(failed, (<-db.readers).close())
	}
	for _, pool := range db.pools {
		failed = errors.Join(failed, pool.Close())
	}
	if db.lock != nil {
		failed = errors.Join(failed, db.lock.Unlock())
	}
	return failed
}

// checkpoint copies the write-ahead log back while others write, so that no write has to wait for it. Where
// the log has grown large all the same, the writer has it begin anew.
func (db *DB) checkpoint(log string) {
	ctx := context.Background()
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-db.closing:
			return
		case <-tick.C:
			// A checkpoint that found no room is tried again at the next tick.
			_ = db.copier.run(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
			if file, err := os.Stat(log); err == nil && file.Size() > db.mostLog {
				select {
				case db.large <- struct{}{}:
				default: // the writer knows
				}
			}
		}
	}
}

// private makes the file where there is none, to be read by its owner alone; SQLite gives the files
// beside it the same rights.
func private(path string) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func escapePath(path string) string {
	escaped := make([]byte, 0, len(path))
	for _, char := range []byte(path) {
		if char == '?' || char == '%' || char == '#' {
			escaped = append(escaped, '%', "0123456789ABCDEF"[char>>4], "0123456789ABCDEF"[char&15])
			continue
		}
		escaped = append(escaped, char)
	}
	return string(escaped)
}

func itoa(number int64) string { return strconv.FormatInt(number, 10) }
