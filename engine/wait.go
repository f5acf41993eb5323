package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"scrip/access"
	"scrip/giftcard"
	"scrip/mail"
	"scrip/notice"
	"scrip/store"
)

// A card for which somebody waits is looked at every minute of the first day, then every hour, and no more after the
// last: shops tell of a sale within 24 hours (product.md S21).
const (
	waitClosely = 24 * time.Hour
	waitAtMost  = 14 * 24 * time.Hour
)

// TellWhenActive has a letter sent to an address once the card of a handle was activated. Where it was already, that is
// at once. It fails with giftcard.ErrNotFound where the handle counts no more, TooManyTries, and with what the card is
// refused for besides giftcard.ErrNotActivated.
func (e *Engine) TellWhenActive(ctx context.Context, actor access.Actor, handle string, email access.Email, language string) error {
	if err := actor.May(access.CheckCards, ""); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		digest, fresh := e.card(handle, tx.Now)
		if _, _, is := e.isUnproved(handle); is || !fresh {
			return giftcard.ErrNotFound
		}
		card, err := tx.Card(ctx, digest)
		if err != nil {
			return err
		}
		if err := card.Card.Usable(); err != nil && card.Card.State != giftcard.Issued {
			return err
		}
		if err := count(ctx, tx, signIns(email, actor)); err != nil {
			return err
		}
		return tx.AddWait(ctx, store.Wait{Digest: digest, Email: string(email), Language: language}, tx.Now)
	})
}

// DueWaits are the letters to those who wait for cards that are to be looked at now.
func (e *Engine) DueWaits(ctx context.Context, most int) (letters []Letter, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		waits, err := tx.DueWaits(ctx, tx.Now, most)
		for _, w := range waits {
			letters = append(letters, Letter{wait: w, Letter: mail.Letter{ID: waitID(w), At: tx.Now, To: w.Email, Language: w.Language, Kind: mail.CardActive}})
		}
		return err
	})
	return letters, err
}

// waitID is a letter's id, which logs tell: it says nothing of the card or the reader.
func waitID(w store.Wait) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", w.Digest, w.Email, w.AskedAt.UnixMicro()))
	return string(mail.CardActive) + "." + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// takeWaits takes the letters of cards that work. Who waits for another is looked at again later, or has nothing to wait
// for any more.
func takeWaits(ctx context.Context, tx *store.Tx, letters []Letter, until time.Time) (taken []Letter, err error) {
	for _, l := range letters {
		if l.Letter.Kind != mail.CardActive {
			continue
		}
		card, err := tx.Card(ctx, l.wait.Digest)
		if err != nil {
			return nil, err
		}
		mine, waited := false, tx.Now.Sub(l.wait.AskedAt)
		switch state := card.Card.State; {
		case state == giftcard.Active:
			mine, err = tx.LeaseWait(ctx, l.wait, until)
		case state != giftcard.Issued || waited >= waitAtMost:
			err = tx.EndWait(ctx, l.wait)
		case waited < waitClosely:
			err = tx.DelayWait(ctx, l.wait, tx.Now.Add(time.Minute))
		default:
			err = tx.DelayWait(ctx, l.wait, tx.Now.Add(time.Hour))
		}
		if err != nil {
			return nil, err
		}
		if mine {
			l.until, l.Letter.Notice = until, notice.Notice{Kind: notice.CardActive, Card: card.Card.Serial, Amount: card.Card.Value}
			taken = append(taken, l)
		}
	}
	return taken, nil
}
