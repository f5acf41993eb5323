package engine

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"scrip/access"
	"scrip/giftcode"
	"scrip/store"
)

// TooManyTries says that somebody must wait before trying again.
type TooManyTries struct{ Until time.Time }

func (e *TooManyTries) Error() string {
	return fmt.Sprintf("too many tries: wait until %s", e.Until.UTC().Format(time.RFC3339))
}

// limit is how many tries a scope has in a window of time that opens with the first.
type limit struct {
	scope  string
	most   int
	window time.Duration
}

// wrongCodes limit codes that lead nowhere: by address or API key, by account, and over all. The last is far above
// what people mistype, so that one who guesses does not lock out the others; our codes have 80 bits. Where the code may be
// another system's, that has limits of its own besides.
func wrongCodes(actor access.Actor, codes ...giftcode.Code) []limit {
	limits := []limit{{"codes/all", 3000, 10 * time.Minute}}
	switch {
	case actor.Role == access.Key: // all of whose customers come from one address
		limits = append(limits, limit{"codes/key/" + actor.Key, 1000, 10 * time.Minute})
	case actor.From != "":
		limits = append(limits, limit{"codes/from/" + network(actor.From), 10, 15 * time.Minute})
	}
	if actor.Account != "" {
		limits = append(limits, limit{"codes/account/" + actor.Account, 10, 15 * time.Minute})
	}
	for _, code := range codes {
		if code.Theirs() {
			limits = append(limits, guesses(actor, actor.Account, code.Bits())...)
		}
	}
	return limits
}

const (
	// soonGuessed are codes that lack fewer bits: who guesses must be slowed more than by what holds for ours.
	soonGuessed = 50
	// WindowOfGuesses is the window of Guesses.
	WindowOfGuesses = 10 * time.Minute
)

// Guesses is how many codes of so many bits may lead nowhere in a window, over all. With a million cards, whoever uses all
// of it finds about one in a year: there are 2^16 windows in a year, and 2^20 cards. It is never less than mistyping
// needs, at which codes of fewer than 40 bits are found sooner, and never more than holds for ours.
func Guesses(bits int) int {
	const least, most, cardsAndWindows, enough = 10, 3000, 20 + 16, 12
	return max(least, min(most, 1<<max(0, min(bits-cardsAndWindows, enough))))
}

// FoundEvery is how long whoever uses up the limits takes to find one of so many cards by guessing, at most a century.
func FoundEvery(bits, cards int) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	windows := int64(1) << min(bits, 62) / int64(Guesses(bits)) / int64(max(cards, 1))
	return time.Duration(min(windows, int64(century/WindowOfGuesses))) * WindowOfGuesses
}

// SoonGuessed reports whether codes of so many bits are guessed sooner than what holds for ours allows.
func SoonGuessed(bits int) bool { return bits < soonGuessed }

// guesses limit codes of another system that lead nowhere, by how many bits they lack, so that who guesses short ones
// locks out nobody who has longer.
func guesses(actor access.Actor, holder string, bits int) []limit {
	scope := "codes/bits-" + strconv.Itoa(bits)
	limits := []limit{{scope + "/all", Guesses(bits), WindowOfGuesses}}
	if !SoonGuessed(bits) {
		return limits
	}
	if actor.Role != access.Key && actor.From != "" {
		limits = append(limits, limit{scope + "/from/" + network(actor.From), 5, time.Hour})
	}
	if holder != "" {
		limits = append(limits, limit{scope + "/holder/" + holder, 5, time.Hour})
	}
	return limits
}

// signIns limit mails with digits: to an address, from a sender, and over all.
func signIns(email access.Email, actor access.Actor) []limit {
	limits := []limit{{"sign-in/all", 3000, 10 * time.Minute}, {"sign-in/to/" + string(email), 5, 15 * time.Minute}}
	if actor.From != "" {
		limits = append(limits, limit{"sign-in/from/" + network(actor.From), 20, 15 * time.Minute})
	}
	return limits
}

// wrongDigits limit digits that were not the mailed ones: by sender and over all, so that nobody gets
// far by trying a few on each of many members.
func wrongDigits(actor access.Actor) []limit {
	limits := []limit{{"digits/all", 1000, 10 * time.Minute}}
	if actor.From != "" {
		limits = append(limits, limit{"digits/from/" + network(actor.From), 25, 15 * time.Minute})
	}
	return limits
}

// network is what counts as one sender: an IPv4 address, or the 64 leading bits of an IPv6 address, of
// which one subscriber has all the rest (RFC 6177).
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if parsed = parsed.Unmap().WithZone(""); parsed.Is4() {
		return parsed.String()
	}
	prefix, err := parsed.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// mayTry fails with TooManyTries where a limit is reached, and with the database's error where the
// tries cannot be counted: it fails closed.
func mayTry(ctx context.Context, tx *store.Tx, limits []limit) error {
	for _, l := range limits {
		if _, err := l.open(ctx, tx, tx.Tries); err != nil {
			return err
		}
	}
	return nil
}

// countTry counts one try in each scope.
func (e *Engine) countTry(ctx context.Context, limits []limit) error {
	return e.db.Write(ctx, func(tx *store.Tx) error { return count(ctx, tx, limits) })
}

func count(ctx context.Context, tx *store.Tx, limits []limit) error {
	for _, l := range limits {
		tries, err := l.open(ctx, tx, tx.LockTries)
		if err != nil {
			return err
		}
		tries.Count++
		if err := tx.PutTries(ctx, l.scope, tries); err != nil {
			return err
		}
	}
	return nil
}

// counted is the scope's present window, whatever was counted in it, for counting more.
func (l limit) counted(ctx context.Context, tx *store.Tx) (store.Tries, error) {
	tries, err := tx.LockTries(ctx, l.scope)
	if err == nil && !tx.Now.Before(tries.Since.Add(l.window)) {
		tries = store.Tries{Since: tx.Now}
	}
	return tries, err
}

// open is the scope's present window, or TooManyTries where it is full.
func (l limit) open(ctx context.Context, tx *store.Tx, read func(context.Context, string) (store.Tries, error)) (store.Tries, error) {
	tries, err := read(ctx, l.scope)
	if err != nil {
		return tries, fmt.Errorf("count tries: %w", err)
	}
	closes := tries.Since.Add(l.window)
	if !tx.Now.Before(closes) {
		return store.Tries{Since: tx.Now}, nil
	}
	if tries.Count >= l.most {
		return tries, &TooManyTries{Until: closes}
	}
	return tries, nil
}
