package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// statementLimit is how long one statement may take, to connect included; a machine may be busy with other tests.
const statementLimit = time.Minute

// fresh is the address of a new database on the server at this address, dropped when the test ends.
func fresh(t testing.TB, address string) string {
	t.Helper()
	server, err := url.Parse(address)
	if err != nil || server.Scheme != "postgres" && server.Scheme != "postgresql" {
		// The address may hold a password, and an error of url.Parse repeats it.
		t.Fatalf("%s is not an address such as postgres://user@host/database", addressVariable)
	}
	database, err := create(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(address, database); err != nil {
			t.Error(err)
		}
	})
	server.Path = "/" + database
	return server.String()
}

// create makes an empty database and tells its name, that no other process would choose. Copying the template's
// files costs half of writing them to the log page by page, as CREATE DATABASE would do by itself.
func create(address string) (string, error) {
	database := "scrip_test_" + strings.ToLower(rand.Text())
	err := execute(address, "CREATE DATABASE "+database+" TEMPLATE template0 STRATEGY file_copy")
	if err != nil {
		return "", fmt.Errorf("create a database for the test: %w", err)
	}
	return database, nil
}

// drop drops a database although a test may have left connections to it.
func drop(address, database string) error {
	if err := execute(address, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the test's database: %w", err)
	}
	return nil
}

// execute runs one statement on a connection of its own. The test's context has ended by the time of its cleanups,
// hence this has its own.
func execute(address, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
