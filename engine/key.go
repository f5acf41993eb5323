package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"scrip/access"
	"scrip/catalog"
	"scrip/store"
)

const (
	// keyMark begins every API key, so that one that leaked is recognized, and found by the id behind it.
	keyMark    = "scrip_"
	keyIDSize  = 6
	secretSize = 32
	// keyTrusted is for how long a key that was read counts: a key that another server revokes ends within it.
	keyTrusted = 5 * time.Second
	// useNoted is how exactly it is known when a key was used last.
	useNoted = time.Minute
)

var (
	// ErrKeyUnknown says that a text is no API key that counts.
	ErrKeyUnknown = errors.New("there is no such API key, or it was revoked")
	// ErrKeyRetailer says that a key for tills names no retailer of the catalogue, or may do more than sell.
	ErrKeyRetailer = errors.New("a key for one retailer is made for retail alone, and the catalogue must have the retailer's id")
	// ErrKeyName says that an API key has no name to tell it by.
	ErrKeyName = errors.New("an API key needs a name of 1 to 64 characters")
)

// keysSeen are the keys that were used lately, by digest.
type keysSeen struct {
	mutex sync.Mutex
	seen  map[string]seenKey
}

type seenKey struct {
	actor  access.Actor
	readAt time.Time
	usedAt time.Time
	noted  time.Time // as the database has it
}

// NewKey makes an API key; one for a retailer's tills sells that retailer's cards alone. Its text is told here, once, and
// kept nowhere. Errors: access.ErrDenied, ErrKeyName, access.ErrGrant, ErrKeyRetailer.
func (e *Engine) NewKey(ctx context.Context, actor access.Actor, name string, grants []access.Grant, retailer catalog.RetailerID) (text string, err error) {
	if err := actor.May(access.ManageKeys, ""); err != nil {
		return "", err
	}
	if name == "" || len(name) > longestKey {
		return "", ErrKeyName
	}
	if len(grants) == 0 {
		return "", access.ErrGrant
	}
	if _, known := e.Terms().Catalog.Retailer(retailer); retailer != "" && (!known || !slices.Equal(grants, []access.Grant{access.Retail})) {
		return "", ErrKeyRetailer
	}
	var drawn [keyIDSize + secretSize]byte
	if _, err := rand.Read(drawn[:]); err != nil {
		return "", err
	}
	key := store.APIKey{ID: keyMark + hex.EncodeToString(drawn[:keyIDSize]), Name: name, Grants: access.JoinGrants(grants), Retailer: string(retailer)}
	text = key.ID + "_" + base64.RawURLEncoding.EncodeToString(drawn[keyIDSize:])
	key.Digest = keyDigest(text)
	return text, e.db.Write(ctx, func(tx *store.Tx) error {
		tx.AddEntry(store.Entry{Subject: key.ID, Actor: actor, Operation: "key.new", Outcome: "done"})
		return tx.AddAPIKey(ctx, key)
	})
}

// Keys are all API keys, the oldest first.
func (e *Engine) Keys(ctx context.Context, actor access.Actor) (keys []store.APIKey, err error) {
	if err := actor.May(access.ManageKeys, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		keys, err = tx.APIKeys(ctx)
		return err
	})
	return keys, err
}

// RevokeKey ends the API key of an id. It fails with ErrKeyUnknown.
func (e *Engine) RevokeKey(ctx context.Context, actor access.Actor, id string) error {
	keys, err := e.Keys(ctx, actor)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if key.ID != id || !key.RevokedAt.IsZero() {
			continue
		}
		e.keys.forget(key.Digest)
		err := e.db.Write(ctx, func(tx *store.Tx) error {
			tx.AddEntry(store.Entry{Subject: id, Actor: actor, Operation: "key.revoke", Outcome: "done"})
			return tx.RevokeAPIKey(ctx, key.Digest)
		})
		e.keys.forget(key.Digest)
		return err
	}
	return ErrKeyUnknown
}

// HolderOf is who asks with the text of an API key. It fails with ErrKeyUnknown.
func (e *Engine) HolderOf(ctx context.Context, text string) (access.Actor, error) {
	if !strings.HasPrefix(text, keyMark) || len(text) > 2*longestKey {
		return access.Actor{}, ErrKeyUnknown
	}
	digest, now := keyDigest(text), e.clock()
	if actor, known := e.keys.use(digest, now); known {
		return actor, nil
	}
	var key store.APIKey
	err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
		key, err = tx.APIKey(ctx, digest)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && !key.RevokedAt.IsZero() {
		return access.Actor{}, ErrKeyUnknown
	}
	if err != nil {
		return access.Actor{}, err
	}
	grants, err := access.ParseGrants(key.Grants)
	if err != nil {
		return access.Actor{}, err
	}
	actor := access.KeyHolder(key.ID, grants, "", "")
	actor.Retailer = key.Retailer
	e.keys.put(digest, seenKey{actor, now, now, key.UsedAt})
	return actor, nil
}

// NoteUses records when keys were used last, apart from what they were used for.
func (e *Engine) NoteUses(ctx context.Context) error {
	uses := e.keys.unnoted()
	if len(uses) == 0 {
		return nil
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		for digest, at := range uses {
			if err := tx.UseAPIKey(ctx, digest, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// keyDigest needs no key of its own: nobody guesses 256 random bits.
func keyDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// use is who holds a key that was read lately.
func (k *keysSeen) use(digest string, now time.Time) (access.Actor, bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	key, known := k.seen[digest]
	if age := now.Sub(key.readAt); !known || age < 0 || age >= keyTrusted {
		return access.Actor{}, false
	}
	key.usedAt = now
	k.seen[digest] = key
	return key.actor, true
}

func (k *keysSeen) put(digest string, key seenKey) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.seen == nil {
		k.seen = map[string]seenKey{}
	}
	k.seen[digest] = key
}

func (k *keysSeen) forget(digest string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.seen, digest)
}

// unnoted are the uses since those that the database knows, and takes them for noted.
func (k *keysSeen) unnoted() map[string]time.Time {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	uses := map[string]time.Time{}
	for digest, key := range k.seen {
		if key.usedAt.Sub(key.noted) >= useNoted {
			key.noted = key.usedAt
			k.seen[digest], uses[digest] = key, key.usedAt
		}
	}
	return uses
}
