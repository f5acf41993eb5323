package giftcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func newSerial(t testing.TB, random io.Reader) Serial {
	t.Helper()
	serial, err := NewSerial(random)
	if err != nil {
		t.Fatalf("NewSerial: %v", err)
	}
	return serial
}

func TestASerialIsReadAsItIsWritten(t *testing.T) {
	random := seeded(60)
	seen := map[Serial]bool{}
	for range 10_000 {
		serial := newSerial(t, random)
		text := serial.String()
		if again, err := ParseSerial(text); err != nil || again != serial {
			t.Fatalf("ParseSerial(%q) = %v, %v", text, again, err)
		}
		if len(text) != 16 || text[4] != '-' || text[9] != '-' || text[14] != '-' {
			t.Fatalf("String() = %s, want NNNN-NNNN-NNNN-N", text)
		}
		seen[serial] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("10,000 draws gave %d serial numbers", len(seen))
	}
}

// Damm's own example is 572, whose check digit is 4; zeros before it change nothing.
func TestSerialsStayAsTheyAre(t *testing.T) {
	for drawn, want := range map[string]string{
		"\x00\x00\x00\x02\x3C":                     "0000-0000-0572-4",
		"\x00\x00\x00\x00\x00":                     "0000-0000-0000-0",
		"\xE8\xD4\xA5\x0F\xFF":                     "9999-9999-9999-",
		"\xFF\xFF\xFF\xFF\xFF\x00\x00\x00\x02\x3C": "0000-0000-0572-4",
		"\xE8\xD4\xA5\x10\x00\x00\x00\x00\x02\x3C": "0000-0000-0572-4",
	} {
		if got := newSerial(t, strings.NewReader(drawn)).String(); !strings.HasPrefix(got, want) {
			t.Errorf("drawn from %x: %s, want %s", drawn, got, want)
		}
	}
}

func TestNewSerialFailsAsItsSourceDoes(t *testing.T) {
	broken := errors.New("no entropy")
	if _, err := NewSerial(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("NewSerial from a broken source gives %v", err)
	}
	if _, err := NewSerial(strings.NewReader("four")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("NewSerial from four bytes gives %v", err)
	}
	stuck := bytes.NewReader(bytes.Repeat([]byte{0xFF}, 5*maxDraws+100))
	if _, err := NewSerial(stuck); !errors.Is(err, errStuck) {
		t.Errorf("NewSerial from ones alone gives %v, want %v", err, errStuck)
	}
}

func TestEveryWrongDigitAndSwapIsSeen(t *testing.T) {
	random := seeded(61)
	for range 2_000 {
		right := newSerial(t, random).digits
		for i := range right {
			for digit := byte('0'); digit <= '9'; digit++ {
				if digit != right[i] {
					wantSerialCheckFails(t, right[:i]+string(digit)+right[i+1:])
				}
			}
			if i > 0 && right[i] != right[i-1] {
				wantSerialCheckFails(t, right[:i-1]+string(right[i])+string(right[i-1])+right[i+1:])
			}
		}
	}
}

func wantSerialCheckFails(t *testing.T, text string) {
	t.Helper()
	if _, err := ParseSerial(text); !errors.Is(err, ErrCheck) {
		t.Fatalf("ParseSerial(%q) gives %v, want %v", text, err, ErrCheck)
	}
}

// What makes the check sure, whatever the number: in each row each digit occurs once, so that a wrong
// digit gives another interim digit; in each column too, so that the difference stays; and two digits
// in the other order give another interim digit.
func TestTheQuasigroupIsTotallyAntiSymmetric(t *testing.T) {
	for a := range 10 {
		var row, column [10]bool
		for b := range 10 {
			row[quasigroup[a][b]], column[quasigroup[b][a]] = true, true
			for c := range 10 {
				if b != c && quasigroup[quasigroup[a][b]][c] == quasigroup[quasigroup[a][c]][b] {
					t.Errorf("after %d, %d%d and %d%d give the same", a, b, c, c, b)
				}
			}
		}
		all := [10]bool{true, true, true, true, true, true, true, true, true, true}
		if row != all || column != all || quasigroup[a][a] != 0 {
			t.Errorf("row or column %d lacks a digit, or its diagonal is not zero", a)
		}
	}
}

func TestParseSerial(t *testing.T) {
	want := newSerial(t, strings.NewReader("\x00\x00\x00\x02\x3C"))
	for _, text := range []string{"0000-0000-0572-4", "0000000005724", " 0000 0000\u00A00572 4\n", "0000–0000–0572–4",
		"００００－００００－０５７２－４", "OOOO-oooo-0572-4", "000-000-000-572-4"} {
		if got, err := ParseSerial(text); err != nil || got != want {
			t.Errorf("ParseSerial(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, c := range []struct {
		text string
		want error
	}{
		{"", ErrEmpty},
		{" - ", ErrEmpty},
		{"572-4", &LengthError{4, 13}},
		{"0000-0000-0572-45", &LengthError{14, 13}},
		{"0000-0000-0572-A", &CharacterError{13}},
		{"SC26-4821-7730-5", &CharacterError{1}},
		{"0000-0000-0572-!", &CharacterError{13}},
		{"0000-0000-0572-5", ErrCheck},
		{"0000-0000-0527-4", ErrCheck},
		{strings.Repeat("0", MaxTextBytes+1), ErrTooLong},
	} {
		got, err := ParseSerial(c.text)
		if fmt.Sprintf("%T %v", err, err) != fmt.Sprintf("%T %v", c.want, c.want) || !got.IsZero() {
			t.Errorf("ParseSerial(%q) = %v, %v, want %v", c.text, got, err, c.want)
		}
	}
}

func TestASerialIsShownInTheOpen(t *testing.T) {
	serial := newSerial(t, strings.NewReader("\x00\x00\x00\x02\x3C"))
	shown, err := json.Marshal(map[string]any{"serial": serial, "none": Serial{}})
	if want := `{"none":"","serial":"0000-0000-0572-4"}`; err != nil || string(shown) != want {
		t.Errorf("json.Marshal = %s, %v, want %s", shown, err, want)
	}
}

func FuzzParseSerial(f *testing.F) {
	f.Add("0000-0000-0572-4")
	f.Add("０５７２")
	f.Fuzz(func(t *testing.T, text string) {
		serial, err := ParseSerial(text)
		if err != nil {
			if err.Error() != fixedText(t, err) {
				t.Fatal("an error that holds more than numbers")
			}
			return
		}
		if again, err := ParseSerial(serial.String()); err != nil || again != serial {
			t.Fatalf("ParseSerial(%q) = %v, %v", serial, again, err)
		}
	})
}
