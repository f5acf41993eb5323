package simulate

import (
	"fmt"
	"io"
	"math"

	"scrip/billing"
	"scrip/catalog"
	"scrip/money"
	"scrip/strict"
)

// Read reads a scenario file as strictly as billing.md 9 has it: no other field, no field twice, no
// null, nothing after the end. What is wrong with a file is a *strict.Mistake; any other error is the
// source's own. Of several mistakes it tells the first that it meets down the file.
func Read(source io.Reader) (Scenario, error) {
	return whole(source, "scenario: an object with catalog, account, events and until", (*reader).scenario)
}

func (r *reader) scenario() (Scenario, error) {
	s := Scenario{Terms: billing.Terms{Policy: billing.DefaultPolicy()}}
	var events []entry
	found, err := r.Record(
		strict.Optional("name", strict.Into(&s.Name, r.anyText)),
		strict.Optional("says", strict.Into(&s.Says, r.anyText)),
		strict.Required("catalog", strict.Into(&s.Terms.Catalog, r.catalog)),
		strict.Optional("policy", strict.Into(&s.Terms.Policy, r.policy)),
		strict.Required("account", func() error { return r.account(&s) }),
		strict.Required("events", strict.Into(&events, r.events)),
		strict.Required("until", strict.Into(&s.Until, r.date)),
		strict.Optional("expect", r.Ignore),
	)
	if err != nil {
		return s, err
	}
	if last := events[len(events)-1].On; s.Until.Before(last) {
		return s, r.In("until", func() error {
			return r.Mistake(found["until"], fmt.Sprintf("%s is before the last event, on %s", s.Until, last), "write that date or a later one")
		})
	}
	for _, event := range events {
		s.Events = append(s.Events, event.Event)
	}
	return s, r.redeemable(events, s.Currency)
}

// redeemable finds the event from which on the account's cards could be worth more than an amount can
// hold. A card named twice counts once, with the larger of its values.
func (r *reader) redeemable(events []entry, currency money.Currency) error {
	values, sum := map[string]int64{}, int64(0)
	for i, event := range events {
		more := event.Amount.Minor() - values[event.Card]
		if event.Amount.Currency() != currency || more <= 0 {
			continue
		}
		if more > math.MaxInt64-sum {
			tooMuch := func() error {
				return r.Mistake(event.found["amount"], fmt.Sprintf("with this card the amounts add up to more than %d", int64(math.MaxInt64)),
					"redeem less")
			}
			return r.In("events", func() error { return r.Nth(i, func() error { return r.In("amount", tooMuch) }) })
		}
		values[event.Card] += more
		sum += more
	}
	return nil
}

func (r *reader) policy() (billing.Policy, error) {
	p := billing.DefaultPolicy()
	_, err := r.Record(
		strict.Optional("shortfall", strict.Into(&p.Shortfall, strict.OneOf(r.Reader, billing.Prorate, billing.ChargeRemainder))),
		strict.Optional("upgrade", strict.Into(&p.Upgrade, strict.OneOf(r.Reader, billing.Rebase, billing.NextBillingDate))),
		strict.Optional("retry_days", strict.Into(&p.RetryDays, r.retryDays)),
		strict.Optional("close_held_after_days", strict.Into(&p.CloseHeldAfterDays, r.days)),
		strict.Optional("reminder_days", strict.Into(&p.ReminderDays, r.days)),
	)
	return p, err
}

func (r *reader) retryDays() ([]int, error) {
	days := []int{}
	err := r.List("write a list of whole numbers that ascends, as in [1, 3, 5, 7]", func() error {
		r.Next()
		at := r.At()
		next, err := r.days()
		if err != nil {
			return err
		}
		if len(days) > 0 && next <= days[len(days)-1] {
			return r.Mistake(at, fmt.Sprintf("%d does not come after %d", next, days[len(days)-1]), "write the days in ascending order, each once")
		}
		days = append(days, next)
		return nil
	})
	return days, err
}

func (r *reader) account(s *Scenario) error {
	s.Method = billing.NoMethod
	_, err := r.Record(
		strict.Required("country", strict.Into(&s.Country, r.country)),
		strict.Required("currency", strict.Into(&s.Currency, r.currency)),
		strict.Optional("payment_method", strict.Into(&s.Method, r.method())),
	)
	return err
}

func (r *reader) method() func() (billing.Method, error) {
	return strict.OneOf(r.Reader, billing.NoMethod, billing.MethodWorks, billing.MethodDeclines)
}

func (r *reader) payer() func() (catalog.Payer, error) {
	return strict.OneOf(r.Reader, catalog.Self, catalog.Partner, catalog.Apple, catalog.Package)
}
