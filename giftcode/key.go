package giftcode

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unique"
)

const (
	keySize     = 32
	maxIDLength = 16

	// MaxKeys is how many keys a ring may hold; each costs a look-up when a code is not found.
	MaxKeys = 16
)

// What can be wrong with the keys as the operator gave them. None of these holds a part of a key.
var (
	// ErrKeyID says that the text has no id, or not a proper one, before its first colon.
	ErrKeyID = errors.New("a key begins with an id of 1 to 16 characters (a to z, 0 to 9, hyphen) and a colon")
	// ErrKeySecret says that what follows the colon is not a secret.
	ErrKeySecret = errors.New("after its id and a colon a key has 32 bytes in standard base64, 44 characters")
	// ErrNoKey says that a ring has no key.
	ErrNoKey = errors.New("no key is given")
	// ErrManyKeys says that a ring has more than MaxKeys.
	ErrManyKeys = fmt.Errorf("more than %d keys are given", MaxKeys)
	// ErrKeyRepeated says that two keys of a ring have one id.
	ErrKeyRepeated = errors.New("an earlier key has the same id")
)

// DemoKeyID is the id of the demo's key, which everybody knows: a server for real refuses it.
const DemoKeyID = "demo"

// Key is a secret under which codes are digested, and the id by which its digests name it. It shows
// itself as its id, and its secret is held as a [Code]'s is. Its zero value is no key.
type Key struct {
	id     string
	secret unique.Handle[string]
}

// NewKey draws a key from random, which is crypto/rand.Reader but in tests. It fails with [ErrKeyID],
// or as random does.
func NewKey(id string, random io.Reader) (Key, error) {
	if !isKeyID(id) {
		return Key{}, ErrKeyID
	}
	var secret [keySize]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return Key{}, fmt.Errorf("draw a key: %w", err)
	}
	return Key{id, unique.Make(string(secret[:]))}, nil
}

// ParseKey reads a key as [Key.Reveal] writes it, "id:secret". It fails with [ErrKeyID] or
// [ErrKeySecret].
func ParseKey(text string) (Key, error) {
	id, encoded, found := strings.Cut(text, ":")
	if !found || !isKeyID(id) {
		return Key{}, ErrKeyID
	}
	if len(encoded) != base64.StdEncoding.EncodedLen(keySize) {
		return Key{}, ErrKeySecret
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(secret) != keySize {
		return Key{}, ErrKeySecret // the decoder's own error would quote the secret
	}
	return Key{id, unique.Make(string(secret))}, nil
}

// ID is the key's name, which is no secret.
func (k Key) ID() string { return k.id }

// Reveal is the key in full, "id:secret", and the only way to its secret. It is for the one moment at
// which a new key is written to a file or shown to whoever will keep it. The zero Key reveals "".
func (k Key) Reveal() string {
	if k == (Key{}) {
		return ""
	}
	return k.id + ":" + base64.StdEncoding.EncodeToString([]byte(k.secret.Value()))
}

func isKeyID(id string) bool {
	if id == "" || len(id) > maxIDLength {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Keyring is the keys in use: the current one, under which new codes are kept, and the older ones, by
// which earlier codes are still found. To change the key is to put a new one before the others.
type Keyring struct {
	keys []Key
}

// NewKeyring is a ring of these keys, the current one first. It fails with [ErrNoKey], [ErrManyKeys]
// or [ErrKeyRepeated].
func NewKeyring(keys ...Key) (Keyring, error) {
	if len(keys) == 0 {
		return Keyring{}, ErrNoKey
	}
	if len(keys) > MaxKeys {
		return Keyring{}, ErrManyKeys
	}
	ids := make(map[string]bool, len(keys))
	for i, key := range keys {
		if key == (Key{}) {
			return Keyring{}, fmt.Errorf("key %d: %w", i+1, ErrNoKey)
		}
		if ids[key.id] {
			return Keyring{}, fmt.Errorf("key %d: %w", i+1, ErrKeyRepeated)
		}
		ids[key.id] = true
	}
	return Keyring{slices.Clone(keys)}, nil
}

// ParseKeyring reads keys with commas or white space between them, the current one first. It fails as
// [ParseKey] and [NewKeyring] do, and says which key is wrong.
func ParseKeyring(text string) (Keyring, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(parts) > MaxKeys {
		return Keyring{}, ErrManyKeys
	}
	keys := make([]Key, len(parts))
	for i, part := range parts {
		key, err := ParseKey(part)
		if err != nil {
			return Keyring{}, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys[i] = key
	}
	return NewKeyring(keys...)
}

// String is the ids of the keys, the current one first.
func (r Keyring) String() string {
	ids := make([]string, len(r.keys))
	for i, key := range r.keys {
		ids[i] = key.id
	}
	return strings.Join(ids, ", ")
}
