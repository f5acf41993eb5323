// Package demo is a service of its own, to be tried: a fictional streaming service with plans and
// prices of six countries, printed cards, a mailbox that shows every mail, a payment gateway that does
// as it is told, and a clock that can be put forward. Nothing in it is real but the program.
package demo

import (
	"context"
	_ "embed" // for the catalogue
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/clock"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/jobs"
	"scrip/mail"
	"scrip/membership"
	"scrip/simulate"
	"scrip/store"
	"scrip/timeline"
	"scrip/web"
)

// Key is the demo's code key. Everybody knows it: a server for real refuses it.
const Key = giftcode.DemoKeyID + ":c2NyaXAgZGVtbyBrZXksIGtub3duIHRvIGV2ZXJ5b24="

// Catalog is what the fictional service sells.
//
//go:embed catalog.json
var Catalog string

const (
	// mostSteps bounds how many due moments one move of the clock lives.
	mostSteps = 20_000
	// forwardTimeout bounds one move of the clock.
	forwardTimeout = time.Minute
)

// ErrStep says that the clock cannot be moved so.
var ErrStep = errors.New("the clock moves by day, next or month, or until:2026-03-01T08")

// World is the demo. Its cards and how far its clock was moved are kept beside the database.
type World struct {
	engine  *engine.Engine
	clock   *clock.Moved
	loops   *jobs.Loops
	mailbox *mail.Mailbox
	path    string
	kept    kept
}

// kept is what the demo keeps in a file, so that a named database can be gone on with.
type kept struct {
	Offset time.Duration `json:"offset"`
	Cards  []card        `json:"cards"`
	Key    string        `json:"key"` // of the API
}

// card is a printed card of the demo. It is the only place in the product in which a code is kept.
type card struct {
	Code    string            `json:"code"`
	Serial  string            `json:"serial"`
	Product catalog.ProductID `json:"product"`
	Says    string            `json:"says"`
}

// Restore moves the clock to where it was left, before the database is opened.
func Restore(database string, moved *clock.Moved) (*World, error) {
	w := &World{clock: moved, path: database + ".demo.json"}
	text, err := os.ReadFile(w.path)
	if errors.Is(err, os.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &w.kept); err != nil {
		return nil, fmt.Errorf("%s: %w; delete it together with the database to begin anew", w.path, err)
	}
	moved.Set(moved.Now().Add(w.kept.Offset))
	return w, nil
}

// Begin takes the world's parts, and prints its cards the first time.
func (w *World) Begin(ctx context.Context, e *engine.Engine, loops *jobs.Loops, mailbox *mail.Mailbox) error {
	w.engine, w.loops, w.mailbox = e, loops, mailbox
	if w.kept.Key == "" {
		var err error
		if w.kept.Key, err = e.NewKey(ctx, access.Operator(), "demo", []access.Grant{access.Admin}, ""); err != nil {
			return err
		}
	}
	if len(w.kept.Cards) > 0 {
		return w.keep()
	}
	for _, product := range e.Terms().Catalog.Products() {
		if product.Form == catalog.Digital {
			continue // which are bought on the pages
		}
		for range 2 {
			if err := w.print(ctx, product.ID, "demo.card.active", engine.Activate); err != nil {
				return err
			}
		}
	}
	return errors.Join(w.printOdd(ctx), w.keep())
}

// printOdd prints a card for each way in which a card does not work.
func (w *World) printOdd(ctx context.Context) error {
	products := w.engine.Terms().Catalog.Products()
	if len(products) == 0 {
		return nil
	}
	product := products[0]
	if err := w.print(ctx, product.ID, "demo.card.issued"); err != nil {
		return err
	}
	if err := w.print(ctx, product.ID, "demo.card.frozen", engine.Activate, engine.Freeze); err != nil {
		return err
	}
	if err := w.print(ctx, product.ID, "demo.card.voided", engine.Activate, engine.Void); err != nil {
		return err
	}
	return w.printUsed(ctx, product)
}

// printUsed prints a card that somebody else has redeemed already.
func (w *World) printUsed(ctx context.Context, product catalog.Product) error {
	if err := w.print(ctx, product.ID, "demo.card.redeemed", engine.Activate); err != nil {
		return err
	}
	account, _, err := w.engine.OpenAccount(ctx, access.Operator(), engine.Opening{Email: "somebody.else@example.com",
		Country: product.Country, Currency: product.Value.Currency(), Zone: "America/New_York", Language: "en"})
	if err != nil {
		return err
	}
	code, err := giftcode.Enter(w.kept.Cards[len(w.kept.Cards)-1].Code)
	if err != nil {
		return err
	}
	actor := access.MemberOf(account, "")
	_, handle, err := w.engine.CheckCard(ctx, actor, code)
	if err != nil {
		return err
	}
	_, err = w.engine.Do(ctx, actor, account, store.NewID(), engine.Command{Kind: timeline.Redeem, Card: handle})
	return err
}

