package giftcode

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// fullWidth writes a code as a Japanese keyboard does.
func fullWidth(text string) string {
	return strings.Map(func(r rune) rune { return r - '!' + '！' }, text)
}

// between puts a separator between all characters, before and behind.
func between(text, separator string) string {
	return separator + strings.Join(strings.Split(text, ""), separator) + separator
}

func TestEntryIsForgiving(t *testing.T) {
	const text = "000G40R40M30E209ZT" // holds zeros; its ones are tested by look-alikes below
	want, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	for name, entered := range map[string]string{
		"as printed":           want.Reveal(),
		"without hyphens":      text,
		"lower case":           strings.ToLower(want.Reveal()),
		"O for 0":              strings.ReplaceAll(text, "0", "O"),
		"o for 0":              strings.ReplaceAll(text, "0", "o"),
		"full width":           fullWidth(want.Reveal()),
		"full-width lower":     fullWidth(strings.ToLower(text)),
		"full-width O for 0":   fullWidth(strings.ReplaceAll(text, "0", "O")),
		"wide spaces and wide": between(fullWidth(text), "\u3000"),
		"space before, behind": " \t" + text + "\r\n",
		"groups of four":       text[:4] + " " + text[4:8] + " " + text[8:12] + " " + text[12:16] + " " + text[16:],
		"copied with marks":    "\uFEFF\u2066" + want.Reveal() + "\u2069",
	} {
		if got, err := Parse(entered); err != nil || got != want {
			t.Errorf("%s: Parse is another code, or fails: %v", name, err)
		}
	}
}

func TestLookAlikesOfOne(t *testing.T) {
	random := seeded(20)
	withOne := newCode(t, random)
	for !strings.Contains(withOne.Reveal(), "1") {
		withOne = newCode(t, random)
	}
	for _, alike := range []string{"I", "i", "L", "l", "Ｉ", "ｉ", "Ｌ", "ｌ", "１"} {
		if got, err := Parse(strings.ReplaceAll(withOne.Reveal(), "1", alike)); err != nil || got != withOne {
			t.Errorf("%s for 1: Parse is another code, or fails: %v", alike, err)
		}
	}
}

// Every space, dash and invisible character is passed over wherever it stands.
func TestSeparators(t *testing.T) {
	want := newCode(t, seeded(21))
	named := []rune("- \t\n\v\f\r\u0085\u00A0\u00AD\u1680\u180E\u2000\u2007\u2009\u200B\u200C\u200D\u200E\u2010" +
		"\u2011\u2012\u2013\u2014\u2015\u2028\u2029\u202F\u205F\u2060\u2212\u3000\uFE58\uFE63\uFEFF\uFF0D\u2043\u30FC\uFF70")
	for r := range rune(unicode.MaxRune) {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf) {
			named = append(named, r)
		}
	}
	for _, r := range named {
		entered := "\u200B" + strings.ReplaceAll(want.Reveal(), "-", string(r)+string(r)) + string(r)
		if got, err := Parse(entered); err != nil || got != want {
			t.Errorf("with %U for the hyphen: Parse is another code, or fails: %v", r, err)
		}
	}
}

// Of ASCII all but letters without U, digits, the hyphen and white space is wrong; of the rest, all but
// full-width letters and digits and the separators.
func TestWrongCharacters(t *testing.T) {
	entered := newCode(t, seeded(22)).Reveal()
	for _, bad := range []string{"U", "u", "Ｕ", "ｕ", "!", "*", "~", "$", "=", "_", ".", "/", "+", "\x00", "\x7F",
		"é", "ſ", "\u212A", "٣", "３\u0301", "一", "😀", "\uFFFD", "\x80", "\xC3", "\xED\xA0\x80", "²", "①", "𝟎"} {
		text := entered[:8] + bad + entered[8:]
		_, err := Parse(text)
		wantError := &CharacterError{Position: 8}
		if strings.HasPrefix(bad, "３") {
			wantError.Position = 9
		}
		if got, ok := errors.AsType[*CharacterError](err); !ok || *got != *wantError {
			t.Errorf("with %+q at 8: Parse gives %v, want %v", bad, err, wantError)
		}
	}
}

