package store

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"scrip/store/storetest"
)

// stand is what Citus has, as far as Distribute asks for it: it writes down what it is told.
const stand = `CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partmethod "char", repmodel "char", by text, beside text);
CREATE FUNCTION create_distributed_table(regclass, text, distribution_type text DEFAULT 'hash', colocate_with text DEFAULT 'default') RETURNS void
  LANGUAGE sql AS $$ INSERT INTO pg_dist_partition VALUES ($1, 'h', 's', $2, $4) $$;
CREATE FUNCTION create_reference_table(regclass) RETURNS void LANGUAGE sql AS $$ INSERT INTO pg_dist_partition VALUES ($1, 'n', 't', '', '') $$`

func TestDistribute(t *testing.T) {
	address := storetest.NewServer(t).Fresh(t)
	beside := storetest.SQL(t, address)
	if _, err := Distribute(t.Context(), address); !errors.Is(err, ErrNoCitus) {
		t.Errorf("Distribute without Citus = %v", err)
	}
	if got := tablesOf(t, address); len(got) != 0 {
		t.Errorf("a refusal made %v", got)
	}
	if _, err := Distribute(t.Context(), t.TempDir()+"/scrip.db"); !errors.Is(err, ErrOneFile) {
		t.Errorf("Distribute of a file = %v", err)
	}
	_, err := beside.Exec(stand)
	must(t, err)
	told := make([][]string, 4)
	for _, err := range atOnce(len(told), func(at int) error {
		done, err := Distribute(t.Context(), address)
		told[at] = done.Spread
		return err
	}) {
		must(t, err)
	}
	if got := slices.Concat(told...); len(got) != len(spreadTables) {
		t.Errorf("several at once spread %v", told)
	}
	spreadAs := func() (got []spreadTable) {
		rows, err := beside.Query("SELECT CAST(logicalrelid AS text), by, beside FROM pg_dist_partition")
		must(t, err)
		for rows.Next() {
			var table spreadTable
			must(t, rows.Scan(&table.name, &table.by, &table.beside))
			got = append(got, table)
		}
		must(t, errors.Join(rows.Err(), rows.Close()))
		return got
	}
	if got := spreadAs(); !slices.Equal(got, spreadTables) {
		t.Errorf("spread %v, want %v", got, spreadTables)
	}
	_, err = beside.Exec("DELETE FROM pg_dist_partition WHERE by = 'digest' OR repmodel = 't'") // as if it had been broken off
	must(t, err)
	done, err := Distribute(t.Context(), address)
	must(t, err)
	if want := []string{"cards", "card_transfers", "api_keys", "sealed_codes", "card_waits", "catalogs", "feed", "sandbox", "endpoints", "staff", "passkeys"}; !slices.Equal(done.Spread, want) || done.From != done.To {
		t.Errorf("Distribute = %+v, want %v", done, want)
	}
	if db := open(t, address); !db.backend.(*postgres).spread {
		t.Error("the store does not know that its tables are spread")
	}
}

// TestMigrateAtOnce: several, and servers that start, on one empty database.
func TestMigrateAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		for _, err := range atOnce(6, func(at int) error {
			if at%2 == 0 {
				db, err := Open(t.Context(), address, Options{Clock: time.Now, Migrate: true})
				if err != nil {
					return err
				}
				return db.Close()
			}
			done, err := Migrate(t.Context(), address)
			if err == nil && done.To == 0 {
				return fmt.Errorf("Migrate = %+v", done)
			}
			return err
		}) {
			must(t, err)
		}
		if done, err := Migrate(t.Context(), address); err != nil || done.From != done.To || done.To == 0 {
			t.Errorf("Migrate once more = %+v, %v", done, err)
		}
		must(t, reopen(t, address, Options{}).Close())
	})
}

// TestAServerNeedNotOwnTheTables that another role migrates.
func TestAServerNeedNotOwnTheTables(t *testing.T) {
	address := storetest.NewServer(t).Fresh(t)
	_, err := Migrate(t.Context(), address)
	must(t, err)
	beside := storetest.SQL(t, address)
	for _, statement := range []string{"CREATE ROLE clerk LOGIN", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk"} {
		_, err := beside.Exec(statement)
		must(t, err)
	}
	as, err := url.Parse(address)
	must(t, err)
	as.User = url.User("clerk")
	clerk := reopen(t, as.String(), Options{})
	defer func() { must(t, clerk.Close()) }()
	members(t, clerk, "a")
	wants(t, together(t, clerk, telling("a", "one"), telling("a", "two")), nil, nil)
	must(t, clerk.Write(t.Context(), func(tx *Tx) error { return tx.Sweep(t.Context()) }))
	if _, err := beside.Exec("DELETE FROM goose_db_version WHERE version_id > 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), as.String(), Options{Clock: time.Now}); !errors.Is(err, ErrOlder) {
		t.Errorf("Open of an older database = %v", err)
	}
}

