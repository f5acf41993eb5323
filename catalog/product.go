package catalog

import (
	"fmt"

	"scrip/money"
)

// ProductID names a gift-card product: 1 to 64 characters.
type ProductID string

// Product is a gift card that is sold: one value in one currency, for one country's shops.
type Product struct {
	ID      ProductID
	Country Country
	Value   money.Amount
}

// Retailer is a shop or chain that sells cards in a country.
type Retailer struct {
	Name     string
	Country  Country
	Products []ProductID
	// Where says how the cards are sold there.
	Where Channel
}

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

// Retailers are all retailers in the catalogue's order.
func (c *Catalog) Retailers() []Retailer { return c.retailers }

func checkProducts(products []Product, retailers []Retailer) error {
	known := map[ProductID]bool{}
	for _, product := range products {
		if known[product.ID] {
			return fmt.Errorf("two products are called %q: give each an id of its own", product.ID)
		}
		known[product.ID] = true
	}
	for _, retailer := range retailers {
		for _, id := range retailer.Products {
			if !known[id] {
				return fmt.Errorf("retailer %q sells %q, which is no product: add it or take it out", retailer.Name, id)
			}
		}
	}
	return nil
}

// WithProducts is the catalogue with other products and retailers.
func (c *Catalog) WithProducts(products []Product, retailers []Retailer) (*Catalog, error) {
	next := *c
	next.products, next.retailers = products, retailers
	return &next, checkProducts(products, retailers)
}
