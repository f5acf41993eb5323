package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"scrip/access"
	"scrip/giftcode"
	"scrip/store"
)

const (
	// digitsLast is how long mailed digits count, and digitTries how often they may be tried.
	digitsLast = 10 * time.Minute
	digitTries = 5
)

var (
	// ErrWrongDigits says that these are not the digits that were mailed.
	ErrWrongDigits = errors.New("these are not the digits that were mailed")
	// ErrSignInExpired says that the digits are used, too old, tried too often, or of another browser.
	ErrSignInExpired = errors.New("these digits count no longer: ask for new ones")
)

// Proof is what follows from the right digits.
type Proof struct {
	Email   access.Email
	Account string // empty: the address has no account yet
	Epoch   int64
}

// AskSignIn mails six digits to an address. They count for the browser that asked alone. It fails with
// TooManyTries.
func (e *Engine) AskSignIn(ctx context.Context, actor access.Actor, email access.Email, browser, language string) (string, error) {
	if err := actor.May(access.OpenAccount, ""); err != nil {
		return "", err
	}
	id := store.NewID()
	return id, e.db.Write(ctx, func(tx *store.Tx) error {
		if err := count(ctx, tx, signIns(email, actor)); err != nil {
			return err
		}
		return tx.AddSignIn(ctx, store.SignIn{ID: id, Email: string(email), Browser: browserDigest(browser), Language: language,
			Sender: actor.From, ExpiresAt: tx.Now.Add(digitsLast)})
	})
}

// ProveSignIn takes the digits that were mailed, once. It fails with ErrWrongDigits, and with
// ErrSignInExpired where no digits count any more, or TooManyTries.
func (e *Engine) ProveSignIn(ctx context.Context, actor access.Actor, id, browser, digits string) (Proof, error) {
	if err := actor.May(access.OpenAccount, ""); err != nil {
		return Proof{}, err
	}
	var proof Proof
	wrong := false
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		wrong = false
		if err := mayTry(ctx, tx, wrongDigits(actor)); err != nil {
			return err
		}
		s, err := tx.LockSignIn(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return ErrSignInExpired
		}
		if err != nil {
			return err
		}
		bound := subtle.ConstantTimeCompare([]byte(s.Browser), []byte(browserDigest(browser))) == 1
		if s.Used || s.Tries >= digitTries || !tx.Now.Before(s.ExpiresAt) || !bound {
			return ErrSignInExpired
		}
		if wrong = !e.rightDigits(id, digits); wrong {
			return errors.Join(tx.CountSignInTry(ctx, id), count(ctx, tx, wrongDigits(actor)))
		}
		proof = Proof{Email: access.Email(s.Email)}
		return errors.Join(tx.UseSignIn(ctx, id), proof.find(ctx, tx))
	})
	if err == nil && wrong {
		return Proof{}, ErrWrongDigits
	}
	return proof, err
}

// find adds the account that the proved address has.
func (p *Proof) find(ctx context.Context, tx *store.Tx) error {
	account, err := tx.AccountOfEmail(ctx, string(p.Email))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Account = account
	p.Epoch, err = tx.Epoch(ctx, account)
	return err
}

func (e *Engine) rightDigits(id, digits string) bool {
	// Digits last for minutes: besides the current key only the one before it can have made them.
	return slices.ContainsFunc(e.digits[:min(2, len(e.digits))], func(key giftcode.Derived) bool {
		return subtle.ConstantTimeCompare([]byte(sixDigits(key, id)), []byte(digits)) == 1
	})
}

// sixDigits follow from a request's id and a key outside the database, so that they are kept nowhere.
// 64 bits over a million leave no bias that could be measured.
func sixDigits(key giftcode.Derived, id string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(key.Sum(id))%1_000_000)
}

func browserDigest(browser string) string {
	sum := sha256.Sum256([]byte(browser))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
