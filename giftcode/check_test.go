package giftcode

import (
	"bytes"
	"errors"
	"testing"
)

// others are the characters that could stand where this one does.
func others(character byte) []byte {
	return bytes.ReplaceAll([]byte(alphabet), []byte{character}, nil)
}

func wantCheckFails(t *testing.T, text []byte, positions ...int) {
	t.Helper()
	if _, err := Parse(string(text)); !errors.Is(err, ErrCheck) {
		t.Fatalf("wrong at positions %v (from 0): Parse gives %v, want ErrCheck", positions, err)
	}
}

func TestEveryWrongCharacterIsSeen(t *testing.T) {
	random := seeded(10)
	for range 200 {
		right := []byte(plain(newCode(t, random)))
		for i := range right {
			entered := bytes.Clone(right)
			for _, entered[i] = range others(right[i]) {
				wantCheckFails(t, entered, i)
			}
		}
	}
}

// Each code has 147,033 texts with two wrong characters.
func TestEveryTwoWrongCharactersAreSeen(t *testing.T) {
	random := seeded(11)
	for range 4 {
		right := []byte(plain(newCode(t, random)))
		tried := 0
		for i := range right {
			for j := range i {
				entered := bytes.Clone(right)
				for _, entered[i] = range others(right[i]) {
					for _, entered[j] = range others(right[j]) {
						wantCheckFails(t, entered, i, j)
						tried++
					}
				}
			}
		}
		if tried != 147_033 {
			t.Fatalf("tried %d, want 147,033", tried)
		}
	}
}

func TestEverySwapIsSeen(t *testing.T) {
	random := seeded(12)
	for range 2_000 {
		right := []byte(plain(newCode(t, random)))
		for i := range right {
			for j := range i {
				if right[i] == right[j] {
					continue
				}
				entered := bytes.Clone(right)
				entered[i], entered[j] = right[j], right[i]
				wantCheckFails(t, entered, i, j)
			}
		}
	}
}

// The groups of a code read in another order are three or more wrong characters, which slip through
// about once in 1,024 times: with this seed 10,000 codes and five orders should give some 49.
func TestGroupsInAnotherOrderAreNearlyAlwaysSeen(t *testing.T) {
	const most = 100
	orders := [][3]int{{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	random := seeded(13)
	unseen := 0
	for range 10_000 {
		text := plain(newCode(t, random))
		groups := [3]string{text[:6], text[6:12], text[12:]}
		for _, order := range orders {
			entered := groups[order[0]] + groups[order[1]] + groups[order[2]]
			if _, err := Parse(entered); err == nil {
				unseen++
			}
		}
	}
	if unseen > most {
		t.Errorf("%d orders of groups were unseen, want at most %d", unseen, most)
	}
}

// The proof in check.go stands on the field being one, and on α having order 31.
func TestTheFieldIsOne(t *testing.T) {
	power, order := timesAlpha(1), 1
	for power != 1 {
		power = timesAlpha(power)
		order++
	}
	if order != 31 {
		t.Errorf("α has order %d, want 31", order)
	}
	if got := multiply(oneOverAlphaPlusSquare, timesAlpha(1)^timesAlpha(2)); got != 1 {
		t.Errorf("(α + α²) times its inverse = %d, want 1", got)
	}
	for a := range byte(32) {
		for b := range byte(32) {
			if got, want := multiply(a, b), longMultiply(a, b); got != want {
				t.Errorf("multiply(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}

// longMultiply multiplies as on paper: first the whole product, then its rest by the modulus.
func longMultiply(a, b byte) byte {
	product := 0
	for k := range fieldBits {
		if b>>k&1 == 1 {
			product ^= int(a) << k
		}
	}
	for k := 2*fieldBits - 2; k >= fieldBits; k-- {
		if product>>k&1 == 1 {
			product ^= fieldModulus << (k - fieldBits)
		}
	}
	return byte(product)
}
