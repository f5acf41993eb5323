package engine

import (
	"context"
	"errors"
	"time"

	"scrip/calendar"
	"scrip/giftcard"
	"scrip/mail"
	"scrip/purchase"
	"scrip/store"
)

// DueOrderLetters are the letters about orders to send now. What they tell, a gift's code among it, is read only when
// they are taken.
func (e *Engine) DueOrderLetters(ctx context.Context, most int) (letters []Letter, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		due, err := tx.DueOrderLetters(ctx, tx.Now, most)
		for _, l := range due {
			letters = append(letters, Letter{order: l, Letter: mail.Letter{ID: "order." + l.Order + "." + l.Key, At: tx.Now, Kind: mail.Kind(l.Kind)}})
		}
		return err
	})
	return letters, err
}

// takeOrders takes letters about orders. A gift whose card is another by now, or cannot be used, has lost its point; one
// whose code is erased can never be sent, and its buyer is told.
func (e *Engine) takeOrders(ctx context.Context, tx *store.Tx, letters []Letter, until time.Time) (taken []Letter, err error) {
	for _, l := range letters {
		if l.order.Order == "" {
			continue
		}
		o, err := tx.Order(ctx, l.order.Order)
		if err != nil {
			return nil, err
		}
		lapsed, err := e.addressOrder(ctx, tx, &l, o)
		if err != nil {
			return nil, err
		}
		if lapsed != "" {
			if err := e.settleOrder(ctx, tx, l.order, lapsed); err != nil {
				return nil, err
			}
			continue
		}
		mine, err := tx.LeaseOrderLetter(ctx, l.order, until)
		if err != nil {
			return nil, err
		}
		if mine {
			l.until = until
			taken = append(taken, l)
		}
	}
	return taken, nil
}

// addressOrder writes what a letter about an order tells and to whom, or why it is not to be sent.
func (e *Engine) addressOrder(ctx context.Context, tx *store.Tx, l *Letter, o store.Order) (lapsed store.Fate, err error) {
	zone, err := store.Zone(o.Zone)
	if err != nil {
		return "", err
	}
	l.Letter.To, l.Letter.Language = string(o.Buyer), o.BuyerLanguage
	l.Letter.Order = mail.Order{ID: o.ID, Path: OrderPath + e.link(o.ID), Value: o.Value, Recipient: string(o.Recipient),
		On: calendar.In(o.DeliverAt, zone), Gift: o.Gift}
	if l.order.Kind != purchase.GiftMail {
		return "", nil
	}
	card, err := tx.Card(ctx, l.order.Digest)
	if err != nil {
		return "", err
	}
	if o.Digest != l.order.Digest || card.Card.State != giftcard.Active {
		return store.NoticeLapsed, nil
	}
	code, err := e.unseal(ctx, tx, l.order.Digest)
	if err == nil && code.IsZero() {
		return store.NoticeFailed, nil
	}
	l.Letter.To, l.Letter.Language = string(o.Recipient), o.Gift.Language
	l.Letter.Order.Path, l.Letter.Order.Value = "", card.Card.Value
	l.Letter.Order.Serial, l.Letter.Order.Code = card.Card.Serial, code
	return "", err
}

// settleOrder records how a letter about an order ended. A gift's code is erased, whatever became of it; and where it
// could not be delivered, its buyer is told.
func (e *Engine) settleOrder(ctx context.Context, tx *store.Tx, l store.OrderLetter, fate store.Fate) error {
	first, err := tx.SettleOrderLetter(ctx, l, fate)
	if err != nil || !first || l.Kind != purchase.GiftMail {
		return err
	}
	err = tx.EraseSealedCode(ctx, l.Digest)
	if fate == store.NoticeFailed {
		told := store.OrderLetter{Order: l.Order, Key: string(purchase.Undelivered) + ":" + l.Key, Kind: purchase.Undelivered}
		err = errors.Join(err, tx.AddOrderLetter(ctx, told))
	}
	return err
}
