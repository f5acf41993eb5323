package simulate

import (
	"errors"
	"fmt"
	"io"
	"time"

	"scrip/billing"
	"scrip/catalog"
	"scrip/giftcode"
	"scrip/money"
	"scrip/strict"
)

// ReadTerms reads a service's catalogue file, as strictly as a scenario: what a scenario's catalogue and
// policy have, and beside them the plans' texts by language, the gift-card products and the retailers.
func ReadTerms(source io.Reader) (billing.Terms, error) {
	return whole(source, "catalogue: an object with catalog and policy", (*reader).terms)
}

func (r *reader) terms() (billing.Terms, error) {
	terms := billing.Terms{Policy: billing.DefaultPolicy()}
	_, err := r.Record(
		strict.Required("catalog", strict.Into(&terms.Catalog, r.assortment)),
		strict.Optional("policy", strict.Into(&terms.Policy, r.policy)),
	)
	return terms, err
}

func (r *reader) assortment() (*catalog.Catalog, error) {
	var plans []catalog.Plan
	var taxes []catalog.Tax
	var products []catalog.Product
	var retailers []catalog.Retailer
	texts := func(plan *catalog.Plan) strict.Field {
		return strict.Optional("texts", strict.Into(&plan.Texts, r.texts))
	}
	_, err := r.Record(
		strict.Required("plans", strict.Into(&plans, func() ([]catalog.Plan, error) { return r.plans(texts) })),
		strict.Optional("taxes", strict.Into(&taxes, r.taxes)),
		strict.Optional("products", strict.Into(&products, r.products)),
		strict.Optional("retailers", strict.Into(&retailers, r.retailers)),
	)
	if err != nil {
		return nil, err
	}
	c, err := catalog.New(plans, taxes, products, retailers)
	if err != nil {
		return nil, r.Mistake(r.At(), err.Error(), "mend the catalogue")
	}
	return c, nil
}

// texts are a plan's name and description by language tag.
func (r *reader) texts() (map[string]catalog.PlanText, error) {
	texts := map[string]catalog.PlanText{}
	if r.Next() != '{' {
		return nil, r.Unfit(`write an object of languages, as in {"en": {"name": "Basic", "says": "One screen"}}`)
	}
	err := r.Object("", func(tag string, at int) error {
		if _, twice := texts[tag]; twice {
			return r.Mistake(at, "the language stands here twice", "keep one of the two")
		}
		var text catalog.PlanText
		_, err := r.Record(
			strict.Required("name", strict.Into(&text.Name, r.anyText)),
			strict.Optional("says", strict.Into(&text.Says, r.anyText)),
		)
		texts[tag] = text
		return err
	})
	return texts, err
}

func (r *reader) products() ([]catalog.Product, error) {
	var products []catalog.Product
	err := r.List("write a list of products", func() error {
		var product catalog.Product
		var currency money.Currency
		var minor, most int64
		_, err := r.Record(
			strict.Required("id", strict.Into(&product.ID, named[catalog.ProductID](r))),
			strict.Required("country", strict.Into(&product.Country, r.country)),
			strict.Required("currency", strict.Into(&currency, r.currency)),
			strict.Required("amount", strict.Into(&minor, r.amount)),
			strict.Optional("most", strict.Into(&most, r.amount)),
			strict.Optional("form", strict.Into(&product.Form, strict.OneOf(r.Reader, catalog.Printed, catalog.Receipt, catalog.Digital))),
			strict.Optional("closed", strict.Into(&product.Closed, r.Truth)),
			strict.Optional("codes", strict.Into(&product.Codes, r.codes)),
			strict.Optional("texts", strict.Into(&product.Texts, r.texts)),
		)
		product.Value = money.New(minor, currency)
		if most > 0 {
			product.Most = money.New(most, currency)
		}
		products = append(products, product)
		return err
	})
	return products, err
}

// codes are the form of codes that another system made: "length" is one number, or the least and the most.
func (r *reader) codes() (giftcode.Format, error) {
	r.Next()
	opened := r.At()
	var alphabet giftcode.Alphabet
	var lengths []int64
	_, err := r.Record(
		strict.Required("format", strict.Into(&alphabet, strict.OneOf(r.Reader, giftcode.Numeric, giftcode.Alphanumeric))),
		strict.Required("length", strict.Into(&lengths, r.lengths)),
	)
	if err != nil {
		return giftcode.Format{}, err
	}
	format, err := giftcode.NewFormat(alphabet, int(lengths[0]), int(lengths[len(lengths)-1]))
	if err != nil {
		err = r.Mistake(opened, "no codes can be so long", fmt.Sprintf("write lengths from %d to %d, the shortest first", giftcode.ShortestFormat, giftcode.LongestFormat))
	}
	return format, err
}

func (r *reader) lengths() (lengths []int64, err error) {
	r.Next()
	opened := r.At()
	err = r.List("write the shortest and the longest length, as in [8, 20]", func() error {
		length, err := r.Integer(giftcode.LongestFormat, "a length", "write a whole number of characters, from 8 to 20")
		lengths = append(lengths, length)
		return err
	})
	if err == nil && len(lengths) != 2 {
		err = r.Mistake(opened, "these are not two lengths", "write the shortest and the longest, as in [16, 16]")
	}
	return lengths, err
}

func (r *reader) retailers() ([]catalog.Retailer, error) {
	var retailers []catalog.Retailer
	err := r.List("write a list of retailers", func() error {
		var retailer catalog.Retailer
		_, err := r.Record(
			strict.Optional("id", strict.Into(&retailer.ID, named[catalog.RetailerID](r))),
			strict.Required("name", strict.Into(&retailer.Name, r.anyText)),
			strict.Required("country", strict.Into(&retailer.Country, r.country)),
			strict.Required("where", strict.Into(&retailer.Where, strict.OneOf(r.Reader, catalog.InStore, catalog.Online))),
			strict.Required("products", strict.Into(&retailer.Products, r.productIDs)),
			strict.Optional("zone", strict.Into(&retailer.Zone, r.zone)),
			strict.Optional("commission", strict.Into(&retailer.Commission, r.rate)),
			strict.Optional("limits", strict.Into(&retailer.Limits, r.limits)),
			strict.Optional("settlement", strict.Into(&retailer.Settlement, r.settlement)),
		)
		retailers = append(retailers, retailer)
		return err
	})
	return retailers, err
}

// limits are what a retailer may activate.
func (r *reader) limits() (catalog.Limits, error) {
	var limits catalog.Limits
	var currency money.Currency
	var card, day int64
	_, err := r.Record(
		strict.Required("currency", strict.Into(&currency, r.currency)),
		strict.Optional("card", strict.Into(&card, r.amount)),
		strict.Optional("day", strict.Into(&day, r.amount)),
	)
	limits.Card, limits.Day = money.New(card, currency), money.New(day, currency)
	return limits, err
}

// zone reads the name of a time zone.
func (r *reader) zone() (string, error) {
	return strict.Parsed(r.Reader, func(name string) (string, error) {
		zone, err := time.LoadLocation(name)
		if err != nil || name == "" || name == "Local" {
			return "", errors.New("there is no such time zone")
		}
		return zone.String(), nil
	}, "time zone", `write one of the IANA time zones, as in "America/New_York"`)
}

func (r *reader) productIDs() ([]catalog.ProductID, error) {
	var ids []catalog.ProductID
	err := r.List("write a list of products' ids", func() error {
		id, err := named[catalog.ProductID](r)()
		ids = append(ids, id)
		return err
	})
	return ids, err
}
