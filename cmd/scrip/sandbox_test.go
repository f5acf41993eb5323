package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scrip/client"
	"scrip/demo"
	"scrip/store/storetest"
)

// TestSandbox: the program serves a sandbox with nothing set up but keys and a catalogue; an account lives a year in it
// by a test clock, with a test card. Its database is a sandbox's from then on.
func TestSandbox(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		catalog := filepath.Join(t.TempDir(), "catalog.json")
		check(t, os.WriteFile(catalog, []byte(demo.Catalog), 0o600))
		environment := []string{testKey, "SCRIP_DATABASE=" + database, "SCRIP_CATALOG=" + catalog, "SCRIP_ADDRESS=127.0.0.1:0"}
		url, stop := serving(t, environment, "serve", "--sandbox")
		key := call(t.Context(), "", environment, "keys", "api", "new", "--name", "test", "--scope", "manage")
		if key.status != exitDone {
			t.Fatalf("keys api new: %s", key.stderr)
		}
		liveAYear(t, url, strings.TrimSpace(key.stdout))
		stop()

		real := append(environment, "SCRIP_BASE_URL=http://127.0.0.1", "SCRIP_BRAND_NAME=Example", "SCRIP_SUPPORT_EMAIL=help@example.com",
			"SCRIP_MAIL_HOST=127.0.0.1", "SCRIP_MAIL_FROM=no-reply@example.com")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if got := call(ctx, "", real, "serve"); got.status != exitFailed || !strings.Contains(got.stderr, "serve it with --sandbox") {
			t.Errorf("served for real: %+v", got)
		}
		_, stop = serving(t, environment, "serve", "--sandbox")
		stop()
	})
}

func liveAYear(t *testing.T, url, key string) {
	t.Helper()
	c, err := client.New(client.Config{URL: url, Key: key})
	check(t, err)
	begin := time.Date(2031, 1, 31, 8, 0, 0, 0, time.UTC)
	clock, err := c.CreateTestClock(t.Context(), client.NewTestClock{At: begin})
	check(t, err)
	account, err := c.OpenAccount(t.Context(), client.NewAccount{ExternalID: "u", Country: "US", Currency: "USD", TimeZone: "America/New_York", TestClock: clock.ID})
	check(t, err)
	_, err = c.SetPaymentMethod(t.Context(), account.ID, "ok")
	check(t, err)
	_, err = c.StartMembership(t.Context(), account.ID, "basic", "")
	check(t, err)
	_, err = c.AdvanceTestClock(t.Context(), clock.ID, begin.AddDate(1, 0, 0))
	check(t, err)
	charges := 0
	for charge, err := range c.ListCharges(t.Context(), account.ID) {
		check(t, err)
		if charges++; charge.PaidBy != "payment_method" {
			t.Errorf("%s was paid by %s", charge.Start, charge.PaidBy)
		}
	}
	if charges != 13 {
		t.Errorf("it was charged %d times in a year, want 13", charges)
	}
}

// serving runs the program until stop is called, and learns its address from what it logs.
func serving(t *testing.T, environment []string, args ...string) (url string, stop func()) {
	t.Helper()
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, world{args, environment, strings.NewReader(""), io.Discard, in, time.Now})
		in.Close()
	}()
	stop = func() {
		t.Helper()
		cancel()
		if status := <-done; status != exitDone {
			t.Errorf("the program ended with status %d", status)
		}
	}
	var logged []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		logged = append(logged, lines.Text())
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			go io.Copy(io.Discard, out)
			return line.URL, stop
		}
	}
	t.Fatalf("the program did not serve: %s", logged)
	return "", nil
}
