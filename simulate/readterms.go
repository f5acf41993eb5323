package simulate

import (
	"io"

	"scrip/billing"
	"scrip/catalog"
	"scrip/money"
)

// ReadTerms reads a service's catalogue file, as strictly as a scenario: what a scenario's catalogue and
// policy have, and beside them the plans' texts by language, the gift-card products and the retailers.
func ReadTerms(source io.Reader) (billing.Terms, error) {
	return whole(source, "catalogue: an object with catalog and policy", (*reader).terms)
}

func (r *reader) terms() (billing.Terms, error) {
	terms := billing.Terms{Policy: billing.DefaultPolicy()}
	_, err := r.record(
		required("catalog", into(&terms.Catalog, r.assortment)),
		optional("policy", into(&terms.Policy, r.policy)),
	)
	return terms, err
}

func (r *reader) assortment() (*catalog.Catalog, error) {
	var plans []catalog.Plan
	var taxes []catalog.Tax
	var products []catalog.Product
	var retailers []catalog.Retailer
	texts := func(plan *catalog.Plan) field { return optional("texts", into(&plan.Texts, r.texts)) }
	_, err := r.record(
		required("plans", into(&plans, func() ([]catalog.Plan, error) { return r.plans(texts) })),
		optional("taxes", into(&taxes, r.taxes)),
		optional("products", into(&products, r.products)),
		optional("retailers", into(&retailers, r.retailers)),
	)
	if err != nil {
		return nil, err
	}
	c, err := catalog.New(plans, taxes, products, retailers)
	if err != nil {
		return nil, r.mistake(r.at, err.Error(), "mend the catalogue")
	}
	return c, nil
}

// texts are a plan's name and description by language tag.
func (r *reader) texts() (map[string]catalog.PlanText, error) {
	texts := map[string]catalog.PlanText{}
	if r.next() != '{' {
		return nil, r.unfit(`write an object of languages, as in {"en": {"name": "Basic", "says": "One screen"}}`)
	}
	err := r.object("", func(tag string, at int) error {
		if _, twice := texts[tag]; twice {
			return r.mistake(at, "the language stands here twice", "keep one of the two")
		}
		var text catalog.PlanText
		_, err := r.record(
			required("name", into(&text.Name, r.anyText)),
			optional("says", into(&text.Says, r.anyText)),
		)
		texts[tag] = text
		return err
	})
	return texts, err
}

func (r *reader) products() ([]catalog.Product, error) {
	var products []catalog.Product
	err := r.list("write a list of products", func() error {
		var product catalog.Product
		var currency money.Currency
		var minor int64
		_, err := r.record(
			required("id", into(&product.ID, named[catalog.ProductID](r))),
			required("country", into(&product.Country, r.country)),
			required("currency", into(&currency, r.currency)),
			required("amount", into(&minor, r.amount)),
		)
		product.Value = money.New(minor, currency)
		products = append(products, product)
		return err
	})
	return products, err
}

func (r *reader) retailers() ([]catalog.Retailer, error) {
	var retailers []catalog.Retailer
	err := r.list("write a list of retailers", func() error {
		var retailer catalog.Retailer
		_, err := r.record(
			required("name", into(&retailer.Name, r.anyText)),
			required("country", into(&retailer.Country, r.country)),
			required("where", into(&retailer.Where, oneOf(r, catalog.InStore, catalog.Online))),
			required("products", into(&retailer.Products, r.productIDs)),
		)
		retailers = append(retailers, retailer)
		return err
	})
	return retailers, err
}

func (r *reader) productIDs() ([]catalog.ProductID, error) {
	var ids []catalog.ProductID
	err := r.list("write a list of products' ids", func() error {
		id, err := named[catalog.ProductID](r)()
		ids = append(ids, id)
		return err
	})
	return ids, err
}
