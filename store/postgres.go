package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"scrip/store/query"
)

const (
	// batchers is how many batches are under way at once: while one waits for the disk, another decides.
	batchers = 2
	// fewestBeside is how many writes a batch has at least that begins while another commits: with fewer it would cost
	// more than it gains. Once that has committed, one is enough.
	fewestBeside = 10
	// fewestAtOnce is how many writes wait at least where a batch begins while another still decides. With so many, each
	// batch is large enough that two cost hardly more than one, and no processor waits for the other.
	fewestAtOnce = 40
	// batchTimeout bounds a batch, and commitTimeout the wait for a commit's answer. Whose commit has not
	// answered by then is told that its fate is unknown.
	batchTimeout  = 30 * time.Second
	commitTimeout = 30 * time.Second
	// lockWait is how long a write waits for a row that another holds, and sharedLockWait how long it does where others
	// wait behind it; then it goes by itself. Both leave PostgreSQL time to find a deadlock, a second. longestWait is
	// for how long all of it may take.
	lockWait       = 3 * time.Second
	sharedLockWait = 1500 * time.Millisecond
	longestWait    = 5 * time.Second
	// mostRetries is how often a transaction that PostgreSQL undid on account of another is tried again.
	mostRetries = 10
	// idleTimeoutMillis is after what time PostgreSQL ends a transaction of a server that went silent, and
	// gives free what it had locked.
	idleTimeoutMillis = 60_000
)

// The codes of PostgreSQL's errors (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	lockNotAvailable     = "55P03"
	warning              = "01000"
)

// postgres is an open PostgreSQL database. It is correct at READ COMMITTED: rows are locked before they are
// changed, and changed under guards.
type postgres struct {
	clock   func() time.Time
	pool    *pgxpool.Pool
	spread  bool // over nodes, by Citus
	writes  chan *work
	decides chan struct{} // full while a batch reads, decides and writes, until it commits
	crowd   chan struct{} // wakes a batch that need not wait for the one that decides
	atOnce  int           // how many must wait for that
	commits chan struct{} // closed once the batch has committed that decided last
	door    sync.RWMutex  // nobody comes in while closing is closed
	closing chan struct{}
	done    chan struct{}

	sessions *gather[kept]
	epochs   *gather[int64]
	members  *gather[Account]

	inside sync.WaitGroup // reads, and writes that go by themselves
	beside sync.WaitGroup // those of a batch that go alone after all
}

