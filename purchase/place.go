package purchase

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/money"
)

// Design is how a gift looks, on the page and in the mail.
type Design string

// The designs.
const (
	Ribbon   Design = "ribbon"
	Birthday Design = "birthday"
	Thanks   Design = "thanks"
	Winter   Design = "winter"
)

// Designs are all of them, in the order in which they are offered.
func Designs() []Design { return []Design{Ribbon, Birthday, Thanks, Winter} }

// Gift is what a buyer says of a gift.
type Gift struct {
	Design   Design
	From     string // the buyer's name, as the recipient knows it
	To       string // the recipient's name
	Message  string // may be empty, and may have several lines
	Language string // of the mail to the recipient
}

// The longest texts, in characters.
const (
	longestName    = 60
	longestMessage = 500
)

// morning is when a gift is delivered on its day, by the recipient's clock.
const morning = 8

// farthest is how many days ahead a gift may be ordered.
const farthest = 366

// Request is what a buyer asks for.
type Request struct {
	Value     money.Amount
	Gift      Gift
	Buyer     access.Email
	Recipient access.Email
	On        calendar.Date  // of delivery; zero is now
	Zone      *time.Location // the recipient's
}

// Place is the order that a request for a product makes. Errors: ErrNotSold, giftcard.ErrValue, ErrDate, ErrText,
// ErrDesign.
func Place(id string, product catalog.Product, r Request, now time.Time) (Order, error) {
	deliver, err := r.deliverAt(now)
	switch {
	case !Sold(product):
		return Order{}, ErrNotSold
	case err != nil:
		return Order{}, err
	case !slices.Contains(Designs(), r.Gift.Design):
		return Order{}, ErrDesign
	case !isLine(r.Gift.From, longestName) || !isLine(r.Gift.To, longestName) || !isText(r.Gift.Message, longestMessage):
		return Order{}, ErrText
	}
	if _, _, err := giftcard.New("", product).Activate(r.Value); err != nil {
		return Order{}, err
	}
	return Order{ID: id, State: Placed, Product: product.ID, Country: product.Country, Value: r.Value, Gift: r.Gift,
		Buyer: r.Buyer, Recipient: r.Recipient, PlacedAt: now, DeliverAt: deliver, Taken: r.Value.Zero()}, nil
}

// Sold reports whether a product is sold online.
func Sold(product catalog.Product) bool { return product.Form == catalog.Digital && !product.Closed }

// deliverAt is now, or the morning of a day where the recipient lives.
func (r Request) deliverAt(now time.Time) (time.Time, error) {
	today := calendar.In(now, r.Zone)
	switch {
	case r.On.IsZero() || r.On == today:
		return now, nil
	case r.On.Before(today) || r.On.After(today.Plus(farthest)):
		return time.Time{}, ErrDate
	}
	return r.On.Start(r.Zone).Add(morning * time.Hour), nil
}

// isLine reports whether a text is one line that says something.
func isLine(text string, most int) bool {
	visible := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }
	return strings.ContainsFunc(text, visible) && isText(text, most) && !strings.ContainsAny(text, "\n")
}

// isText reports whether a text is not too long, and has nothing that turns or hides what stands around it.
func isText(text string, most int) bool {
	hides := func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, hides)
}

// Scope is by what it is counted how much is bought.
type Scope string

// The scopes. The fingerprint of a payment card is what the gateway calls it, and known only once it has paid.
const (
	ByBuyer       Scope = "buyer"
	ByNetwork     Scope = "network"
	ByRecipient   Scope = "recipient"
	ByFingerprint Scope = "fingerprint"
)

// Limits are the most that may be bought in a day in one scope.
type Limits struct {
	Orders int
	// Cards is the most value, counted in cards of the dearest value that is sold online in the currency.
	Cards int
}

// DefaultLimits are for a service that sets none.
func DefaultLimits() Limits { return Limits{Orders: 5, Cards: 5} }

// networks is how many buyers are taken to share a network.
const networks = 4

// In are the limits in a scope.
func (l Limits) In(scope Scope) Limits {
	if scope == ByNetwork {
		return Limits{networks * l.Orders, networks * l.Cards}
	}
	return l
}

// Allow decides whether one more order may be placed in a scope in which so much was bought on the day. Dearest is the
// most that a card of the currency holds. It fails with ErrPace.
func (l Limits) Allow(orders int, bought, value, dearest money.Amount) error {
	most := money.New(0, value.Currency())
	for range l.Cards {
		next, err := most.Plus(dearest)
		if err != nil {
			break
		}
		most = next
	}
	sum, err := bought.Plus(value)
	if err != nil || orders >= l.Orders || most.Less(sum) {
		return ErrPace
	}
	return nil
}

// Dearest is the most that a card that is sold online holds in a currency.
func Dearest(products []catalog.Product, currency money.Currency) money.Amount {
	dearest := money.New(0, currency)
	for _, product := range products {
		if !Sold(product) || product.Value.Currency() != currency {
			continue
		}
		for _, value := range []money.Amount{product.Value, product.Most} {
			if value.Currency() == currency && dearest.Less(value) {
				dearest = value
			}
		}
	}
	return dearest
}
