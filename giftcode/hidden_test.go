package giftcode

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"strings"
	"testing"
	texttemplate "text/template"
)

// secretCode is a code of which no three characters in a row could be part of an address in
// hexadecimal, which fmt does show.
func secretCode(t testing.TB) Code {
	t.Helper()
	random := seeded(30)
	for range 1_000_000 {
		code := newCode(t, random)
		if !hasHexRun(plain(code)) {
			return code
		}
	}
	t.Fatal("no code without a run of three hexadecimal digits")
	return Code{}
}

func hasHexRun(text string) bool {
	for i := range len(text) - 2 {
		if strings.Trim(text[i:i+3], "0123456789ABCDEF") == "" {
			return true
		}
	}
	return false
}

// leaks reports whether shown holds three characters in a row of the secret, in either case, or their
// bytes in hexadecimal or decimal.
func leaks(shown, secret string) bool {
	shown = strings.ToLower(shown)
	for i := range len(secret) - 2 {
		part := secret[i : i+3]
		list := strings.Trim(fmt.Sprint([]byte(part)), "[]")
		for _, form := range []string{strings.ToLower(part), hex.EncodeToString([]byte(part)),
			fmt.Sprintf("% x", part), list, strings.ReplaceAll(list, " ", ", "), strings.ReplaceAll(list, " ", ",")} {
			if strings.Contains(shown, form) {
				return true
			}
		}
	}
	return false
}

// nests are the ways in which a value may be held by something that is printed.
func nests[T comparable](value T) map[string]any {
	type open struct{ Value T }
	type closed struct{ value T }
	type closedPointer struct{ value *T }
	type closedAny struct{ value any }
	type deep struct{ inner closed }
	type mixed struct {
		n     int
		s     string
		value T
		list  []T
	}
	return map[string]any{
		"itself": value, "pointer": &value, "open": open{value}, "pointer to open": &open{value},
		"closed": closed{value}, "pointer to closed": &closed{value}, "closed pointer": closedPointer{&value},
		"closed any": closedAny{value}, "deep": deep{closed{value}}, "pointer to deep": &deep{closed{value}},
		"slice": []T{value}, "slice of closed": []closed{{value}}, "array": [1]T{value},
		"map value": map[string]T{"v": value}, "map key": map[T]bool{value: true},
		"closed map key": map[closed]bool{{value}: true}, "slice of any": []any{value},
		"mixed": mixed{1, "s", value, []T{value}}, "pointer to pointer": new(&value),
	}
}

// formats are all verbs with all flags, those that fmt doesn't know included.
func formats() []string {
	var formats []string
	for verb := '!'; verb <= '~'; verb++ {
		if strings.ContainsRune("%*.[]+-#0123456789 ", verb) {
			continue
		}
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "30", "-30", ".3", "30.40", "# "} {
			formats = append(formats, "%"+flags+string(verb))
		}
	}
	return append(formats, "%", "%*d", "%[2]v", "%.*s", "none", "%世")
}

func TestNoVerbShowsACode(t *testing.T) {
	code := secretCode(t)
	for name, value := range nests(code) {
		for _, format := range formats() {
			if leaks(fmt.Sprintf(format, value), plain(code)) {
				t.Errorf("%s: %s shows characters of the code", name, format)
			}
		}
		if leaks(fmt.Sprint(value)+fmt.Sprintln(value)+fmt.Errorf("x %w: %v", errors.New("y"), value).Error(), plain(code)) {
			t.Errorf("%s: Sprint, Sprintln or Errorf shows characters of the code", name)
		}
	}
}

// leaks must be able to find what it looks for.
func TestLeaksAreFound(t *testing.T) {
	code := secretCode(t)
	for _, format := range []string{"%v", "%q", "%x", "%X", "% x", "%#v", "%.3s"} {
		if !leaks(fmt.Sprintf(format, plain(code)), plain(code)) {
			t.Errorf("a plain string under %s is not found", format)
		}
	}
	if !leaks(fmt.Sprintf("%v", struct{ b *[codeLength]byte }{new([codeLength]byte([]byte(plain(code))))}.b), plain(code)) {
		t.Error("an array of bytes is not found")
	}
}

func TestACodeIsShownAsDots(t *testing.T) {
	code := secretCode(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%U", "%40v"} {
		for _, value := range []any{code, &code} {
			if got := fmt.Sprintf(format, value); got != dots {
				t.Errorf("%s of %T = %s, want dots", format, value, got)
			}
		}
	}
	if code.String() != dots || code.GoString() != dots {
		t.Error("String or GoString is not dots")
	}
	if got := fmt.Sprintf("%+v", struct{ Code Code }{code}); got != "{Code:"+dots+"}" {
		t.Errorf("in a struct = %s, want dots", got)
	}
}

