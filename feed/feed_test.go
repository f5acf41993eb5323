package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/history"
	"scrip/money"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// told is what follows from a row, a line an event.
func told(t *testing.T, row Told) []string {
	t.Helper()
	events, err := Of(row)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range events {
		data, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", e.ID, e.Type, data))
	}
	return lines
}

func TestWhatFollowsFromWhatWasTold(t *testing.T) {
	tests := []struct {
		body string
		want []string
	}{
		{`{"on":"2026-01-10","event":"redeemed","card":"8704-0111-9698-4","amount":5000,"balance":7500}`, []string{
			`evt_acc_7_0 gift_card.redeemed {"card":"8704-0111-9698-4","amount":5000,"currency":"USD"}`,
			`evt_acc_7_1 balance.changed {"balance":7500,"currency":"USD"}`}},
		{`{"on":"2026-01-10","event":"started","plan":"basic"}`, []string{`evt_acc_7_0 membership.started {"plan":"basic"}`}},
		{`{"on":"2026-01-10","event":"charged","plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":865}],"balance":6635}`, []string{
			`evt_acc_7_0 charge.created {"plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":865}],"balance":6635,"currency":"USD"}`,
			`evt_acc_7_1 balance.changed {"balance":6635,"currency":"USD"}`}},
		{`{"event":"charged","total":865,"tax":0,"prorated":true,"lines":[{"source":"8704-0111-9698-4","amount":800},{"source":"payment_method","amount":65}],"balance":0}`, []string{
			`evt_acc_7_0 charge.created {"total":865,"tax":0,"prorated":true,"lines":[{"source":"8704-0111-9698-4","amount":800},{"source":"payment_method","amount":65}],"balance":0,"currency":"USD"}`,
			`evt_acc_7_1 balance.changed {"balance":0,"currency":"USD"}`,
			`evt_acc_7_2 balance.exhausted {"balance":0,"currency":"USD"}`}},
		{`{"event":"charged","total":865,"tax":0,"prorated":false,"lines":[{"source":"partner","amount":865}],"balance":0}`, []string{
			`evt_acc_7_0 charge.created {"total":865,"tax":0,"prorated":false,"lines":[{"source":"partner","amount":865}],"balance":0,"currency":"USD"}`}},
		{`{"event":"plan_changed","plan":"standard","paid_until":"2026-02-05"}`, []string{`evt_acc_7_0 membership.changed {"plan":"standard","paid_until":"2026-02-05"}`}},
		{`{"event":"plan_change_scheduled","plan":"basic","effective":"2026-02-05"}`, []string{`evt_acc_7_0 membership.change_scheduled {"plan":"basic","effective":"2026-02-05"}`}},
		{`{"event":"plan_change_withdrawn","plan":"basic"}`, []string{`evt_acc_7_0 membership.change_withdrawn {"plan":"basic"}`}},
		{`{"event":"cancelled","ends":null}`, []string{`evt_acc_7_0 membership.cancelled {}`}},
		{`{"event":"cancelled","ends":"2026-05-01"}`, []string{`evt_acc_7_0 membership.cancelled {"ends":"2026-05-01"}`}},
		{`{"event":"restarted"}`, []string{`evt_acc_7_0 membership.restarted {}`}},
		{`{"event":"held"}`, []string{`evt_acc_7_0 membership.held {}`}},
		{`{"event":"hold_removed"}`, []string{`evt_acc_7_0 membership.released {}`}},
		{`{"event":"payment_declined","amount":65}`, []string{`evt_acc_7_0 payment.declined {"amount":65,"currency":"USD"}`}},
		{`{"event":"payment_method_set","method":"none"}`, []string{`evt_acc_7_0 payment_method.changed {"method":"none"}`}},
		{`{"event":"payer_set","payer":"apple"}`, []string{`evt_acc_7_0 membership.payer_changed {"payer":"apple"}`}},
		{`{"event":"reminder","runs_out":"2026-02-28","balance":40}`, []string{
			`evt_acc_7_0 reminder.due {"balance":40,"currency":"USD","runs_out":"2026-02-28"}`,
			`evt_acc_7_1 balance.low {"balance":40,"currency":"USD","runs_out":"2026-02-28"}`}},
		{`{"event":"closed","balance":12}`, []string{`evt_acc_7_0 membership.closed {"balance":12,"currency":"USD"}`}},
		{`{"event":"taken_back","card":"8704-0111-9698-4","amount":1200,"balance":300}`, []string{`evt_acc_7_0 balance.changed {"balance":300,"currency":"USD"}`}},
		{`{"event":"authorized","authorization":"a1","reference":"r","amount":300,"lines":[{"source":"8704-0111-9698-4","amount":300}],"until":"2026-02-05","balance":700}`, []string{
			`evt_acc_7_0 authorization.created {"amount":300,"lines":[{"source":"8704-0111-9698-4","amount":300}],"balance":700,"currency":"USD","until":"2026-02-05","authorization":"a1","reference":"r"}`,
			`evt_acc_7_1 balance.changed {"balance":700,"currency":"USD"}`}},
		{`{"event":"balance_charged","authorization":"a1","reference":"r","amount":200,"shortfall":5,"returned":100,"lines":[{"source":"8704-0111-9698-4","amount":200}],"balance":0}`, []string{
			`evt_acc_7_0 balance.charged {"amount":200,"lines":[{"source":"8704-0111-9698-4","amount":200}],"balance":0,"currency":"USD","authorization":"a1","reference":"r","shortfall":5,"returned":100}`,
			`evt_acc_7_1 balance.changed {"balance":0,"currency":"USD"}`,
			`evt_acc_7_2 balance.exhausted {"balance":0,"currency":"USD"}`}},
		{`{"event":"authorization_released","authorization":"a1","reference":"r","amount":300,"lines":[{"source":"c","amount":300}],"balance":1000}`, []string{
			`evt_acc_7_0 authorization.released {"amount":300,"lines":[{"source":"c","amount":300}],"balance":1000,"currency":"USD","authorization":"a1","reference":"r"}`,
			`evt_acc_7_1 balance.changed {"balance":1000,"currency":"USD"}`}},
		{`{"event":"authorization_expired","authorization":"a1","reference":"r","amount":300,"lines":[{"source":"c","amount":300}],"balance":1000}`, []string{
			`evt_acc_7_0 authorization.expired {"amount":300,"lines":[{"source":"c","amount":300}],"balance":1000,"currency":"USD","authorization":"a1","reference":"r"}`,
			`evt_acc_7_1 balance.changed {"balance":1000,"currency":"USD"}`}},
		{`{"event":"redeem_refused","reason":"already_redeemed"}`, nil},
		{`{"event":"start_refused","reason":"no_price"}`, nil},
	}
	seen := map[history.Kind]bool{}
	for _, test := range tests {
		var kind struct{ Event history.Kind }
		if err := json.Unmarshal([]byte(test.body), &kind); err != nil {
			t.Fatal(err)
		}
		seen[kind.Event] = true
		got := told(t, Told{Subject: "acc", Number: 7, Kind: kind.Event, Body: json.RawMessage(test.body), At: noon, Currency: money.MustCurrency("USD")})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body, diff)
		}
	}
	for _, kind := range kinds(t) {
		if !seen[kind] {
			t.Errorf("what is told of %s to others has no test", kind)
		}
		if len(follows[kind]) == 0 {
			t.Errorf("nothing is told to others of %s", kind)
		}
	}
}

