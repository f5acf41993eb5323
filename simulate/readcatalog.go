package simulate

import (
	"fmt"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

func (r *reader) catalog() (*catalog.Catalog, error) {
	var plans []catalog.Plan
	var taxes []catalog.Tax
	_, err := r.record(
		required("plans", into(&plans, func() ([]catalog.Plan, error) { return r.plans() })),
		optional("taxes", into(&taxes, r.taxes)),
	)
	if err != nil {
		return nil, err
	}
	c, err := catalog.New(plans, taxes, nil, nil)
	if err != nil {
		return nil, r.mistake(r.at, err.Error(), "mend the catalogue")
	}
	return c, nil
}

// plans reads plans that have, beside their ids and prices, fields of more.
func (r *reader) plans(more ...func(*catalog.Plan) field) ([]catalog.Plan, error) {
	var plans []catalog.Plan
	taken := map[catalog.PlanID]int{}
	err := r.some("plan", func() error {
		var plan catalog.Plan
		fields := []field{required("id", into(&plan.ID, named[catalog.PlanID](r))), required("prices", into(&plan.Prices, r.prices))}
		for _, other := range more {
			fields = append(fields, other(&plan))
		}
		found, err := r.record(fields...)
		if err != nil {
			return err
		}
		if other, twice := taken[plan.ID]; twice {
			return r.in("id", func() error {
				return r.mistake(found["id"], fmt.Sprintf("plans[%d] is called %s already", other, quoted(string(plan.ID))), "give each plan an id of its own")
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
	r.next()
	opened, count := r.at, 0
	err := r.list(fmt.Sprintf("write a list in brackets, with at least one %s", noun), func() error {
		count++
		return item()
	})
	if err == nil && count == 0 {
		return r.mistake(opened, "the list is empty", "add at least one "+noun)
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
		found, err := r.record(
			required("currency", into(&key.currency, r.currency)),
			required("amount", into(&minor, r.amount)),
			required("from", into(&key.from, r.date)),
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

func (r *reader) sameFrom(found marks, problem string) error {
	return r.in("from", func() error {
		return r.mistake(found["from"], problem, "write another date, or take one of the two out")
	})
}

func (r *reader) taxes() ([]catalog.Tax, error) {
	var taxes []catalog.Tax
	taken := map[taxed]int{}
	err := r.list("write a list of taxes, or leave the field out", func() error {
		var tax catalog.Tax
		found, err := r.record(
			required("country", into(&tax.Country, r.country)),
			required("rate", into(&tax.Rate, r.rate)),
			required("inclusive", into(&tax.Inclusive, r.truth)),
			required("from", into(&tax.From, r.date)),
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
