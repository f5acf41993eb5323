package simulate

import (
	"fmt"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
	"scrip/strict"
)

func (r *reader) catalog() (*catalog.Catalog, error) {
	var plans []catalog.Plan
	var taxes []catalog.Tax
	_, err := r.Record(
		strict.Required("plans", strict.Into(&plans, func() ([]catalog.Plan, error) { return r.plans() })),
		strict.Optional("taxes", strict.Into(&taxes, r.taxes)),
	)
	if err != nil {
		return nil, err
	}
	c, err := catalog.New(plans, taxes, nil, nil)
	if err != nil {
		return nil, r.Mistake(r.At(), err.Error(), "mend the catalogue")
	}
	return c, nil
}

// plans reads plans that have, beside their ids and prices, fields of more.
func (r *reader) plans(more ...func(*catalog.Plan) strict.Field) ([]catalog.Plan, error) {
	var plans []catalog.Plan
	taken := map[catalog.PlanID]int{}
	err := r.some("plan", func() error {
		var plan catalog.Plan
		fields := []strict.Field{strict.Required("id", strict.Into(&plan.ID, named[catalog.PlanID](r))), strict.Required("prices", strict.Into(&plan.Prices, r.prices))}
		for _, other := range more {
			fields = append(fields, other(&plan))
		}
		found, err := r.Record(fields...)
		if err != nil {
			return err
		}
		if other, twice := taken[plan.ID]; twice {
			return r.In("id", func() error {
				return r.Mistake(found["id"], fmt.Sprintf("plans[%d] is called %s already", other, strict.Quoted(string(plan.ID))), "give each plan an id of its own")
			})
		}
		taken[plan.ID] = len(plans)
		plans = append(plans, plan)
		return nil
	})
	return plans, err
}

// some reads a list that may not be empty.
func (r *reader) some(noun string, item func() error) error {
	r.Next()
	opened, count := r.At(), 0
	err := r.List(fmt.Sprintf("write a list in brackets, with at least one %s", noun), func() error {
		count++
		return item()
	})
	if err == nil && count == 0 {
		return r.Mistake(opened, "the list is empty", "add at least one "+noun)
	}
	return err
}

// priced is a price's currency and first day, of which a plan has no two.
type priced struct {
	currency money.Currency
	from     calendar.Date
}

// taxed is a tax's country and first day, of which a catalogue has no two.
type taxed struct {
	country catalog.Country
	from    calendar.Date
}

func (r *reader) prices() ([]catalog.Price, error) {
	var prices []catalog.Price
	taken := map[priced]int{}
	err := r.some("price", func() error {
		var minor int64
		var key priced
		found, err := r.Record(
			strict.Required("currency", strict.Into(&key.currency, r.currency)),
			strict.Required("amount", strict.Into(&minor, r.amount)),
			strict.Required("from", strict.Into(&key.from, r.date)),
		)
		if err != nil {
			return err
		}
		if other, twice := taken[key]; twice {
			return r.sameFrom(found, fmt.Sprintf("prices[%d] is in %s from %s already", other, key.currency, key.from))
		}
		taken[key] = len(prices)
		prices = append(prices, catalog.Price{Amount: money.New(minor, key.currency), From: key.from})
		return nil
	})
	return prices, err
}

func (r *reader) sameFrom(found strict.Marks, problem string) error {
	return r.In("from", func() error {
		return r.Mistake(found["from"], problem, "write another date, or take one of the two out")
	})
}

func (r *reader) taxes() ([]catalog.Tax, error) {
	var taxes []catalog.Tax
	taken := map[taxed]int{}
	err := r.List("write a list of taxes, or leave the field out", func() error {
		var tax catalog.Tax
		found, err := r.Record(
			strict.Required("country", strict.Into(&tax.Country, r.country)),
			strict.Required("rate", strict.Into(&tax.Rate, r.rate)),
			strict.Required("inclusive", strict.Into(&tax.Inclusive, r.Truth)),
			strict.Required("from", strict.Into(&tax.From, r.date)),
		)
		if err != nil {
			return err
		}
		key := taxed{tax.Country, tax.From}
		if other, twice := taken[key]; twice {
			return r.sameFrom(found, fmt.Sprintf("taxes[%d] is of %s from %s already", other, tax.Country, tax.From))
		}
		taken[key] = len(taxes)
		taxes = append(taxes, tax)
		return nil
	})
	return taxes, err
}
