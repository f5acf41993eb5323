package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"scrip/history"
	"scrip/store/storetest"
)

// failing makes a function in the database that fails with a code, as often as it is set to.
func failing(t *testing.T, address string) (set func(times int)) {
	t.Helper()
	pool := storetest.SQL(t, address)
	for _, statement := range []string{"CREATE SEQUENCE tried",
		`CREATE FUNCTION fail(code text, times bigint) RETURNS void LANGUAGE plpgsql AS $$
		 BEGIN IF nextval('tried') <= times THEN RAISE EXCEPTION 'as the test wants' USING ERRCODE = code; END IF; END $$`} {
		_, err := pool.Exec(statement)
		must(t, err)
	}
	return func(int) {
		_, err := pool.Exec("ALTER SEQUENCE tried RESTART")
		must(t, err)
	}
}

// TestWhatIsTriedAgain: what PostgreSQL undid on account of others, and nothing else.
func TestWhatIsTriedAgain(t *testing.T) {
	address := storetest.Postgres(t)
	db, again := open(t, address), failing(t, address)
	members(t, db, "a")
	for _, test := range []struct {
		code        string
		times, runs int
	}{
		{"40001", 1, 2}, {"40P01", 1, 2}, {"40001", 3, 4}, {"40001", 1000, mostRetries + 1},
		{"40000", 1, 1}, {"40002", 1, 1}, {"40003", 1, 1}, {"23505", 1, 1}, {"23514", 1, 1}, {"57014", 1, 1}, {"55P03", 1, 1}, {"53100", 1, 1}, {"P0001", 1, 1}, {"XX000", 1, 1},
	} {
		again(0)
		runs, name := 0, fmt.Sprint(test.code, " ", test.times)
		err := db.Write(t.Context(), func(tx *Tx) error {
			runs++
			if err := tell(t.Context(), "a", name)(tx); err != nil {
				return err
			}
			_, err := afterFlush{tx.unit}.Exec(t.Context(), "SELECT fail($1, $2)", test.code, test.times)
			return err
		})
		succeeds := test.runs == test.times+1
		var said *pgconn.PgError
		switch {
		case runs != test.runs || (err == nil) != succeeds:
			t.Errorf("%s: %d runs and %v, want %d runs", name, runs, err, test.runs)
		case test.code == "23505" && !errors.Is(err, ErrConflict), err != nil && test.code != "23505" && (!errors.As(err, &said) || said.Code != test.code), errors.Is(err, ErrUnknown):
			t.Errorf("%s: %v", name, err)
		}
		if slices.Contains(told(t, db, "a"), name) != succeeds {
			t.Errorf("%s is kept: %t, want %t", name, !succeeds, succeeds)
		}
	}
}

// TestACommitThatIsRefused is known not to have happened; and is tried again where it is on account of others.
func TestACommitThatIsRefused(t *testing.T) {
	for _, french := range []bool{false, true} {
		t.Run(fmt.Sprint("in another language: ", french), func(t *testing.T) {
			address := storetest.Postgres(t)
			p, through := between(t, address)
			db, again := open(t, through), failing(t, address)
			p.french.Store(french)
			members(t, db, "a", "b")
			pool := storetest.SQL(t, address)
			for _, statement := range []string{
				`CREATE FUNCTION check_late() RETURNS trigger LANGUAGE plpgsql AS $$
				 BEGIN IF NEW.kind NOT LIKE 'good%' THEN PERFORM fail(NEW.kind, 1); END IF; RETURN NULL; END $$`,
				`CREATE CONSTRAINT TRIGGER late AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_late()`} {
				_, err := pool.Exec(statement)
				must(t, err)
			}
			again(0)
			must(t, db.Write(t.Context(), tell(t.Context(), "a", "40001")))
			again(0)
			err := db.Write(t.Context(), tell(t.Context(), "a", "23514"))
			if told, is := errors.AsType[*pgconn.PgError](err); !is || told.Code != "23514" || errors.Is(err, ErrUnknown) {
				t.Errorf("Write = %v, want 23514", err)
			}
			if got := told(t, db, "a"); !slices.Equal(got, []string{"40001"}) {
				t.Errorf("told %v", got)
			}
			_, err = pool.Exec("ALTER SEQUENCE tried RESTART") // two times: with the others, and alone
			must(t, err)
			_, err = pool.Exec(`CREATE OR REPLACE FUNCTION fail(code text, times bigint) RETURNS void LANGUAGE plpgsql AS $$
			 BEGIN RAISE EXCEPTION 'as the test wants' USING ERRCODE = code; END $$`)
			must(t, err)
			failed := together(t, db, telling("b", "good one"), telling("b", "23514"), telling("b", "good two"))
			if failed[0] != nil || failed[1] == nil || failed[2] != nil || errors.Is(failed[1], ErrUnknown) {
				t.Errorf("a batch with one that the commit refuses: %v", failed)
			}
			if got := told(t, db, "b"); len(got) != 2 {
				t.Errorf("told %v, want the good ones", got)
			}
		})
	}
}

