package giftcode

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func newKey(t testing.TB, id string, seed byte) Key {
	t.Helper()
	key, err := NewKey(id, seeded(seed))
	if err != nil {
		t.Fatalf("NewKey(%q): %v", id, err)
	}
	return key
}

func newRing(t testing.TB, keys ...Key) Keyring {
	t.Helper()
	ring, err := NewKeyring(keys...)
	if err != nil {
		t.Fatalf("NewKeyring(%v): %v", keys, err)
	}
	return ring
}

func TestAKeyIsReadAsItIsWritten(t *testing.T) {
	for _, id := range []string{"k", "2026-07", "a-key-of-sixteen", "-"} {
		key := newKey(t, id, 40)
		if again, err := ParseKey(key.Reveal()); err != nil || again != key || again.ID() != id {
			t.Errorf("%s: ParseKey(Reveal()) is another key, or fails: %v", id, err)
		}
	}
	if newKey(t, "k", 40) == newKey(t, "k", 41) {
		t.Error("two draws gave one key")
	}
}

func TestTheZeroKeyIsNone(t *testing.T) {
	var none Key
	if none.Reveal() != "" || none.ID() != "" {
		t.Errorf("ID %q, and Reveal gives %d bytes; want neither", none.ID(), len(none.Reveal()))
	}
}

func TestParseKeyRefuses(t *testing.T) {
	of := func(size int) string { return base64.StdEncoding.EncodeToString(make([]byte, size)) }
	urlSafe := base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xFF}, keySize))
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", ErrKeyID},
		{"no id", ":" + of(32), ErrKeyID},
		{"no colon", of(32), ErrKeyID},
		{"a long id", strings.Repeat("a", 17) + ":" + of(32), ErrKeyID},
		{"a capital", "K:" + of(32), ErrKeyID},
		{"a space", "k :" + of(32), ErrKeyID},
		{"not ASCII", "é:" + of(32), ErrKeyID},
		{"no secret", "k:", ErrKeySecret},
		{"31 bytes", "k:" + of(31), ErrKeySecret},
		{"33 bytes", "k:" + of(33), ErrKeySecret},
		{"64 bytes", "k:" + of(64), ErrKeySecret},
		{"no padding", "k:" + strings.TrimRight(of(32), "="), ErrKeySecret},
		{"base64url", "k:" + urlSafe, ErrKeySecret},
		{"bits behind the end", "k:" + of(32)[:42] + "B=", ErrKeySecret},
		{"a line's end within", "k:" + of(32)[:20] + "\n" + of(32)[21:], ErrKeySecret},
		{"a second colon", "k::" + of(32), ErrKeySecret},
	} {
		if key, err := ParseKey(c.text); err != c.want || key != (Key{}) {
			t.Errorf("%s: ParseKey gives %v, %v, want %v", c.name, key, err, c.want)
		}
	}
}

func TestNewKeyRefuses(t *testing.T) {
	if _, err := NewKey("K", seeded(42)); err != ErrKeyID {
		t.Errorf("NewKey(%q) gives %v, want %v", "K", err, ErrKeyID)
	}
	broken := errors.New("no entropy")
	if _, err := NewKey("k", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("NewKey from a broken source gives %v", err)
	}
	if _, err := NewKey("k", strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("NewKey from nine bytes gives %v", err)
	}
}

func TestParseKeyring(t *testing.T) {
	fresh, old, oldest := newKey(t, "new", 43), newKey(t, "old", 44), newKey(t, "oldest", 45)
	for _, separator := range []string{",", " ", "\n", ", ", ",\r\n\t", ",,"} {
		text := strings.Join([]string{fresh.Reveal(), old.Reveal(), oldest.Reveal()}, separator)
		ring, err := ParseKeyring(text + separator)
		if err != nil || ring.String() != "new, old, oldest" {
			t.Errorf("separated by %q: ParseKeyring = %v, %v", separator, ring, err)
		}
	}
	var many strings.Builder
	for i := range MaxKeys + 1 {
		many.WriteString(newKey(t, fmt.Sprintf("k%d", i), 46).Reveal() + "\n")
	}
	for _, c := range []struct {
		name, text string
		want       error
		says       string
	}{
		{"nothing", "", ErrNoKey, ""},
		{"only separators", " ,\n", ErrNoKey, ""},
		{"a wrong id", fresh.Reveal() + ",OLD:", ErrKeyID, "key 2"},
		{"a wrong secret", fresh.Reveal() + "," + old.Reveal() + ",x:y", ErrKeySecret, "key 3"},
		{"the same key twice", fresh.Reveal() + " " + fresh.Reveal(), ErrKeyRepeated, "key 2"},
		{"the same id twice", old.Reveal() + "," + fresh.Reveal() + "," + newKey(t, "old", 47).Reveal(), ErrKeyRepeated, "key 3"},
		{"too many", many.String(), ErrManyKeys, ""},
	} {
		_, err := ParseKeyring(c.text)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: ParseKeyring gives %v, want %q %v", c.name, err, c.says, c.want)
		}
	}
}

func TestNewKeyringRefuses(t *testing.T) {
	key := newKey(t, "k", 48)
	if _, err := NewKeyring(); !errors.Is(err, ErrNoKey) {
		t.Errorf("a ring of no keys: %v, want %v", err, ErrNoKey)
	}
	if _, err := NewKeyring(key, Key{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("a ring with the zero key: %v, want %v", err, ErrNoKey)
	}
	if _, err := NewKeyring(make([]Key, MaxKeys+1)...); !errors.Is(err, ErrManyKeys) {
		t.Errorf("a ring of too many keys: %v, want %v", err, ErrManyKeys)
	}
	keys := []Key{key}
	ring := newRing(t, keys...)
	keys[0] = newKey(t, "other", 49)
	if ring.String() != "k" {
		t.Errorf("the ring changed with the caller's slice to %v", ring)
	}
}

func FuzzParseKeyring(f *testing.F) {
	f.Add("k:" + base64.StdEncoding.EncodeToString(make([]byte, keySize)))
	f.Add("a:b,c:d")
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := ParseKeyring(text)
		if err != nil {
			return
		}
		var written strings.Builder
		for _, key := range ring.keys {
			written.WriteString(key.Reveal() + ",")
		}
		again, err := ParseKeyring(written.String())
		if err != nil || again.String() != ring.String() || again.keys[0] != ring.keys[0] {
			t.Fatalf("ParseKeyring of what was written = %v, %v, want %v", again, err, ring)
		}
	})
}
