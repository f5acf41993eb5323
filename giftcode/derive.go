package giftcode

import (
	"crypto/hmac"
	"crypto/sha256"
	"unique"
)

// Derived is a key for another purpose than codes, under the id of the key that it follows from. Who
// has it learns nothing of the ring (HMAC as a pseudo-random function, NIST SP 800-108).
type Derived struct {
	ID     string
	secret unique.Handle[string] // held as a [Code]'s is
}

// Derive makes keys for a purpose, one from each key of the ring, the current one first.
func (r Keyring) Derive(purpose string) []Derived {
	derived := make([]Derived, len(r.keys))
	for i, key := range r.keys {
		derived[i] = Derived{key.id, unique.Make(string(sum(key.secret, "derive "+purpose)))}
	}
	return derived
}

// Sum is the HMAC-SHA-256 of a text under the derived key.
func (d Derived) Sum(text string) []byte { return sum(d.secret, text) }

func sum(secret unique.Handle[string], text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Value()))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
