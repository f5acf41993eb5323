package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scrip/demo"
	"scrip/store/storetest"
)

// TestCatalog: an operator declares a catalogue, looks at it, and changes it.
func TestCatalog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		folder := t.TempDir()
		write := func(name, text string) string {
			path := filepath.Join(folder, name)
			check(t, os.WriteFile(path, []byte(text), 0o600))
			return path
		}
		tomorrow := time.Now().UTC().Add(14*time.Hour).AddDate(0, 0, 1).Format(time.DateOnly)
		first := write("first.json", demo.Catalog)
		dearer := write("dearer.json", strings.Replace(demo.Catalog, `"prices": [`, `"prices": [{"currency": "USD", "amount": 99900, "from": "`+tomorrow+`"}, `, 1))
		wrong := write("wrong.json", strings.Replace(demo.Catalog, `"amount": 799`, `"amount": 798`, 1))
		broken := write("broken.json", strings.Replace(demo.Catalog, `"amount"`, `"amuont"`, 1))
		config := write("scrip.toml", fmt.Sprintf("database = %q\ncatalog = %q\n", database, first))
		scrip := func(args ...string) told { return call(t.Context(), "", nil, append(args, "--config", config)...) }

		if got := scrip("migrate"); got.status != exitDone {
			t.Fatalf("migrate = %+v", got)
		}
		if got := scrip("catalog", "show"); got.status != exitFailed || !strings.Contains(got.stderr, "scrip catalog apply FILE") || got.stdout != "" {
			t.Errorf("show of none = %+v", got)
		}
		applied := scrip("catalog", "apply", "--yes", first)
		if applied.status != exitDone || applied.stderr != "" || !strings.Contains(applied.stdout, "  added    price of basic in USD from 2025-01-01: 7.99 USD\n") ||
			!strings.HasSuffix(applied.stdout, "Catalogue version 1 is in force.\n") {
			t.Errorf("apply = %+v", applied)
		}
		if got := scrip("catalog", "show"); got.status != exitDone || got.stdout != strings.TrimSuffix(demo.Catalog, "\n")+"\n" {
			t.Errorf("show = %+v", got)
		}
		if got := scrip("catalog", "apply", first); got.status != exitDone || got.stdout != "Version 1, which is in force, says the same: there is nothing to do.\n" {
			t.Errorf("apply of the same = %+v", got)
		}
		difference := "Against version 1, which is in force:\n  added    price of basic in USD from " + tomorrow + ": 999.00 USD\n"
		if got := scrip("catalog", "apply", dearer); got.status != exitFailed || got.stdout != difference || !strings.Contains(got.stderr, "--yes") {
			t.Errorf("apply without a terminal = %+v", got)
		}
		if got := scrip("catalog", "apply", "--yes", wrong); got.status != exitFailed || strings.Count(got.stderr, "\n") != 1 ||
			got.stdout != "Against version 1, which is in force:\n  changed  price of basic in USD from 2025-01-01: 7.99 USD → 7.98 USD\n" ||
			!strings.Contains(got.stderr, "leave those, and add new ones") {
			t.Errorf("apply of another past = %+v", got)
		}
		if got := scrip("catalog", "apply", "--yes", broken); got.status != exitFailed || got.stdout != "" || !strings.Contains(got.stderr, "amuont") || !strings.Contains(got.stderr, broken) {
			t.Errorf("apply of a broken file = %+v", got)
		}
		got := scrip("catalog", "apply", "--yes", dearer)
		if got.status != exitDone || got.stdout != difference+"Catalogue version 2 is in force.\n" || !strings.Contains(got.stderr, "the configuration names "+first) {
			t.Errorf("apply = %+v", got)
		}
	})
}

func TestAskedOnATerminal(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " YES \n": true, "n\n": false, "\n": false, "yeah\n": false} {
		var shown bytes.Buffer
		if got, err := asked(&shown, strings.NewReader(answer), "Really? "); got != want || err != nil || strings.Contains(shown.String(), "Nothing") == want {
			t.Errorf("%q = %t, %v, shown %q, want %t", answer, got, err, shown.String(), want)
		}
	}
	if got, err := asked(&bytes.Buffer{}, strings.NewReader("y"), "Really? "); got || err == nil {
		t.Errorf("an answer that breaks off = %t, %v", got, err)
	}
}

// TestServeByTheCatalogueInForce: a configuration needs no catalogue file where one was declared.
func TestServeByTheCatalogueInForce(t *testing.T) {
	config, _ := setUp(t)
	text, err := os.ReadFile(config)
	check(t, err)
	catalog := filepath.Join(filepath.Dir(config), "catalog.json")
	check(t, os.WriteFile(config, bytes.Replace(text, fmt.Appendf(nil, "catalog = %q\n", catalog), nil, 1), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got := call(ctx, "", []string{testKey}, "serve", "--config", config); got.status != exitFailed || !strings.Contains(got.stderr, "scrip catalog apply FILE") {
		t.Errorf("serve without a catalogue = %+v", got)
	}
	if got := call(ctx, "", nil, "catalog", "apply", "--yes", "--config", config, catalog); got.status != exitDone || got.stderr != "" {
		t.Fatalf("apply = %+v", got)
	}
	s := serve(t, config)
	if status, body := get(t, s.url+"/gift-cards"); status != 200 || !strings.Contains(body, "<html") {
		t.Errorf("GET /gift-cards = %d", status)
	}
	s.stop()
	if status := <-s.done; status != exitDone {
		t.Errorf("the server ended with status %d", status)
	}
}
