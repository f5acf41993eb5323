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
)

type apiKeysCommand struct {
	New    newAPIKeyCommand    `cmd:"" help:"Make an API key. It is shown once, and kept nowhere."`
	List   listAPIKeysCommand  `cmd:"" help:"List the API keys, with what they may do and when they were used last."`
	Revoke revokeAPIKeyCommand `cmd:"" help:"End an API key. Every server knows it within five seconds."`
}

type newAPIKeyCommand struct {
	database
	Name     string `required:"" help:"What the key is for, 1 to 64 characters."`
	Scope    string `required:"" placeholder:"SCOPES" help:"What it may do: read, redeem, manage, retail or admin, several with commas between."`
	Retailer string `placeholder:"ID" help:"With --scope=retail: the retailer whose tills alone the key is for, by its id in the catalogue. It reaches the cards of batches that were shipped there, and no others."`
}

// Run makes a key.
func (c *newAPIKeyCommand) Run(ctx context.Context, w world) error {
	grants, err := access.ParseGrants(c.Scope)
	if err != nil {
		return fmt.Errorf("--scope is %q: %w", c.Scope, err)
	}
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		key, err := e.NewKey(ctx, access.Operator(), c.Name, grants, catalog.RetailerID(c.Retailer))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.stdout, key)
		return err
	})
}

type listAPIKeysCommand struct{ database }

// Run lists keys.
func (c *listAPIKeysCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		keys, err := e.Keys(ctx, access.Operator())
		if err != nil {
			return err
		}
		shown := table.New().Headers("key", "name", "scopes", "retailer", "made", "last used", "revoked")
		for _, key := range keys {
			shown.Row(key.ID, key.Name, key.Grants, cmp.Or(key.Retailer, "-"), minute(key.CreatedAt), minute(key.UsedAt), minute(key.RevokedAt))
		}
		_, err = fmt.Fprintln(w.stdout, shown)
		return err
	})
}

// minute is an instant to the minute, or a dash where there is none.
func minute(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Format("2006-01-02 15:04")
}

type revokeAPIKeyCommand struct {
	database
	Key string `arg:"" name:"prefix" help:"The key's beginning, as list shows it: scrip_ and twelve letters and digits."`
}

// Run revokes a key.
func (c *revokeAPIKeyCommand) Run(ctx context.Context, w world) error {
	return withEngine(ctx, w, c.database, func(e *engine.Engine) error {
		if err := e.RevokeKey(ctx, access.Operator(), c.Key); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w.stdout, "%s: revoked\n", c.Key)
		return err
	})
}
