// Package mail writes what members are told and brings it to them. A letter is the same in every part:
// its text and its HTML are two prints of one page. Only the letter that is a gift card holds its code, and only
// the sign-in letter another secret. Sending is safe to repeat: a message's id gives its Message-ID, so that
// two of one are known for one.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"

	"scrip/access"
	"scrip/locale"
	"scrip/notice"
)

// ErrLetter says that a letter cannot be written: its address is none, or what it should tell is missing.
var ErrLetter = errors.New("the letter cannot be written")

// ErrBrand says that a brand is not as Brand describes it.
var ErrBrand = errors.New("the brand is not complete")

// Kind is what a letter is about.
type Kind string

// The kinds of letter to members: the sign-in code, and one for each kind of notice.
const (
	SignInCode      Kind = "sign_in_code"
	CardApplied          = Kind(notice.CardApplied)
	Reminder             = Kind(notice.BalanceRunsOut)
	OnHold               = Kind(notice.OnHold)
	HoldRemoved          = Kind(notice.HoldRemoved)
	MembershipEnded      = Kind(notice.MembershipEnded)
	CardActive           = Kind(notice.CardActive)
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{SignInCode, CardApplied, Reminder, OnHold, HoldRemoved, MembershipEnded, CardActive, OrderReceipt, Gift, GiftUndelivered, OrderRefunded}
}

// Letter is what somebody is to be told. Its ID stands for it however often it is sent, and says
// nothing secret; At is when it was written.
type Letter struct {
	ID       string
	At       time.Time
	To       string
	Language string // tag; English for one that is no language of the bundle
	Kind     Kind
	Notice   notice.Notice // of the same kind, where there is one
	PlanName string        // empty to leave it out
	Order    Order         // of letters about cards that are bought online
	Digits   string        // SignInCode: six digits
}

// LogValue keeps the digits and the person out of logs.
func (l Letter) LogValue() slog.Value { return slog.StringValue(l.String()) }

// String names the letter, and tells nothing of what it says.
func (l Letter) String() string { return string(l.Kind) + " letter " + l.ID }

// Message is a letter as it is sent.
type Message struct {
	ID       string
	At       time.Time
	To       string
	Language string // tag of the language it is written in
	Subject  string
	Text     string
	HTML     string
	Pictures []Picture
}

// LogValue keeps what the message says out of logs.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String names the message, and tells nothing of what it says.
func (m Message) String() string { return "message " + m.ID }

// Sender brings a message to its reader. Sending a message again is harmless; an error that is not
// ErrPermanent asks for that.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Brand is the service in whose name letters are written.
type Brand struct {
	Name         string
	Accent       string // #rrggbb
	SupportEmail string
	BaseURL      string // of the service's pages, https://example.com; a slash at its end is dropped
}

var (
	accentForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	baseURLForm = regexp.MustCompile(`^https?://[^\s/?#"<>@]+(/[^\s?#"<>]*)?$`)
	digitsForm  = regexp.MustCompile(`^[0-9]{6}$`)
)

func (b Brand) check() error {
	_, err := access.ParseEmail(b.SupportEmail)
	switch {
	case oneLine(b.Name) == "" || oneLine(b.Name) != b.Name:
		return fmt.Errorf("%w: its name %q is not a line of text", ErrBrand, b.Name)
	case !accentForm.MatchString(b.Accent):
		return fmt.Errorf("%w: its accent %q is not a colour such as #b3261e", ErrBrand, b.Accent)
	case err != nil:
		return fmt.Errorf("%w: its support address %q: %w", ErrBrand, b.SupportEmail, err)
	case !baseURLForm.MatchString(b.BaseURL):
		return fmt.Errorf("%w: its base URL %q is not like https://example.com", ErrBrand, b.BaseURL)
	}
	return nil
}

// Composer writes letters. Any number may be written at once.
type Composer struct {
	bundle *locale.Bundle
	brand  Brand
	redeem Picture // the way to the page on which cards are redeemed
}

// NewComposer is a composer of letters in a brand's name, or ErrBrand.
func NewComposer(bundle *locale.Bundle, brand Brand) (*Composer, error) {
	if err := brand.check(); err != nil {
		return nil, err
	}
	brand.BaseURL = strings.TrimRight(brand.BaseURL, "/")
	redeem, err := redeemQR(brand.BaseURL + redeemPath)
	return &Composer{bundle, brand, redeem}, err
}

// Compose writes a letter in its reader's language, or fails with ErrLetter.
func (c *Composer) Compose(letter Letter) (Message, error) {
	if err := letter.check(); err != nil {
		return Message{}, err
	}
	page := c.page(letter)
	html, err := page.html()
	if err != nil {
		return Message{}, fmt.Errorf("write %s: %w", letter, err)
	}
	m := Message{ID: letter.ID, At: letter.At, To: letter.To, Language: page.language.Tag(),
		Subject: page.subject, Text: page.text(), HTML: html}
	if letter.Kind == Gift {
		m.Pictures = []Picture{c.redeem}
	}
	return m, nil
}

func (l Letter) check() error {
	_, err := access.ParseEmail(l.To)
	switch {
	case l.ID == "" || l.At.IsZero():
		return fmt.Errorf("%w: %s has no id or no time", ErrLetter, l)
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrLetter, l, err)
	case l.Kind == SignInCode && !digitsForm.MatchString(l.Digits):
		return fmt.Errorf("%w: %s has not six digits", ErrLetter, l)
	case l.Kind == SignInCode:
		return nil
	case l.ofOrder():
		return l.checkOrder()
	case l.Kind != Kind(l.Notice.Kind):
		return fmt.Errorf("%w: %s has a notice of %q", ErrLetter, l, l.Notice.Kind)
	}
	return l.checkNotice()
}

func (l Letter) ofOrder() bool {
	return l.Kind == OrderReceipt || l.Kind == Gift || l.Kind == GiftUndelivered || l.Kind == OrderRefunded
}

// checkNotice holds that no sentence is written around a date that is missing.
func (l Letter) checkNotice() error {
	n, missing := l.Notice, false
	switch l.Kind {
	case CardApplied, CardActive:
		missing = n.Card == "" || !n.Amount.IsPositive()
	case Reminder:
		missing = n.RunsOut.IsZero() || thenKey(n.Then) == ""
	case OnHold:
		missing = n.On.IsZero() || n.CloseOn.IsZero()
	case HoldRemoved:
		missing = n.PaidUntil.IsZero()
	case MembershipEnded:
		missing = n.On.IsZero()
	default:
		missing = true
	}
	if missing {
		return fmt.Errorf("%w: %s misses something that it should tell", ErrLetter, l)
	}
	return nil
}

// oneLine is a text without anything that could end a header's line or turn the reading direction.
func oneLine(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	return strings.Trim(printable, " ")
}
