package giftcode

import "encoding/base64"

// theirDomain stands before the characters of another system's code, so that none has the digest of one of ours.
const theirDomain = "code of another system: "

// Digest is what is kept of a code: HMAC-SHA-256 of its characters under a key (RFC 2104). Without
// the key it leads to no code, so that a stolen database does not; with it, one of our codes still
// has 80 bits to be guessed, and one of another system as many as its format has.
type Digest struct {
	KeyID string // of the key under which it was made
	Sum   string // the 32 bytes in base64url without padding (RFC 4648 §5), 43 characters
}

// String is the key's id and the beginning of the sum, enough to tell two digests apart in a log.
func (d Digest) String() string {
	const shown = 6
	return d.KeyID + ":" + d.Sum[:min(shown, len(d.Sum))] + "…"
}

// Digest is the code's digest under the current key. It panics on the zero Keyring or Code.
func (r Keyring) Digest(code Code) Digest { return r.keys[0].digest(code) }

// Current is the id of the key under which Digest makes digests.
func (r Keyring) Current() string { return r.keys[0].ID() }

// Digests are the code's digests under every key, the current one first: a card kept under any of them
// is found. It panics on the zero Code.
func (r Keyring) Digests(code Code) []Digest {
	digests := make([]Digest, len(r.keys))
	for i, key := range r.keys {
		digests[i] = key.digest(code)
	}
	return digests
}

func (k Key) digest(code Code) Digest {
	if code.IsZero() {
		panic("giftcode: the digest of no code")
	}
	text := code.canonical.Value()
	if code.Theirs() {
		text = theirDomain + text
	}
	return Digest{KeyID: k.id, Sum: base64.RawURLEncoding.EncodeToString(sum(k.secret, text))}
}
