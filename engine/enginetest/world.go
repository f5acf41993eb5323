// Package enginetest is an engine on a real database in a test's own folder, with a clock that the test
// moves, a payment gateway and a mailbox.
package enginetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/checkout"
	"scrip/clock"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/jobs"
	"scrip/locale"
	"scrip/mail"
	"scrip/money"
	"scrip/payment"
	"scrip/purchase"
	"scrip/store"
	"scrip/store/storetest"
	"scrip/webhook"
)

// World is all that an engine stands on.
type World struct {
	T       *testing.T
	Path    string
	DB      *store.DB
	Engine  *engine.Engine
	Clock   *clock.Moved
	Gateway *payment.Fake
	Desk    *checkout.Test // where orders are paid
	Mailbox *mail.Mailbox
	Loops   *jobs.Loops
	Ring    giftcode.Keyring
	Log     *bytes.Buffer // what the engine and its loops logged, on every level

	// Front, where it is set before Reopen, is asked in Gateway's stead, and Counter in Desk's; and Post, before Reopen,
	// is where letters go in Mailbox's stead.
	Front   payment.Gateway
	Counter checkout.Gateway
	Post    mail.Sender

	log *slog.Logger
}

// New is a world in which an instant is now, with these terms.
func New(t *testing.T, now time.Time, terms billing.Terms) *World {
	t.Helper()
	key, err := giftcode.NewKey("test", rand.Reader)
	must(t, err)
	ring, err := giftcode.NewKeyring(key)
	must(t, err)
	w := &World{T: t, Path: storetest.Address(t), Clock: clock.Stopped(now), Ring: ring,
		Mailbox: &mail.Mailbox{}, Log: &bytes.Buffer{}}
	w.Gateway = payment.NewFake(w.Clock.Now)
	w.Desk, err = checkout.NewTest("", w.Clock.Now)
	must(t, err)
	w.Front, w.Counter, w.Post = w.Gateway, w.Desk, w.Mailbox
	w.log = slog.New(slog.NewTextHandler(w.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.Open(terms)
	t.Cleanup(func() { must(t, w.DB.Close()) })
	return w
}

// Reopen closes the database and opens it again, as a server that is started anew.
func (w *World) Reopen(terms billing.Terms) {
	w.T.Helper()
	must(w.T, w.DB.Close())
	w.Open(terms)
}

// Open opens the database, and an engine on it.
func (w *World) Open(terms billing.Terms) {
	w.T.Helper()
	db, err := store.Open(w.T.Context(), w.Path, store.Options{Clock: w.Clock.Now, Alone: true, Migrate: true})
	must(w.T, err)
	w.DB = db
	w.Engine, w.Loops = w.Server(terms)
}

// OnThisMachine lets events be delivered to the tests' own receivers.
var OnThisMachine = webhook.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})

// Server is another engine with its loops on the world's database.
func (w *World) Server(terms billing.Terms) (*engine.Engine, *jobs.Loops) {
	w.T.Helper()
	e := engine.New(engine.Config{DB: w.DB, Ring: w.Ring, Gateway: w.Front, Guard: OnThisMachine, Clock: w.Clock.Now, Log: w.log, Sandbox: true,
		Checkout: w.Counter, Limits: purchase.DefaultLimits()})
	w.apply(e, terms)
	bundle, err := locale.Load()
	must(w.T, err)
	composer, err := mail.NewComposer(bundle, mail.Brand{Name: "Lumen", Accent: "#7a3cff", SupportEmail: "help@example.com", BaseURL: "https://lumen.example.com"})
	must(w.T, err)
	return e, jobs.New(e, composer, w.Post, webhook.NewClient(OnThisMachine, nil), w.log, uncounted{})
}

