package giftcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func newFormat(t testing.TB, alphabet Alphabet, shortest, longest int) Format {
	t.Helper()
	format, err := NewFormat(alphabet, shortest, longest)
	if err != nil {
		t.Fatal(err)
	}
	return format
}

func TestFormats(t *testing.T) {
	for _, bad := range []struct {
		alphabet          Alphabet
		shortest, longest int
	}{{"hex", 8, 20}, {"", 8, 20}, {Numeric, 7, 20}, {Numeric, 8, 21}, {Numeric, 12, 11}} {
		if _, err := NewFormat(bad.alphabet, bad.shortest, bad.longest); !errors.Is(err, ErrFormat) {
			t.Errorf("NewFormat(%v) = %v", bad, err)
		}
	}
	if got := newFormat(t, Numeric, 8, 20).String() + "; " + newFormat(t, Alphanumeric, 12, 12).String(); got != "numeric, 8 to 20; alphanumeric, 12" {
		t.Error(got)
	}
}

// TestCodesOfAFormat are read as people write them; an O stays an O, and a small letter is a capital.
func TestCodesOfAFormat(t *testing.T) {
	numeric, alphanumeric := newFormat(t, Numeric, 8, 10), newFormat(t, Alphanumeric, 8, 10)
	for name, test := range map[string]struct {
		format Format
		text   string
		want   string
		err    string
	}{
		"digits":                 {numeric, "12345678", "12345678", ""},
		"spaces and hyphens":     {numeric, " 1234–5678 ", "12345678", ""},
		"full width":             {numeric, fullWidth("12345678"), "12345678", ""},
		"small letters":          {alphanumeric, "abcdo0il", "ABCDO0IL", ""},
		"too short":              {numeric, "1234567", "", "7 characters, not 8 to 10"},
		"too long":               {alphanumeric, "12345678901", "", "11 characters, not 8 to 10"},
		"a letter":               {numeric, "12345O78", "", "character 6 is wrong: it never occurs here"},
		"a sign":                 {alphanumeric, "1234*678", "", "character 5 is wrong: it never occurs here"},
		"an umlaut":              {alphanumeric, "Ä2345678", "", "character 1 is wrong: it never occurs here"},
		"a letter of its own":    {alphanumeric, "ſ2345678", "S2345678", ""},
		"nothing":                {numeric, " - ", "", ErrEmpty.Error()},
		"far too long":           {numeric, strings.Repeat("1", 129), "", ErrTooLong.Error()},
		"bytes that are no text": {alphanumeric, "1234567\xff", "", "character 8 is wrong: it never occurs here"},
	} {
		code, err := test.format.Parse(test.text)
		if test.err != "" {
			if err == nil || err.Error() != test.err {
				t.Errorf("%s: %v, want %s", name, err, test.err)
			}
			continue
		}
		if err != nil || code.Reveal() != test.want || !code.Theirs() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheDigestOfTheirsIsNeverOneOfOurs, though the characters are the same; and it stays as it is.
func TestTheDigestOfTheirsIsNeverOneOfOurs(t *testing.T) {
	ring, err := ParseKeyring("k:" + strings.Repeat("A", 43) + "=")
	if err != nil {
		t.Fatal(err)
	}
	ours := newCode(t, seeded(7))
	theirs, err := newFormat(t, Alphanumeric, 18, 18).Parse(ours.Reveal())
	if err != nil || ring.Digest(ours) == ring.Digest(theirs) {
		t.Errorf("one digest: %v", err)
	}
	short, err := newFormat(t, Numeric, 8, 8).Parse("12345678")
	wide, failed := newFormat(t, Alphanumeric, 8, 20).Parse("12345678")
	if err := errors.Join(err, failed); err != nil || ring.Digest(short) != ring.Digest(wide) {
		t.Errorf("in two formats a code has two digests: %v", err)
	}
}

// TestEntered: which codes a text may mean, by the formats that there are.
func TestEntered(t *testing.T) {
	ours := newCode(t, seeded(8))
	eight, sixteen, any18 := newFormat(t, Numeric, 8, 8), newFormat(t, Numeric, 16, 16), newFormat(t, Alphanumeric, 8, 20)
	for name, test := range map[string]struct {
		text    string
		formats []Format
		theirs  []bool
		err     string
	}{
		"ours":                           {ours.Reveal(), nil, []bool{false}, ""},
		"ours, and numeric ones":         {ours.Reveal(), []Format{eight}, []bool{false}, ""},
		"either":                         {ours.Reveal(), []Format{eight, any18}, []bool{false, true}, ""},
		"theirs":                         {"1234 5678", []Format{sixteen, eight}, []bool{true}, ""},
		"as long as theirs, but no such": {"12345678", []Format{sixteen}, nil, "8 characters were entered, not 18"},
		"as long as theirs, none there":  {"12345678", nil, nil, "8 characters were entered, not 18"},
		"eighteen, mistyped":             {"123456789012345678", []Format{eight}, nil, ErrCheck.Error()},
	} {
		entered, err := Enter(test.text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		codes, err := entered.Codes(test.formats)
		var theirs []bool
		for _, code := range codes {
			theirs = append(theirs, code.Theirs())
		}
		if fmt.Sprint(theirs) != fmt.Sprint(test.theirs) || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s: %v, %v", name, theirs, err)
		}
		for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s %d", entered, entered, entered, entered, entered), slog.AnyValue(entered).String()} {
			if strings.Contains(shown, test.text) {
				t.Errorf("%s: it shows", name)
			}
		}
		if shown, err := json.Marshal(entered); err != nil || strings.Contains(string(shown), "1234") {
			t.Errorf("%s: it shows in JSON", name)
		}
	}
	for _, text := range []string{"", "12*", "123", strings.Repeat("1", 200), "123456789012345678901"} {
		_, err := Enter(text)
		if _, parsed := Parse(text); err == nil || err.Error() != parsed.Error() {
			t.Errorf("%d characters that can be no code: %v", len(text), err)
		}
	}
	soonest, err := Enter("12345678")
	if err != nil {
		t.Fatal(err)
	}
	if codes, err := soonest.Codes([]Format{any18, eight}); err != nil || len(codes) != 1 || codes[0].Bits() != 26 {
		t.Errorf("of two formats the one that is guessed sooner counts: %v", err)
	}
}

// FuzzFormat: what is read is read again from how it is told, and what is not gives an error without any of it.
func FuzzFormat(f *testing.F) {
	f.Add("1234-5678")
	f.Add("ABCD EFGH 1234")
	f.Fuzz(func(t *testing.T, text string) {
		format := newFormat(t, Alphanumeric, 8, 20)
		code, err := format.Parse(text)
		if err != nil {
			if _, entered := Enter(text); entered == nil && !code.IsZero() {
				t.Error("an error with a code")
			}
			return
		}
		again, err := format.Parse(code.Reveal())
		if err != nil || again != code {
			t.Errorf("it is not read again: %v", err)
		}
		entered, err := Enter(text)
		if codes, failed := entered.Codes([]Format{format}); err != nil || failed != nil || codes[len(codes)-1] != code {
			t.Errorf("what was entered is not the code: %v, %v", err, failed)
		}
	})
}
