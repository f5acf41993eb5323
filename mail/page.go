package mail

import (
	"bytes"
	"context"
	"math"
	"strconv"
	"strings"

	"scrip/locale"
	"scrip/money"
	"scrip/notice"
)

// page is a letter's content, of which the text and the HTML are prints: in this order, but for the
// subject.
type page struct {
	brand    Brand
	language *locale.Language
	subject  string
	heading  string
	greeting string
	before   []string
	digits   string
	gift     gift
	facts    []fact
	after    []string
	link     link // empty for none
	footer   []string
}

type fact struct{ label, value string }

type link struct{ label, url string }

func (c *Composer) page(letter Letter) page {
	l := c.bundle.Match("", letter.Language)
	p := page{brand: c.brand, language: l, greeting: l.T("mail.greeting")}
	switch letter.Kind {
	case SignInCode:
		p.signInCode(letter)
	case CardApplied:
		p.cardApplied(letter)
	case Reminder:
		p.reminder(letter)
	case OnHold:
		p.onHold(letter)
	case HoldRemoved:
		p.holdRemoved(letter)
	case MembershipEnded:
		p.membershipEnded(letter)
	case CardActive:
		p.cardActive(letter)
	case OrderReceipt:
		p.receipt(letter)
	case Gift:
		p.giftCard(letter)
	case GiftUndelivered:
		p.giftUndelivered(letter)
	case OrderRefunded:
		p.orderRefunded(letter)
	}
	p.subject, p.heading = oneLine(p.subject), oneLine(p.heading)
	p.footer = []string{
		l.T("mail.footer.support", "Support", c.brand.SupportEmail),
		l.T("mail.footer.automatic", "Brand", c.brand.Name),
	}
	return p
}

func (p *page) signInCode(letter Letter) {
	l, brand := p.language, p.brand.Name
	p.subject = l.T("mail.sign_in_code.subject", "Brand", brand)
	p.heading = l.T("mail.sign_in_code.heading")
	p.before = []string{l.T("mail.sign_in_code.opening")}
	p.digits = letter.Digits
	p.after = []string{
		l.T("mail.sign_in_code.valid"),
		l.T("mail.sign_in_code.secret", "Brand", brand),
		l.T("mail.sign_in_code.unasked"),
	}
}

func (p *page) cardApplied(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.card_applied.subject", "Amount", n.Amount)
	p.heading = p.subject
	p.before = []string{l.T("mail.card_applied.opening", "Brand", p.brand.Name)}
	p.fact(l.T("mail.fact.serial"), n.Card)
	p.fact(l.T("mail.fact.amount"), l.Money(n.Amount))
	p.fact(l.T("mail.fact.balance"), written(l, n.Balance))
	p.fact(l.T("mail.fact.until"), l.Date(n.RunsOut))
	if !n.RunsOut.IsZero() {
		p.after = append(p.after, l.T("mail.card_applied.lasts", "Until", n.RunsOut))
	}
	p.after = append(p.after, l.T("mail.forever"), l.T("mail.card_applied.serial"))
}

func (p *page) reminder(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.reminder.subject", "RunsOut", n.RunsOut)
	p.heading = p.subject
	p.before = []string{
		l.T("mail.reminder.opening", "Brand", p.brand.Name),
		l.T(thenKey(n.Then), "RunsOut", n.RunsOut),
	}
	p.fact(l.T("mail.fact.runs_out"), l.Date(n.RunsOut))
	p.fact(l.T("mail.fact.balance"), written(l, n.Balance))
	p.fact(l.T("mail.fact.plan"), letter.PlanName)
	p.after = []string{l.T("mail.forever")}
	p.redeem()
}

// thenKey is the message that tells who pays once the balance has run out, or empty.
func thenKey(then notice.Then) string {
	switch then {
	case notice.ThenNobody:
		return "mail.reminder.then_nobody"
	case notice.ThenMethod:
		return "mail.reminder.then_method"
	case notice.ThenPartner:
		return "mail.reminder.then_partner"
	case notice.ThenEnds:
		return "mail.reminder.then_ends"
	}
	return ""
}

func (p *page) onHold(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.on_hold.subject")
	p.heading = p.subject
	p.before = []string{l.T("mail.on_hold.opening", "On", n.On), l.T("mail.on_hold.redeem")}
	p.fact(l.T("mail.fact.plan"), letter.PlanName)
	p.fact(l.T("mail.fact.balance"), written(l, n.Balance))
	p.fact(l.T("mail.fact.close_on"), l.Date(n.CloseOn))
	p.after = []string{l.T("mail.on_hold.otherwise", "CloseOn", n.CloseOn)}
	p.redeem()
}