// TestADeadlockIsTriedAgain: two connections beside the store lock what it waits for, and wait for what it locked.
func TestADeadlockIsTriedAgain(t *testing.T) {
	address := storetest.Postgres(t)
	db := reopen(t, address, Options{Migrate: true})
	members(t, db, "a", "b")
	for name, write := range map[string]func(do func(*Tx) error) error{
		"alone": func(do func(*Tx) error) error { return db.Write(t.Context(), do) },
		"together": func(do func(*Tx) error) error {
			return errors.Join(together(t, db, telling("a", "together"), use{nil, Needs{Accounts: []string{"a", "b"}}, do})...)
		},
	} {
		raw, err := storetest.SQL(t, address).Conn(t.Context())
		must(t, err)
		for _, statement := range []string{"SET deadlock_timeout = '60s'", "BEGIN", "SELECT * FROM accounts WHERE account_id = 'b' FOR UPDATE"} {
			_, err := raw.ExecContext(t.Context(), statement)
			must(t, err)
		}
		var runs atomic.Int64
		done := make(chan error, 1)
		go func() {
			done <- write(func(tx *Tx) error {
				runs.Add(1)
				return errors.Join(tell(t.Context(), "a", name)(tx), tell(t.Context(), "b", name)(tx))
			})
		}()
		eventually(t, "a write that waits", func() bool { return locksWaitedFor(t, address) == 1 })
		_, err = raw.ExecContext(t.Context(), "SELECT * FROM accounts WHERE account_id = 'a' FOR UPDATE") // closes the circle, until the store gives way
		must(t, err)
		_, err = raw.ExecContext(t.Context(), "COMMIT")
		must(t, errors.Join(err, raw.Close()))
		must(t, <-done)
		if got := told(t, db, "b"); !slices.Contains(got, name) {
			t.Errorf("%s: told %v", name, got)
		}
	}
	must(t, db.Close())
	// The one that is tried again may take the row before the other, which waits for it, wakes up: then there is one more.
	if got := deadlocks(t, address); got < 2 {
		t.Errorf("%d deadlocks, want the two that were made", got)
	}
}

