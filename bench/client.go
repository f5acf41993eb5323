package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/store"
	"scrip/timeline"
	"scrip/web"
)

// mostSignedIn is how many members are signed in at most; cards are spread over them.
const mostSignedIn = 100_000

// clients are those of a workload, and what closes them.
func (b *bench) clients(ctx context.Context, server Server, result Result) ([]client, func(), error) {
	if result.Workload == Entitlements {
		return b.players(ctx, server)
	}
	if result.Through == HTTP {
		return b.browsers(ctx, server, result.Workload)
	}
	clients := make([]client, b.Clients)
	for at := range clients {
		switch result.Workload {
		case Redemptions:
			clients[at] = b.redeemer(ctx, server.Engine)
		case Activations:
			clients[at] = once(b.activator(ctx, server.Engine))
		default:
			clients[at] = once(b.forecaster(ctx, server.Engine, at))
		}
	}
	return clients, func() {}, nil
}

// next gives each thing once, to whoever asks.
type next[T any] struct {
	things []T
	taken  atomic.Int64
}

func (n *next[T]) take() (thing T, err error) {
	at := n.taken.Add(1) - 1
	if at >= int64(len(n.things)) {
		return thing, errEnough
	}
	return n.things[at], nil
}

// turn is whose turn it is: each account after the others, in the order that the seed gave.
func turn[T any](things []T, taken *atomic.Int64) T {
	return things[int(taken.Add(1)-1)%len(things)]
}

// redeemer hands redemptions to the engine, several at once.
func (b *bench) redeemer(ctx context.Context, e *engine.Engine) client {
	redeem := func() error {
		card, err := b.unredeemed.take()
		if err != nil {
			return err
		}
		handle, err := e.Handle(access.Operator(), card.String())
		if err != nil {
			return err
		}
		account := turn(b.stock.accounts, &b.turns).String()
		reply, err := e.Do(ctx, access.MemberOf(account, "127.0.0.1"), account, store.NewID(), engine.Command{Kind: timeline.Redeem, Card: handle})
		if err == nil && reply.Refusal != nil {
			err = fmt.Errorf("refused: %w", reply.Refusal)
		}
		return err
	}
	if b.Batch == 1 {
		return once(redeem)
	}
	took, failed := make([]time.Duration, b.Batch), make([]error, b.Batch)
	return func(t *tally) error {
		var all sync.WaitGroup
		for at := range b.Batch {
			all.Go(func() {
				failed[at] = redeem()
				took[at] = time.Since(t.began)
			})
		}
		all.Wait()
		var enough error
		for at, err := range failed {
			if errors.Is(err, errEnough) {
				enough = err
			} else {
				t.add(took[at], err)
			}
		}
		return enough
	}
}

func (b *bench) activator(ctx context.Context, e *engine.Engine) func() error {
	return func() error {
		text, err := b.unsold.take()
		if err != nil {
			return err
		}
		serial, err := giftcode.ParseSerial(text)
		if err != nil {
			return err
		}
		return e.MoveCard(ctx, access.Operator(), serial, engine.Activate)
	}
}

func (b *bench) forecaster(ctx context.Context, e *engine.Engine, at int) func() error {
	random := b.another(at)
	return func() error {
		account := b.stock.accounts[random.IntN(len(b.stock.accounts))].String()
		_, err := e.View(ctx, access.MemberOf(account, "127.0.0.1"), account)
		return err
	}
}

// signIn signs members in, as many as there are or as count, and keeps the cookies of their browsers.
func (b *bench) signIn(ctx context.Context) error {
	secure := strings.HasPrefix(b.URL, "https:")
	db, e, err := b.open(ctx)
	if err != nil {
		return err
	}
	count := min(len(b.stock.accounts), mostSignedIn)
	cookies := make([]string, count)
	err = b.inParts(ctx, "members signed in", count, func(first, count int) error {
		kept, gate := make([]store.Session, count), web.NewGate(secure)
		for i := range kept {
			made, err := gate.Admit(ctx, b.stock.accounts[first+i].String(), 1)
			if err != nil {
				return err
			}
			cookies[first+i] = made.Cookie.Name + "=" + made.Cookie.Value
			kept[i] = store.Session{Token: made.Token, Data: made.Data, Expires: made.Expires}
		}
		return e.PopulateSessions(ctx, access.Operator(), kept)
	})
	b.cookies = cookies
	return errors.Join(err, db.Close())
}

