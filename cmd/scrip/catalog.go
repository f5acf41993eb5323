package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"scrip/access"
	"scrip/catalog"
	"scrip/config"
	"scrip/engine"
)

type catalogCommand struct {
	Show  showCatalogCommand  `cmd:"" help:"Print the catalogue that is in force, as it was written."`
	Apply applyCatalogCommand `cmd:"" help:"Show what a catalogue file would change, and put it in force. Running servers go by it within seconds."`
}

type showCatalogCommand struct{ database }

// Run prints the catalogue in force.
func (c *showCatalogCommand) Run(ctx context.Context, w world) error {
	return withCatalog(ctx, w, c.database, func(_ config.Config, e *engine.Engine, inForce engine.Declared) error {
		if inForce.Version == 0 {
			return engine.ErrNoCatalog
		}
		_, err := fmt.Fprintln(w.stdout, strings.TrimSuffix(inForce.Body, "\n"))
		return err
	})
}

type applyCatalogCommand struct {
	database
	File string `arg:"" help:"Catalogue file (JSON)."`
	Yes  bool   `help:"Put it in force without being asked."`
}

// Run shows the difference, and puts the file in force if that is wanted.
func (c *applyCatalogCommand) Run(ctx context.Context, w world) error {
	body, err := os.ReadFile(filepath.Clean(c.File))
	if err != nil {
		return err
	}
	return withCatalog(ctx, w, c.database, func(settings config.Config, e *engine.Engine, inForce engine.Declared) error {
		changes, refused := e.Compare(inForce, string(body), parseCatalog)
		if refused != nil && !errors.Is(refused, engine.ErrCatalogPast) {
			return fmt.Errorf("%s: %w", c.File, refused)
		}
		if err := tellChanges(w.stdout, inForce, changes); err != nil || refused != nil || len(changes) == 0 {
			return errors.Join(err, refused)
		}
		if !c.Yes {
			if wanted, err := confirm(w, "Put this in force? [y/N] "); err != nil || !wanted {
				return err
			}
		}
		version, err := e.Replace(ctx, access.Operator(), inForce.Version, string(body), parseCatalog)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w.stdout, "Catalogue version %d is in force.\n", version); err != nil {
			return err
		}
		return c.remind(w, settings, body)
	})
}

// remind says where the configuration names a file with another text, with which a server would start.
func (c *applyCatalogCommand) remind(w world, settings config.Config, body []byte) error {
	if settings.Catalog == "" {
		return nil
	}
	named, err := os.ReadFile(filepath.Clean(settings.Catalog))
	if err == nil && string(named) == string(body) {
		return nil
	}
	_, err = fmt.Fprintf(w.stderr, "scrip: the configuration names %s, which says otherwise: put the new text there too, or take the setting catalog out\n", settings.Catalog)
	return err
}

// tellChanges tells what is otherwise, a line for each.
func tellChanges(to io.Writer, inForce engine.Declared, changes []catalog.Change) error {
	var text strings.Builder
	switch {
	case len(changes) == 0:
		fmt.Fprintf(&text, "Version %d, which is in force, says the same: there is nothing to do.\n", inForce.Version)
	case inForce.Version == 0:
		text.WriteString("No catalogue is in force yet.\n")
	default:
		fmt.Fprintf(&text, "Against version %d, which is in force:\n", inForce.Version)
	}
	for _, change := range changes {
		says := change.Before + " → " + change.After
		switch change.Difference {
		case catalog.Added:
			says = change.After
		case catalog.Ended:
			says = change.Before
		case catalog.Changed:
		}
		fmt.Fprintf(&text, "  %-7s  %s: %s\n", change.Difference, change.What, says)
	}
	_, err := io.WriteString(to, text.String())
	return err
}

// confirm asks on a terminal. Where nobody is there to answer, it says how not to be asked.
func confirm(w world, question string) (bool, error) {
	file, is := w.stdin.(*os.File)
	if !is {
		return false, errNobodyToAsk
	}
	if about, err := file.Stat(); err != nil || about.Mode()&os.ModeCharDevice == 0 {
		return false, errNobodyToAsk
	}
	return asked(w.stdout, file, question)
}

var errNobodyToAsk = errors.New("nothing was changed: there is no terminal to confirm it on; say --yes to put it in force without being asked")

// asked puts a question and takes one line for an answer.
func asked(to io.Writer, from io.Reader, question string) (bool, error) {
	if _, err := io.WriteString(to, question); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(from).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = errNobodyToAsk
	}
	if err != nil {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	if answer == "y" || answer == "yes" {
		return true, nil
	}
	_, err = io.WriteString(to, "Nothing was changed.\n")
	return false, err
}

// withCatalog gives a tool an engine that may have no catalogue yet, and no code keys, and what is in force.
func withCatalog(ctx context.Context, w world, at database, do func(config.Config, *engine.Engine, engine.Declared) error) error {
	settings, db, err := at.open(ctx, w)
	if err != nil {
		return err
	}
	e := engine.New(engine.Config{DB: db, Ring: settings.Ring, Clock: w.now, Log: slog.New(slog.DiscardHandler)})
	inForce, err := e.Catalog(ctx, access.Operator())
	if err == nil {
		err = do(settings, e, inForce)
	}
	return errors.Join(err, db.Close())
}
