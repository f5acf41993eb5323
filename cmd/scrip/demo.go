package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"scrip/checkout"
	"scrip/clock"
	"scrip/config"
	"scrip/demo"
	"scrip/giftcode"
	"scrip/mail"
	"scrip/payment"
	"scrip/web"
)

// demoOrders is how many cards may be bought in a day of the demo, where nothing is at stake.
const demoOrders = 100

type demoCommand struct {
	Address  string `default:"127.0.0.1:8080" help:"Address to listen on."`
	Database string `placeholder:"FILE" help:"Database file to keep, and to go on with later. Without it, a temporary one."`
	Catalog  string `placeholder:"FILE" help:"Another catalogue to try."`
	Log      string `default:"warn" enum:"debug,info,warn,error" help:"What to log: debug, info, warn or error."`
}

// Run serves the demo until it is told to stop.
func (d *demoCommand) Run(ctx context.Context, w world) (failed error) {
	if d.Database == "" {
		folder, err := os.MkdirTemp("", "scrip-demo-")
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, os.RemoveAll(folder)) }()
		d.Database = filepath.Join(folder, "demo.db")
	}
	ring, err := giftcode.ParseKeyring(demo.Key)
	if err != nil {
		return err
	}
	moved := clock.From(w.now)
	world, err := demo.Restore(d.Database, moved)
	if err != nil {
		return err
	}
	catalog, err := d.catalog()
	if err != nil {
		return err
	}
	settings := config.Config{Address: d.Address, Database: d.Database, Migrate: true, Ring: ring, Brand: config.Brand{
		Name: "Lumenary", Accent: "#5b3df5", SupportEmail: "help@lumenary.example"}}
	mailbox, gateway := &mail.Mailbox{}, payment.NewFake(moved.Now)
	desk, err := checkout.NewTest(d.Database+".payments.json", moved.Now)
	if err != nil {
		return err
	}
	settings.Online = config.Online{OrdersPerDay: demoOrders}
	p := parts{desk: desk, settings: settings, log: logger(w, config.Log{Format: "text", Level: d.Log}), now: moved.Now, sender: mailbox,
		gateway: gateway, methods: methods(gateway), catalog: catalog, demo: world}
	return p.serve(ctx, func(s *service) error {
		if err := world.Begin(ctx, s.engine, s.loops, mailbox); err != nil {
			return err
		}
		return d.welcome(w, s.url, world)
	})
}

func (d *demoCommand) catalog() (string, error) {
	if d.Catalog == "" {
		return demo.Catalog, nil
	}
	text, err := os.ReadFile(d.Catalog)
	return string(text), err
}

// welcome shows the printed cards in the terminal.
func (d *demoCommand) welcome(w world, url string, world *demo.World) error {
	_, err := fmt.Fprintf(w.stdout, "Lumenary, a streaming service that does not exist, is at %s\n\nPrinted gift cards to try (more, and some that do not work, at %s/demo/cards):\n", url, url)
	shown, code := map[string]bool{}, ""
	for _, card := range world.Cards() {
		kind := card.Country.String() + card.Value.String()
		if card.Says != "demo.card.active" || shown[kind] {
			continue
		}
		if shown[kind] = true; card.Country.String() == "US" {
			code = card.Code
		}
		_, failed := fmt.Fprintf(w.stdout, "  %s  %s, sold in %s\n", card.Code, card.Value, card.Country)
		err = errors.Join(err, failed)
	}
	_, failed := fmt.Fprintf(w.stdout, "\nTo try the API, as README.md shows:\n  export SCRIP=%s SCRIP_KEY=%s SCRIP_CODE=%s\n", url, world.Key(), code)
	err = errors.Join(err, failed)
	_, failed = fmt.Fprintf(w.stdout, "\nMails arrive at %s/demo/mail; the clock is on every page. Stop with Ctrl-C.\n", url)
	return errors.Join(err, failed)
}

func methods(gateway *payment.Fake) []web.Method {
	var methods []web.Method
	for _, token := range gateway.Tokens() {
		methods = append(methods, web.Method{Token: token, Label: gateway.Describe(token)})
	}
	return methods
}