// browsers are clients on connections of their own.
func (b *bench) browsers(ctx context.Context, server Server, workload Workload) ([]client, func(), error) {
	to, err := parseSite(server.URL)
	if err != nil {
		return nil, nil, err
	}
	if err := b.greet(ctx, to, b.cookies[0]); err != nil {
		return nil, nil, err
	}
	clients, shut := b.onConnections(ctx, to, func(on *browser, at int) client {
		if workload == Pages {
			return once(b.reader(on, at))
		}
		return once(b.confirmer(on, server.Engine))
	})
	return clients, shut, nil
}

// onConnections are clients on connections of their own, and what closes those.
func (b *bench) onConnections(ctx context.Context, to site, make func(on *browser, at int) client) (clients []client, shut func()) {
	var opened []*browser
	for at := range b.Clients {
		on := &browser{ctx: ctx, site: to}
		opened, clients = append(opened, on), append(clients, make(on, at))
	}
	return clients, func() {
		for _, browser := range opened {
			browser.close()
		}
	}
}

// players are clients on connections of their own that ask with one API key, which counts no more afterwards.
func (b *bench) players(ctx context.Context, server Server) ([]client, func(), error) {
	to, err := parseSite(server.URL)
	if err != nil {
		return nil, nil, err
	}
	key, err := server.Engine.NewKey(ctx, access.Operator(), "scrip bench", []access.Grant{access.Read}, "")
	if err != nil {
		return nil, nil, err
	}
	holder, err := server.Engine.HolderOf(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	clients, shut := b.onConnections(ctx, to, func(on *browser, at int) client { return once(b.player(on, key, at)) })
	return clients, func() {
		shut()
		b.revoke(ctx, server.Engine, holder.Key)
	}, nil
}

// revoke ends the key of an id; one that stays is seen in the log, and on the list of keys.
func (b *bench) revoke(ctx context.Context, e *engine.Engine, id string) {
	if err := e.RevokeKey(context.WithoutCancel(ctx), access.Operator(), id); err != nil {
		b.log.ErrorContext(ctx, "the key was not revoked", "key", id, "error", err)
	}
}

// player asks whether one member after another may watch.
func (b *bench) player(on *browser, key string, at int) func() error {
	random := b.another(at)
	return func() error {
		account := b.stock.accounts[random.IntN(len(b.stock.accounts))].String()
		got, err := on.ask(on.site.call("/v1/accounts/"+account+"/entitlement", key))
		return expect(got, err, 200, "")
	}
}

// greet makes sure that the server knows who is signed in: it runs on the same database.
func (b *bench) greet(ctx context.Context, to site, cookie string) error {
	first := &browser{ctx: ctx, site: to}
	defer first.close()
	got, err := first.ask(to.get("/account", cookie))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrServer, err)
	}
	if got.status != 200 {
		return fmt.Errorf("%w: GET /account answers %d to a member of this database: does it run on another one?", ErrServer, got.status)
	}
	return nil
}

// reader opens the membership page of one member after another.
func (b *bench) reader(on *browser, at int) func() error {
	random := b.another(at)
	return func() error {
		got, err := on.ask(on.site.get("/account", b.cookies[random.IntN(len(b.cookies))]))
		return expect(got, err, 200, "")
	}
}

// confirmer sends the form that redeems a card that was looked at before.
func (b *bench) confirmer(on *browser, e *engine.Engine) func() error {
	carried := "scrip_card="
	if on.site.secure {
		carried = "__Host-card="
	}
	return func() error {
		card, err := b.unredeemed.take()
		if err != nil {
			return err
		}
		handle, err := e.Handle(access.Operator(), card.String())
		if err != nil {
			return err
		}
		form := "card=" + handle + "&key=" + store.NewID()
		got, err := on.ask(on.site.post("/redeem/confirm", turn(b.cookies, &b.turns)+"; "+carried+handle, form))
		return expect(got, err, 303, "/redeem/done")
	}
}

// expect turns an answer that is not the right one into an error. It tells where a redirect leads, and nothing that was sent.
func expect(got answer, err error, status int, location string) error {
	switch {
	case err != nil:
		return err
	case got.status != status || got.location != location:
		return fmt.Errorf("answered %d %s", got.status, got.location)
	}
	return nil
}
