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

const (
	// busyTimeoutMillis is how long a write waits for another process that writes.
	busyTimeoutMillis = 10_000
	// checkpointEvery is how often the write-ahead log is copied back, beside the writes.
	checkpointEvery = time.Second
	// mostLog is how much of the log, in bytes, is written before it is written anew from its beginning: while writes
	// never pause it would not be by itself. They wait meanwhile, and for reads that are still on it at most
	// readersWaitMillis. Its file stays: to write what is there already is cheaper than to make a file longer.
	mostLog           = 512 << 20
	copiesBefore      = 5 // how often it is copied before that
	pageBytes         = 4096
	readersWaitMillis = 100
)

// sqlite is an open SQLite file. Writes that wait at the same moment share one commit; reads go beside them.
type sqlite struct {
	clock   func() time.Time
	mostLog int64
	pools   []*sql.DB
	writer  *connection
	copier  *connection // of the write-ahead log
	readers chan *connection
	writes  chan *work
	large   chan struct{} // the write-ahead log
	closing chan struct{}
	done    chan struct{}
	beside  sync.WaitGroup // what goes on beside reads and writes
	lock    *flock.Flock
}

// openSQLite opens the SQLite file at path, which is made where there is none.
func openSQLite(ctx context.Context, path string, options Options) (*sqlite, error) {
	db := &sqlite{clock: options.Clock, mostLog: cmp.Or(options.mostLog, mostLog), writes: make(chan *work, mostShared), large: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
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
	if err := db.open(ctx, path, options.Migrate); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.release(len(db.readers)))
	}
	go db.commits()
	db.beside.Go(db.checkpoint)
	return db, nil
}

func (db *sqlite) open(ctx context.Context, path string, mayMigrate bool) error {
	writing, err := db.pool(path, "")
	if err != nil {
		return err
	}
	writing.SetMaxOpenConns(1)
	if _, err := migrateSQLite(ctx, writing, mayMigrate); err != nil {
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
func (db *sqlite) pool(path, more string) (*sql.DB, error) {
	settings := "?_txlock=immediate&_pragma=busy_timeout(" + strconv.Itoa(busyTimeoutMillis) + ")" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(0)&_pragma=cache_size(-16384)" + more
	pool, err := sql.Open("sqlite", "file:"+escapePath(path)+settings)
	if err == nil {
		db.pools = append(db.pools, pool)
	}
	return pool, err
}

func (db *sqlite) now() time.Time { return db.clock().UTC() }

func (db *sqlite) look(ctx context.Context, snapshot bool, do func(*Tx) error) (failed error) {
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
	if snapshot {
		if err := reader.run(context.WithoutCancel(ctx), "BEGIN"); err != nil {
			return fmt.Errorf("begin to read: %w", err)
		}
		defer func() { failed = errors.Join(failed, reader.run(context.WithoutCancel(ctx), "ROLLBACK")) }()
	}
	return do(&Tx{Now: db.clock().UTC(), q: query.New(unbroken{reader})})
}

func (db *sqlite) close() error {
	close(db.closing)
	<-db.done
	db.beside.Wait()
	return db.release(cap(db.readers))
}

func (db *sqlite) release(readers int) error {
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
// much has been written all the same, the writer has it begin anew.
func (db *sqlite) checkpoint() {
	ctx := context.Background()
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-db.closing:
			return
		case <-tick.C:
			if db.copyBack(ctx) <= db.mostLog {
				continue
			}
			for range copiesBefore { // each leaves less for which the writer must wait
				db.copyBack(ctx)
			}
			select {
			case db.large <- struct{}{}:
			default: // the writer knows
			}
		}
	}
}

// copyBack copies what it can of the write-ahead log, and tells how many bytes of it are in use. Where it finds no
// room, it is tried again at the next tick.
func (db *sqlite) copyBack(ctx context.Context) int64 {
	var busy, pages, copied int64
	_ = db.copier.QueryRow(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &copied)
	return pages * pageBytes
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
