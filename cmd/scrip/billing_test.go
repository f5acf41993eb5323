package main

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/catalog"
	"scrip/demo"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/money"
	"scrip/store"
	"scrip/store/storetest"
)

var billed = regexp.MustCompile(`(\d+) accounts done`)

// TestBillingRun does what is due, may be stopped in the middle and begun again, and finds nothing more to do
// in the end.
func TestBillingRun(t *testing.T) {
	const members = 3000
	storetest.Each(t, func(t *testing.T, database string) {
		fill(t, database, members)
		run := func(ctx context.Context) (told, int) {
			got := call(ctx, "", []string{testKey}, "billing", "run", "--database", database)
			count := 0
			if found := billed.FindStringSubmatch(got.stdout); found != nil {
				count, _ = strconv.Atoi(found[1])
			}
			return got, count
		}
		short, stop := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer stop()
		first, before := run(short)
		t.Logf("%d of %d were done when it was to stop: %s", before, members, first.stdout+first.stderr)
		if stopped := first.status == exitFailed; stopped != (before < members) {
			t.Errorf("after %d of %d, billing run = %+v", before, members, first)
		}
		second, after := run(t.Context())
		if second.status != exitDone || second.stderr != "" || before+after != members || !strings.HasSuffix(second.stdout, "accounts done, 0 failed\n") {
			t.Errorf("after %d were done, billing run = %+v, want the other %d", before, second, members-before)
		}
		if third, none := run(t.Context()); third.status != exitDone || none != 0 || third.stdout != "0 accounts done, 0 failed\n" {
			t.Errorf("billing run with nothing due = %+v", third)
		}
		agree(t, database)
	})
}

// fill makes members who began a month and a day ago.
func fill(t *testing.T, database string, count int) {
	t.Helper()
	db, err := store.Open(t.Context(), database, store.Options{Clock: time.Now, Migrate: true})
	check(t, err)
	defer func() { check(t, db.Close()) }()
	ring, err := giftcode.ParseKeyring(strings.TrimPrefix(testKey, "SCRIP_CODE_KEYS="))
	check(t, err)
	e := engine.New(engine.Config{DB: db, Ring: ring, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	check(t, e.Apply(t.Context(), access.Operator(), demo.Catalog, parseCatalog))
	country, err := catalog.ParseCountry("US")
	check(t, err)
	made := make([]engine.Member, count)
	for at := range made {
		made[at] = engine.Member{At: time.Now().AddDate(0, -1, -1), Card: "us-50", Plan: "standard", Opening: engine.Opening{
			Email: access.Email(fmt.Sprintf("m%d@example.com", at)), Country: country, Currency: money.MustCurrency("USD"), Zone: "UTC", Language: "en"}}
	}
	check(t, e.Populate(t.Context(), access.Operator(), made))
}
