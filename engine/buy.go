package engine

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"time"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/checkout"
	"scrip/giftcard"
	"scrip/money"
	"scrip/purchase"
	"scrip/store"
)

var (
	// ErrNoCheckout says that nothing is sold online here.
	ErrNoCheckout = errors.New("no cards are sold online here")
	// ErrNoOrder says that a link leads to no order.
	ErrNoOrder = errors.New("there is no such order")
)

const (
	// beginWithin is how long the payment of an order can be begun: a gateway's page lives for an hour at least.
	beginWithin = purchase.PayWithin / 2
	// firstAsk is when the gateway is asked, unasked, about a payment that was begun.
	firstAsk = time.Minute
	// linkMAC is how many bytes of a link prove that we made it.
	linkMAC = 18
	// resends is how often a gift may be sent anew in a day.
	resends = 5
)

// Ordering is what a buyer asks for.
type Ordering struct {
	Product   catalog.ProductID `json:"product"`
	Amount    int64             `json:"amount"` // in minor units of the product's currency
	Gift      purchase.Gift     `json:"gift"`
	Buyer     access.Email      `json:"buyer"`
	Recipient access.Email      `json:"recipient"`
	On        string            `json:"on"`       // of delivery; empty is now
	Zone      string            `json:"zone"`     // the recipient's
	Language  string            `json:"language"` // the buyer's
}

// placed is what placing an order comes to.
type placed struct {
	Order string `json:"order"`
}

// SellsOnline reports whether cards are sold online here.
func (e *Engine) SellsOnline() bool { return e.checkout != nil }

// PlaceOrder places an order, once for each key, and gives the link of its page, which whoever has it may use. Errors:
// access.ErrDenied, ErrNoCheckout, ErrZone, the refusals of purchase.Place, purchase.ErrPace, and those of the store.
func (e *Engine) PlaceOrder(ctx context.Context, actor access.Actor, key string, asked Ordering) (link string, err error) {
	if err := actor.May(access.BuyCards, ""); err != nil {
		return "", err
	}
	if e.checkout == nil {
		return "", ErrNoCheckout
	}
	d := deed{actor: actor, operation: "order.place", key: key, input: asked}
	reply, _, err := once(ctx, e, d, func(tx *store.Tx) (done[placed], error) {
		order, err := e.place(asked, tx.Now)
		if err != nil {
			return done[placed]{}, err
		}
		if err := e.paces(ctx, tx, order.Order, e.scopesOf(actor, order.Order)); err != nil {
			return done[placed]{}, err
		}
		return done[placed]{Reply: placed{order.ID}, subject: order.ID}, tx.AddOrder(ctx, order)
	})
	if err != nil {
		return "", err
	}
	return e.link(reply.Order), nil
}

// place puts what a buyer asks to the rules.
func (e *Engine) place(asked Ordering, now time.Time) (o store.Order, err error) {
	product, known := e.Terms().Catalog.Product(asked.Product)
	zone, failedZone := zoneOf(asked.Zone)
	on := calendar.Date{}
	if asked.On != "" {
		if on, err = calendar.Parse(asked.On); err != nil {
			return o, purchase.ErrDate
		}
	}
	switch {
	case !known:
		return o, purchase.ErrNotSold
	case failedZone != nil:
		return o, failedZone
	}
	order, err := purchase.Place(store.NewID(), product, purchase.Request{Value: money.New(asked.Amount, product.Value.Currency()),
		Gift: asked.Gift, Buyer: asked.Buyer, Recipient: asked.Recipient, On: on, Zone: zone}, now)
	return store.Order{Order: order, BuyerLanguage: asked.Language, Zone: asked.Zone, DueAt: order.Expires()}, err
}

// pace is one scope in which it is counted how much is bought in a day.
type pace struct {
	scope purchase.Scope
	of    string
}

func (e *Engine) scopesOf(actor access.Actor, o purchase.Order) []pace {
	paces := []pace{{purchase.ByBuyer, string(o.Buyer)}, {purchase.ByRecipient, string(o.Recipient)}}
	if actor.From != "" {
		paces = append(paces, pace{purchase.ByNetwork, network(actor.From)})
	}
	return paces
}

// paces counts an order in each scope, or fails with purchase.ErrPace.
func (e *Engine) paces(ctx context.Context, tx *store.Tx, o purchase.Order, paces []pace) error {
	dearest := purchase.Dearest(e.Terms().Catalog.Products(), o.Value.Currency())
	for _, p := range paces {
		orders := limit{scope: "orders/" + string(p.scope) + "/" + p.of, window: pacedOver}
		value := limit{scope: "orders/" + o.Value.Currency().String() + "/" + string(p.scope) + "/" + p.of, window: pacedOver}
		placed, failedOrders := orders.counted(ctx, tx)
		bought, failedValue := value.counted(ctx, tx)
		if err := errors.Join(failedOrders, failedValue); err != nil {
			return err
		}
		if err := e.limits.In(p.scope).Allow(placed.Count, money.New(int64(bought.Count), o.Value.Currency()), o.Value, dearest); err != nil {
			return err
		}
		placed.Count++
		bought.Count += int(o.Value.Minor())
		if err := errors.Join(tx.PutTries(ctx, orders.scope, placed), tx.PutTries(ctx, value.scope, bought)); err != nil {
			return err
		}
	}
	return nil
}

