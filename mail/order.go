package mail

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"scrip/calendar"
	"scrip/giftcode"
	"scrip/money"
	"scrip/purchase"
)

// The kinds of letter about cards that are bought online. Only the gift holds a card's code: it is the card.
const (
	OrderReceipt    = Kind(purchase.Receipt)
	Gift            = Kind(purchase.GiftMail)
	GiftUndelivered = Kind(purchase.Undelivered)
	OrderRefunded   = Kind(purchase.RefundMade)
)

// Order is what a letter tells of an order. Only a gift has a code and a serial number.
type Order struct {
	ID        string
	Path      string // of its page, which is for the buyer alone
	Value     money.Amount
	Recipient string // the address
	On        calendar.Date
	Gift      purchase.Gift
	Serial    string
	Code      giftcode.Code
}

// Picture is an image that travels with a message and is shown in its HTML, as "cid:" and its name.
type Picture struct {
	Name string
	PNG  []byte
}

// gift is what a gift mail shows above all else.
type gift struct {
	design  purchase.Design
	value   string
	label   string // of the code
	code    string
	message []string
	from    string
	how     string // to redeem it
	picture string // the alternative text of the QR code
}

// redeemPicture is the QR code of the page on which cards are redeemed. It leads to the page and holds no card's code.
const redeemPicture = "redeem.png"

// pixels is the width of a QR code, which mail programs show at half of it.
const pixels = 320

func redeemQR(url string) (Picture, error) {
	code, err := qr.Encode(url, qr.M, qr.Auto)
	if err != nil {
		return Picture{}, err
	}
	scaled, err := barcode.Scale(code, pixels, pixels)
	if err != nil {
		return Picture{}, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, scaled)
	return Picture{redeemPicture, b.Bytes()}, err
}

// checkOrder holds that no letter about an order misses what it is about, and that a code is in a gift alone.
func (l Letter) checkOrder() error {
	o := l.Order
	missing := o.ID == "" || !o.Value.IsPositive() || o.Recipient == "" || l.Kind != Gift && o.Path == ""
	if l.Kind == Gift {
		missing = missing || o.Code.IsZero() || o.Serial == ""
	} else if !o.Code.IsZero() {
		return fmt.Errorf("%w: %s has a code, and is no gift", ErrLetter, l)
	}
	if missing {
		return fmt.Errorf("%w: %s misses something that it should tell", ErrLetter, l)
	}
	return nil
}

func (p *page) receipt(letter Letter) {
	l, o, brand := p.language, letter.Order, p.brand.Name
	p.subject = l.T("mail.order_receipt.subject", "Brand", brand)
	p.heading = l.T("mail.order_receipt.heading")
	p.before = []string{l.T("mail.order_receipt.opening", "Amount", o.Value, "Brand", brand)}
	p.fact(l.T("mail.fact.order"), o.ID)
	p.fact(l.T("mail.fact.amount"), l.Money(o.Value))
	p.fact(l.T("mail.fact.recipient"), o.Gift.To+", "+o.Recipient)
	p.fact(l.T("mail.fact.deliver_on"), l.Date(o.On))
	p.after = append([]string{l.T("mail.order_receipt.page"), l.T("mail.order_receipt.no_code")}, p.legal()...)
	p.link = link{l.T("mail.order_receipt.link"), p.brand.BaseURL + o.Path}
}

func (p *page) giftCard(letter Letter) {
	l, o, brand := p.language, letter.Order, p.brand.Name
	from := oneLine(o.Gift.From)
	p.subject = l.T("mail.gift.subject", "From", from, "Brand", brand)
	p.heading = l.T("mail.gift.heading", "To", oneLine(o.Gift.To))
	p.greeting = ""
	p.before = []string{l.T("mail.gift.opening", "From", from, "Amount", o.Value, "Brand", brand)}
	p.gift = gift{design: o.Gift.Design, value: l.Money(o.Value), label: l.T("mail.gift.code"), code: o.Code.Reveal(), from: from,
		how: l.T("mail.gift.how"), picture: l.T("mail.gift.picture")}
	for line := range strings.Lines(o.Gift.Message) {
		if line = oneLine(line); line != "" {
			p.gift.message = append(p.gift.message, line)
		}
	}
	p.fact(l.T("mail.fact.amount"), l.Money(o.Value))
	p.fact(l.T("mail.fact.serial"), o.Serial)
	p.after = append([]string{l.T("mail.gift.secret", "Brand", brand)}, p.legal()...)
	p.redeem()
}

func (p *page) giftUndelivered(letter Letter) {
	l, o := p.language, letter.Order
	p.subject = l.T("mail.gift_undelivered.subject")
	p.heading = p.subject
	p.before = []string{l.T("mail.gift_undelivered.opening", "To", oneLine(o.Gift.To), "Recipient", o.Recipient)}
	p.fact(l.T("mail.fact.order"), o.ID)
	p.fact(l.T("mail.fact.amount"), l.Money(o.Value))
	p.fact(l.T("mail.fact.recipient"), o.Gift.To+", "+o.Recipient)
	p.after = []string{l.T("mail.gift_undelivered.safe")}
	p.link = link{l.T("mail.gift_undelivered.link"), p.brand.BaseURL + o.Path}
}

func (p *page) orderRefunded(letter Letter) {
	l, o := p.language, letter.Order
	p.subject = l.T("mail.order_refunded.subject", "Amount", o.Value)
	p.heading = p.subject
	p.before = []string{l.T("mail.order_refunded.opening", "Brand", p.brand.Name)}
	p.fact(l.T("mail.fact.order"), o.ID)
	p.fact(l.T("mail.fact.amount"), l.Money(o.Value))
	p.after = []string{l.T("mail.order_refunded.card")}
	p.link = link{l.T("mail.order_receipt.link"), p.brand.BaseURL + o.Path}
}

// legal is what every card says of itself.
func (p *page) legal() []string {
	return []string{p.language.T("cards.rules.expire"), p.language.T("cards.rules.refund"), p.language.T("cards.rules.reload")}
}

// colours are a design's background, its second shade, and its ink.
func (g gift) colours() (back, shade, ink string) {
	switch g.design {
	case purchase.Birthday:
		return "#b4245c", "#7a1fa2", "#ffffff"
	case purchase.Thanks:
		return "#0b6b57", "#0f4c75", "#ffffff"
	case purchase.Winter:
		return "#12355b", "#1f6fa5", "#ffffff"
	case purchase.Ribbon:
	}
	return "#3b2a8f", "#6a3df0", "#ffffff"
}

// ornament is what stands in a design's corner.
func (g gift) ornament() string {
	switch g.design {
	case purchase.Birthday:
		return "✦ ✧ ✦"
	case purchase.Thanks:
		return "♥"
	case purchase.Winter:
		return "❄ ❄ ❄"
	case purchase.Ribbon:
	}
	return "★"
}
