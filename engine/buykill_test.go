package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"scrip/billing"
	"scrip/checkout"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/mail"
	"scrip/purchase"
	"scrip/store"
)

var errKilled = errors.New("the process was killed here")

// killer ends the program, as far as anybody outside can tell, at one of the moments at which it has to do with the
// world: the call has happened, and nobody learns of it; or it has not.
type killer struct {
	counter *checkout.Test
	post    mail.Sender
	at      int // the moment, counted from 0

	mu     sync.Mutex // letters are sent side by side
	passed int
	codes  map[string]bool // that were mailed
}

// now reports whether this is the moment.
func (k *killer) now() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.passed++
	return k.passed-1 == k.at
}

func call[T any](k *killer, do func() (T, error)) (T, error) {
	var none T
	if k.now() {
		return none, errKilled
	}
	got, err := do()
	if k.now() {
		return none, errKilled
	}
	return got, err
}

func (k *killer) Begin(ctx context.Context, p checkout.Payment) (checkout.Begun, error) {
	return call(k, func() (checkout.Begun, error) { return k.counter.Begin(ctx, p) })
}

func (k *killer) Ask(ctx context.Context, id string) (checkout.Answer, error) {
	return call(k, func() (checkout.Answer, error) { return k.counter.Ask(ctx, id) })
}

func (k *killer) End(ctx context.Context, id string) (checkout.Answer, error) {
	return call(k, func() (checkout.Answer, error) { return k.counter.End(ctx, id) })
}

func (k *killer) Send(ctx context.Context, m mail.Message) error {
	_, err := call(k, func() (struct{}, error) {
		k.mu.Lock()
		if code := codeForm.FindString(m.Text); code != "" {
			k.codes[code] = true
		}
		k.mu.Unlock()
		return struct{}{}, k.post.Send(ctx, m)
	})
	return err
}

// TestKilledAtEveryStep buys a gift, and has it refunded in the end or not, while the program is killed at each moment at
// which it talks to the gateway or to the mail server, before and after it was heard there. What comes of it is always
// one payment, one card and one code.
func TestKilledAtEveryStep(t *testing.T) {
	for _, refunded := range []bool{false, true} {
		for at := 0; ; at++ {
			passed := false
			t.Run(fmt.Sprintf("refunded %t, moment %d", refunded, at), func(t *testing.T) { passed = liveKilled(t, at, refunded) })
			if passed || t.Failed() {
				break
			}
		}
	}
}

// liveKilled lives the story, and reports whether the moment came after its end.
func liveKilled(t *testing.T, at int, refunded bool) bool {
	c := newCounter(t)
	k := &killer{counter: c.Desk, post: c.Mailbox, at: at, codes: map[string]bool{}}
	c.Counter, c.Post = k, k
	c.Reopen(c.terms)
	key, link := store.NewID(), ""
	// again does something until it is done, as a buyer or a loop does; a kill is a new program on the same database.
	again := func(do func() error) {
		for range 3 {
			if do() == nil {
				return
			}
			c.Reopen(c.terms)
			c.Clock.Set(c.Clock.Now().Add(10 * time.Minute))
		}
		t.Fatal("it is never done")
	}
	again(func() (err error) {
		link, err = c.Engine.PlaceOrder(t.Context(), buyer, key, ordering())
		return err
	})
	again(func() error {
		_, err := c.Engine.PayOrder(t.Context(), buyer, link, "a gift card")
		return err
	})
	_, _, err := c.Desk.Do(c.order(link).Payment, checkout.Approve, "card-1")
	must(t, err)
	again(func() error { return c.Engine.ReturnToOrder(t.Context(), buyer, link) })
	for range 3 {
		must(t, c.Loops.Settle(t.Context()))
		c.Clock.Set(c.Clock.Now().Add(10 * time.Minute))
	}
	if refunded {
		again(func() error {
			if err := c.Engine.RefundOrder(t.Context(), operator, c.order(link).ID); !errors.Is(err, purchase.ErrOver) {
				return err
			}
			return nil
		})
		for range 3 {
			must(t, c.Loops.Settle(t.Context()))
			c.Clock.Set(c.Clock.Now().Add(10 * time.Minute))
		}
		c.wants(link, purchase.Refunded, giftcard.Voided)
	} else {
		c.wants(link, purchase.Delivered, giftcard.Active)
	}
	paid := c.Desk.All()
	if len(paid) != 1 || refunded != (paid[0].Refunds == 1) || paid[0].Refunds > 1 {
		t.Errorf("there are the payments %+v", paid)
	}
	if len(k.codes) != 1 {
		t.Errorf("%d codes were mailed", len(k.codes))
	}
	return k.passed <= at
}

// TestToldByManyAtOnce, at two servers, of one payment: there is one card, and one code is mailed.
func TestToldByManyAtOnce(t *testing.T) {
	c := newCounter(t)
	other := enginetest.Another(c.World)
	must(t, other.Apply(t.Context(), operator, fmt.Sprintf("terms %p", c.terms.Catalog), func(string) (billing.Terms, error) { return c.terms, nil }))
	link := c.place(ordering())
	_, err := c.Engine.PayOrder(t.Context(), buyer, link, "a gift card")
	must(t, err)
	o := c.order(link)
	_, _, err = c.Desk.Do(o.Payment, checkout.Approve, "card-1")
	must(t, err)
	var tellers sync.WaitGroup
	for at := range 16 {
		e := []*engine.Engine{c.Engine, other}[at%2]
		tellers.Go(func() {
			if err := e.HearOfOrder(t.Context(), o.ID); err != nil {
				t.Errorf("HearOfOrder = %v", err)
			}
		})
	}
	tellers.Wait()
	c.Clock.Set(c.Clock.Now().Add(time.Minute)) // of those that were in each other's way, the order is due again
	must(t, c.Loops.Settle(t.Context()))
	c.wants(link, purchase.Delivered, giftcard.Active)
	if gifts := c.subjects("grace@example.com"); len(gifts) != 1 {
		t.Errorf("%d gifts were mailed", len(gifts))
	}
	if cards, _, err := c.Engine.Cards(t.Context(), operator, store.CardFilter{Product: "us-gift"}, engine.Page{Most: 5}); err != nil || len(cards) != 1 {
		t.Errorf("there are %d cards, %v", len(cards), err)
	}
}
