package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"scrip/bench"
	"scrip/config"
	"scrip/giftcode"
	"scrip/mail"
)

type benchCommand struct {
	Workloads []bench.Workload `arg:"" optional:"" name:"workload" enum:"redemptions,activations,renewals,forecasts,pages,entitlements" help:"What to measure: redemptions, activations, renewals, forecasts, pages, entitlements. Without any, all that can be."`

	Config   string        `short:"c" placeholder:"FILE" help:"Configuration file (TOML), for the code keys of the server at --url."`
	Database string        `placeholder:"ADDRESS" help:"SQLite file or postgres:// address: empty, or filled by 'scrip bench' before. Without it, a SQLite file that is removed afterwards."`
	URL      string        `name:"url" placeholder:"URL" help:"A server that runs on that database, with the catalogue of --write-catalog. Without it, one is started in this process."`
	Cards    int           `default:"100000" help:"How many cards must be there to be redeemed, and as many to be activated. What is missing is made."`
	Accounts int           `default:"10000" help:"How many accounts must be there. What is missing is made."`
	Due      int           `default:"5000" help:"How many members are due for a renewal."`
	Clients  int           `default:"32" help:"How many ask at once, each on a connection of its own."`
	Batch    int           `default:"1" help:"How many redemptions each client hands to the engine at once; with --through engine."`
	Workers  int           `default:"2" help:"How many passes over the members who are due go side by side."`
	Rate     int           `placeholder:"N" help:"Requests a second of all clients together. Without it, as many as are answered."`
	For      time.Duration `default:"10s" help:"How long each workload is measured."`
	Warmup   time.Duration `default:"2s" help:"How long each workload runs before that."`
	Seed     uint64        `default:"1" help:"Gives the order of cards and members."`
	Through  bench.Through `default:"http" enum:"http,engine" help:"How redemptions are asked for: by the form of the page, or from the engine itself."`
	Baseline bool          `help:"Measure the machine without the product in the same run: pgbench for PostgreSQL, a bare program for SQLite. For the ratio."`
	JSON     bool          `name:"json" help:"Print JSON instead of a table."`

	WriteCatalog string `placeholder:"FILE" help:"Write the catalogue for a server of one's own, and do nothing else."`
}

// Run measures, and prints what was measured. Status 1 says that something failed.
func (c *benchCommand) Run(ctx context.Context, w world) (failed error) {
	if c.WriteCatalog != "" {
		return os.WriteFile(filepath.Clean(c.WriteCatalog), []byte(bench.Catalog), 0o600)
	}
	if c.URL != "" && c.Database == "" {
		return errors.New("--url needs the --database on which that server runs")
	}
	settings, err := config.Load(c.Config, w.environment)
	if err != nil {
		return err
	}
	if settings.Ring, err = c.ring(settings); err != nil {
		return err
	}
	settings.Database = c.Database
	if c.Database == "" {
		folder, err := os.MkdirTemp("", "scrip-bench-")
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, os.RemoveAll(folder)) }()
		settings.Database = filepath.Join(folder, "bench.db")
	}
	report, err := bench.Run(ctx, c.options(settings, w))
	if len(report.Results) == 0 {
		return err
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	if err := errors.Join(err, write(w.stdout)); err != nil {
		return err
	}
	return c.judge(w, report)
}

// ring are the configuration's code keys, or, where the server is in this process, a key that nobody else knows.
func (c *benchCommand) ring(settings config.Config) (giftcode.Keyring, error) {
	if settings.Ring.String() != "" {
		return settings.Ring, nil
	}
	if c.URL != "" {
		return settings.Ring, settings.CheckKeys()
	}
	key, err := giftcode.NewKey("bench", rand.Reader)
	if err != nil {
		return settings.Ring, err
	}
	return giftcode.NewKeyring(key)
}

func (c *benchCommand) options(settings config.Config, w world) bench.Options {
	workloads := c.Workloads
	if len(workloads) == 0 {
		for _, workload := range bench.Workloads() {
			if workload != bench.Renewals || c.URL == "" {
				workloads = append(workloads, workload)
			}
		}
	}
	return bench.Options{Workloads: workloads, Database: settings.Database, URL: c.URL, Ring: settings.Ring, Cards: c.Cards, Accounts: c.Accounts,
		Due: c.Due, Clients: c.Clients, Batch: c.Batch, Workers: c.Workers, Rate: c.Rate, For: c.For, Warmup: c.Warmup, Seed: c.Seed,
		Through: c.Through, Baseline: c.Baseline, Clock: w.now, Progress: w.stderr,
		Start: func(ctx context.Context, sender mail.Sender, log *slog.Logger) (bench.Server, error) {
			return startBench(ctx, settings, w, sender, log)
		}}
}

// judge makes failures the program's.
func (c *benchCommand) judge(w world, report bench.Report) error {
	for _, result := range report.Results {
		if result.Errors > 0 {
			return fmt.Errorf("%d %s failed", result.Errors, result.Workload)
		}
	}
	return nil
}

// startBench starts the whole server on a loopback address.
func startBench(ctx context.Context, settings config.Config, w world, sender mail.Sender, log *slog.Logger) (bench.Server, error) {
	settings.Address, settings.BaseURL = "127.0.0.1:0", ""
	settings.API.RequestsPerMinute = math.MaxInt32 // requests are counted, and none is refused
	settings.Brand = config.Brand{Name: "scrip bench", Accent: "#5b3df5", SupportEmail: "help@bench.example"}
	p := parts{settings: settings, log: log, now: w.now, sender: sender, catalog: bench.Catalog}
	ctx, stop := context.WithCancel(ctx)
	ready, done := make(chan *service, 1), make(chan error, 1)
	go func() {
		done <- p.serve(ctx, func(s *service) error {
			ready <- s
			return nil
		})
	}()
	select {
	case s := <-ready:
		return bench.Server{URL: s.url, Engine: s.engine, Stop: func() error {
			stop()
			return <-done
		}}, nil
	case err := <-done:
		stop()
		return bench.Server{}, err
	}
}
