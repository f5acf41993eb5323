package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"scrip/access"
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

type cardsCommand struct {
	Issue    issueCommand    `cmd:"" help:"Issue cards of a product. Their codes are written to a new file, once, and never shown again."`
	Activate activateCommand `cmd:"" help:"Activate a batch, or single cards by their serial numbers."`
	Freeze   freezeCommand   `cmd:"" help:"Stop active cards until they are unfrozen."`
	Unfreeze unfreezeCommand `cmd:"" help:"Make frozen cards active again."`
	Void     voidCommand     `cmd:"" help:"Take cards out of use for good."`
}

type issueCommand struct {
	database
	Product catalog.ProductID `required:"" help:"The product's id in the catalogue."`
	Count   int               `required:"" help:"How many cards."`
	Out     string            `required:"" placeholder:"FILE.csv" help:"File to write serial numbers and codes to. It must not exist."`
}

// mostCards bounds one call.
const mostCards = 10_000_000

// Run issues cards.
func (c *issueCommand) Run(ctx context.Context, w world) error {
	if c.Count < 1 || c.Count > mostCards {
		return fmt.Errorf("--count is %d: write a number from 1 to %d", c.Count, mostCards)
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		if _, known := e.Terms().Catalog.Product(c.Product); !known {
			return fmt.Errorf("--product is %q: %w", c.Product, engine.ErrUnknownProduct)
		}
		file, err := os.OpenFile(filepath.Clean(c.Out), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		batch, err := c.print(ctx, e, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "%d cards issued as batch %s, and written to %s. The codes are secret and cannot be shown again.\nActivate them with: scrip cards activate --batch %s\n",
			c.Count, batch, c.Out, batch)
		return err
	})
}

func (c *issueCommand) print(ctx context.Context, e *engine.Engine, file *os.File) (string, error) {
	buffered := bufio.NewWriter(file)
	table := csv.NewWriter(buffered)
	product, _ := e.Terms().Catalog.Product(c.Product)
	if err := table.Write([]string{"serial", "code", "product", "value", "currency"}); err != nil {
		return "", err
	}
	batch, err := e.IssueCards(ctx, access.Operator(), c.Product, c.Count, func(cards []engine.Printed) error {
		for _, card := range cards {
			row := []string{card.Serial.String(), card.Code.Reveal(), string(c.Product), product.Value.Decimal(), product.Value.Currency().String()}
			if err := table.Write(row); err != nil {
				return err
			}
		}
		table.Flush()
		return errors.Join(table.Error(), buffered.Flush(), file.Sync())
	})
	return batch, err
}

type activateCommand struct {
	database
	Batch   string   `help:"Activate all cards of this batch that are not active yet."`
	Serials []string `arg:"" optional:"" name:"serial" help:"Serial numbers."`
}

// Run activates cards.
func (c *activateCommand) Run(ctx context.Context, w world) error {
	if (c.Batch == "") == (len(c.Serials) == 0) {
		return errors.New("name either a --batch or serial numbers")
	}
	if c.Batch == "" {
		return move(ctx, w, c.database, c.Serials, engine.Activate)
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		count, err := e.ActivateBatch(ctx, access.Operator(), c.Batch)
		if count == 0 {
			return err
		}
		_, failed := fmt.Fprintf(w.stdout, "%d cards activated.\n", count)
		return errors.Join(err, failed)
	})
}

type freezeCommand struct{ serials }
type unfreezeCommand struct{ serials }
type voidCommand struct{ serials }

type serials struct {
	database
	Serials []string `arg:"" name:"serial" help:"Serial numbers."`
}

// Run freezes cards.
func (c *freezeCommand) Run(ctx context.Context, w world) error {
	return move(ctx, w, c.database, c.Serials, engine.Freeze)
}

// Run unfreezes cards.
func (c *unfreezeCommand) Run(ctx context.Context, w world) error {
	return move(ctx, w, c.database, c.Serials, engine.Unfreeze)
}

// Run voids cards.
func (c *voidCommand) Run(ctx context.Context, w world) error {
	return move(ctx, w, c.database, c.Serials, engine.Void)
}

func move(ctx context.Context, w world, at database, texts []string, to engine.Move) error {
	return withEngine(ctx, w, at, func(e *engine.Engine) error {
		for _, text := range texts {
			serial, err := giftcode.ParseSerial(text)
			if err != nil {
				return fmt.Errorf("serial number %q: %w", text, err)
			}
			if err := e.MoveCard(ctx, access.Operator(), serial, to); err != nil {
				return fmt.Errorf("serial number %s: %w", serial, err)
			}
			if _, err := fmt.Fprintf(w.stdout, "%s: %s done\n", serial, to); err != nil {
				return err
			}
		}
		return nil
	})
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
