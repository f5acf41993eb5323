package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"scrip/giftcode"
	"scrip/money"
)

// ProductID names a gift-card product: 1 to 64 characters.
type ProductID string

// Product is a gift card that is sold in one currency, for one country's shops.
type Product struct {
	ID      ProductID
	Country Country
	// Value is what a card holds; where there is a Most, it is the least that a card may hold, and its buyer chooses.
	Value money.Amount
	// Most is the most that a card may hold whose value is set when it is activated; zero where it is fixed.
	Most money.Amount
	// Form is how its code reaches whoever redeems it; where nothing is said, it is printed.
	Form Form
	// Closed is a product that is not made nor activated any more. What was sold stays good.
	Closed bool
	// Codes is the form of its codes where another system made them; zero where they are ours.
	Codes giftcode.Format
	// Texts are the card's name and what its face says, by language tag, beside what every card says.
	Texts map[string]PlanText
}

// Form is how a card's code reaches whoever redeems it.
type Form string

// The forms.
const (
	Printed Form = "printed" // under the foil of a card
	Receipt Form = "receipt" // on the till's receipt
	Digital Form = "digital" // in a mail
)

// RetailerID names a retailer to the tills and in the shops' files: 1 to 64 characters.
type RetailerID string

// Retailer is a shop or chain that sells cards in a country.
type Retailer struct {
	ID       RetailerID // empty: it is listed, and has no tills
	Name     string
	Country  Country
	Products []ProductID
	// Where says how the cards are sold there.
	Where Channel
	// Zone is the IANA time zone of its business days.
	Zone string
	// Commission is the part of each card's value that it keeps.
	Commission money.Rate
	Limits     Limits
	// Settlement is how it writes its file of a day; nil where it sends none.
	Settlement *Settlement
}

// Limits are the most that a retailer may activate one card for, and the most of all of its activations of a business
// day; zero is no limit of its own.
type Limits struct{ Card, Day money.Amount }

// Channel is how a retailer sells.
type Channel string

// The channels.
const (
	InStore Channel = "in_store"
	Online  Channel = "online"
)

// Products are the gift-card products in the catalogue's order.
func (c *Catalog) Products() []Product { return c.products }

// Product finds a product by its id.
func (c *Catalog) Product(id ProductID) (Product, bool) {
	for _, product := range c.products {
		if product.ID == id {
			return product, true
		}
	}
	return Product{}, false
}

// Formats are the forms of codes that other systems made.
func (c *Catalog) Formats() (formats []giftcode.Format) {
	for _, product := range c.products {
		if !product.Codes.IsZero() && !slices.Contains(formats, product.Codes) {
			formats = append(formats, product.Codes)
		}
	}
	return formats
}

// Retailers are all retailers in the catalogue's order.
func (c *Catalog) Retailers() []Retailer { return c.retailers }

// Retailer finds a retailer by its id.
func (c *Catalog) Retailer(id RetailerID) (Retailer, bool) {
	for _, retailer := range c.retailers {
		if retailer.ID == id && id != "" {
			return retailer, true
		}
	}
	return Retailer{}, false
}

// formed are products each of which has a form.
func formed(products []Product) []Product {
	products = slices.Clone(products)
	for at := range products {
		products[at].Form = cmp.Or(products[at].Form, Printed)
	}
	return products
}

// settling are retailers whose files are told in full.
func settling(retailers []Retailer) []Retailer {
	retailers = slices.Clone(retailers)
	for at := range retailers {
		retailers[at].Settlement = settled(retailers[at])
	}
	return retailers
}

func checkProducts(products []Product, retailers []Retailer) error {
	known := map[ProductID]Product{}
	for _, product := range products {
		if _, twice := known[product.ID]; twice {
			return fmt.Errorf("two products are called %q: give each an id of its own", product.ID)
		}
		known[product.ID] = product
		if !product.Most.IsZero() && product.Most.Minor() <= product.Value.Minor() {
			return fmt.Errorf("product %q may hold at least %s and at most %s: make the least the smaller", product.ID, product.Value, product.Most)
		}
	}
	ids := map[RetailerID]bool{}
	for _, retailer := range retailers {
		if ids[retailer.ID] && retailer.ID != "" {
			return fmt.Errorf("two retailers have the id %q: give each one of its own", retailer.ID)
		}
		ids[retailer.ID] = true
		for _, id := range retailer.Products {
			if _, there := known[id]; !there {
				return fmt.Errorf("retailer %q sells %q, which is no product: add it or take it out", retailer.Name, id)
			}
		}
		if err := checkSettlement(retailer, known); err != nil {
			return err
		}
	}
	return nil
}

// WithProducts is the catalogue with other products and retailers.
func (c *Catalog) WithProducts(products []Product, retailers []Retailer) (*Catalog, error) {
	next := *c
	next.products, next.retailers = formed(products), settling(retailers)
	return &next, checkProducts(products, retailers)
}