// kinds are the kinds of event that history knows, by its source.
func kinds(t *testing.T) (all []history.Kind) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../history/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, is := n.(*ast.ValueSpec); is && fmt.Sprint(spec.Type) == "Kind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, history.Kind(text))
		}
		return true
	})
	if len(all) < 15 {
		t.Fatalf("history has the kinds %v", all)
	}
	return all
}

func TestWhatIsToldOfCards(t *testing.T) {
	card := giftcard.Card{Serial: "8704-0111-9698-4", Product: catalog.ProductID("us-25"), Value: money.New(2500, money.MustCurrency("USD"))}
	in := func(state giftcard.State) giftcard.Card {
		card := card
		card.State = state
		return card
	}
	const one = ` {"card":"8704-0111-9698-4","product":"us-25","amount":2500,"currency":"USD"}`
	for _, test := range []struct {
		was, now giftcard.State
		want     string
	}{
		{giftcard.Issued, giftcard.Active, "gift_card.activated"},
		{giftcard.Active, giftcard.Frozen, "gift_card.frozen"},
		{giftcard.Frozen, giftcard.Active, "gift_card.unfrozen"},
		{giftcard.Frozen, giftcard.Voided, "gift_card.voided"},
		{giftcard.Active, giftcard.Replaced, "gift_card.replaced"},
	} {
		kind, body, err := OfCard(test.was, in(test.now))
		if err != nil {
			t.Fatal(err)
		}
		got := told(t, Told{Subject: "digest", Number: 2, Kind: kind, Body: body})
		if diff := cmp.Diff([]string{"evt_8704-0111-9698-4_2_0 " + test.want + one}, got); diff != "" {
			t.Errorf("from %s to %s (-want +got):\n%s", test.was, test.now, diff)
		}
	}
	for state, want := range map[giftcard.State]string{giftcard.Issued: "gift_card.issued", giftcard.Active: "gift_card.activated"} {
		kind, body, err := OfBatch("b1", in(state), []string{"8704-0111-9698-4", "6969-6615-4595-2"})
		if err != nil {
			t.Fatal(err)
		}
		got := told(t, Told{Subject: "b1", Number: 1, Kind: kind, Body: body})
		if diff := cmp.Diff([]string{"evt_b1_1_0 " + want + ` {"cards":["8704-0111-9698-4","6969-6615-4595-2"],"batch":"b1","product":"us-25","amount":2500,"currency":"USD"}`}, got); diff != "" {
			t.Errorf("a batch that is %s (-want +got):\n%s", state, diff)
		}
	}
}

