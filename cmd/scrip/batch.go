package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"charm.land/lipgloss/v2/table"

	"scrip/access"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/store"
)

type batchCommand struct {
	List     listBatchesCommand   `cmd:"" help:"List batches, the newest first."`
	Show     showBatchCommand     `cmd:"" help:"Show a batch: its state, its cards, and its files with their SHA-256 sums."`
	Printed  printedBatchCommand  `cmd:"" help:"Say that all cards of a batch are printed."`
	Ship     shipBatchCommand     `cmd:"" help:"Ship a printed batch to a retailer that sells its product."`
	Freeze   freezeBatchCommand   `cmd:"" help:"Stop the sale of all cards of a batch, as when a pallet is stolen. Cards that were sold stay good."`
	Unfreeze unfreezeBatchCommand `cmd:"" help:"Make a frozen batch what it was."`
}

type listBatchesCommand struct {
	database
	Most int `default:"50" help:"How many at most."`
}

// Run lists batches.
func (c *listBatchesCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		batches, err := e.Batches(ctx, access.Operator(), engine.Page{Most: c.Most})
		if err != nil {
			return err
		}
		shown := table.New().Headers("batch", "product", "cards", "state", "retailer", "made")
		for _, b := range batches {
			shown.Row(b.ID, string(b.Product), fmt.Sprint(b.Cards), stateOf(b), string(b.Retailer), b.IssuedAt.Format(time.DateTime))
		}
		_, err = fmt.Fprintln(w.stdout, shown)
		return err
	})
}

// stateOf is a batch's state, in words.
func stateOf(b store.Batch) string {
	switch {
	case !b.Whole:
		return "not whole: issue --resume"
	case b.State == giftcard.BatchFrozen:
		return fmt.Sprintf("frozen, was %s", b.Was)
	}
	return string(b.State)
}

type oneBatch struct {
	database
	Batch string `arg:"" help:"The batch."`
}

type showBatchCommand struct{ oneBatch }

// Run shows a batch.
func (c *showBatchCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		batch, states, err := e.Batch(ctx, access.Operator(), c.Batch)
		if err != nil {
			return err
		}
		parts, err := e.Parts(ctx, access.Operator(), c.Batch)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w.stdout, "batch %s\nproduct %s, %d cards\nstate %s\nretailer %s\n", batch.ID, batch.Product, batch.Cards,
			stateOf(batch), cmp.Or(string(batch.Retailer), "none")); err != nil {
			return err
		}
		for _, state := range []giftcard.State{giftcard.Issued, giftcard.Active, giftcard.Redeemed, giftcard.Frozen, giftcard.Voided, giftcard.Replaced} {
			if states[state] == 0 {
				continue
			}
			if _, err := fmt.Fprintf(w.stdout, "%d %s\n", states[state], state); err != nil {
				return err
			}
		}
		for _, part := range parts {
			if _, err := fmt.Fprintf(w.stdout, "part %d: %d cards, SHA-256 %s\n", part.Number, part.Cards, cmp.Or(part.Sum, "none")); err != nil {
				return err
			}
		}
		return nil
	})
}

type printedBatchCommand struct{ oneBatch }
type freezeBatchCommand struct{ oneBatch }
type unfreezeBatchCommand struct{ oneBatch }

type shipBatchCommand struct {
	oneBatch
	To catalog.RetailerID `required:"" placeholder:"RETAILER" help:"The retailer's id in the catalogue."`
}

// Run says that a batch is printed.
func (c *printedBatchCommand) Run(ctx context.Context, w world) error {
	return c.move(ctx, w, engine.BatchOrder{Move: engine.PrintBatch})
}

// Run ships a batch.
func (c *shipBatchCommand) Run(ctx context.Context, w world) error {
	return c.move(ctx, w, engine.BatchOrder{Move: engine.ShipBatch, Retailer: c.To})
}

// Run freezes a batch.
func (c *freezeBatchCommand) Run(ctx context.Context, w world) error {
	return c.move(ctx, w, engine.BatchOrder{Move: engine.FreezeBatch})
}

// Run unfreezes a batch.
func (c *unfreezeBatchCommand) Run(ctx context.Context, w world) error {
	return c.move(ctx, w, engine.BatchOrder{Move: engine.UnfreezeBatch})
}

func (b oneBatch) move(ctx context.Context, w world, order engine.BatchOrder) error {
	return withEngine(ctx, w, b.database, func(e *engine.Engine) error {
		if err := e.MoveBatch(ctx, access.Operator(), b.Batch, order); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w.stdout, "%s: %s done\n", b.Batch, order.Move)
		return err
	})
}
