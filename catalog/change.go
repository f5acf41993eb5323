package catalog

import (
	"fmt"
	"slices"

	"scrip/calendar"
)

// MayFollow tells why this catalogue may not take the place of another: what has begun before a date
// stays as it is, prices, taxes and plans. The date is the first that has begun nowhere yet.
func (c *Catalog) MayFollow(before *Catalog, notYetBegun calendar.Date) error {
	for _, plan := range before.plans {
		now, kept := c.prices[plan.ID]
		if !kept {
			return fmt.Errorf("plan %q is gone: keep it, there may be members on it", plan.ID)
		}
		for currency, dated := range before.prices[plan.ID] {
			if !slices.Equal(begun(dated, priceFrom, notYetBegun), begun(now[currency], priceFrom, notYetBegun)) {
				return fmt.Errorf("plan %q has other prices in %s from before %s: leave those, and add new ones", plan.ID, currency, notYetBegun)
			}
		}
		for currency, dated := range now {
			if len(before.prices[plan.ID][currency]) == 0 && len(begun(dated, priceFrom, notYetBegun)) > 0 {
				return fmt.Errorf("plan %q has a new price in %s from before %s: let it begin later", plan.ID, currency, notYetBegun)
			}
		}
	}
	for country := range c.taxes {
		if !slices.Equal(begun(before.taxes[country], taxFrom, notYetBegun), begun(c.taxes[country], taxFrom, notYetBegun)) {
			return fmt.Errorf("country %s has other taxes from before %s: leave those, and add new ones", country, notYetBegun)
		}
	}
	for country := range before.taxes {
		if len(c.taxes[country]) == 0 && len(begun(before.taxes[country], taxFrom, notYetBegun)) > 0 {
			return fmt.Errorf("country %s has no taxes any more: leave those from before %s", country, notYetBegun)
		}
	}
	return nil
}

func priceFrom(p Price) calendar.Date { return p.From }
func taxFrom(t Tax) calendar.Date     { return t.From }

// begun are those of a dated list, oldest first, that begin before a date.
func begun[T any](dated []T, from func(T) calendar.Date, notYetBegun calendar.Date) []T {
	for i, entry := range dated {
		if !from(entry).Before(notYetBegun) {
			return dated[:i]
		}
	}
	return dated
}
