package engine

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"scrip/access"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
)

// codeToldFor is for how long the code of a card that replaced another is told again under the same key. Then it is
// erased, and known to nobody but who was told.
const codeToldFor = 24 * time.Hour

// Replaced is what replacing a card comes to. It is remembered as it is, and so it has no code.
type Replaced struct {
	Old string `json:"old"` // serial numbers
	New string `json:"new"`
	// Digest is the new card's, under which its code is sealed.
	Digest string    `json:"digest"`
	Until  time.Time `json:"until"` // the code is told again
}

// ReplaceCard makes the card of a serial number dead, and gives its whole value to a new one, whose code is told
// here: again under the same key for a day, and then never. It fails with giftcard.ErrNotFound and with the
// refusals of the card's state.
func (e *Engine) ReplaceCard(ctx context.Context, actor access.Actor, key string, serial giftcode.Serial) (replaced Replaced, code giftcode.Code, replayed bool, err error) {
	if err := actor.May(access.ReplaceCards, ""); err != nil {
		return replaced, code, false, err
	}
	digest, err := e.digestOf(ctx, serial)
	if err != nil {
		return replaced, code, false, err
	}
	d := deed{actor, "card.replace", key, []string{serial.String()}, []string{digest}}
	replaced, replayed, err = once(ctx, e, d, func(tx *store.Tx) (done[Replaced], error) {
		was, err := tx.LockCard(ctx, digest)
		if err != nil {
			return done[Replaced]{}, err
		}
		var replacing giftcard.Replacement
		replacing, err = was.Card.Replace("")
		if err != nil {
			return done[Replaced]{subject: serial.String(), refusal: err}, nil
		}
		if refusal := e.mayMove(ctx, tx, was); refusal != nil {
			return refused[Replaced](serial.String(), refusal)
		}
		reply, err := e.replace(ctx, tx, was, replacing, codeToldFor)
		return done[Replaced]{Reply: reply, subject: serial.String()}, errors.Join(err, e.followCard(ctx, tx, was, reply))
	})
	if err != nil {
		return replaced, code, replayed, err
	}
	code, err = e.openCode(ctx, replaced.Digest)
	return replaced, code, replayed, err
}

// replace writes a replacement. The new card's code and serial number are drawn here, and the code is sealed for some time.
func (e *Engine) replace(ctx context.Context, tx *store.Tx, was store.Card, r giftcard.Replacement, sealedFor time.Duration) (Replaced, error) {
	code, failedCode := giftcode.New(rand.Reader)
	serial, failedSerial := giftcode.NewSerial(rand.Reader)
	if err := errors.Join(failedCode, failedSerial); err != nil {
		return Replaced{}, err
	}
	digest := e.ring.Digest(code)
	r.New.Serial = serial.String()
	issued := r.New
	issued.State = giftcard.Issued
	next := store.Card{Digest: digest.Sum, KeyID: digest.KeyID, Batch: was.Batch, Country: was.Country, Card: issued}
	tx.AddCard(next)
	err := errors.Join(tx.MoveCard(ctx, was, r.Old), tx.MoveCard(ctx, next, r.New),
		tellOfCard(ctx, tx, was.Digest, was.Card.State, r.Old), tellOfCard(ctx, tx, next.Digest, giftcard.Issued, r.New))
	tx.AddCardTransfer(was.Digest, r.Transfers[0])
	tx.AddCardTransfer(next.Digest, r.Transfers[1])
	sealed, failedSeal := e.sealCode(code, digest.Sum)
	sealed.EraseAt = tx.Now.Add(sealedFor)
	return Replaced{r.Old.Serial, r.New.Serial, digest.Sum, sealed.EraseAt},
		errors.Join(err, failedSeal, tx.AddSealedCode(ctx, sealed))
}

// sealCode encrypts a code under a key that is not in the database, bound to its card.
func (e *Engine) sealCode(code giftcode.Code, digest string) (store.SealedCode, error) {
	aead, err := aeadOf(e.sealing[0])
	if err != nil {
		return store.SealedCode{}, err
	}
	sealed := aead.Seal(nil, nil, []byte(code.Reveal()), []byte(digest))
	return store.SealedCode{Digest: digest, KeyID: e.sealing[0].ID, Sealed: base64.RawStdEncoding.EncodeToString(sealed)}, nil
}

// openCode is the code that was sealed for a card, or none where it is erased.
func (e *Engine) openCode(ctx context.Context, digest string) (code giftcode.Code, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		code, err = e.unseal(ctx, tx, digest)
		return err
	})
	return code, err
}

// unseal is openCode in a transaction.
func (e *Engine) unseal(ctx context.Context, tx *store.Tx, digest string) (code giftcode.Code, err error) {
	kept, err := tx.SealedCode(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return code, nil
	}
	if err != nil {
		return code, err
	}
	for _, key := range e.sealing {
		if key.ID != kept.KeyID {
			continue
		}
		aead, failed := aeadOf(key)
		sealed, failedText := base64.RawStdEncoding.DecodeString(kept.Sealed)
		if err := errors.Join(failed, failedText); err != nil {
			return code, err
		}
		text, err := aead.Open(nil, nil, sealed, []byte(digest))
		if err != nil {
			return code, err
		}
		return giftcode.Parse(string(text))
	}
	return code, nil // sealed under a key that is no longer in the ring
}

// aeadOf is AES-256-GCM under a derived key, with a random nonce of its own for each text.
func aeadOf(key giftcode.Derived) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Sum("AES-256-GCM"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
