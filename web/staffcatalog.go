package web

import (
	"slices"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
)

// soldView is what is sold, as staff see it: what is in force on a day, and what comes after it.
type soldView struct {
	*catalog.Catalog
	Today calendar.Date
}

func (s *site) staffCatalog(v *visit) error {
	if err := v.actor.May(access.ReadCatalog, ""); err != nil {
		return err
	}
	return v.show(staffCatalogPage(v.page, soldView{v.page.terms.Catalog, calendar.In(s.Engine.Now(), time.UTC)}))
}

// Prices are a plan's prices but those that another has replaced by today.
func (s soldView) Prices(plan catalog.Plan) []catalog.Price {
	return slices.DeleteFunc(slices.Clone(plan.Prices), func(price catalog.Price) bool {
		return slices.ContainsFunc(plan.Prices, func(other catalog.Price) bool {
			return other.Amount.Currency() == price.Amount.Currency() && s.replaced(price.From, other.From)
		})
	})
}

// Rates are the taxes but those that another has replaced by today.
func (s soldView) Rates() []catalog.Tax {
	all := s.Taxes()
	return slices.DeleteFunc(slices.Clone(all), func(tax catalog.Tax) bool {
		return slices.ContainsFunc(all, func(other catalog.Tax) bool {
			return other.Country == tax.Country && s.replaced(tax.From, other.From)
		})
	})
}

// replaced reports whether what counts from one date on counts no longer today, because of what counts from another.
func (s soldView) replaced(from, other calendar.Date) bool {
	return from.Before(other) && !other.After(s.Today)
}

// since says from when something counts.
func (s soldView) since(p *page, from calendar.Date) string {
	if from.After(s.Today) {
		return p.T("staff.catalog.comes", "Date", from)
	}
	return p.T("staff.catalog.since", "Date", from)
}

// taxKind is whether prices include a tax: the key of a message.
func taxKind(tax catalog.Tax) string {
	if tax.Inclusive {
		return "staff.catalog.inclusive"
	}
	return "staff.catalog.on_top"
}

// paysAs is what a payer pays: the key of a message.
func paysAs(payer catalog.Payer) string {
	if payer.PaysAlways() {
		return "staff.catalog.pays_always"
	}
	return "staff.catalog.balance_first"
}
