// Package clienttest is a server with the API, on a real database, and a client of it, for tests.
package clienttest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"scrip/access"
	"scrip/api"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/client"
	"scrip/engine/enginetest"
	"scrip/money"
)

// World is a server, and a client that may do everything.
type World struct {
	*enginetest.World
	*client.Client
	URL, Key string
}

// New is a server that sells the plan basic for 7.99 dollars a month, and the card us-25.
func New(t *testing.T) *World {
	t.Helper()
	usd := money.MustCurrency("USD")
	us, err := catalog.ParseCountry("US")
	must(t, err)
	sold, err := catalog.New([]catalog.Plan{{ID: "basic", Prices: []catalog.Price{{Amount: money.New(799, usd), From: calendar.Must("2020-01-01")}}}}, nil,
		[]catalog.Product{{ID: "us-25", Country: us, Value: money.New(2500, usd)}}, nil)
	must(t, err)
	return Selling(t, billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()})
}

// Selling is a server with these terms.
func Selling(t *testing.T, terms billing.Terms) *World {
	t.Helper()
	w := &World{World: enginetest.New(t, time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), terms)}
	var err error
	w.Key, err = w.Engine.NewKey(t.Context(), access.Operator(), "test", []access.Grant{access.Admin}, "")
	must(t, err)
	handler, err := api.New(api.Config{Engine: w.Engine, From: func(*http.Request) string { return "192.0.2.7" }, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.URL = server.URL
	w.Client, err = client.New(client.Config{URL: w.URL, Key: w.Key})
	must(t, err)
	return w
}

// OpenOf opens an account by an id of its caller's own, and redeems so many cards into it.
func (w *World) OpenOf(external string, cards int) string {
	w.T.Helper()
	opened, err := w.OpenAccount(w.T.Context(), client.NewAccount{ExternalID: external, Country: "US", Currency: "USD", TimeZone: "UTC"})
	must(w.T, err)
	for range cards {
		_, err := w.RedeemCode(w.T.Context(), opened.ID, w.Card("us-25").Code.Reveal())
		must(w.T, err)
	}
	return opened.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