// PayOrder begins the payment of an order, and gives the gateway's page for it. It fails with ErrNoOrder, with
// purchase.ErrNotPlaced where the order waits for no payment, and with ErrGatewaySilent.
func (e *Engine) PayOrder(ctx context.Context, actor access.Actor, link, says string) (page string, err error) {
	o, err := e.orderOf(ctx, actor, link)
	if err != nil {
		return "", err
	}
	now := e.Now()
	if o.State != purchase.Placed || e.checkout == nil || o.Payment == "" && now.After(o.PlacedAt.Add(beginWithin)) {
		return "", purchase.ErrNotPlaced
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	begun, err := e.checkout.Begin(asking, checkout.Payment{Order: o.ID, Amount: o.Value, Says: says, Email: string(o.Buyer),
		Language: o.BuyerLanguage, Return: OrderPath + link + "/paid", Until: o.Expires()})
	if err != nil {
		return "", errors.Join(ErrGatewaySilent, err)
	}
	// The page is told only once it is kept which payment it belongs to.
	err = e.db.Write(ctx, func(tx *store.Tx) error { return tx.BeginPayment(ctx, o.ID, begun.ID, tx.Now.Add(firstAsk)) })
	if errors.Is(err, store.ErrConflict) {
		return "", purchase.ErrNotPlaced
	}
	return begun.Page, err
}

// OrderPath is where orders' pages are, each behind it under its link.
const OrderPath = "/gift-cards/orders/"

// OrderView is an order as its buyer sees it.
type OrderView struct {
	store.Order
	Link    string
	Card    giftcard.State // empty before it is delivered
	Sent    bool           // the gift mail has left
	Bounced bool           // it was refused for good, or had nothing to tell when its turn came
}

// Order is the order of a link. It fails with ErrNoOrder.
func (e *Engine) Order(ctx context.Context, actor access.Actor, link string) (view OrderView, err error) {
	o, err := e.orderOf(ctx, actor, link)
	if err != nil {
		return view, err
	}
	view = OrderView{Order: o, Link: link}
	if o.Digest == "" {
		return view, nil
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		card, failedCard := tx.Card(ctx, o.Digest)
		letters, failedLetters := tx.OrderLetters(ctx, o.ID)
		view.Card, view.Sent = card.Card.State, true // of a card that support has replaced there is no letter
		for _, letter := range letters {
			if letter.Digest == o.Digest {
				view.Sent, view.Bounced = letter.Fate == store.NoticeSent, letter.Fate == store.NoticeFailed || letter.Fate == store.NoticeLapsed
			}
		}
		return errors.Join(failedCard, failedLetters)
	})
	return view, err
}

// ResendOrder sends a gift anew, to the same address or to another, once for each key. What was sent before is dead.
// Errors: ErrNoOrder, purchase.ErrPace, purchase.ErrNotDelivered and the refusals of the card's state.
func (e *Engine) ResendOrder(ctx context.Context, actor access.Actor, link, key string, to access.Email) error {
	o, err := e.orderOf(ctx, actor, link)
	if err != nil {
		return err
	}
	d := deed{actor: actor, operation: "order.resend", key: key, input: []any{o.ID, to}}
	_, _, err = once(ctx, e, d, func(tx *store.Tx) (done[placed], error) {
		if err := e.mayResend(ctx, tx, o, to); err != nil {
			return done[placed]{}, err
		}
		if err := e.resend(ctx, tx, o.ID, to); err != nil {
			return refused[placed](o.ID, err)
		}
		return done[placed]{Reply: placed{o.ID}, subject: o.ID}, nil
	})
	return err
}

// mayResend counts a gift that is sent anew: of its order, and to another address as one that is bought for it.
func (e *Engine) mayResend(ctx context.Context, tx *store.Tx, o store.Order, to access.Email) error {
	err := count(ctx, tx, []limit{{"resends/" + o.ID, resends, pacedOver}})
	if _, tooMany := errors.AsType[*TooManyTries](err); tooMany {
		return purchase.ErrPace
	}
	if err != nil || to == o.Recipient {
		return err
	}
	return e.paces(ctx, tx, o.Order, []pace{{purchase.ByRecipient, string(to)}})
}

func (e *Engine) resend(ctx context.Context, tx *store.Tx, id string, to access.Email) error {
	o, card, err := e.lockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	if o.State == purchase.Paid {
		step, err := o.Readdress(to)
		if err != nil {
			return err
		}
		return e.moveOrder(ctx, tx, o, step.Order, "")
	}
	step, err := o.Resend(card.Card, to)
	if err != nil {
		return err
	}
	replaced, err := e.replace(ctx, tx, card, step.Replacing, codeSealedFor)
	if err != nil {
		return err
	}
	next := o
	next.Order, next.Digest = step.Order.Replaced(replaced.New), replaced.Digest
	return errors.Join(tx.MoveOrder(ctx, o, next), e.forget(ctx, tx, o), e.tellOfOrder(ctx, tx, next, step.Tell))
}

// orderOf is the order of a link, or ErrNoOrder.
func (e *Engine) orderOf(ctx context.Context, actor access.Actor, link string) (o store.Order, err error) {
	if err := actor.May(access.BuyCards, ""); err != nil {
		return o, err
	}
	id := e.ofLink(link)
	if id == "" {
		return o, ErrNoOrder
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		o, err = tx.Order(ctx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoOrder
	}
	return o, err
}

// link names an order so that nobody can guess it: it is made under a key that is not in the database.
func (e *Engine) link(order string) string {
	id, err := uuid.Parse(order)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(id[:], e.links[0].Sum(order)[:linkMAC]...))
}

// ofLink is the order of a link that we made, under whichever key, or nothing.
func (e *Engine) ofLink(link string) string {
	text, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(text) != len(uuid.UUID{})+linkMAC {
		return ""
	}
	id := uuid.UUID(text[:len(uuid.UUID{})]).String()
	for _, key := range e.links {
		if subtle.ConstantTimeCompare(key.Sum(id)[:linkMAC], text[len(uuid.UUID{}):]) == 1 {
			return id
		}
	}
	return ""
}
