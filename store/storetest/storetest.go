// Package storetest gives tests a private PostgreSQL. Nothing that it starts outlives the test process, however
// that ends; and a PostgreSQL that is missing fails the test, for a test that is skipped tells nobody anything.
package storetest

import (
	"os"
	"sync"
	"testing"
)

// addressVariable names the environment variable with the address of a PostgreSQL to use in place of starting one,
// of a role that may create databases.
const addressVariable = "SCRIP_TEST_POSTGRES"

// shared is the PostgreSQL of this test process. It is a variable because tests that know nothing of each other use
// it, and Main alone knows when the last of them has ended.
var shared struct {
	sync.Once
	cluster *cluster
	err     error
}

// Main runs a package's tests, and stops the PostgreSQL that they started. TestMain calls it, as
// os.Exit(storetest.Main(m)).
func Main(m *testing.M) int {
	defer stop()
	return m.Run()
}

func stop() {
	if shared.cluster != nil {
		shared.cluster.remove()
	}
}

// Postgres is the address of a fresh, empty database on the tests' own PostgreSQL, which is dropped when the test
// ends.
func Postgres(t testing.TB) string {
	t.Helper()
	if server := os.Getenv(citusVariable); server != "" {
		return onCitus(t, server)
	}
	address := freshPlain(t)
	if os.Getenv(oneRowVariable) != "" {
		if err := PassForSpread(address); err != nil {
			t.Fatal(err)
		}
	}
	return address
}

func freshPlain(t testing.TB) string {
	t.Helper()
	if address := os.Getenv(addressVariable); address != "" {
		return fresh(t, address)
	}
	shared.Do(startShared)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return fresh(t, shared.cluster.address("postgres"))
}

func startShared() {
	// Nothing here has to survive a crash of the machine, and many tests run at once.
	cluster, err := newCluster("fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"max_connections=200", "shared_buffers=64MB", "autovacuum=on")
	if err == nil {
		err = cluster.start()
	}
	shared.cluster, shared.err = cluster, err
}
