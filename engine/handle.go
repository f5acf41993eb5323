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
