package giftcode

import (
	"strings"
	"testing"
)

// TestACodeInAText is found as it is printed, typed or pasted, whatever stands around it; other words are none.
func TestACodeInAText(t *testing.T) {
	code := plain(newCode(t, seeded(4)))
	for name, text := range map[string]string{
		"alone":         code,
		"small letters": "card " + strings.ToLower(code) + " shown",
		"groups":        "card " + code[:6] + " " + code[6:12] + " " + code[12:] + " shown",
		"hyphens":       "card " + code[:6] + "-" + code[6:12] + "-" + code[12:] + " shown",
		"brackets":      "their receipt (" + code + ")",
		"a label":       "code:" + code + ".",
		"a slash":       "a/" + code[:6] + "/" + code[6:12] + "/" + code[12:],
	} {
		if !In(text) {
			t.Errorf("%s: not found", name)
		}
	}
	for _, text := range []string{"", "their receipt shows 20.00", "wire 7", code[:17], code + "0"} {
		if In(text) {
			t.Errorf("a code is found among %d characters without one", len(text))
		}
	}
}
