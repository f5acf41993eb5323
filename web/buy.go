package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/locale"
	"scrip/money"
	"scrip/purchase"
)

// errNotSoldHere says that no card is sold online.
var errNotSoldHere = errors.New("no cards are sold online")

// counter is what is sold online for a country.
type counter struct {
	Country   string
	Countries []locale.Named // for which cards are sold, by name
	Values    []valueOffer
	Free      *catalog.Product // the product whose value the buyer chooses, if any
	Zones     []string
}

// valueOffer is a value to choose; its choice names the product too.
type valueOffer struct {
	Choice string
	Value  money.Amount
}

// freely is the choice of a value that the buyer writes.
const freely = "other"

// proposed are the values that are proposed where the buyer chooses, in major units, as far as a card may hold them.
var proposed = []int64{10, 15, 25, 50, 100, 200, 500, 1000, 2500, 5000, 10000, 20000, 50000}

// mostProposed is how many of them stand on the page.
const mostProposed = 5

// counter is what is sold for the country that is asked for, or the browser's, or any.
func (s *site) counter(v *visit, asked string) counter {
	found := counter{}
	products := slices.DeleteFunc(slices.Clone(s.Engine.Terms().Catalog.Products()), func(p catalog.Product) bool { return !purchase.Sold(p) })
	for _, named := range v.page.Countries() {
		if slices.ContainsFunc(products, func(p catalog.Product) bool { return p.Country.String() == named.Code }) {
			found.Countries = append(found.Countries, named)
		}
	}
	found.Country = shelf{Countries: found.Countries}.choose(asked, countryOf(v.Header.Get("Accept-Language")), "US")
	for _, product := range products {
		if product.Country.String() == found.Country {
			found.offer(product)
		}
	}
	slices.SortStableFunc(found.Values, func(a, b valueOffer) int { return cmp.Compare(a.Value.Minor(), b.Value.Minor()) })
	found.Zones = locale.Zones(found.Country)
	return found
}

func (c *counter) offer(product catalog.Product) {
	add := func(value money.Amount) {
		c.Values = append(c.Values, valueOffer{string(product.ID) + ":" + strconv.FormatInt(value.Minor(), 10), value})
	}
	if product.Most.IsZero() {
		add(product.Value)
		return
	}
	c.Free = &product
	count := 0
	for _, major := range proposed {
		value := money.New(major*scale(product.Value.Currency()), product.Value.Currency())
		if !value.Less(product.Value) && !product.Most.Less(value) && count < mostProposed {
			add(value)
			count++
		}
	}
}

// scale is how many minor units a major one has.
func scale(currency money.Currency) int64 {
	scale := int64(1)
	for range currency.Digits() {
		scale *= 10
	}
	return scale
}

// buyForm is the form of an order, as it was filled in, with what is wrong with which field.
type buyForm struct {
	counter
	Choice, Amount, Design, To, Recipient, From, Message, When, On, Zone, Language, Buyer, Key string
	First, Last                                                                                string // days of delivery
	Wrong                                                                                      map[string]string
}

// farthestDay is how many days ahead the page lets a day be chosen.
const farthestDay = 365

func (s *site) newBuyForm(v *visit, asked string) buyForm {
	form := buyForm{counter: s.counter(v, asked), Design: string(purchase.Ribbon), When: "now", Language: v.page.Tag(), Key: newKey(), Wrong: map[string]string{}}
	if len(form.Values) > 0 {
		form.Choice = form.Values[min(1, len(form.Values)-1)].Choice
	}
	if len(form.Zones) > 0 {
		form.Zone = form.Zones[0]
	}
	today := calendar.In(s.Engine.Now(), time.UTC)
	form.First, form.Last = today.Plus(-1).String(), today.Plus(farthestDay).String()
	return form
}

// askGift is the page on which a gift card is bought.
func (s *site) askGift(v *visit) error {
	form := s.newBuyForm(v, v.URL.Query().Get("country"))
	if len(form.Countries) == 0 {
		return errNotSoldHere
	}
	return v.show(buyPage(v.page, form))
}

