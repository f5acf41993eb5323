package engine

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// handleLasts is how long a handle stands for its card.
const handleLasts = 2 * time.Hour

// handle stands for a card whose code somebody has shown to know: the card's digest, until when, and a
// seal under a key that is not in the database. A digest alone, which who reads the database has, opens
// nothing.
func (e *Engine) handle(digest string, now time.Time) string {
	until := strconv.FormatInt(now.Add(handleLasts).Unix(), 36)
	return digest + "." + until + "." + seal(e.handles[0].Sum(digest+"."+until))
}

// unprovedMark stands before the digest in a handle that is to be proved, and no digest has it.
const unprovedMark = "?"

// unproved stands for a code of another system's format, whether or not there is a card: it opens none until Prove has
// made another of it. It bears how many bits the code's guesser lacks.
func (e *Engine) unproved(digest string, bits int, now time.Time) string {
	return e.handle(unprovedMark+strconv.Itoa(bits)+unprovedMark+digest, now)
}

// isUnproved reports whether a handle is one that is to be proved and whose time is not over.
func (e *Engine) isUnproved(handle string) (digest string, bits int, is bool) {
	marked, fresh := e.card(handle, e.clock())
	text, digest, found := strings.Cut(strings.TrimPrefix(marked, unprovedMark), unprovedMark)
	bits, err := strconv.Atoi(text)
	return digest, bits, found && fresh && err == nil
}

// card is the digest that a handle stands for, and whether its time is not over. What is no handle of
// ours stands for a card that does not exist.
func (e *Engine) card(handle string, now time.Time) (digest string, fresh bool) {
	sealed, mac, _ := cutLast(handle, ".")
	digest, text, _ := strings.Cut(sealed, ".")
	until, err := strconv.ParseInt(text, 36, 64)
	for _, key := range e.handles {
		if err == nil && hmac.Equal([]byte(mac), []byte(seal(key.Sum(sealed)))) {
			return digest, now.Unix() <= until
		}
	}
	return "none " + seal(e.handles[0].Sum("no handle "+handle)), false
}

// seal is the first 128 bits of a sum.
func seal(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:16]) }

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