func TestNoEncodingShowsACode(t *testing.T) {
	code := secretCode(t)
	for name, value := range nests(code) {
		var shown bytes.Buffer
		encoded, err := json.Marshal(value)
		if err != nil && !strings.Contains(err.Error(), "unsupported type") {
			t.Errorf("%s: json.Marshal: %v", name, err)
		}
		shown.Write(encoded)
		// Not everything can be encoded by these; what counts is what they wrote until they gave up.
		for _, encode := range []func(any) error{xml.NewEncoder(&shown).Encode, gob.NewEncoder(&shown).Encode} {
			if err := encode(value); err != nil {
				shown.WriteString(err.Error())
			}
		}
		if leaks(shown.String(), plain(code)) {
			t.Errorf("%s: JSON, XML or gob shows characters of the code", name)
		}
	}
	encoded, err := json.Marshal(map[string]any{"a": code, "b": map[Code]int{code: 1}})
	if want := `{"a":"` + dots + `","b":{"` + dots + `":1}}`; err != nil || string(encoded) != want {
		t.Errorf("json.Marshal = %s, %v, want %s", encoded, err, want)
	}
}

func TestNoLogOrPageShowsACode(t *testing.T) {
	code := secretCode(t)
	for name, value := range nests(code) {
		var shown bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
			log := slog.New(handler).With("with", value)
			log.InfoContext(t.Context(), "message", "value", value, slog.Group("group", "inner", value))
		}
		const page = "{{.}} {{printf `%v` .}} <a href='{{.}}'>"
		if err := texttemplate.Must(texttemplate.New("").Parse(page)).Execute(&shown, value); err != nil {
			t.Errorf("%s: text/template: %v", name, err)
		}
		if err := htmltemplate.Must(htmltemplate.New("").Parse(page)).Execute(&shown, value); err != nil {
			t.Errorf("%s: html/template: %v", name, err)
		}
		if leaks(shown.String(), plain(code)) {
			t.Errorf("%s: slog or a template shows characters of the code", name)
		}
	}
	if got := code.LogValue().String(); got != dots {
		t.Errorf("LogValue = %s, want dots", got)
	}
}

func TestNoErrorShowsACode(t *testing.T) {
	code := secretCode(t)
	text := code.Reveal()
	for _, entered := range []string{text + text, text[1:], text[:19], text[:19] + "!", "!" + text, text + "\xFF",
		text[1:] + text[:1], strings.Repeat(text, 10), strings.ToLower(text[:18]) + "uu"} {
		_, err := Parse(entered)
		if err == nil {
			t.Error("a wrong code was taken for a right one")
			continue
		}
		_, serialErr := ParseSerial(entered)
		_, keyErr := ParseKey(entered)
		_, ringErr := ParseKeyring("a:" + entered + "," + entered)
		if leaks(fmt.Sprintf("%+v %#v %v %v %v", err, err, serialErr, keyErr, ringErr), plain(code)) {
			t.Errorf("%T, or an error of the other parsers, shows characters of the code", err)
		}
	}
}

func TestNothingShowsAKey(t *testing.T) {
	key := newKey(t, "k", 31)
	raw := key.secret.Value()
	encoded := strings.TrimPrefix(key.Reveal(), "k:")
	ring, err := NewKeyring(key)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Ring Keyring
		ring Keyring
		keys []Key
	}
	values := nests(key)
	values["ring"], values["holder"], values["pointer to holder"] = ring, holder{ring, ring, ring.keys}, &holder{ring: ring}
	for name, value := range values {
		var shown bytes.Buffer
		for _, format := range formats() {
			fmt.Fprintf(&shown, format, value)
		}
		if encoded, err := json.Marshal(value); err == nil {
			shown.Write(encoded)
		}
		slog.New(slog.NewTextHandler(&shown, nil)).InfoContext(t.Context(), "message", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).InfoContext(t.Context(), "message", "value", value)
		if holdsPart(shown.String(), raw) || holdsPart(shown.String(), encoded) || holdsPart(shown.String(), hex.EncodeToString([]byte(raw))) {
			t.Errorf("%s: a part of the key's secret is shown", name)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, key); got != "k" {
			t.Errorf("%s of a key = %s, want its id", format, got)
		}
	}
}

func TestAKeyIsShownAsItsID(t *testing.T) {
	key := newKey(t, "2026-07", 32)
	if key.String() != "2026-07" || key.GoString() != "2026-07" || key.LogValue().String() != "2026-07" {
		t.Error("String, GoString or LogValue is not the id")
	}
	if shown, err := json.Marshal(map[Key]Key{key: key}); err != nil || string(shown) != `{"2026-07":"2026-07"}` {
		t.Errorf("json.Marshal = %s, %v, want ids", shown, err)
	}
}

// holdsPart reports whether eight bytes in a row of secret are shown. An address has fewer that vary.
func holdsPart(shown, secret string) bool {
	for i := range len(secret) - 7 {
		if strings.Contains(shown, secret[i:i+8]) {
			return true
		}
	}
	return false
}
