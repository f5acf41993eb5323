package giftcode

import (
	"bytes"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// No test prints a code: a failure tells the position, the case's name or the error, and the seed by
// which the code is drawn again.

// seeded is a source of randomness that gives the same bytes on every run.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func newCode(t testing.TB, random io.Reader) Code {
	t.Helper()
	code, err := New(random)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return code
}

// plain is a code's 18 characters without hyphens.
func plain(code Code) string { return strings.ReplaceAll(code.Reveal(), "-", "") }

// The format stands on cards that never expire, so that it may never change. The expected codes were
// worked out by another program, which finds the check characters by trying all 1,024.
func TestTheFormatStaysAsItIs(t *testing.T) {
	for drawn, want := range map[string]string{
		"00010203040506070809": "000G40-R40M30-E209ZT",
		"ffffffffffffffffffff": "ZZZZZZ-ZZZZZZ-ZZZZG8",
		"00000000000000000000": "000000-000000-000000",
		"deadbeef00c0ffee1234": "VTPVXV-R0R3ZY-W4HMT2",
	} {
		random, err := hex.DecodeString(drawn)
		if err != nil {
			t.Fatal(err)
		}
		if newCode(t, bytes.NewReader(random)).Reveal() != want {
			t.Errorf("the code drawn from %s has changed", drawn)
		}
	}
}

func TestACodeHoldsEveryBitThatWasDrawn(t *testing.T) {
	crockford := base32.NewEncoding(alphabet)
	random := seeded(1)
	for i := range 10_000 {
		drawn := make([]byte, randomSize)
		if _, err := io.ReadFull(random, drawn); err != nil {
			t.Fatal(err)
		}
		code := newCode(t, bytes.NewReader(drawn))
		if plain(code)[:codeLength-2] != crockford.EncodeToString(drawn) {
			t.Fatalf("code %d is not base 32 of what was drawn", i)
		}
		if parsed, err := Parse(code.Reveal()); err != nil || parsed != code {
			t.Fatalf("code %d: Parse(Reveal()) is another code, or fails: %v", i, err)
		}
	}
}

func TestNewFailsAsItsSourceDoes(t *testing.T) {
	broken := errors.New("no entropy")
	if code, err := New(iotest.ErrReader(broken)); !errors.Is(err, broken) || !code.IsZero() {
		t.Errorf("New from a broken source: error %v", err)
	}
	if code, err := New(strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) || !code.IsZero() {
		t.Errorf("New from nine bytes: error %v", err)
	}
}

// At each position each character should come up equally often. With 31 degrees of freedom chi-square
// is above 75 once in 60,000 times; the seed is fixed, so that this either holds or doesn't.
func TestEveryCharacterIsAsLikelyAsAnyOther(t *testing.T) {
	const codes, limit = 64_000, 75
	const expected = codes / len(alphabet)
	var counts [codeLength][128]int
	random := seeded(2)
	for range codes {
		for position, r := range plain(newCode(t, random)) {
			counts[position][r]++
		}
	}
	for position := range counts {
		squares := 0
		for _, r := range alphabet {
			off := counts[position][r] - expected
			squares += off * off
		}
		if squares > limit*expected {
			t.Errorf("position %d: chi-square %d, want at most %d", position+1, squares/expected, limit)
		}
	}
}

func TestTheSameCharactersAreTheSameCode(t *testing.T) {
	random := seeded(3)
	code, other := newCode(t, random), newCode(t, random)
	again, err := Parse(strings.ToLower(plain(code)))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	if again != code || code == other {
		t.Errorf("again == code is %t, code == other is %t; want true, false", again == code, code == other)
	}
	found := map[Code]bool{code: true}
	if !found[again] || found[other] {
		t.Errorf("a map finds again: %t, other: %t; want true, false", found[again], found[other])
	}
}

func TestTheZeroCodeIsNone(t *testing.T) {
	var none Code
	if !none.IsZero() || none.Reveal() != "" || none.String() != dots {
		t.Errorf("IsZero %t, Reveal %q, String %q", none.IsZero(), none.Reveal(), none)
	}
	if newCode(t, seeded(4)).IsZero() {
		t.Error("a code that was drawn is zero")
	}
}

func BenchmarkNew(b *testing.B) {
	random := seeded(5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(random); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParse reads a code that is already in memory. One that isn't costs what BenchmarkNew does.
func BenchmarkParse(b *testing.B) {
	code := newCode(b, seeded(6))
	text := code.Reveal()
	b.ReportAllocs()
	for b.Loop() {
		if again, err := Parse(text); err != nil || again != code {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseMistyped(b *testing.B) {
	text := []byte(newCode(b, seeded(7)).Reveal())
	text[3] = alphabet[(strings.IndexByte(alphabet, text[3])+1)%len(alphabet)]
	entered := string(text)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(entered); err != ErrCheck {
			b.Fatal(err)
		}
	}
}
