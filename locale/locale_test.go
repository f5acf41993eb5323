package locale

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"scrip/calendar"
	"scrip/money"
)

func mustLoad(t testing.TB) *Bundle {
	t.Helper()
	bundle, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

// with is what the program carries, and files beside or instead of it.
func with(t *testing.T, changed map[string]string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	for _, path := range []string{"messages/en.toml", "messages/fr.toml", "cldr/en.json", "cldr/fr.json"} {
		text, err := files.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = &fstest.MapFile{Data: text}
	}
	for path, text := range changed {
		all[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// small is a bundle of two languages with a few messages.
func small(t *testing.T) *Bundle {
	t.Helper()
	bundle, err := load(with(t, map[string]string{
		"messages/en.toml": `
[language]
name = "English"
[web.balance]
lasts = "{{.Amount}} lasts until {{.Until}} at {{.Tax}}."
cards = { one = "{{.Name}} has {{.Count}} card", other = "{{.Name}} has {{.Count}} cards" }
`,
		"messages/fr.toml": `
[language]
name = "Français"
[web.balance]
lasts = "Jusqu’au {{.Until}} : {{.Amount}}, {{.Tax}}."
cards = { one = "{{.Count}} carte pour {{.Name}}", many = "{{.Count}} de cartes pour {{.Name}}", other = "{{.Count}} cartes pour {{.Name}}" }
`}))
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

func TestMessages(t *testing.T) {
	bundle := small(t)
	en := bundle.English()
	fr, _ := bundle.Language("fr")
	values := []any{
		"Amount", money.New(123450, money.MustCurrency("EUR")),
		"Until", calendar.Must("2026-03-01"),
		"Tax", rate(t, "0.0825"),
	}
	for _, test := range []struct{ name, got, want string }{
		{"values", en.T("web.balance.lasts", values...), "€1,234.50 lasts until March 1, 2026 at 8.25%."},
		{"valeurs", fr.T("web.balance.lasts", values...), "Jusqu’au 1 mars 2026 : 1\u202f234,50\u00a0€, 8,25\u00a0%."},
		{"none", en.N("web.balance.cards", 0, "Name", "Ada"), "Ada has 0 cards"},
		{"one", en.N("web.balance.cards", 1, "Name", "Ada"), "Ada has 1 card"},
		{"many", en.N("web.balance.cards", 1234, "Name", "Ada"), "Ada has 1,234 cards"},
		{"zéro", fr.N("web.balance.cards", 0, "Name", "Ada"), "0 carte pour Ada"},
		{"un", fr.N("web.balance.cards", 1, "Name", "Ada"), "1 carte pour Ada"},
		{"deux", fr.N("web.balance.cards", 2, "Name", "Ada"), "2 cartes pour Ada"},
		{"million", fr.N("web.balance.cards", 1_000_000, "Name", "Ada"), "1\u202f000\u202f000 de cartes pour Ada"},
		{"own count", en.N("web.balance.cards", 1, "Name", "Ada", "Count", "a"), "Ada has a card"},
		{"no such key", en.T("web.nothing"), "«web.nothing»"},
		{"no such plural", en.N("web.nothing", 2), "«web.nothing»"},
		{"no value", en.N("web.balance.cards", 2), "«Name» has 2 cards"},
		{"odd arguments", en.N("web.balance.cards", 2, "Name"), "«Name» has 2 cards"},
		{"name that is no text", en.N("web.balance.cards", 2, 7, "Ada"), "«Name» has 2 cards"},
		{"list", en.Value([]string{"A", "B", "C"}), "A, B, and C"},
		{"no date", en.Date(calendar.Date{}), ""},
		{"no money", en.Money(money.Amount{}), "0"},
		{"pas d’argent", fr.Money(money.Amount{}), "0"},
		{"no country", en.Country("QQ"), "QQ"},
		{"narrow space before PM", en.DateTime(time.Date(2026, 1, 31, 17, 4, 0, 0, time.UTC), nil), "Jan 31, 2026, 5:04\u202fPM"},
		{"nothing", en.Value(nil), "<nil>"},
	} {
		if test.got != test.want {
			t.Errorf("%s = %+q, want %+q", test.name, test.got, test.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	bundle := mustLoad(t)
	var tags, names []string
	for _, each := range bundle.Languages() {
		tags, names = append(tags, each.Tag()), append(names, each.Name())
		if got, _ := bundle.Language(each.Tag()); got != each {
			t.Errorf("Language(%q) = %v, want itself", each.Tag(), got)
		}
		for _, key := range bundle.Keys() {
			if strings.Contains(each.T(key), "'") {
				t.Errorf("%s %s = %q, want the typographic apostrophe", each, key, each.T(key))
			}
		}
	}
	if want := []string{"en", "fr"}; !slices.Equal(tags, want) {
		t.Errorf("tags = %v, want %v", tags, want)
	}
	if want := []string{"English", "Français"}; !slices.Equal(names, want) {
		t.Errorf("names = %v, want %v", names, want)
	}
	if _, found := bundle.Language("xx"); found {
		t.Error("Language(xx) is found")
	}
	if !slices.IsSorted(bundle.Keys()) || !slices.Contains(bundle.Keys(), "count.days") {
		t.Errorf("Keys() = %v", bundle.Keys())
	}
}

func TestMatch(t *testing.T) {
	bundle := mustLoad(t)
	for _, test := range []struct {
		accept    string
		preferred []string
		want      string
	}{
		{"", nil, "en"},
		{"fr", nil, "fr"},
		{"fr-CA,fr;q=0.9,en;q=0.5", nil, "fr"},
		{"en-GB,fr;q=0.9", nil, "en"},
		{"ja,fr;q=0.4", nil, "fr"},
		{"ja,zh;q=0.4", nil, "en"},
		{"*", nil, "en"},
		{"fr;q=0,en", nil, "en"},
		{"no header; at all,,;q=x", nil, "en"},
		{strings.Repeat("fr,", 400), nil, "en"},
		{"en", []string{"fr"}, "fr"},
		{"fr", []string{"", "en"}, "en"},
		{"fr", []string{"", "!", "xx-nothing"}, "fr"},
		{"fr", []string{"ja"}, "fr"},
	} {
		if got := bundle.Match(test.accept, test.preferred...); got.Tag() != test.want {
			t.Errorf("Match(%.40q, %q) = %v, want %v", test.accept, test.preferred, got, test.want)
		}
	}
}

// FuzzMatch holds that no header and no tag, however made, breaks a page.
func FuzzMatch(f *testing.F) {
	bundle := mustLoad(f)
	f.Add("fr-CA,fr;q=0.9,en;q=0.5", "fr")
	f.Add("x-klingon, i-default, *;q=0", "und-u-rg-frzzzz")
	f.Fuzz(func(t *testing.T, accept, preferred string) {
		if bundle.Match(accept, preferred) == nil {
			t.Errorf("Match(%q, %q) = nil", accept, preferred)
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	const name = "[language]\nname = \"%\"\n"
	for _, test := range []struct{ name, en, fr, want string }{
		{"missing message", name + "[a]\nb = \"x\"", name, "messages/fr.toml: a.b: missing"},
		{"one too many", name, name + "[a]\nb = \"x\"", "messages/fr.toml: a.b: English has no such"},
		{"other placeholder", name + "[a]\nb = \"{{.X}}\"", name + "[a]\nb = \"{{.Y}}\"", "fr.toml: a.b: the form \"other\" has the placeholders [Y], English has [X]"},
		{"placeholder of a form", name + "[a]\nb = {one=\"{{.X}}\", other=\"{{.X}}\"}", name + "[a]\nb = {one=\"un\", other=\"{{.X}}\"}", "fr.toml: a.b: the form \"one\""},
		{"missing form", name + "[a]\nb = {one=\"1\", other=\"2\"}", name + "[a]\nb = \"2\"", "fr.toml: a.b: the form \"one\" is missing"},
		{"forms of a plain message", name + "[a]\nb = \"2\"", name + "[a]\nb = {one=\"1\", other=\"2\"}", "fr.toml: a.b: has plural forms"},
		{"no other", name + "[a]\nb = {one=\"1\"}", name, "messages/en.toml: a.b: the text"},
		{"empty", name + "[a]\nb = \"\"", name, "messages/en.toml: a.b: the text"},
		{"a name of go-i18n's", name + "[a]\ndescription = \"x\"", name, "messages/en.toml: a: description"},
		{"a program", name + "[a]\nb = \"{{if .X}}x{{end}}\"", name, "messages/en.toml: a.b: {{if .X}}x{{end}} is not a placeholder"},
		{"a function", name + "[a]\nb = \"{{len .X}}\"", name, "messages/en.toml: a.b: "},
		{"open placeholder", name + "[a]\nb = \"{{.X\"", name, "messages/en.toml: a.b: "},
		{"not TOML", name + "[a", name, "messages/en.toml: "},
		{"no message at all", name, "", "messages/fr.toml: language.name: missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(with(t, map[string]string{"messages/en.toml": test.en, "messages/fr.toml": test.fr}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("load = %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadRefusesFiles(t *testing.T) {
	for _, test := range []struct{ name, path, text, want string }{
		{"no CLDR", "messages/de.toml", "", "cldr/de.json"},
		{"unknown language", "messages/qq.toml", "", "cldr/qq.json"},
		{"not JSON", "cldr/fr.json", "{", "cldr/fr.json"},
		{"unknown field", "cldr/fr.json", `{"other": 1}`, "cldr/fr.json"},
		{"empty", "cldr/fr.json", `{}`, "cldr/fr.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(with(t, map[string]string{test.path: test.text}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("load = %v, want %q", err, test.want)
			}
		})
	}
	if _, err := load(fstest.MapFS{}); err == nil {
		t.Error("load of nothing is no error")
	}
}

func BenchmarkPlain(b *testing.B) {
	fr, _ := mustLoad(b).Language("fr")
	for b.Loop() {
		fr.T("language.name")
	}
}

func BenchmarkPlural(b *testing.B) {
	fr, _ := mustLoad(b).Language("fr")
	for b.Loop() {
		fr.N("count.days", 12)
	}
}

func BenchmarkMoney(b *testing.B) {
	fr, _ := mustLoad(b).Language("fr")
	amount := money.New(123450, money.MustCurrency("EUR"))
	for b.Loop() {
		fr.Money(amount)
	}
}

func BenchmarkMatch(b *testing.B) {
	bundle := mustLoad(b)
	for b.Loop() {
		bundle.Match("fr-CA,fr;q=0.9,en;q=0.5")
	}
}