// deadlocks are how many PostgreSQL has broken, which it is told of as connections end.
func deadlocks(t *testing.T, address string) (count int) {
	t.Helper()
	eventually(t, "the end of all connections", func() (none bool) {
		must(t, storetest.SQL(t, address).QueryRow("SELECT COUNT(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'scrip'").Scan(&none))
		return none
	})
	must(t, storetest.SQL(t, address).QueryRow("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&count))
	return count
}

func locksWaitedFor(t *testing.T, address string) (count int) {
	t.Helper()
	must(t, storetest.SQL(t, address).QueryRow("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'scrip' AND wait_event_type = 'Lock'").Scan(&count))
	return count
}

// TestALostCommit: where the answer to a commit never comes, it is not known whether it happened, and the same key
// tells. Where the connection breaks before that, it is known not to have; and what a batch reads first, it reads again on
// another connection.
func TestALostCommit(t *testing.T) {
	for name, test := range map[string]struct {
		breakAt              func(*proxy)
		kept, unknown, again bool
	}{
		"before PostgreSQL gets it":               {func(p *proxy) { p.breakAt(&p.asked, "COMMIT") }, false, true, false},
		"after PostgreSQL did it":                 {func(p *proxy) { p.breakAt(&p.answered, "COMMIT") }, true, true, false},
		"before that, when it is to write":        {func(p *proxy) { p.breakAt(&p.asked, "first") }, false, false, false},
		"before that, when it reads":              {func(p *proxy) { p.breakAt(&p.answered, "a@example.com") }, false, false, true},
		"at a statement that PostgreSQL has done": {func(p *proxy) { p.breakAt(&p.answered, "INSERT 0 ") }, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			address := storetest.Postgres(t)
			direct := open(t, address)
			p, through := between(t, address)
			db := reopen(t, through, Options{})
			defer func() { must(t, db.Close()) }()
			members(t, direct, "a", "b")
			key := AnswerKey{"a", "redeem", "key"}
			answer := func(tx *Tx) error {
				if _, err := tx.LockAccount(t.Context(), "a"); err != nil {
					return err
				}
				if _, err := tx.Answer(t.Context(), key); !errors.Is(err, ErrNotFound) {
					return err
				}
				tx.AddAnswer(Answer{key, "print", "body"})
				return tell(t.Context(), "a", "first")(tx)
			}
			want := 0
			if test.kept {
				want = 1
			}

			test.breakAt(p)
			err := db.Write(t.Context(), answer)
			if err == nil || errors.Is(err, ErrUnknown) != test.unknown || p.broken.Load() != 1 {
				t.Fatalf("Write = %v, want unknown: %t; %d connections were broken", err, test.unknown, p.broken.Load())
			}
			if got := told(t, direct, "a"); len(got) != want {
				t.Errorf("told %v, want %d", got, want)
			}
			must(t, db.Write(t.Context(), answer)) // the same key
			if got := told(t, direct, "a"); len(got) != 1 {
				t.Errorf("told %v, want one", got)
			}

			// A batch: two that are right, one that is refused on account of the first, one that goes alone.
			key.Key = "other"
			errRefused := errors.New("refused")
			refused := use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
				if a, err := tx.LockAccount(t.Context(), "a"); err != nil || a.LastEvent > 1 {
					return errors.Join(err, errRefused)
				}
				return errors.New("the refused one does not see the first")
			}}
			more := use{nil, Needs{}, tell(t.Context(), "b", "alone")}
			before := p.broken.Load()
			test.breakAt(p)
			failed := together(t, db, use{nil, Needs{Accounts: []string{"a"}, Answers: []AnswerKey{key}}, answer}, telling("a", "second"), refused, more)
			for at, err := range failed[:3] {
				if test.again && at == 2 {
					if !errors.Is(err, errRefused) {
						t.Errorf("the refused one: %v", err)
					}
					continue
				}
				if (err == nil) != test.again || errors.Is(err, ErrUnknown) != test.unknown || errors.Is(err, errAlone) || errors.Is(err, errRefused) {
					t.Errorf("use case %d of a batch: %v, want unknown: %t", at, err, test.unknown)
				}
			}
			if errors.Is(failed[3], errAlone) || errors.Is(failed[3], ErrUnknown) || test.unknown && failed[3] != nil {
				t.Errorf("the one that goes alone: %v", failed[3])
			}
			if p.broken.Load() != before+1 {
				t.Errorf("%d connections were broken, want one", p.broken.Load()-before)
			}
			if test.again {
				want = 1
			}
			if got := told(t, direct, "a"); len(got) != 1+2*want {
				t.Errorf("told %v, want %d", got, 1+2*want)
			}
			if got := told(t, direct, "b"); (failed[3] == nil) != (len(got) == 1) {
				t.Errorf("told of the one that goes alone: %v, and %v", got, failed[3])
			}
		})
	}
}

