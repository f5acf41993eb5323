package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"scrip/store"
)

// Baseline is what the same machine does in the same run without the product.
type Baseline struct {
	What      string        `json:"what"`
	PerSecond float64       `json:"per_second"`
	Fsync     time.Duration `json:"fsync_ns,omitempty"` // of the disk on which the database is, for SQLite
}

func (b *bench) baseline(ctx context.Context) (Baseline, error) {
	fmt.Fprintf(b.Progress, "measuring the baseline for %v\n", b.For)
	if store.IsPostgres(b.Database) {
		return b.pgbench(ctx)
	}
	folder := filepath.Dir(b.Database)
	fsync, err := measureFsync(folder)
	if err != nil {
		return Baseline{}, err
	}
	perSecond, err := bare(ctx, folder, b.For)
	return Baseline{"the rows of one redemption at a time, committed by a bare program", perSecond, fsync}, err
}

const (
	// fsyncFor is how long the disk is measured.
	fsyncFor = time.Second
	// The scale of pgbench's tables is the number of clients, as its manual advises, within these bounds.
	leastScale, mostScale = 10, 50
	// pgbenchTimeout bounds the making of pgbench's tables, and is what its run may take over its time.
	pgbenchTimeout = 10 * time.Minute
)

// measureFsync is how long it takes to write a page behind the others of a file and have it on the disk.
func measureFsync(folder string) (took time.Duration, failed error) {
	file, err := os.CreateTemp(folder, "scrip-bench-fsync-")
	if err != nil {
		return 0, err
	}
	defer func() { failed = errors.Join(failed, file.Close(), os.Remove(file.Name())) }()
	var all histogram
	page := make([]byte, 4096)
	for begun := time.Now(); time.Since(begun) < fsyncFor; {
		each := time.Now()
		if _, err := file.Write(page); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		all.add(time.Since(each))
	}
	return all.quantile(500), nil
}

// pgbench runs PostgreSQL's own load test, TPC-B-like, in a database of its own on the same server.
func (b *bench) pgbench(ctx context.Context) (result Baseline, failed error) {
	program, err := findPgbench()
	if err != nil {
		return result, err
	}
	database := "scrip_bench_" + strings.ToLower(rand.Text())
	if err := execute(ctx, b.Database, "CREATE DATABASE "+database+" TEMPLATE template0"); err != nil {
		return result, fmt.Errorf("--baseline makes a database of its own for pgbench: %w", err)
	}
	defer func() {
		dropping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		failed = errors.Join(failed, execute(dropping, b.Database, "DROP DATABASE "+database+" WITH (FORCE)"))
	}()
	environment, err := libpq(b.Database)
	if err != nil {
		return result, err
	}
	run := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, pgbenchTimeout+b.For)
		defer cancel()
		command := exec.CommandContext(ctx, program, append(args, database)...)
		command.Env = append(os.Environ(), environment...)
		output, err := command.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("pgbench: %w\n%s", err, output)
		}
		return string(output), err
	}
	scale := max(leastScale, min(mostScale, b.Clients))
	if _, err := run("-i", "-q", "-s", strconv.Itoa(scale)); err != nil {
		return result, err
	}
	output, err := run("-c", strconv.Itoa(b.Clients), "-j", "2", "-T", strconv.Itoa(int(b.For.Seconds())))
	if err != nil {
		return result, err
	}
	found := regexp.MustCompile(`tps = ([0-9.]+) \(without`).FindStringSubmatch(output)
	if found == nil {
		return result, fmt.Errorf("pgbench did not tell its speed:\n%s", output)
	}
	perSecond, err := strconv.ParseFloat(found[1], 64)
	return Baseline{What: fmt.Sprintf("pgbench, TPC-B-like, scale %d, %d clients", scale, b.Clients), PerSecond: perSecond}, err
}

func execute(ctx context.Context, address, statement string) error {
	conn, err := connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// libpq is how pgbench is told where the server is: not on its command line, which others can read.
func libpq(address string) ([]string, error) {
	settings, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of PostgreSQL is not of the form postgres://user@host:5432/database")
	}
	environment := []string{"PGHOST=" + settings.Host, "PGPORT=" + strconv.Itoa(int(settings.Port)), "PGUSER=" + settings.User}
	if settings.Password != "" {
		environment = append(environment, "PGPASSWORD="+settings.Password)
	}
	if parsed, err := url.Parse(address); err == nil {
		for name, variable := range map[string]string{"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"} {
			if value := parsed.Query().Get(name); value != "" {
				environment = append(environment, variable+"="+value)
			}
		}
	}
	return environment, nil
}

// debianPgbench is where Debian and its kin have it, for each version of PostgreSQL.
const debianPgbench = "/usr/lib/postgresql/*/bin/pgbench"

func findPgbench() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	versions, err := filepath.Glob(debianPgbench)
	if err != nil || len(versions) == 0 {
		return "", errors.New("--baseline needs the program pgbench, which comes with PostgreSQL, and it is neither on the PATH nor at " + debianPgbench)
	}
	return slices.MaxFunc(versions, func(a, b string) int { return version(a) - version(b) }), nil
}

// version is 16 for …/16/bin/pgbench.
func version(program string) int {
	number, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return 0
	}
	return number
}