func (p *page) holdRemoved(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.hold_removed.subject")
	p.heading = l.T("mail.hold_removed.heading")
	p.before = []string{l.T("mail.hold_removed.opening", "Brand", p.brand.Name, "PaidUntil", n.PaidUntil)}
	p.fact(l.T("mail.fact.plan"), letter.PlanName)
	p.fact(l.T("mail.fact.paid_until"), l.Date(n.PaidUntil))
	p.fact(l.T("mail.fact.balance"), written(l, n.Balance))
	p.after = []string{l.T("mail.forever")}
}

func (p *page) membershipEnded(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.membership_ended.subject")
	p.heading = p.subject
	p.before = []string{l.T("mail.membership_ended.opening", "Brand", p.brand.Name, "On", n.On)}
	p.fact(l.T("mail.fact.plan"), letter.PlanName)
	p.fact(l.T("mail.fact.balance"), written(l, n.Balance))
	p.after = []string{l.T("mail.membership_ended.used_up"), l.T("mail.membership_ended.restart")}
	if n.Balance.IsPositive() {
		p.after[0] = l.T("mail.membership_ended.balance", "Balance", n.Balance)
	}
	p.link = link{l.T("mail.again"), p.brand.BaseURL}
}

func (p *page) cardActive(letter Letter) {
	l, n := p.language, letter.Notice
	p.subject = l.T("mail.card_active.subject")
	p.heading = p.subject
	p.before = []string{l.T("mail.card_active.opening", "Brand", p.brand.Name)}
	p.fact(l.T("mail.fact.serial"), n.Card)
	p.fact(l.T("mail.fact.amount"), l.Money(n.Amount))
	p.after = []string{l.T("mail.card_active.code"), l.T("mail.card_active.unasked")}
	p.redeem()
}

// redeemPath is the page on which cards are redeemed.
const redeemPath = "/redeem"

func (p *page) redeem() {
	p.link = link{p.language.T("mail.redeem"), p.brand.BaseURL + redeemPath}
}

// fact is told unless it is empty.
func (p *page) fact(label, value string) {
	if value = oneLine(value); value != "" {
		p.facts = append(p.facts, fact{label, value})
	}
}

// written is an amount in words, or empty where an account without a lot has not even a currency.
func written(l *locale.Language, amount money.Amount) string {
	if amount.Currency().IsZero() {
		return ""
	}
	return l.Money(amount)
}

// text prints the page as plain text.
func (p page) text() string {
	var b strings.Builder
	block := func(lines ...string) {
		if len(lines) > 0 {
			b.WriteString(strings.Join(lines, "\n") + "\n\n")
		}
	}
	block(p.heading)
	if p.greeting != "" {
		block(p.greeting)
	}
	for _, paragraph := range p.before {
		block(paragraph)
	}
	if p.digits != "" {
		block("    " + p.digits)
	}
	block(p.gift.lines()...)
	var facts []string
	for _, each := range p.facts {
		facts = append(facts, p.language.T("mail.fact.line", "Label", each.label, "Value", each.value))
	}
	block(facts...)
	for _, paragraph := range p.after {
		block(paragraph)
	}
	if p.link.url != "" {
		block(p.link.label, p.link.url)
	}
	// RFC 3676's "-- " marks what answers may leave out.
	return b.String() + "-- \n" + p.brand.Name + "\n" + p.brand.BaseURL + "\n" + strings.Join(p.footer, "\n") + "\n"
}

// lines are a gift as plain text.
func (g gift) lines() []string {
	if g.code == "" {
		return nil
	}
	var lines []string
	for _, line := range g.message {
		lines = append(lines, "  "+line)
	}
	if len(lines) > 0 {
		lines = append(lines, "  – "+g.from, "")
	}
	return append(lines, g.label, "    "+g.code, "", g.how)
}

// html prints the page as HTML.
func (p page) html() (string, error) {
	var b bytes.Buffer
	if err := p.document().Render(context.Background(), &b); err != nil {
		return "", err
	}
	return b.String(), nil
}

// preview is what a list of messages shows behind the subject.
func (p page) preview() string {
	if p.digits != "" {
		return p.digits
	}
	return p.before[0]
}

// ink is the colour of letters on the accent: the one of black and white that is easier to read there.
func ink(accent string) string {
	const level = 0.179 // the luminance on which both are as easy to read
	rgb, err := strconv.ParseUint(accent[1:], 16, 24)
	if err != nil || luminance(rgb) > level {
		return "#000000"
	}
	return "#ffffff"
}

// luminance is WCAG 2's relative luminance of a colour.
func luminance(rgb uint64) float64 {
	linear := func(channel uint64) float64 {
		part := float64(channel&0xff) / 255
		if part <= 0.04045 {
			return part / 12.92
		}
		return math.Pow((part+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
}