// TestFieldsAreAsDescribed: what a description says that a type has is what its events have.
func TestFieldsAreAsDescribed(t *testing.T) {
	full := `{"card":"c","cards":["c"],"product":"p","plan":"p","period":["a","b"],"amount":1,"total":1,"tax":1,"prorated":true,"lines":[{"source":"c","amount":1}],"balance":0,"paid_until":"d","effective":"d","ends":"d","runs_out":"d","method":"ok","payer":"self","currency":"USD","until":"d","authorization":"a","reference":"r"}`
	described := map[Type]string{}
	for _, d := range Types() {
		if d.Version < 1 || !strings.HasSuffix(d.When, ".") || described[d.Type] != "" {
			t.Errorf("%+v", d)
		}
		described[d.Type] = d.Fields + " "
	}
	for kind, tells := range follows {
		if len(tells) > Places {
			t.Errorf("%d events follow from %s", len(tells), kind)
		}
		events, err := Of(Told{Subject: "acc", Number: 1, Kind: kind, Body: json.RawMessage(full), Currency: money.MustCurrency("USD")})
		if err != nil || len(events) != len(tells) {
			t.Fatalf("%d events follow from %s: %v", len(events), kind, err)
		}
		for _, e := range events {
			text, err := json.Marshal(e.Data)
			var fields map[string]any
			if err := errors.Join(err, json.Unmarshal(text, &fields)); err != nil {
				t.Fatal(err)
			}
			if described[e.Type] == "" {
				t.Errorf("%s is not described", e.Type)
			}
			for name := range strings.FieldsFuncSeq(described[e.Type], func(r rune) bool { return strings.ContainsRune(",; ", r) }) {
				if fields[name] == nil && name != "or" && name != "batch" && name != "cards" {
					t.Errorf("%s has no %s: %s", e.Type, name, text)
				}
			}
		}
	}
}

func TestParseType(t *testing.T) {
	if got, err := ParseType("charge.created"); got != "charge.created" || err != nil {
		t.Errorf("ParseType = %q, %v", got, err)
	}
	for _, text := range []string{"", "charge", "charge.created ", "Charge.created", "charge.*"} {
		if got, err := ParseType(text); !errors.Is(err, ErrType) {
			t.Errorf("ParseType(%q) = %q, %v", text, got, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, text := range []string{"evt_8704-0111-9698-4_2_0", "evt_a_1_7", "evt_a_01_0", "evt__1_0", "evt_a_1_8", "evt_a_-1_0", "evt_a_b_1_0", "x_a_1_0", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err == nil && (id.String() != text || id.Number < 1 || id.Place < 0 || id.Place >= Places) {
			t.Errorf("ParseID(%q) = %+v, which prints itself as %q", text, id, id)
		}
		if err != nil && !errors.Is(err, ErrID) {
			t.Errorf("ParseID(%q): %v", text, err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	for _, text := range []string{"", "MS9hLzIvMw", Cursor{7, "acc", 3, 1}.String(), At(5).String(), "MS8vMi8z", "LTEvYS8yLzM", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCursor(text)
		if err == nil && c.String() != text {
			t.Errorf("ParseCursor(%q) = %+v, which prints itself as %q", text, c, c)
		}
		if err != nil && !errors.Is(err, ErrCursor) {
			t.Errorf("ParseCursor(%q): %v", text, err)
		}
	})
}

// row is a type's line in the table of docs/webhooks.md.
func row(d Description) string {
	return fmt.Sprintf("| `%s` | %d | %s | %s |", d.Type, d.Version, d.When, d.Fields)
}

// TestTheTableInTheDocs has every type as it is, and no other.
func TestTheTableInTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, d := range Types() {
		want = append(want, row(d))
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") && strings.Contains(line, ".") && strings.Count(line, "|") == 5 {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/webhooks.md (-want +got):\n%s", diff)
	}
}