// Another is an engine on a connection of its own to the world's database: another server. SQLite is served by
// one, so there it shares the world's.
func Another(w *World) *engine.Engine {
	w.T.Helper()
	db := w.DB
	if storetest.OnPostgres() {
		var err error
		db, err = store.Open(w.T.Context(), w.Path, store.Options{Clock: w.Clock.Now})
		must(w.T, err)
		w.T.Cleanup(func() { must(w.T, db.Close()) })
	}
	return engine.New(engine.Config{DB: db, Ring: w.Ring, Gateway: w.Front, Clock: w.Clock.Now, Log: w.log, Checkout: w.Counter, Limits: purchase.DefaultLimits()})
}

// Apply puts terms in force.
func (w *World) Apply(terms billing.Terms) {
	w.T.Helper()
	w.apply(w.Engine, terms)
}

func (w *World) apply(e *engine.Engine, terms billing.Terms) {
	w.T.Helper()
	body := fmt.Sprintf("terms %p", terms.Catalog)
	must(w.T, e.Apply(w.T.Context(), access.Operator(), body, func(string) (billing.Terms, error) { return terms, nil }))
}

// At moves the clock to an hour of a date, in UTC, and does all that is due by then.
func (w *World) At(on calendar.Date, hour int) {
	w.T.Helper()
	w.Clock.Set(on.Start(time.UTC).Add(time.Duration(hour) * time.Hour))
	must(w.T, w.Loops.Settle(w.T.Context()))
}

// Account opens an account in UTC.
func (w *World) Account(email string, country catalog.Country, currency money.Currency) string {
	w.T.Helper()
	account, _, err := w.Engine.OpenAccount(w.T.Context(), access.Visitor("192.0.2.1"), engine.Opening{
		Email: access.Email(email), Country: country, Currency: currency, Zone: "UTC", Language: "en"})
	must(w.T, err)
	return account
}

// Card issues and activates a card of a product.
func (w *World) Card(product catalog.ProductID) engine.Printed {
	w.T.Helper()
	return w.Cards(product, 1)[0]
}

// Cards issues and activates cards of a product.
func (w *World) Cards(product catalog.ProductID, count int) []engine.Printed {
	w.T.Helper()
	var printed []engine.Printed
	batch, err := w.Engine.IssueCards(w.T.Context(), access.Operator(), product, count, func(cards []engine.Printed) error {
		printed = append(printed, cards...)
		return nil
	})
	must(w.T, err)
	_, err = w.Engine.ActivateBatch(w.T.Context(), access.Operator(), batch)
	must(w.T, err)
	return printed
}

// Handle stands for a card's code.
func (w *World) Handle(printed engine.Printed) string {
	w.T.Helper()
	_, handle, err := w.Engine.CheckCard(w.T.Context(), access.Operator(), printed.Code.Entered())
	must(w.T, err)
	return handle
}

// Verify has the books proved.
func (w *World) Verify() {
	w.T.Helper()
	proof, err := w.DB.Proof(context.Background())
	must(w.T, err)
	if !proof.OK() {
		w.T.Errorf("the books do not agree:\n%s", proof)
	}
}

// Do carries out a command of an account's member under a key of its own.
func (w *World) Do(account string, command engine.Command) engine.Reply {
	w.T.Helper()
	reply, err := w.Engine.Do(w.T.Context(), access.MemberOf(account, "192.0.2.1"), account, store.NewID(), command)
	must(w.T, err)
	return reply
}

// View is the account as its member sees it.
func (w *World) View(account string) engine.View {
	w.T.Helper()
	view, err := w.Engine.View(w.T.Context(), access.MemberOf(account, ""), account)
	must(w.T, err)
	return view
}

// Told is all that was told of an account, with cards by the names that the test gives their serials.
func (w *World) Told(account string, names map[string]string) []json.RawMessage {
	w.T.Helper()
	events, err := w.Engine.Timeline(context.Background(), access.Operator(), account)
	must(w.T, err)
	for i, event := range events {
		for serial, name := range names {
			quoted, err := json.Marshal(name)
			must(w.T, err)
			event = json.RawMessage(strings.ReplaceAll(string(event), `"`+serial+`"`, string(quoted)))
		}
		events[i] = event
	}
	return events
}

type uncounted struct{}

func (uncounted) Did(string, bool) {}
func (uncounted) Due(int)          {}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
