package storetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

const (
	// citusVariable names the environment variable with the address of a server that has Citus loaded and is a cluster
	// by itself. Each test's database then has its tables spread before the test begins.
	citusVariable = "SCRIP_TEST_CITUS"
	// oneRowVariable names the one that makes plain PostgreSQL pass for a database that Citus has spread, so that the
	// store runs its statements as it does there. It does not show that Citus takes them.
	oneRowVariable = "SCRIP_TEST_ONE_ROW"
)

// PassForSpread makes a database of plain PostgreSQL look as if Citus had spread its tables.
func PassForSpread(address string) error {
	return execute(address, `CREATE VIEW pg_dist_partition AS
		SELECT CAST(0 AS regclass) AS logicalrelid, CAST('h' AS "char") AS partmethod, CAST('s' AS "char") AS repmodel`)
}

// onCitus is the address of a fresh database whose tables are spread.
func onCitus(t testing.TB, server string) string {
	t.Helper()
	address := fresh(t, server)
	if err := execute(address, "CREATE EXTENSION citus"); err != nil {
		t.Fatal(err)
	}
	scrip, err := program()
	if err != nil {
		t.Fatal(err)
	}
	// The address is in the environment, for the arguments of a program can be read by all.
	cmd := exec.Command(scrip, "migrate", "--distribute")
	cmd.Env = append(os.Environ(), "SCRIP_DATABASE="+address)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("scrip migrate --distribute: %v\n%s", err, said)
	}
	return address
}

// program is the program scrip, built once: this package cannot import the store, whose tests import it.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "scrip-test-citus-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "scrip")
	if said, err := exec.Command("go", "build", "-o", path, "scrip/cmd/scrip").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, said)
	}
	return path, nil
})