func openPostgres(ctx context.Context, address string, options Options) (*postgres, error) {
	over := false
	pool, err := openPool(ctx, address, func(pool *pgxpool.Pool) error {
		_, err := migratePostgres(ctx, pool, options.Migrate)
		if err == nil {
			over, err = isSpread(ctx, pool)
		}
		if err == nil {
			err = goOn(ctx, pool)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	db := &postgres{clock: options.Clock, pool: pool, spread: over, writes: make(chan *work, mostShared), decides: make(chan struct{}, 1), crowd: make(chan struct{}), atOnce: cmp.Or(options.atOnce, fewestAtOnce), commits: make(chan struct{}), closing: make(chan struct{}), done: make(chan struct{})}
	close(db.commits) // there is none
	db.sessions = newGather(db.closing, gathering(db, sessionsOf))
	db.epochs = newGather(db.closing, gathering(db, epochsOf))
	db.members = newGather(db.closing, gathering(db, membersOf))
	var workers sync.WaitGroup
	for range batchers {
		workers.Go(db.batches)
	}
	go func() {
		workers.Wait()
		close(db.done)
	}()
	return db, nil
}

// openPool opens connections to an address, and begins with something on them. Where that fails, they are closed.
func openPool(ctx context.Context, address string, begin func(*pgxpool.Pool) error) (*pgxpool.Pool, error) {
	settings, err := pgxpool.ParseConfig(address)
	if err != nil {
		// What pgx says of an address that it cannot read may show the password in it.
		return nil, errors.New("open PostgreSQL: the address is not of the form postgres://user@host:5432/database")
	}
	if !strings.Contains(address, "pool_max_conns") {
		settings.MaxConns = int32(max(16, 4*runtime.NumCPU()))
	}
	settings.ConnConfig.OnNotice = heed
	parameters := settings.ConnConfig.RuntimeParams
	parameters["application_name"] = "scrip"
	parameters["default_transaction_isolation"] = "read committed"
	parameters["plan_cache_mode"] = "force_generic_plan"
	parameters["idle_in_transaction_session_timeout"] = itoa(idleTimeoutMillis)
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := begin(pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open PostgreSQL at %s, database %s: %w", settings.ConnConfig.Host, settings.ConnConfig.Database, err)
	}
	return pool, nil
}

// warned is where a connection keeps that a warning came.
const warned = "warned"

// heed marks the connection on which a warning came: a commit that answered with one may be on this server
// alone, its wait for the standby cut short.
func heed(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.Code == warning {
		conn.CustomData()[warned] = true
	}
}

func (db *postgres) now() time.Time { return db.clock().UTC() }

func (db *postgres) look(ctx context.Context, snapshot bool, do func(*Tx) error) error {
	if !db.enter() {
		return ErrClosed
	}
	defer db.inside.Done()
	if !snapshot {
		conn, err := db.onLiving(ctx, func(conn *pgxpool.Conn) error {
			return do(&Tx{Now: db.clock().UTC(), q: query.New(db.on(conn))})
		})
		if err == nil {
			conn.Release()
		}
		return err
	}
	conn, err := db.begin(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	if err != nil {
		return err
	}
	defer conn.Release() // one that is still in a transaction is closed
	failed := do(&Tx{Now: db.clock().UTC(), q: query.New(db.on(conn))})
	if _, err := conn.Exec(ctx, "COMMIT"); failed == nil {
		failed = err
	}
	return failed
}

// enter lets in what is to end before the database is closed.
func (db *postgres) enter() bool {
	db.door.RLock()
	defer db.door.RUnlock()
	if db.isClosing() {
		return false
	}
	db.inside.Add(1)
	return true
}

// begin gives a connection on which a transaction has begun.
func (db *postgres) begin(ctx context.Context, statement string) (*pgxpool.Conn, error) {
	return db.onLiving(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

// onLiving asks a connection something, and gives it where it answered. PostgreSQL may have ended it while it was
// idle, as it ends all of them when it is started anew: then the next is asked.
func (db *postgres) onLiving(ctx context.Context, ask func(*pgxpool.Conn) error) (*pgxpool.Conn, error) {
	for tried := int32(0); ; tried++ {
		conn, err := db.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		dead, err := askOrRelease(conn, ask)
		if err == nil {
			return conn, nil
		}
		if !dead || ctx.Err() != nil || tried == db.pool.Stat().MaxConns() {
			return nil, err
		}
	}
}

// askOrRelease releases a connection that does not answer, and tells whether it has ended.
func askOrRelease(conn *pgxpool.Conn, ask func(*pgxpool.Conn) error) (dead bool, err error) {
	answered := false
	defer func() {
		if !answered {
			conn.Release()
		}
	}()
	err = ask(conn)
	answered = err == nil
	return conn.Conn().IsClosed(), err
}

func (db *postgres) write(w *work) error {
	if !w.shared {
		if !db.enter() {
			return ErrClosed
		}
		defer db.inside.Done()
		return db.alone(w, lockWait, func() {})
	}
	ctx, cancel := context.WithTimeoutCause(w.ctx, longestWait, ErrBusy)
	defer cancel()
	w.ctx = ctx
	err := db.share(w)
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(context.Cause(ctx), ErrBusy) && !errors.Is(err, ErrUnknown) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// share has a write go together with others that wait.
func (db *postgres) share(w *work) error {
	if db.isClosing() {
		return ErrClosed
	}
	select {
	case <-db.closing:
		return ErrClosed
	case <-w.ctx.Done():
		return w.ctx.Err()
	case db.writes <- w:
	}
	if len(db.writes) >= db.atOnce {
		select {
		case db.crowd <- struct{}{}:
		default:
		}
	}
	select {
	case <-w.done:
		return w.err
	case <-db.done:
	}
	db.beside.Wait()
	select {
	case <-w.done:
		return w.err
	default:
		return ErrClosed
	}
}

func (db *postgres) isClosing() bool {
	select {
	case <-db.closing:
		return true
	default:
		return false
	}
}

// batches takes all that waits, waits for more only while another batch commits, and writes it together. What comes
// while another batch decides waits for the next, unless it is a crowd: two at once would each be half as full, and a
// statement costs more than a row of it.
func (db *postgres) batches() {
	for {
		select {
		case db.decides <- struct{}{}:
			batch := db.nextBatch()
			if batch == nil {
				<-db.decides
				return
			}
			committed := make(chan struct{})
			decided := sync.OnceFunc(func() {
				db.commits = committed
				<-db.decides
			})
			db.together(batch, decided)
			decided()
			close(committed)
		case <-db.crowd:
			select {
			case first := <-db.writes:
				db.together(allWaiting(first, db.writes), func() {})
			default:
			}
		}
	}
}

// nextBatch waits for what is to be written together; nil is the end.
func (db *postgres) nextBatch() []*work {
	first := db.next()
	if first == nil {
		return nil
	}
	batch := allWaiting(first, db.writes)
	for len(batch) < fewestBeside {
		select {
		case next := <-db.writes:
			batch = append(batch, next)
			continue
		case <-db.commits:
		}
		select {
		case next := <-db.writes:
			return append(batch, allWaiting(next, db.writes)...)
		default:
			return batch
		}
	}
	return batch
}

// next waits for what is to be written; nil is the end.
func (db *postgres) next() *work {
	select {
	case first := <-db.writes:
		return first
	case <-db.closing:
	}
	select {
	case first := <-db.writes:
		return first
	default:
		return nil
	}
}

// together writes a batch as one unit, and tells when it has but to be committed. Some must go once more: each that
// presumed too much or reads more than it said, or all where PostgreSQL refused what one of them wrote.
func (db *postgres) together(batch []*work, decided func()) {
	if len(batch) == 1 {
		w := batch[0]
		if w.err = db.alone(w, sharedLockWait, decided); errors.Is(w.err, ErrBusy) {
			db.goAlone(w)
			return
		}
		close(w.done)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	var others []*work
	lives := false // the connection on which it failed, if it did
	err := db.transact(ctx, sharedLockWait, func(conn *pgxpool.Conn, begin []string) (decide, error) {
		defer func() { lives = !conn.Conn().IsClosed() }()
		others = nil
		u := newUnit(nil, db.setsOn(conn))
		return func() error {
			defer func() { lives = !conn.Conn().IsClosed() }()
			others = u.attemptAll(batch, db.clock)
			defer decided()
			return u.flush(ctx)
		}, u.load(ctx, db.on(conn), batch, begin...)
	})
	switch {
	case err == nil:
	case lives && !errors.Is(err, ErrUnknown):
		others = batch
	default: // those that go once more were not in it
		fail(slices.DeleteFunc(slices.Clone(batch), func(w *work) bool { return slices.Contains(others, w) }), err)
	}
	for _, w := range batch {
		if !slices.Contains(others, w) {
			close(w.done)
		}
	}
	if sober(others) {
		db.beside.Go(func() { db.together(others, func() {}) })
		return
	}
	for _, w := range others {
		db.goAlone(w)
	}
}

// goAlone writes one of a batch by itself, while others go on.
func (db *postgres) goAlone(w *work) {
	db.beside.Go(func() {
		w.err = db.alone(w, lockWait, func() {})
		close(w.done)
	})
}

// alone writes one use case, and tells when it has but to be committed. What it said that it needs is read beforehand, so that it locks in the same order as a
// batch does.
func (db *postgres) alone(w *work, wait time.Duration, decided func()) error {
	w.presumes = false // it reads by itself what it needs
	return db.transact(w.ctx, wait, func(conn *pgxpool.Conn, begin []string) (decide, error) {
		u := newUnit(db.on(conn), db.setsOn(conn))
		return func() error {
			if err := protect(w.do, u.alone(db.clock().UTC())); err != nil {
				return err
			}
			defer decided()
			return u.flush(w.ctx)
		}, u.load(w.ctx, db.on(conn), []*work{w}, begin...)
	})
}

// reading begins a transaction with some statements, in one exchange with its first reads, and gives what is to be done
// on what they read.
type reading func(conn *pgxpool.Conn, begin []string) (decide, error)

// decide decides on what was read, and writes what follows.
type decide func() error

// transact runs a transaction that waits for a locked row so long, and runs it again where PostgreSQL undid it on
// account of another.
func (db *postgres) transact(ctx context.Context, wait time.Duration, do reading) error {
	for tried := 0; ; tried++ {
		err := db.once(ctx, wait, do)
		var told *pgconn.PgError
		if !errors.As(err, &told) || told.Code != serializationFailure && told.Code != deadlockDetected || errors.Is(err, ErrUnknown) || tried == mostRetries {
			return clear(err)
		}
		pause := time.NewTimer(rand.N(time.Millisecond << tried))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

// clear turns what PostgreSQL says of a key that is taken into ErrConflict, and of a row that is held into ErrBusy.
func clear(err error) error {
	var told *pgconn.PgError
	if !errors.As(err, &told) || errors.Is(err, ErrUnknown) {
		return err
	}
	switch told.Code {
	case uniqueViolation:
		return fmt.Errorf("%w: %s", ErrConflict, told.ConstraintName)
	case lockNotAvailable:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

func (db *postgres) once(ctx context.Context, wait time.Duration, do reading) error {
	var then decide
	var failed error
	conn, err := db.onLiving(ctx, func(conn *pgxpool.Conn) error {
		then, failed = do(conn, []string{"BEGIN", "SET LOCAL lock_timeout = " + itoa(wait.Milliseconds())})
		if conn.Conn().IsClosed() {
			return failed
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer conn.Release() // one that is still in a transaction is closed
	if failed == nil {
		failed = then()
	}
	if failed != nil {
		undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
		defer cancel()
		// Where it cannot be undone in so many words, it is by the connection's end.
		_, _ = conn.Exec(undoing, "ROLLBACK")
		return failed
	}
	return db.committed(commit(ctx, conn))
}

// commit is done when PostgreSQL says so, without a warning. It failed when PostgreSQL says that. All else is
// unknown: the answer was lost, or the wait for a standby was cut short.
func commit(ctx context.Context, conn *pgxpool.Conn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	marks := conn.Conn().PgConn().CustomData()
	delete(marks, warned)
	tag, err := conn.Exec(ctx, "COMMIT")
	var told *pgconn.PgError
	switch {
	case err == nil && marks[warned] == true:
		return fmt.Errorf("commit: %w: PostgreSQL warned that the standby may not have it", ErrUnknown)
	case err == nil && tag.String() != "COMMIT":
		return fmt.Errorf("commit: PostgreSQL answered %s", tag)
	case err == nil:
		return nil
	case errors.As(err, &told) && told.SeverityUnlocalized == "ERROR":
		return fmt.Errorf("commit: %w", err)
	}
	return fmt.Errorf("commit: %w", errors.Join(ErrUnknown, err))
}

func (db *postgres) close() error {
	db.door.Lock()
	close(db.closing)
	db.door.Unlock()
	<-db.done
	db.beside.Wait()
	db.inside.Wait()
	db.pool.Close()
	return nil
}

// pipeline sends all steps at once, and then reads all answers.
type pipeline struct{ conn *pgxpool.Conn }

func (p pipeline) run(ctx context.Context, steps []step) (failed error) {
	var sent queued
	q := query.New(&sent)
	for _, s := range steps {
		if _, err := s.do(q); err != nil {
			return err
		}
	}
	answers := p.conn.SendBatch(ctx, &sent.Batch)
	defer func() {
		if err := answers.Close(); failed == nil {
			failed = err
		}
	}()
	for _, s := range steps {
		tag, err := answers.Exec()
		if err := s.check(tag.RowsAffected(), err); err != nil {
			return err
		}
	}
	return nil
}

// queued takes statements that change something, to be sent together.
type queued struct{ pgx.Batch }

// Exec queues a statement.
func (q *queued) Exec(_ context.Context, statement string, args ...any) (pgconn.CommandTag, error) {
	q.Queue(statement, args...)
	return pgconn.CommandTag{}, nil
}

// Query refuses: steps read nothing.
func (q *queued) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errors.ErrUnsupported
}

// QueryRow refuses.
func (q *queued) QueryRow(context.Context, string, ...any) pgx.Row {
	return row{err: errors.ErrUnsupported}
}