func TestAnAddressThatIsNone(t *testing.T) {
	for _, address := range []string{"Postgres://teller:secret@host/db", "mysql://teller:secret@host/db", "host=h user=teller password=secret"} {
		_, opened := Open(t.Context(), address, Options{Clock: time.Now, Migrate: true})
		_, migrated := Migrate(t.Context(), address)
		_, distributed := Distribute(t.Context(), address)
		for _, err := range []error{opened, migrated, distributed} {
			if !errors.Is(err, ErrAddress) || err.Error() != ErrAddress.Error() {
				t.Errorf("%v, want %v", err, ErrAddress)
			}
		}
	}
}

// passing opens a database of plain PostgreSQL twice, as if its tables were spread.
func passing(t *testing.T) (dbs [2]*DB, address string) {
	address = storetest.NewServer(t, "max_connections=200", "fsync=off").Fresh(t)
	must(t, storetest.PassForSpread(address))
	return [2]*DB{reopen(t, address, Options{Migrate: true}), reopen(t, address, Options{Migrate: true})}, address
}

// TestASpreadDatabaseLosesNothing, and nothing locks in another order.
func TestASpreadDatabaseLosesNothing(t *testing.T) {
	dbs, address := passing(t)
	crowd(t, dbs, 5)
	failed := together(t, dbs[0], telling("a", "good"), telling("none", "bad"), telling("b", "good"))
	wants(t, failed, nil, ErrNotFound, nil)
	if _, is := dbs[0].backend.(*postgres).on(nil).(eachRow); !is {
		t.Error("statements do not go row by row")
	}
	must(t, dbs[0].Read(t.Context(), func(tx *Tx) error {
		none, err := tx.CardsHere(t.Context(), nil)
		if len(none) > 0 {
			t.Errorf("none are %v", none)
		}
		return err
	}))
	must(t, errors.Join(dbs[0].Close(), dbs[1].Close()))
	if got := deadlocks(t, address); got != 0 {
		t.Errorf("%d deadlocks", got)
	}
}

// TestDueAccountsOfASpreadDatabase are taken by equality, past those that others have locked.
func TestDueAccountsOfASpreadDatabase(t *testing.T) {
	const count, held, most = 60, 40, 5
	dbs, address := passing(t)
	defer func() { must(t, errors.Join(dbs[0].Close(), dbs[1].Close())) }()
	ctx := t.Context()
	must(t, dbs[0].Write(ctx, func(tx *Tx) error {
		var failed error
		for at := range count {
			a := member(fmt.Sprintf("due-%02d", at))
			a.DueAt = noon.Add(time.Duration(at-count) * time.Minute)
			failed = errors.Join(failed, tx.AddAccount(a))
		}
		return failed
	}))
	other, err := storetest.SQL(t, address).Begin()
	must(t, err)
	_, err = other.Exec("SELECT 1 FROM accounts WHERE account_id < $1 FOR UPDATE", fmt.Sprintf("due-%02d", held))
	must(t, err)
	lived := make([][]string, 4)
	pass := func(at int) error {
		for {
			due, err := dbs[at%2].WriteDue(ctx, most, func(tx *Tx, id string) error {
				a, err := tx.LockAccount(ctx, id)
				a.DueAt = time.Time{}
				return errors.Join(err, tx.SaveAccount(a), tell(ctx, id, "lived")(tx))
			})
			if err != nil || due.Done == 0 {
				return err
			}
			if due.Done > most || len(due.Failed) > 0 {
				return fmt.Errorf("WriteDue = %+v", due)
			}
			for range due.Done {
				lived[at] = append(lived[at], "")
			}
		}
	}
	for _, err := range atOnce(len(lived), pass) {
		must(t, err)
	}
	if got := len(slices.Concat(lived...)); got != count-held {
		t.Errorf("%d accounts were lived while %d of %d were locked", got, held, count)
	}
	must(t, other.Rollback())
	must(t, pass(0))
	for at := range count {
		if got := told(t, dbs[0], fmt.Sprintf("due-%02d", at)); len(got) != 1 {
			t.Errorf("account %d was told %v", at, got)
		}
	}
}

// TestACommitsErrorOfASpreadDatabase: only what was undone for certain has failed.
func TestACommitsErrorOfASpreadDatabase(t *testing.T) {
	answered := func(code string) error { return fmt.Errorf("commit: %w", &pgconn.PgError{Code: code}) }
	tests := []struct {
		err     error
		spread  bool
		unknown bool
	}{
		{nil, true, false},
		{answered("08006"), true, true},
		{answered("08006"), false, false},
		{answered("XX000"), true, true},
		{answered("57P01"), true, true},
		{answered(uniqueViolation), true, false},
		{answered(serializationFailure), true, false},
		{answered(deadlockDetected), true, false},
		{errors.New("PostgreSQL answered ROLLBACK"), true, false},
	}
	for _, test := range tests {
		got := (&postgres{spread: test.spread}).committed(test.err)
		if errors.Is(got, ErrUnknown) != test.unknown || !errors.Is(got, test.err) {
			t.Errorf("a commit that answers %v comes to %v", test.err, got)
		}
	}
}
