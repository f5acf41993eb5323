package retail

import (
	"strings"
	"testing"

	"scrip/calendar"
)

// FuzzParseKey: a key that is read is written as it was, and a transaction that is written is read as it is.
func FuzzParseKey(f *testing.F) {
	for _, text := range []string{"r/s/t/2026-01-31/x/activate", "a/b/s/t/2026-01-31/x/void", "/s/t/2026-01-31/x/return", "r/s/t/2026-02-30/x/void",
		"r/s/t/2026-01-31/x/reverse", "r//t/2026-01-31/x/void", "", "/////", "r/s/t/2026-01-31/ /void"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		transaction, err := ParseKey(text)
		if err != nil {
			return
		}
		if transaction.Key() != text {
			t.Errorf("%q is read as %+v, and written %q", text, transaction, transaction.Key())
		}
	})
}

func TestEveryTransactionHasAKeyOfItsOwn(t *testing.T) {
	of := Transaction{Retailer: "r", Store: "s", Terminal: "t", On: calendar.Must("2026-01-31"), ID: "x", Operation: Activate}
	keys := map[string]bool{}
	for _, change := range []func(*Transaction){
		func(*Transaction) {},
		func(t *Transaction) { t.Retailer = "r/s" },
		func(t *Transaction) { t.Store = "s2" },
		func(t *Transaction) { t.Terminal = "t2" },
		func(t *Transaction) { t.On = t.On.Plus(1) },
		func(t *Transaction) { t.ID = "x2" },
		func(t *Transaction) { t.Operation = Void },
		func(t *Transaction) { t.Operation = Return },
	} {
		other := of
		change(&other)
		read, err := ParseKey(other.Key())
		if keys[other.Key()] || err != nil || read != other {
			t.Errorf("%+v has the key %q, which is read as %+v, %v", other, other.Key(), read, err)
		}
		keys[other.Key()] = true
	}
	for text, want := range map[string]bool{"": false, "a": true, "A.9_:-z": true, "a/b": false, "a b": false, "é": false,
		strings.Repeat("a", MostID): true, strings.Repeat("a", MostID+1): false} {
		if IsID(text) != want {
			t.Errorf("IsID(%q) = %v", text, !want)
		}
	}
}