func (w *World) print(ctx context.Context, product catalog.ProductID, says string, moves ...engine.Move) error {
	var p engine.Printed
	_, err := w.engine.IssueCards(ctx, access.Operator(), product, 1, func(printed []engine.Printed) error {
		p = printed[0]
		return nil
	})
	if err != nil {
		return err
	}
	w.kept.Cards = append(w.kept.Cards, card{p.Code.Reveal(), p.Serial.String(), product, says})
	for _, move := range moves {
		if err := w.engine.MoveCard(ctx, access.Operator(), p.Serial, move); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) keep() error {
	w.kept.Offset = w.clock.Offset()
	text, err := json.MarshalIndent(w.kept, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(w.path), text, 0o600)
}

// Key is an API key that may do everything.
func (w *World) Key() string { return w.kept.Key }

// Now is the demo's time.
func (w *World) Now() time.Time { return w.clock.Now() }

// Forward moves the clock, by a day, to the next thing that is due, by a month, or until an hour of a
// date (UTC), and lives everything that is due on the way, each at its own time.
func (w *World) Forward(ctx context.Context, step string) error {
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	to, err := w.target(ctx, step)
	if err != nil {
		return err
	}
	for range mostSteps {
		if err := w.loops.Settle(ctx); err != nil {
			return err
		}
		next, err := w.engine.NextDue(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(to) {
			break
		}
		w.move(next)
	}
	w.move(to)
	return errors.Join(w.loops.Settle(ctx), w.keep())
}

// move never moves the clock back.
func (w *World) move(to time.Time) {
	if to.After(w.clock.Now()) {
		w.clock.Set(to)
	}
}

func (w *World) target(ctx context.Context, step string) (time.Time, error) {
	now := w.clock.Now()
	switch step {
	case "day":
		return now.AddDate(0, 0, 1), nil
	case "month":
		return now.AddDate(0, 1, 0), nil
	case "next":
		next, err := w.engine.NextDue(ctx)
		if next.Before(now) {
			next = now.AddDate(0, 0, 1)
		}
		return next, err
	}
	day, hour, found := strings.Cut(strings.TrimPrefix(step, "until:"), "T")
	date, failedDate := calendar.Parse(day)
	hours, failedHour := strconv.Atoi(hour)
	if !found || failedDate != nil || failedHour != nil || !strings.HasPrefix(step, "until:") {
		return time.Time{}, ErrStep
	}
	return date.Start(time.UTC).Add(time.Duration(hours) * time.Hour), nil
}

// Cards are the printed cards.
func (w *World) Cards() []web.DemoCard {
	cards := make([]web.DemoCard, 0, len(w.kept.Cards))
	for _, c := range w.kept.Cards {
		product, _ := w.engine.Terms().Catalog.Product(c.Product)
		cards = append(cards, web.DemoCard{Code: c.Code, Serial: c.Serial, Value: product.Value, Country: product.Country, Says: c.Says})
	}
	return cards
}

// Mails are the mails that were sent, the newest first.
func (w *World) Mails() []web.DemoMail {
	var mails []web.DemoMail
	for _, m := range w.mailbox.All() {
		mails = append(mails, shown(m))
	}
	return mails
}

// Mail is one mail.
func (w *World) Mail(id string) (web.DemoMail, bool) {
	m, found := w.mailbox.ByID(id)
	return shown(m), found
}

// shown is a mail as a mail program would show it: with its pictures in their places.
func shown(m mail.Message) web.DemoMail {
	text := m.HTML
	for _, picture := range m.Pictures {
		text = strings.ReplaceAll(text, "cid:"+picture.Name, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(picture.PNG))
	}
	return web.DemoMail{ID: m.ID, To: m.To, Subject: m.Subject, Text: m.Text, HTML: text, At: m.At}
}

// SetPayer lets somebody else bill for an account.
func (w *World) SetPayer(ctx context.Context, account string, payer catalog.Payer) error {
	return w.do(ctx, account, engine.Command{Kind: timeline.SetPayer, Payer: payer})
}

// StartBilled starts a membership that somebody else bills for.
func (w *World) StartBilled(ctx context.Context, account string, plan catalog.PlanID, payer catalog.Payer) error {
	return w.do(ctx, account, engine.Command{Kind: timeline.Start, Plan: plan, Payer: payer})
}

func (w *World) do(ctx context.Context, account string, command engine.Command) error {
	reply, err := w.engine.Do(ctx, access.MemberOf(account, ""), account, store.NewID(), command)
	return errors.Join(err, reply.Refusal)
}

// Timeline is what was told of an account and how it stands now, in the form of simulate.
func (w *World) Timeline(ctx context.Context, account string) ([]byte, error) {
	events, err := w.engine.Timeline(ctx, access.MemberOf(account, ""), account)
	if err != nil {
		return nil, err
	}
	view, err := w.engine.View(ctx, access.MemberOf(account, ""), account)
	if err != nil {
		return nil, err
	}
	end := simulate.End{Status: view.Membership.Status, Balance: view.Balance}
	if end.Status == membership.Active {
		end.PaidUntil, end.RunsOut = view.Membership.Period.End, view.RunsOut
	}
	return json.MarshalIndent(map[string]any{"timeline": events, "end": end}, "", " ")
}
