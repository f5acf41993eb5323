package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Difference is how a thing in one catalogue differs from that in another.
type Difference string

// The differences.
const (
	Added   Difference = "added"
	Changed Difference = "changed"
	Ended   Difference = "ended"
)

// Change is one thing that is otherwise in the catalogue that follows. What was not there, or is no more, is
// empty.
type Change struct {
	Difference    Difference
	What          string // as in "price of basic in EUR from 2027-09-01"
	Before, After string
}

// entry is a thing in a catalogue, by what it is called, with all that may change of it in words.
type entry struct{ what, says string }

// Changes are what this catalogue has otherwise than the one before it: plans, prices, taxes, products and
// retailers, each in its own order.
func (c *Catalog) Changes(before *Catalog) []Change {
	var all []Change
	for _, entries := range []func(*Catalog) []entry{(*Catalog).planEntries, (*Catalog).priceEntries, (*Catalog).taxEntries,
		(*Catalog).productEntries, (*Catalog).retailerEntries} {
		all = append(all, compare(entries(before), entries(c))...)
	}
	return all
}

// compare tells what is new or otherwise, in its order, and then what is no more.
func compare(before, after []entry) []Change {
	was, is := byName(before), byName(after)
	var all []Change
	for _, now := range after {
		switch then, known := was[now.what]; {
		case !known:
			all = append(all, Change{Added, now.what, "", now.says})
		case then != now.says:
			all = append(all, Change{Changed, now.what, then, now.says})
		}
	}
	for _, then := range before {
		if _, kept := is[then.what]; !kept {
			all = append(all, Change{Ended, then.what, then.says, ""})
		}
	}
	return all
}

func byName(entries []entry) map[string]string {
	says := make(map[string]string, len(entries))
	for _, e := range entries {
		says[e.what] = e.says
	}
	return says
}

func (c *Catalog) planEntries() []entry {
	var all []entry
	for _, plan := range c.plans {
		all = append(all, entry{"plan " + string(plan.ID), textsSay(plan.Texts)})
	}
	return all
}

func textsSay(texts map[string]PlanText) string {
	var says []string
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		says = append(says, fmt.Sprintf("%s: %s (%s)", tag, texts[tag].Name, texts[tag].Says))
	}
	return strings.Join(says, "; ")
}

func (c *Catalog) priceEntries() []entry {
	var all []entry
	for _, plan := range c.plans {
		prices := slices.SortedFunc(slices.Values(plan.Prices), func(a, b Price) int {
			return cmp.Or(cmp.Compare(a.Amount.Currency().String(), b.Amount.Currency().String()), a.From.Compare(b.From))
		})
		for _, price := range prices {
			all = append(all, entry{fmt.Sprintf("price of %s in %s from %s", plan.ID, price.Amount.Currency(), price.From), price.Amount.String()})
		}
	}
	return all
}

func (c *Catalog) taxEntries() []entry {
	var all []entry
	for _, tax := range c.Taxes() {
		says := tax.Rate.String() + " on top"
		if tax.Inclusive {
			says = tax.Rate.String() + " included"
		}
		all = append(all, entry{fmt.Sprintf("tax of %s from %s", tax.Country, tax.From), says})
	}
	return all
}

func (c *Catalog) productEntries() []entry {
	var all []entry
	for _, product := range c.products {
		all = append(all, entry{"product " + string(product.ID), product.says()})
	}
	return all
}

func (p Product) says() string {
	says := fmt.Sprintf("%s in %s", p.Value, p.Country)
	if !p.Most.IsZero() {
		says = fmt.Sprintf("%s to %s in %s", p.Value, p.Most, p.Country)
	}
	if p.Form != Printed {
		says += ", " + string(p.Form)
	}
	if p.Closed {
		says += ", closed"
	}
	if !p.Codes.IsZero() {
		says += ", codes " + p.Codes.String()
	}
	if len(p.Texts) > 0 {
		says += "; " + textsSay(p.Texts)
	}
	return says
}

func (r Retailer) says() string {
	says := fmt.Sprintf("%s: %v", r.Where, r.Products)
	if r.ID != "" {
		says += fmt.Sprintf(", id %s, business days of %s, commission %s, limits %s a card and %s a day", r.ID, r.Zone, r.Commission, r.Limits.Card, r.Limits.Day)
	}
	if r.Settlement != nil {
		says += ", " + r.Settlement.says()
	}
	return says
}

func (s Settlement) says() string {
	says := []string{fmt.Sprintf("%s files of %s in %s", s.Format, s.KnownAs, s.Currency)}
	if s.Format == CSV {
		says[0] += fmt.Sprintf(" parted by %q", s.Separator)
	}
	says = append(says, fmt.Sprintf("amounts %s, times %s, days %s", s.Amounts, s.Times, s.Days))
	if s.Signed {
		says = append(says, "signed")
	}
	if s.UTC {
		says = append(says, "in UTC")
	}
	for _, field := range FileFields {
		says = append(says, fmt.Sprintf("%s %s", field, s.Fields[field].says()))
	}
	for _, word := range slices.Sorted(maps.Keys(s.Operations)) {
		says = append(says, fmt.Sprintf("%q is %s", word, s.Operations[word]))
	}
	if h := s.Header; h != nil {
		says = append(says, fmt.Sprintf("header %q with retailer %s and day %s", h.Mark, h.Retailer.says(), h.Day.says()))
	}
	if t := s.Trailer; t != nil {
		says = append(says, fmt.Sprintf("trailer %q with count %s and total %s", t.Mark, t.Count.says(), t.Total.says()))
	}
	return strings.Join(says, ", ")
}

func (p Place) says() string {
	switch {
	case p == Place{}:
		return "nowhere"
	case p.Column != "":
		return fmt.Sprintf("in column %q", p.Column)
	case p.Length > 0:
		return fmt.Sprintf("from %d for %d", p.From, p.Length)
	}
	return fmt.Sprintf("in field %d", p.From)
}

func (c *Catalog) retailerEntries() []entry {
	sells := map[string][]string{}
	var all []entry
	for _, retailer := range c.retailers {
		what := fmt.Sprintf("retailer %s in %s", retailer.Name, retailer.Country)
		says := retailer.says()
		if sells[what] = append(sells[what], says); len(sells[what]) == 1 {
			all = append(all, entry{what: what})
		}
	}
	for at := range all {
		all[at].says = strings.Join(sells[all[at].what], "; ") // a chain may stand there twice
	}
	return all
}
