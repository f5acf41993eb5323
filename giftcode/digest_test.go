package giftcode

import (
	"encoding/base64"
	"slices"
	"testing"
)

// Digests are kept for good, so that they may never change. The expected sums were worked out by
// another program, under the key of the bytes 0 to 31.
func TestDigestsStayAsTheyAre(t *testing.T) {
	secret := make([]byte, keySize)
	for i := range secret {
		secret[i] = byte(i)
	}
	ring, err := ParseKeyring("k1:" + base64.StdEncoding.EncodeToString(secret))
	if err != nil {
		t.Fatal(err)
	}
	for text, sum := range map[string]string{
		"000g40 r40m30 e209zt": "ZmemRkFaDxeTXAPT5MgWwdR45Db62hDGU_IyHQthwYI",
		"VTPVXV-R0R3ZY-W4HMT2": "Z8wVgO5cE6d7tOWC5o75LrqufP0tD5dKnRnU9NQ_Wqk",
	} {
		code, err := Parse(text)
		if err != nil {
			t.Fatalf("the code of %s: %v", sum, err)
		}
		want := Digest{KeyID: "k1", Sum: sum}
		if got := ring.Digest(code); got != want {
			t.Errorf("Digest = %+v, want %+v", got, want)
		}
	}
}

// A card is kept under the key of its day; later a new key comes first, and later still the old one
// is taken away.
func TestKeysAreRotated(t *testing.T) {
	old, fresh := newKey(t, "old", 50), newKey(t, "new", 51)
	code := newCode(t, seeded(52))
	before, during, after := newRing(t, old), newRing(t, fresh, old), newRing(t, fresh)

	kept := before.Digest(code)
	if kept.KeyID != "old" {
		t.Errorf("before: KeyID = %q, want old", kept.KeyID)
	}
	digests := during.Digests(code)
	if want := []Digest{during.Digest(code), kept}; !slices.Equal(digests, want) {
		t.Errorf("during: Digests = %v, want %v", digests, want)
	}
	if digests[0].KeyID != "new" || digests[0].Sum == kept.Sum {
		t.Errorf("during: the current digest is %v beside %v", digests[0], kept)
	}
	if slices.Contains(after.Digests(code), kept) {
		t.Error("after: a digest under a key that was taken away is still found")
	}
	if !slices.Equal(after.Digests(code), []Digest{during.Digest(code)}) {
		t.Error("after: a digest under the current key is not found")
	}
}

func TestDigestsDiffer(t *testing.T) {
	ring := newRing(t, newKey(t, "k", 53))
	random := seeded(54)
	seen := map[Digest]bool{}
	for range 10_000 {
		seen[ring.Digest(newCode(t, random))] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("10,000 codes have %d digests", len(seen))
	}
}

func TestADigestIsShownInShort(t *testing.T) {
	for want, digest := range map[string]Digest{
		"k1:ZmemRk…": {"k1", "ZmemRkFaDxeTXAPT5MgWwdR45Db62hDGU_IyHQthwYI"},
		"k1:Zm…":     {"k1", "Zm"},
		":…":         {},
	} {
		if got := digest.String(); got != want {
			t.Errorf("String() = %s, want %s", got, want)
		}
	}
}

func TestNoCodeHasNoDigest(t *testing.T) {
	ring := newRing(t, newKey(t, "k", 55))
	for name, digest := range map[string]func(){
		"Digest":            func() { ring.Digest(Code{}) },
		"Digests":           func() { ring.Digests(Code{}) },
		"of the zero ring":  func() { Keyring{}.Digest(newCode(t, seeded(56))) },
		"of a zero pointer": func() { new(Keyring).Digest(Code{}) },
	} {
		if !panics(digest) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(f func()) bool {
	panicked := true
	func() {
		defer func() { _ = recover() }()
		f()
		panicked = false
	}()
	return panicked
}

func BenchmarkDigest(b *testing.B) {
	ring := newRing(b, newKey(b, "k", 57))
	code := newCode(b, seeded(58))
	b.ReportAllocs()
	for b.Loop() {
		ring.Digest(code)
	}
}
