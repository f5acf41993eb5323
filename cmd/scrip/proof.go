package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"scrip/catalog"
	"scrip/engine"
	"scrip/locale"
	"scrip/proof"
)

type proofCommand struct {
	database
	Product catalog.ProductID `required:"" help:"The product's id in the catalogue."`
	Out     string            `required:"" placeholder:"FILE.pdf" help:"File to write. It must not exist."`
}

// Run draws a product's card for the printer.
func (c *proofCommand) Run(ctx context.Context, w world) error {
	settings, err := c.settings(w)
	if err != nil {
		return err
	}
	languages, err := locale.Load()
	if err != nil {
		return err
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		product, err := productOf(e, c.Product)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Clean(c.Out), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		card := proof.Card{Product: product, Brand: settings.Brand.Name, Accent: settings.Brand.Accent, At: w.now(),
			Site: cmp.Or(settings.BaseURL, "https://example.com") + "/redeem"}
		return errors.Join(proof.Write(file, card, proof.Languages(product, languages)), file.Close())
	})
}
