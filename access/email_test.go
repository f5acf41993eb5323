package access

import "testing"

func TestParseEmail(t *testing.T) {
	for text, want := range map[string]Email{"ana@example.com": "ana@example.com", " Ana.B+x@Example.COM ": "ana.b+x@example.com"} {
		if got, err := ParseEmail(text); got != want || err != nil {
			t.Errorf("ParseEmail(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "ana", "ana@", "@example.com", "ana@localhost", "Ana <ana@example.com>",
		"a@b.c\r\nBcc: x@y.z", "a b@example.com", "ana@example.com, bo@example.com"} {
		if got, err := ParseEmail(text); err == nil {
			t.Errorf("ParseEmail(%q) = %q, want an error", text, got)
		}
	}
}