func TestWhatIsWrong(t *testing.T) {
	code := newCode(t, seeded(23)).Reveal()
	const dash = "-\u2014\u3000"
	for _, c := range []struct {
		name, entered string
		want          error
	}{
		{"nothing", "", ErrEmpty},
		{"only separators", " -\u00A0\u200B", ErrEmpty},
		{"one character", "7", &LengthError{1, 18}},
		{"one missing", code[1:], &LengthError{17, 18}},
		{"one too many", code + dash + "7", &LengthError{19, 18}},
		{"twice", code + code, &LengthError{36, 18}},
		{"the first character", "!" + code, &CharacterError{1}},
		{"the last character", code[:19] + dash + "U", &CharacterError{18}},
		{"behind the last", code + "U", &CharacterError{19}},
		{"a wrong character before a wrong length", "U" + code + code, &CharacterError{1}},
		{"128 bytes", strings.Repeat(" ", MaxTextBytes-len(code)+1) + code[1:], &LengthError{17, 18}},
		{"129 bytes", strings.Repeat(" ", MaxTextBytes-len(code)+1) + code, ErrTooLong},
		{"129 wrong bytes", strings.Repeat("!", MaxTextBytes+1), ErrTooLong},
	} {
		got, err := Parse(c.entered)
		if fmt.Sprintf("%T %v", err, err) != fmt.Sprintf("%T %v", c.want, c.want) || !got.IsZero() {
			t.Errorf("%s: Parse gives %T %v, want %T %v", c.name, err, err, c.want, c.want)
		}
	}
	if _, err := Parse(strings.Repeat(" ", MaxTextBytes-len(code)) + code); err != nil {
		t.Errorf("a code in 128 bytes: %v", err)
	}
}

// fixedText is what an error of Parse says, made anew from its numbers alone; an error that says
// anything else holds something of the input.
func fixedText(t *testing.T, err error) string {
	t.Helper()
	if e, ok := errors.AsType[*CharacterError](err); ok && e.Position >= 1 && e.Position <= MaxTextBytes {
		return fmt.Sprintf("character %d is wrong: it never occurs here", e.Position)
	}
	if e, ok := errors.AsType[*LengthError](err); ok && e.Got >= 1 && e.Got <= MaxTextBytes && e.Got != e.Want {
		return fmt.Sprintf("%d characters were entered, not %d", e.Got, e.Want)
	}
	for _, known := range []error{ErrEmpty, ErrTooLong, ErrCheck} {
		if err == known {
			return known.Error()
		}
	}
	t.Fatalf("an undocumented %T", err)
	return ""
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "000G40-R40M30-E209ZT", "ooog4o r4om3o e2o9zt", fullWidth("000G40R40M30E209ZT"),
		"000G40-R40M30-E209TZ", "U", "\xFF", "\u00AD", strings.Repeat("0", 129)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := Parse(text)
		if err != nil {
			if !code.IsZero() || err.Error() != fixedText(t, err) {
				t.Fatal("a code beside an error, or an error that holds more than numbers")
			}
			return
		}
		if again, err := Parse(code.Reveal()); err != nil || again != code {
			t.Fatalf("Parse(Reveal()) is another code, or fails: %v", err)
		}
		if utf8.RuneCountInString(text) < codeLength {
			t.Fatal("a code from fewer than 18 characters")
		}
		wantShape(t, code.Reveal())
	})
}

// FuzzNew turns any ten bytes into a code that is read again.
func FuzzNew(f *testing.F) {
	f.Add([]byte("0123456789"))
	f.Fuzz(func(t *testing.T, drawn []byte) {
		code, err := New(bytes.NewReader(drawn))
		if (err == nil) != (len(drawn) >= randomSize) {
			t.Fatalf("New from %d bytes: %v", len(drawn), err)
		}
		if err != nil {
			return
		}
		if again, err := Parse(code.Reveal()); err != nil || again != code {
			t.Fatalf("Parse(Reveal()) is another code, or fails: %v", err)
		}
		wantShape(t, code.Reveal())
	})
}

func wantShape(t *testing.T, text string) {
	t.Helper()
	for i, r := range text {
		isHyphen := i == 6 || i == 13
		if isHyphen != (r == '-') || !isHyphen && !strings.ContainsRune(alphabet, r) {
			t.Fatalf("character %d of a code is out of place", i)
		}
	}
	if len(text) != 20 {
		t.Fatalf("a code has %d characters with its hyphens, want 20", len(text))
	}
}
