package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"scrip/audit"
	"scrip/catalog"
	"scrip/config"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/simulate"
	"scrip/store"
)

type simulateCommand struct {
	File  string `arg:"" help:"Scenario file, or - for standard input."`
	Table bool   `help:"Print a table for reading instead of JSON."`
}

// Run prints a scenario's timeline.
func (s *simulateCommand) Run(w world) error {
	command := simulate.Command{File: s.File, Form: simulate.AsJSON, Stdin: w.stdin, Stdout: w.stdout, Stderr: w.stderr}
	if s.Table {
		command.Form = simulate.AsTable
	}
	if status := command.Run(); status != exitDone {
		return exit(status)
	}
	return nil
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(w world) error {
	version := "(unknown)"
	if info, known := debug.ReadBuildInfo(); known {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(w.stdout, "scrip %s\n", version)
	return err
}

type keysCommand struct {
	New newKeyCommand  `cmd:"" help:"Print a new code key. Keep it outside the database: without it, no card can be redeemed."`
	API apiKeysCommand `cmd:"" name:"api" help:"Keys of programs that use the API."`
}

type newKeyCommand struct {
	ID string `arg:"" help:"The key's id, 1 to 16 of a-z, 0-9 and hyphen, as in 2026-1. Digests name it, so that keys can be changed."`
}

// Run prints a new key.
func (k *newKeyCommand) Run(w world) error {
	key, err := giftcode.NewKey(k.ID, rand.Reader)
	if err != nil {
		return err
	}
	if k.ID == giftcode.DemoKeyID {
		return errors.New("this id is the demo's: choose another")
	}
	_, err = fmt.Fprintln(w.stdout, key.Reveal())
	return err
}

// database is how a tool reaches the service's database, beside a server that may be running.
type database struct {
	Config   string `short:"c" placeholder:"FILE" help:"Configuration file (TOML)."`
	Database string `placeholder:"ADDRESS" help:"Database, over the configuration's: a SQLite file or a postgres:// address."`
}

func (d database) open(ctx context.Context, w world) (config.Config, *store.DB, error) {
	settings, err := d.settings(w)
	if err != nil {
		return settings, nil, err
	}
	if !store.IsPostgres(settings.Database) {
		if _, err := os.Stat(settings.Database); err != nil {
			return settings, nil, fmt.Errorf("the database: %w; name it with --database or in the configuration", err)
		}
	}
	db, err := store.Open(ctx, settings.Database, store.Options{Clock: w.now})
	return settings, db, err
}

// settings are the configuration's, with the database that was named over it.
func (d database) settings(w world) (config.Config, error) {
	settings, err := config.Load(d.Config, w.environment)
	if err != nil {
		return settings, err
	}
	if d.Database != "" {
		settings.Database = d.Database
	}
	return settings, store.CheckAddress(settings.Database)
}

// withEngine gives a tool an engine on the service's database, with the catalogue that is in force.
func withEngine(ctx context.Context, w world, at database, do func(*engine.Engine) error) error {
	settings, db, err := at.open(ctx, w)
	if err != nil {
		return err
	}
	if err := settings.CheckKeys(); err != nil {
		return errors.Join(err, db.Close())
	}
	e := engine.New(engine.Config{DB: db, Ring: settings.Ring, Clock: w.now, Log: slog.New(slog.DiscardHandler)})
	err = e.Reuse(ctx, parseCatalog)
	if err == nil {
		err = do(e)
	}
	return errors.Join(err, db.Close())
}

// productOf is the product that --product names.
func productOf(e *engine.Engine, id catalog.ProductID) (catalog.Product, error) {
	product, known := e.Terms().Catalog.Product(id)
	if !known {
		return product, fmt.Errorf("--product is %q: %w", id, engine.ErrUnknownProduct)
	}
	return product, nil
}

type verifyCommand struct{ database }

// Run proves that the books agree. Status 1 says that they do not, 2 that they could not be read.
func (v *verifyCommand) Run(ctx context.Context, w world) error {
	proof, err := v.proof(ctx, w)
	if err != nil {
		fmt.Fprintf(w.stderr, "scrip: the books could not be read: %v\n", err)
		return exit(exitUsage)
	}
	if _, err := fmt.Fprint(w.stdout, proof); err != nil {
		return err
	}
	if !proof.OK() {
		return exit(exitFailed)
	}
	return nil
}

func (v *verifyCommand) proof(ctx context.Context, w world) (audit.Proof, error) {
	_, db, err := v.open(ctx, w)
	if err != nil {
		return audit.Proof{}, err
	}
	proof, err := db.Proof(ctx)
	return proof, errors.Join(err, db.Close())
}