// placeOrder places the order, and leads to its page.
func (s *site) placeOrder(v *visit) error {
	sent, err := v.form()
	if err != nil {
		return err
	}
	form := s.newBuyForm(v, sent.Get("country"))
	form.fill(sent)
	if _, err := parseKey(form.Key); err != nil {
		return err
	}
	ordering := form.read(v.page)
	if len(form.Wrong) > 0 {
		return v.render(http.StatusUnprocessableEntity, buyPage(v.page, form))
	}
	link, err := s.Engine.PlaceOrder(v.Context(), v.actor, form.Key, ordering)
	if form.refuse(v.page, err) {
		return v.render(http.StatusUnprocessableEntity, buyPage(v.page, form))
	}
	if err != nil {
		return err
	}
	return v.redirect(engine.OrderPath + link)
}

// fill takes in what was sent.
func (f *buyForm) fill(sent url.Values) {
	for name, field := range map[string]*string{"value": &f.Choice, "amount": &f.Amount, "design": &f.Design, "to": &f.To, "recipient": &f.Recipient,
		"from": &f.From, "when": &f.When, "on": &f.On, "zone": &f.Zone, "language": &f.Language, "buyer": &f.Buyer, "key": &f.Key} {
		*field = strings.TrimSpace(sent.Get(name))
	}
	f.Message = strings.TrimSpace(strings.ReplaceAll(sent.Get("message"), "\r\n", "\n"))
}

// read makes an order of the form, and notes what is wrong with it.
func (f *buyForm) read(p *page) engine.Ordering {
	if !slices.ContainsFunc(p.Languages, func(each *locale.Language) bool { return each.Tag() == f.Language }) {
		f.Language = p.Tag()
	}
	o := engine.Ordering{Zone: f.Zone, Language: p.Tag(),
		Gift: purchase.Gift{Design: purchase.Design(f.Design), From: f.From, To: f.To, Message: f.Message, Language: f.Language}}
	var err error
	if o.Buyer, err = access.ParseEmail(f.Buyer); err != nil {
		f.Wrong["buyer"] = p.T("sign_in.wrong.email")
	}
	if o.Recipient, err = access.ParseEmail(f.Recipient); err != nil {
		f.Wrong["recipient"] = p.T("sign_in.wrong.email")
	}
	for name, value := range map[string]string{"to": f.To, "from": f.From} {
		if value == "" {
			f.Wrong[name] = p.T("buy.wrong.name")
		}
	}
	if f.When == "later" {
		if o.On = f.On; f.On == "" {
			f.Wrong["on"] = p.T("buy.wrong.date")
		}
	}
	product, amount, is := f.chosen()
	if !is {
		f.Wrong["value"] = p.T("buy.wrong.value")
	}
	o.Product, o.Amount = product, amount
	return o
}

// chosen is the product and the value that were chosen.
func (f *buyForm) chosen() (catalog.ProductID, int64, bool) {
	if f.Choice == freely && f.Free != nil {
		minor, is := parseAmount(f.Amount, f.Free.Value.Currency())
		return f.Free.ID, minor, is
	}
	at := slices.IndexFunc(f.Values, func(each valueOffer) bool { return each.Choice == f.Choice })
	if at < 0 {
		return "", 0, false
	}
	product, _, _ := strings.Cut(f.Choice, ":")
	return catalog.ProductID(product), f.Values[at].Value.Minor(), true
}

// refuse notes what a rule refused, where it is about a field of the form.
func (f *buyForm) refuse(p *page, err error) bool {
	for _, each := range []struct {
		err        error
		field, key string
	}{{giftcard.ErrValue, "value", "buy.wrong.value"}, {purchase.ErrDate, "on", "buy.wrong.date"}, {purchase.ErrText, "message", "buy.wrong.text"},
		{engine.ErrZone, "zone", "buy.wrong.date"}, {purchase.ErrDesign, "design", "buy.wrong.text"}} {
		if errors.Is(err, each.err) {
			f.Wrong[each.field] = p.T(each.key)
			return true
		}
	}
	return false
}

// longestAmount bounds an amount as it is written.
const longestAmount = 12

// parseAmount reads an amount of a currency as people write it, with a point or a comma before its minor units.
func parseAmount(text string, currency money.Currency) (minor int64, is bool) {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), ""), ",", ".")
	whole, part, pointed := strings.Cut(text, ".")
	digits := currency.Digits()
	if len(text) > longestAmount || whole == "" || strings.Trim(whole+part, "0123456789") != "" || pointed && (part == "" || len(part) > digits) {
		return 0, false
	}
	minor, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	return minor, err == nil
}
