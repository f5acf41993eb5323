package main

import (
	"context"
	"errors"
	"fmt"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcode"
)

type cardsCommand struct {
	Issue    issueCommand    `cmd:"" help:"Issue cards of a product. Their codes are written for the printer, encrypted, and never shown again."`
	Import   importCommand   `cmd:"" help:"Take over cards that another system issued, from a CSV file."`
	Proof    proofCommand    `cmd:"" help:"Draw a product's card for the printer: fronts and backs, as a PDF."`
	Batch    batchCommand    `cmd:"" help:"Follow a batch: printed, shipped to a retailer, frozen whole."`
	Activate activateCommand `cmd:"" help:"Activate a batch, or single cards by their serial numbers."`
	Freeze   freezeCommand   `cmd:"" help:"Stop active cards until they are unfrozen."`
	Unfreeze unfreezeCommand `cmd:"" help:"Make frozen cards active again."`
	Void     voidCommand     `cmd:"" help:"Take cards out of use for good."`
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