// TestACommitWithoutItsStandby is unknown: PostgreSQL answers it with success and a warning, where somebody ends its
// wait for the standby.
func TestACommitWithoutItsStandby(t *testing.T) {
	server := storetest.NewServer(t)
	address := server.Fresh(t)
	db, pool := open(t, address), storetest.SQL(t, address)
	members(t, db, "a")
	exec := func(statement string) {
		t.Helper()
		_, err := pool.Exec(statement)
		must(t, err)
	}
	want := []string{"with a standby"}
	must(t, db.Write(t.Context(), tell(t.Context(), "a", want[0])))
	exec("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
	exec("SELECT pg_reload_conf()")
	probes := 0
	eventually(t, "a standby that is waited for", func() bool { // once all of PostgreSQL's processes have heard of it
		probes++
		done := make(chan error, 1)
		go func() {
			_, err := pool.Exec("INSERT INTO tries VALUES ($1, 0, 0)", fmt.Sprint("probe ", probes))
			done <- err
		}()
		for {
			var cancelled int
			must(t, pool.QueryRow("SELECT COUNT(*) FROM (SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS cancelled").Scan(&cancelled))
			select {
			case err := <-done:
				must(t, err)
				return cancelled > 0
			case <-time.After(time.Millisecond):
			}
			if cancelled > 0 {
				must(t, <-done)
				return true
			}
		}
	})
	for _, end := range []string{"pg_cancel_backend", "pg_terminate_backend"} {
		for name, write := range map[string]func() []error{
			"alone":    func() []error { return []error{db.Write(t.Context(), tell(t.Context(), "a", end))} },
			"together": func() []error { return together(t, db, telling("a", end), telling("a", end)) },
		} {
			failed := make(chan []error, 1)
			go func() { failed <- write() }()
			var ended int
			eventually(t, "a commit that waits", func() bool {
				must(t, pool.QueryRow("SELECT COUNT(*) FROM (SELECT "+end+"(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS ended").Scan(&ended))
				return ended == 1
			})
			for _, err := range <-failed {
				if !errors.Is(err, ErrUnknown) {
					t.Errorf("%s, %s: %v, want %v", name, end, err, ErrUnknown)
				}
				want = append(want, end)
			}
		}
	}
	exec("ALTER SYSTEM RESET synchronous_standby_names")
	exec("SELECT pg_reload_conf()")
	must(t, db.Write(t.Context(), tell(t.Context(), "a", "again")))
	if got := told(t, db, "a"); !slices.Equal(got, append(want, "again")) {
		t.Errorf("told %v", got)
	}
	must(t, db.Write(t.Context(), func(tx *Tx) error { // another warning is not one of the commit
		_, err := tx.unit.direct.Exec(t.Context(), "DO $$ BEGIN RAISE WARNING 'of something else'; END $$")
		return errors.Join(err, tell(t.Context(), "a", "warned")(tx))
	}))
}

// TestPostgreSQLGoneAndBack: while it is gone there are errors, and nobody hangs; then all goes on by itself. What was
// acknowledged is there, and what is known to have failed is not.
func TestPostgreSQLGoneAndBack(t *testing.T) {
	server := storetest.NewServer(t)
	db := open(t, server.Fresh(t))
	members(t, db, "a", "b")
	var all sync.WaitGroup
	var fates sync.Map
	var over atomic.Bool
	for worker := range 8 {
		all.Go(func() {
			for at := 0; !over.Load(); at++ {
				name, account := fmt.Sprint(worker, "/", at), []string{"a", "b"}[worker%2]
				do := tell(context.Background(), account, name)
				if at%3 == 0 {
					fates.Store(name, fate{db.Write(context.Background(), do)})
				} else {
					fates.Store(name, fate{db.Together(context.Background(), Needs{Accounts: []string{account}}, do)})
				}
				if _, err := anyFate(&fates, name); err != nil {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		time.Sleep(100 * time.Millisecond)
		server.Kill()
		begun := time.Now()
		for way := range 4 {
			if err := anyhow(db, way, "gone"); err == nil || errors.Is(err, ErrClosed) || errors.Is(err, errAlone) {
				t.Errorf("way %d with PostgreSQL gone: %v", way, err)
			}
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("errors took %v", took)
		}
		server.Start()
		for way := range 4 {
			if err := anyhow(db, way, "back"); err != nil {
				t.Errorf("way %d with PostgreSQL back: %v", way, err)
			}
		}
	}
	over.Store(true)
	all.Wait()
	kept, done, failed, unknown := map[string]bool{}, 0, 0, 0
	for _, account := range []string{"a", "b"} {
		for _, name := range told(t, db, account) {
			kept[name] = true
		}
	}
	fates.Range(func(name, _ any) bool {
		_, err := anyFate(&fates, name.(string))
		switch {
		case err == nil && !kept[name.(string)]:
			t.Errorf("%s was acknowledged and is gone", name)
		case err != nil && !errors.Is(err, ErrUnknown) && kept[name.(string)]:
			t.Errorf("%s failed with %v, and is there", name, err)
		case err == nil:
			done++
		case errors.Is(err, ErrUnknown):
			unknown++
		default:
			failed++
		}
		return true
	})
	t.Logf("%d were done, %d failed, of %d it is not known", done, failed, unknown)
}

type fate struct{ err error }

func anyFate(fates *sync.Map, name string) (there bool, err error) {
	value, there := fates.Load(name)
	if !there {
		return false, nil
	}
	return true, value.(fate).err
}

// TestAConnectionThatWasEndedWhileIdle is no reason to fail.
func TestAConnectionThatWasEndedWhileIdle(t *testing.T) {
	address := storetest.Postgres(t)
	db, pool := open(t, address), storetest.SQL(t, address)
	for range 5 {
		for _, err := range atOnce(64, func(at int) error { return anyhow(db, at, fmt.Sprint(at)) }) {
			must(t, err)
		}
		_, err := pool.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scrip' AND datname = current_database()")
		must(t, err)
		for _, err := range atOnce(64, func(at int) error { return anyhow(db, at, fmt.Sprint(at)) }) {
			if err != nil {
				t.Errorf("after its connection was ended: %v", err)
			}
		}
	}
}

// TestNoErrorShowsAPassword, whatever is wrong with the address, or with the server.
func TestNoErrorShowsAPassword(t *testing.T) {
	server := storetest.NewServer(t)
	address := server.Fresh(t)
	pool := storetest.SQL(t, address)
	var hba string
	must(t, pool.QueryRow("SHOW hba_file").Scan(&hba))
	for _, statement := range []string{"CREATE ROLE teller LOGIN SUPERUSER PASSWORD 'right-secret'",
		"COPY (SELECT 'local all teller scram-sha-256' UNION ALL SELECT 'local all all trust') TO '" + hba + "'", "SELECT pg_reload_conf()"} {
		_, err := pool.Exec(statement)
		must(t, err)
	}
	parsed, err := url.Parse(address)
	must(t, err)
	as := func(password string) string {
		with := *parsed
		with.User = url.UserPassword("teller", password)
		return with.String()
	}
	var right *DB
	eventually(t, "a server that wants a password", func() bool {
		if db, err := Open(t.Context(), as("wrong-secret"), Options{Clock: time.Now}); err == nil || !strings.Contains(err.Error(), "28P01") {
			if err == nil {
				must(t, db.Close())
			}
			return false
		}
		return true
	})
	must(t, reopen(t, address, Options{Migrate: true}).Close())
	right = reopen(t, as("right-secret"), Options{Migrate: true})
	defer func() { must(t, right.Close()) }()
	server.Kill()
	failures := []error{right.Write(t.Context(), put(t.Context(), "x")), right.Look(t.Context(), func(tx *Tx) error { return scan(t.Context(), tx) })}
	for _, address := range []string{as("wrong-secret"), as("right-secret"),
		"postgres://teller:wrong-secret@127.0.0.1:1/db", "postgres://teller:wrong-secret@/db?host=/nowhere", "postgres://teller@/db?host=/nowhere&password=wrong-secret",
		"postgres://teller:wrong-secret@host:port/db", "postgres://teller:wrong-secret%zz@host/db", "postgres://teller:wrong-secret@host/db?sslmode=perhaps",
		"postgres://teller:wrong-secret@host/db?sslrootcert=/nowhere&sslmode=verify-full", "postgres://teller:wrong-secret@host/db?pool_max_conns=many",
		"postgresql://teller:wrong-secret@[::1/db", "postgres://teller:wrong-secret@host/db?connect_timeout=soon", "postgres://teller:wrong-secret"} {
		_, err := Open(t.Context(), address, Options{Clock: time.Now, Migrate: true})
		failures = append(failures, err)
	}
	for at, err := range failures {
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v %q", err, err, err.Error(), err), "secret") {
			t.Errorf("failure %d shows the password, or is none: %v", at, err)
		}
	}
}

// TestTriesThatAreSweptAwayMeanwhile are counted from the beginning.
func TestTriesThatAreSweptAwayMeanwhile(t *testing.T) {
	address := storetest.Postgres(t)
	db := open(t, address)
	must(t, db.Write(t.Context(), put(t.Context(), "scope")))
	sweep, err := storetest.SQL(t, address).Begin()
	must(t, err)
	_, err = sweep.Exec("SELECT * FROM tries FOR UPDATE")
	must(t, err)
	locked := make(chan error, 1)
	go func() {
		locked <- db.Write(t.Context(), func(tx *Tx) error {
			tries, err := tx.LockTries(t.Context(), "scope")
			if err != nil {
				return err
			}
			tries.Count++
			return tx.PutTries(t.Context(), "scope", tries)
		})
	}()
	eventually(t, "a lock that is waited for", func() bool { return locksWaitedFor(t, address) == 1 })
	_, err = sweep.Exec("DELETE FROM tries")
	must(t, errors.Join(err, sweep.Commit()))
	must(t, <-locked)
	must(t, db.Look(t.Context(), func(tx *Tx) error {
		tries, err := tx.Tries(t.Context(), "scope")
		if tries.Count != 1 {
			t.Errorf("%d tries, want 1", tries.Count)
		}
		return err
	}))
}

// TestTextThatPostgreSQLCannotKeep fails alone, and harms neither the others in its batch nor the connection.
func TestTextThatPostgreSQLCannotKeep(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	members(t, db, "a")
	for _, text := range []string{"a\x00b", "a\xffb"} {
		bad := use{nil, Needs{Accounts: []string{"a"}}, func(tx *Tx) error {
			tx.AddAnswer(Answer{AnswerKey{"a", "o", text}, "print", "body"})
			return tell(t.Context(), "a", "bad")(tx)
		}}
		asks := use{nil, Needs{Accounts: []string{"a"}, Answers: []AnswerKey{{"a", "o", text}}}, tell(t.Context(), "a", "bad")}
		failed := together(t, db, telling("a", "good"), bad, asks, telling("a", "good"))
		if failed[0] != nil || failed[1] == nil || failed[2] == nil || failed[3] != nil || errors.Is(errors.Join(failed...), ErrUnknown) {
			t.Errorf("%q: %v", text, failed)
		}
	}
	if got := told(t, db, "a"); len(got) != 4 || slices.Contains(got, "bad") {
		t.Errorf("told %v", got)
	}
}

// TestASwallowedErrorIsNoSuccess: PostgreSQL does nothing more in a transaction in which a statement failed, and a
// use case that goes on as if nothing was is told so.
func TestASwallowedErrorIsNoSuccess(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	members(t, db, "a")
	for name, after := range map[string]func(tx *Tx) error{
		"and does no more": func(*Tx) error { return nil },
		"and writes":       func(tx *Tx) error { return tx.AddEvent("a", 1, history.Event{On: today, Kind: "more"}) },
	} {
		err := db.Write(t.Context(), func(tx *Tx) error {
			_ = tx.AddCatalog(t.Context(), Catalog{Version: 1, Digest: "\x00"})
			return after(tx)
		})
		if err == nil || errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v, want an error", name, err)
		}
	}
	if got := told(t, db, "a"); len(got) != 0 {
		t.Errorf("told %v", got)
	}
}

// TestWhatIsPolledReadsAnIndex: what the loops ask for again and again goes through no table as a whole, with the
// plans that stand for all arguments.
func TestWhatIsPolledReadsAnIndex(t *testing.T) {
	address := storetest.Postgres(t)
	open(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer func() { must(t, conn.Close(t.Context())) }()
	for _, statement := range []string{
		`INSERT INTO accounts SELECT 'a' || i, i || '@example.com', 0, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 5, 'active', 'basic', '', 'self',
  FALSE, 1, '2026-01-01', '2026-02-01', 'balance', 5, '2026-01-01', '', '', '', '', '', '', 1, '[]', abs(hashint4(i)), 0, '', 1, 1, '', 0, 0, '' FROM generate_series(1, 60000) AS i`,
		`INSERT INTO notices SELECT 'a' || i, 'k', 'reminder', '{}', 'sent', 1, i, i, i FROM generate_series(1, 60000) AS i`,
		`INSERT INTO parcels SELECT 'p' || i, CASE WHEN i <= 20 THEN i END, '[]', CASE WHEN i > 20 THEN i END, 1 FROM generate_series(1, 60000) AS i`,
		"ANALYZE accounts, notices, parcels", "SET plan_cache_mode = force_generic_plan",
		"SET enable_bitmapscan = off", // which would go through a third of the table, and is no seq scan
	} {
		_, err := conn.Exec(t.Context(), statement)
		must(t, err)
	}
	all := statements(t)
	for name, arguments := range map[string]string{"countDue": "5", "dueAccounts": "5, 5", "lockDueAccounts": "5, 5",
		"accountsOfOlderCatalog": "1, 5, 5", "dueNotices": "5, 5, 'x'", "dueParcels": "5, 5", "nextParcel": "",
		"endParcels": "ARRAY['p1', 'p2'], ARRAY[9, 9], ARRAY[1, 1]"} {
		_, err := conn.Exec(t.Context(), "PREPARE "+name+" AS "+all[name])
		must(t, err)
		execute := "EXPLAIN EXECUTE " + name
		if arguments != "" {
			execute += "(" + arguments + ")"
		}
		rows, err := conn.Query(t.Context(), execute)
		must(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		if strings.Contains(strings.Join(plan, "\n"), "Seq Scan") {
			t.Errorf("%s goes through a whole table:\n%s", name, strings.Join(plan, "\n"))
		}
	}
}
