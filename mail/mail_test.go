package mail

import (
	"bytes"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scrip/calendar"
	"scrip/giftcode"
	"scrip/locale"
	"scrip/money"
	"scrip/notice"
	"scrip/purchase"
)

var update = flag.Bool("update", false, "write the letters to testdata instead of comparing them")

var (
	usd   = money.MustCurrency("USD")
	eur   = money.MustCurrency("EUR")
	lumen = Brand{Name: "Lumen", Accent: "#b3261e", SupportEmail: "help@lumen.example", BaseURL: "https://lumen.example/"}
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func composer(t testing.TB, brand Brand) *Composer {
	t.Helper()
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewComposer(bundle, brand)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func letter(kind Kind, n notice.Notice) Letter {
	n.Kind = notice.Kind(kind)
	return Letter{ID: "id-1", At: noon, To: "ada@example.com", Language: "en", Kind: kind, Notice: n, PlanName: "Premium"}
}

func signIn() Letter {
	return Letter{ID: "id-1", At: noon, To: "ada@example.com", Language: "en", Kind: SignInCode, Digits: "048213"}
}

func reminder(then notice.Then) Letter {
	return letter(Reminder, notice.Notice{Balance: money.New(77, usd), RunsOut: calendar.Must("2026-05-04"), Then: then})
}

// letters are one of each kind, and those of a kind that say something else.
func letters() map[string]Letter {
	return map[string]Letter{
		"sign_in_code": signIn(),
		"card_applied": letter(CardApplied, notice.Notice{Card: "7301 5542 9918", Amount: money.New(250000, eur),
			Balance: money.New(251677, eur), RunsOut: calendar.Must("2026-12-31")}),
		"card_applied_no_date": letter(CardApplied, notice.Notice{Card: "7301 5542 9918", Amount: money.New(2500, usd),
			Balance: money.New(2500, usd)}),
		"card_active":      letter(CardActive, notice.Notice{Card: "7301 5542 9918", Amount: money.New(2500, usd)}),
		"reminder":         reminder(notice.ThenNobody),
		"reminder_method":  reminder(notice.ThenMethod),
		"reminder_partner": reminder(notice.ThenPartner),
		"reminder_ends":    reminder(notice.ThenEnds),
		"on_hold": letter(OnHold, notice.Notice{On: calendar.Must("2026-03-01"), Balance: money.New(42, usd),
			CloseOn: calendar.Must("2026-03-31")}),
		"hold_removed": letter(HoldRemoved, notice.Notice{Balance: money.New(823, usd), PaidUntil: calendar.Must("2026-04-02")}),
		"membership_ended": letter(MembershipEnded, notice.Notice{On: calendar.Must("2026-03-31"),
			Balance: money.New(42, usd)}),
		"membership_ended_used_up": letter(MembershipEnded, notice.Notice{On: calendar.Must("2026-03-31"),
			Balance: money.New(0, usd)}),
		"order_receipt":    ofOrder(OrderReceipt),
		"gift":             ofOrder(Gift),
		"gift_undelivered": ofOrder(GiftUndelivered),
		"order_refunded":   ofOrder(OrderRefunded),
	}
}

// ofOrder is a letter about an order. The code of the gift is nobody's: all of its characters are zero.
func ofOrder(kind Kind) Letter {
	code, err := giftcode.New(zeros{})
	if err != nil {
		panic(err)
	}
	l := Letter{ID: "id-1", At: noon, To: "ada@example.com", Language: "en", Kind: kind, Order: Order{ID: "0190-1", Path: "/gift-cards/orders/LINK",
		Value: money.New(2500, usd), Recipient: "grace@example.com", On: calendar.Must("2026-03-07"),
		Gift: purchase.Gift{Design: purchase.Birthday, From: "Ada", To: "Grace", Message: "Happy birthday!\nLet’s watch something together.", Language: "en"}}}
	if kind == Gift {
		l.Order.Serial, l.Order.Code, l.Order.Path = "7301-5542-9918-2", code, ""
	}
	return l
}

// zeros is a source of randomness that gives zeros alone.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestLetters compares each letter, in each language, with what it was when somebody last read it.
func TestLetters(t *testing.T) {
	c := composer(t, lumen)
	for name, letter := range letters() {
		for _, language := range []string{"en", "fr"} {
			t.Run(name+"."+language, func(t *testing.T) {
				letter.Language = language
				m, err := c.Compose(letter)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+language+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
				if name == string(letter.Kind) {
					golden(t, name+"."+language+".html", m.HTML)
				}
				if strings.ContainsAny(m.Subject+m.Text+m.HTML, "«»") {
					t.Errorf("something is missing:\n%s", m.Text)
				}
				if m.ID != letter.ID || m.At != letter.At || m.To != letter.To || m.Language != language {
					t.Errorf("Compose(%v) = %q, %v, %q, %q", letter, m.ID, m.At, m.To, m.Language)
				}
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update if it is right:\n%s", path, diff)
	}
}

// TestPartsAgree holds that the HTML says all that the text says.
func TestPartsAgree(t *testing.T) {
	c := composer(t, lumen)
	for name, letter := range letters() {
		p := c.page(letter)
		m, err := c.Compose(letter)
		if err != nil {
			t.Fatal(err)
		}
		said := append([]string{p.heading, p.greeting, p.digits, p.link.label, p.link.url}, p.before...)
		said = append(append(said, p.after...), p.footer...)
		for _, each := range p.facts {
			said = append(said, each.label, each.value)
		}
		plain := html.UnescapeString(m.HTML)
		for _, words := range said {
			if !strings.Contains(m.Text, words) || !strings.Contains(plain, words) {
				t.Errorf("%s: %q is not in both parts", name, words)
			}
		}
		if !strings.HasPrefix(m.HTML, "<!doctype html><html lang=\"en\" dir=\"ltr\">") {
			t.Errorf("%s begins with %.60q", name, m.HTML)
		}
	}
}

// TestWhatIsPromised holds the sentences that a mail must have.
func TestWhatIsPromised(t *testing.T) {
	c := composer(t, lumen)
	for name, wants := range map[string][]string{
		"sign_in_code":     {"048213", "ten minutes", "only in that browser", "Nobody from Lumen"},
		"card_applied":     {"7301 5542 9918", "€2,500.00", "€2,516.77", "until about December 31, 2026", "never expires"},
		"reminder":         {"runs out on May 4, 2026", "$0.77", "goes on hold", "https://lumen.example/redeem", "never expires"},
		"reminder_method":  {"your payment method pays"},
		"reminder_partner": {"billed by your partner"},
		"reminder_ends":    {"membership ends on May 4, 2026"},
		"on_hold":          {"nothing was paid", "$0.42", "60 minutes", "at the end of March 31, 2026", "never expires", "https://lumen.example/redeem"},
		"hold_removed":     {"paid until April 2, 2026", "never expires"},
		"membership_ended": {"balance of $0.42 stays yours", "never expires", "start again whenever you like"},
	} {
		m, err := c.Compose(letters()[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, m.Text)
			}
		}
	}
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	for _, tag := range []string{"", "xx", "!"} {
		l := signIn()
		l.Language = tag
		if m, err := composer(t, lumen).Compose(l); err != nil || m.Language != "en" {
			t.Errorf("Compose in %q = %q, %v, want en", tag, m.Language, err)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	c := composer(t, lumen)
	for name, spoil := range map[string]func(*Letter){
		"no id":             func(l *Letter) { l.ID = "" },
		"no time":           func(l *Letter) { l.At = time.Time{} },
		"no address":        func(l *Letter) { l.To = "" },
		"address with line": func(l *Letter) { l.To = "ada@example.com\r\nBcc: eve@example.com" },
		"two addresses":     func(l *Letter) { l.To = "ada@example.com, eve@example.com" },
		"five digits":       func(l *Letter) { *l = signIn(); l.Digits = "12345" },
		"letters as digits": func(l *Letter) { *l = signIn(); l.Digits = "12345x" },
		"other digits":      func(l *Letter) { *l = signIn(); l.Digits = "١٢٣٤٥٦" },
		"unknown kind":      func(l *Letter) { l.Kind, l.Notice.Kind = "birthday", "birthday" },
		"two kinds":         func(l *Letter) { l.Kind = OnHold },
		"no date":           func(l *Letter) { l.Notice.RunsOut = calendar.Date{} },
		"nobody knows":      func(l *Letter) { l.Notice.Then = "" },
		"nothing to say":    func(l *Letter) { *l = letter(CardApplied, notice.Notice{}) },
		"hold without end":  func(l *Letter) { *l = letter(OnHold, notice.Notice{On: calendar.Must("2026-03-01")}) },
		"paid until never":  func(l *Letter) { *l = letter(HoldRemoved, notice.Notice{}) },
		"ended never":       func(l *Letter) { *l = letter(MembershipEnded, notice.Notice{}) },
	} {
		t.Run(name, func(t *testing.T) {
			l := reminder(notice.ThenNobody)
			spoil(&l)
			if m, err := c.Compose(l); !errors.Is(err, ErrLetter) || m.HTML != "" {
				t.Errorf("Compose = %v, %v, want ErrLetter", m, err)
			}
		})
	}
}

// TestStrangeNames holds that what a catalogue says can neither break a line nor become HTML.
func TestStrangeNames(t *testing.T) {
	l := reminder(notice.ThenNobody)
	l.PlanName = "<script>x</script>\r\nBcc: eve@example.com\u202e"
	brand := lumen
	brand.Name = `A & "B" <C>`
	m, err := composer(t, brand).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<C>") {
		t.Errorf("HTML of a name:\n%s", m.HTML)
	}
	if strings.Contains(m.Text, "\r") || !strings.Contains(m.Text, "Plan: <script>x</script>  Bcc: eve@example.com\n") {
		t.Errorf("the name broke a line:\n%s", m.Text)
	}
}

func TestBrands(t *testing.T) {
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Brand){
		"no name":         func(b *Brand) { b.Name = "" },
		"name with line":  func(b *Brand) { b.Name = "Lu\nmen" },
		"colour word":     func(b *Brand) { b.Accent = "red" },
		"colour with CSS": func(b *Brand) { b.Accent = "#ffffff;x" },
		"no support":      func(b *Brand) { b.SupportEmail = "help" },
		"no URL":          func(b *Brand) { b.BaseURL = "" },
		"a script":        func(b *Brand) { b.BaseURL = "javascript:alert(1)" },
		"a question":      func(b *Brand) { b.BaseURL = "https://lumen.example/?a" },
	} {
		brand := lumen
		spoil(&brand)
		if _, err := NewComposer(bundle, brand); !errors.Is(err, ErrBrand) {
			t.Errorf("%s: NewComposer = %v, want ErrBrand", name, err)
		}
	}
}

// TestInk holds that a button can be read whatever the accent.
func TestInk(t *testing.T) {
	const readable = 4.5 // WCAG's AA
	for rgb := range uint64(0x1000) {
		rgb = rgb&0xf00<<12 | rgb&0x0f0<<8 | rgb&0x00f<<4
		accent := fmt.Sprintf("#%06X", rgb)
		ratio := (luminance(rgb) + .05) / .05
		if ink(accent) == "#ffffff" {
			ratio = 1.05 / (luminance(rgb) + .05)
		}
		if ratio < readable {
			t.Errorf("ink(%s) = %s has a contrast of %.2f", accent, ink(accent), ratio)
		}
	}
	for accent, want := range map[string]string{"#000000": "#ffffff", "#b3261e": "#ffffff", "#ffffff": "#000000", "#ffd400": "#000000"} {
		if got := ink(accent); got != want {
			t.Errorf("ink(%s) = %s, want %s", accent, got, want)
		}
	}
}

// TestOnlyTheGiftHasACode, in its text and its HTML, and neither in its subject, a link nor the picture; and it is in
// no log.
func TestOnlyTheGiftHasACode(t *testing.T) {
	gift := ofOrder(Gift)
	m, err := composer(t, lumen).Compose(gift)
	if err != nil {
		t.Fatal(err)
	}
	code := gift.Order.Code.Reveal()
	if strings.Count(m.Text, code) != 1 || strings.Count(m.HTML, code) != 1 || strings.Contains(m.Subject, code) || strings.Contains(m.Text, "/redeem?") {
		t.Error("the code stands elsewhere than once in each part")
	}
	if len(m.Pictures) != 1 || !bytes.HasPrefix(m.Pictures[0].PNG, []byte("\x89PNG")) {
		t.Errorf("there are %d pictures", len(m.Pictures))
	}
	other, err := composer(t, lumen).Compose(Letter{ID: "id-2", At: noon, To: "b@example.com", Language: "en", Kind: Gift, Order: another(t, gift.Order)})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(other.Pictures[0].PNG, m.Pictures[0].PNG) {
		t.Error("the picture is another for another code")
	}
	if logged := fmt.Sprintf("%v %+v %s %+v %s", gift, gift, m, gift.Order, gift.Order); strings.Contains(logged, code) {
		t.Error("the code was logged")
	}
	for _, kind := range []Kind{OrderReceipt, GiftUndelivered, OrderRefunded} {
		l := ofOrder(kind)
		l.Order.Code = gift.Order.Code
		if _, err := composer(t, lumen).Compose(l); !errors.Is(err, ErrLetter) {
			t.Errorf("a %s with a code = %v, want ErrLetter", kind, err)
		}
	}
}

// another is an order with a code of its own.
func another(t *testing.T, o Order) Order {
	t.Helper()
	code, err := giftcode.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.Code = code
	return o
}

// TestNothingIsLogged holds that neither the digits nor the address come into a log.
func TestNothingIsLogged(t *testing.T) {
	m, err := composer(t, lumen).Compose(signIn())
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("sent", "letter", signIn(), "message", m)
	for _, written := range []string{log.String(), fmt.Sprintf("%v %+v %s", signIn(), signIn(), m), fmt.Sprintf("%v %+v", m, &m)} {
		if strings.Contains(written, "048213") || strings.Contains(written, "ada@") || !strings.Contains(written, "id-1") {
			t.Errorf("logged: %s", written)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, kind := range notice.Kinds() {
		if _, has := letters()[string(kind)]; !has {
			t.Errorf("there is no letter of %q", kind)
		}
	}
	for _, kind := range Kinds() {
		if _, has := letters()[string(kind)]; !has {
			t.Errorf("there is no letter of %q", kind)
		}
	}
}
