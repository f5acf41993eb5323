package main

import (
	"context"
	"fmt"
	"strings"

	"scrip/store"
)

type migrateCommand struct {
	database
	Distribute bool `help:"Spread the tables over the nodes of a Citus cluster, too. Stop all servers before."`
}

// Run brings the schema forward, and says from where to where. The address is not told: it may hold a password.
func (m *migrateCommand) Run(ctx context.Context, w world) error {
	settings, err := m.settings(w)
	if err != nil {
		return err
	}
	migrate := store.Migrate
	if m.Distribute {
		migrate = store.Distribute
	}
	done, err := migrate(ctx, settings.Database)
	if err != nil {
		return err
	}
	said := fmt.Sprintf("the schema was brought from version %d to %d\n", done.From, done.To)
	if done.From == done.To {
		said = fmt.Sprintf("the schema is at version %d: there is nothing to do\n", done.To)
	}
	if m.Distribute {
		said += spread(done.Spread)
	}
	_, err = fmt.Fprint(w.stdout, said)
	return err
}

func spread(tables []string) string {
	if len(tables) == 0 {
		return "all tables are spread over the nodes already\n"
	}
	return "spread over the nodes: " + strings.Join(tables, ", ") + "\n"
}
