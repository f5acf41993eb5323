package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"filippo.io/age"

	"scrip/access"
	"scrip/catalog"
	"scrip/engine"
	"scrip/press"
	"scrip/progress"
)

type issueCommand struct {
	database
	Product catalog.ProductID `help:"The product's id in the catalogue."`
	Count   int               `help:"How many cards, up to 10,000,000."`
	Resume  string            `placeholder:"BATCH" help:"Go on with this batch, whose making was broken off."`
	To      []string          `placeholder:"KEY" help:"The printer's age public key, age1…; more than once for several, each of which opens the files."`
	Out     string            `required:"" placeholder:"DIR" help:"Folder for the files with serial numbers and codes."`
	Part    int               `default:"100000" help:"How many cards a file has at most. They are committed together."`
	Clear   bool              `help:"Write the codes in the clear. Whoever reads the files has the cards' value; --yes must say so again."`
	Yes     bool              `help:"Yes, in the clear."`
}

// Run issues cards, or goes on with it.
func (c *issueCommand) Run(ctx context.Context, w world) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		run, err := c.begin(ctx, e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w.stdout, "Batch %s: %d cards. If this is broken off, go on with --resume %s.\n", run.Batch, run.Cards, run.Batch); err != nil {
			return err
		}
		to, err := press.Open(c.Out, run, keys)
		if err != nil {
			return c.broken(run, err)
		}
		if err := c.make(ctx, w, e, run, to); err != nil {
			return c.broken(run, errors.Join(err, to.Close()))
		}
		if err := to.Close(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "%d cards issued as batch %s, and written to %s. The codes are secret and cannot be shown again.\nActivate them with: scrip cards activate --batch %s\n",
			run.Cards, run.Batch, c.Out, run.Batch)
		return err
	})
}

// Validate is asked before anything is opened.
func (c *issueCommand) Validate() error {
	switch {
	case c.Resume == "" && (c.Product == "" || c.Count == 0):
		return errors.New("name a --product and a --count, or a batch to --resume")
	case c.Resume != "" && (c.Product != "" || c.Count != 0):
		return errors.New("--resume takes neither --product nor --count: the batch has both")
	case c.Resume == "" && (c.Count < 1 || c.Count > engine.MostCards):
		return fmt.Errorf("--count is %d: %w", c.Count, engine.ErrCount)
	case c.Part < 1 || c.Part > engine.CardsOfPart:
		return fmt.Errorf("--part is %d: write a number from 1 to %d", c.Part, engine.CardsOfPart)
	case c.Clear && len(c.To) > 0:
		return errors.New("either --to a key, or in the --clear")
	case !c.Clear && len(c.To) == 0:
		return errors.New("name the printer's age public key with --to; who wants the codes in the clear says --clear --yes")
	case c.Clear && !c.Yes:
		return errors.New("--clear writes the codes so that whoever reads the files has the cards' value: say --yes too, or name a key with --to")
	}
	_, err := c.keys()
	return err
}

func (c *issueCommand) keys() ([]age.Recipient, error) {
	keys, err := press.ParseKeys(c.To)
	if err != nil {
		err = fmt.Errorf("--to: %w", err)
	}
	return keys, err
}

func (c *issueCommand) begin(ctx context.Context, e *engine.Engine) (engine.Run, error) {
	if c.Resume != "" {
		return e.ResumeBatch(ctx, access.Operator(), c.Resume)
	}
	if _, err := productOf(e, c.Product); err != nil {
		return engine.Run{}, err
	}
	if err := press.Ready(c.Out); err != nil {
		return engine.Run{}, fmt.Errorf("--out: %w", err)
	}
	run, err := e.NewBatch(ctx, access.Operator(), c.Product, c.Count)
	if err != nil {
		err = fmt.Errorf("--product is %q: %w", c.Product, err)
	}
	return run, err
}

// mostMemory is what the collector keeps the program within while it makes cards: millions of them pass through, and it
// is tuned for a server, of which little does.
const mostMemory = 128 << 20

func (c *issueCommand) make(ctx context.Context, w world, e *engine.Engine, run engine.Run, to *press.Press) error {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(mostMemory))
	bar := progress.New(w.stderr, run.Cards, "issuing")
	defer bar.End()
	bar.Add(run.Made())
	return e.MakeCards(ctx, access.Operator(), run, c.Part, func(part int, cards []engine.Printed) (string, error) {
		defer bar.Add(len(cards))
		return to.Print(part, cards)
	})
}

// broken says how to go on.
func (c *issueCommand) broken(run engine.Run, err error) error {
	return fmt.Errorf("%w; batch %s is not whole: go on with scrip cards issue --resume %s", err, run.Batch, run.Batch)
}
