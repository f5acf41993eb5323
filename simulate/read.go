package simulate

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"scrip/billing"
	"scrip/catalog"
	"scrip/money"
)

// Read reads a scenario file as strictly as billing.md 9 has it: no other field, no field twice, no
// null, nothing after the end. What is wrong with a file is a *Mistake; any other error is the
// source's own. Of several mistakes it tells the first that it meets down the file.
func Read(source io.Reader) (Scenario, error) {
	return whole(source, "scenario: an object with catalog, account, events and until", (*reader).scenario)
}

// whole reads a file that holds one thing and no more.
func whole[T any](source io.Reader, what string, read func(*reader) (T, error)) (thing T, err error) {
	data, err := io.ReadAll(io.LimitReader(source, largestFileSize+1))
	if err != nil {
		return thing, err
	}
	r := &reader{scanner{data: data}}
	if err := r.readable(what); err != nil {
		return thing, err
	}
	if thing, err = read(r); err != nil {
		var nothing T
		return nothing, err
	}
	if r.next(); r.at < len(data) {
		var nothing T
		noun, _, _ := strings.Cut(what, ":")
		return nothing, r.mistake(r.at, r.found()+" follows the end of the "+noun, "take it out")
	}
	return thing, nil
}

// readable finds what is wrong with a file before anything in it is read.
func (r *reader) readable(what string) error {
	switch {
	case len(r.data) > largestFileSize:
		return r.mistake(largestFileSize, fmt.Sprintf("the file is larger than %d MiB", largestFileSize>>20), "make it smaller")
	case bytes.HasPrefix(r.data, []byte("\ufeff")):
		return r.mistake(0, "the file begins with a byte order mark", "save it as UTF-8 without one")
	case len(bytes.TrimSpace(r.data)) == 0:
		return r.mistake(0, "the file is empty", "write a "+what)
	}
	for at := 0; at < len(r.data); {
		letter, size := utf8.DecodeRune(r.data[at:])
		if letter == utf8.RuneError && size == 1 {
			return r.mistake(at, fmt.Sprintf("the byte %#02x is not UTF-8", r.data[at]), "save the file as UTF-8")
		}
		at += size
	}
	return nil
}

func (r *reader) scenario() (Scenario, error) {
	s := Scenario{Terms: billing.Terms{Policy: billing.DefaultPolicy()}}
	var events []entry
	found, err := r.record(
		optional("name", into(&s.Name, r.anyText)),
		optional("says", into(&s.Says, r.anyText)),
		required("catalog", into(&s.Terms.Catalog, r.catalog)),
		optional("policy", into(&s.Terms.Policy, r.policy)),
		required("account", func() error { return r.account(&s) }),
		required("events", into(&events, r.events)),
		required("until", into(&s.Until, r.date)),
		optional("expect", r.ignore),
	)
	if err != nil {
		return s, err
	}
	if last := events[len(events)-1].On; s.Until.Before(last) {
		return s, r.in("until", func() error {
			return r.mistake(found["until"], fmt.Sprintf("%s is before the last event, on %s", s.Until, last), "write that date or a later one")
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
			r.path = path{{name: "events", field: true}, {index: i}, {name: "amount", field: true}}
			return r.mistake(event.found["amount"], fmt.Sprintf("with this card the amounts add up to more than %d", int64(math.MaxInt64)),
				"redeem less")
		}
		values[event.Card] += more
		sum += more
	}
	return nil
}

func (r *reader) policy() (billing.Policy, error) {
	p := billing.DefaultPolicy()
	_, err := r.record(
		optional("shortfall", into(&p.Shortfall, oneOf(r, billing.Prorate, billing.ChargeRemainder))),
		optional("upgrade", into(&p.Upgrade, oneOf(r, billing.Rebase, billing.NextBillingDate))),
		optional("retry_days", into(&p.RetryDays, r.retryDays)),
		optional("close_held_after_days", into(&p.CloseHeldAfterDays, r.days)),
		optional("reminder_days", into(&p.ReminderDays, r.days)),
	)
	return p, err
}

func (r *reader) retryDays() ([]int, error) {
	days := []int{}
	err := r.list("write a list of whole numbers that ascends, as in [1, 3, 5, 7]", func() error {
		r.next()
		at := r.at
		next, err := r.days()
		if err != nil {
			return err
		}
		if len(days) > 0 && next <= days[len(days)-1] {
			return r.mistake(at, fmt.Sprintf("%d does not come after %d", next, days[len(days)-1]), "write the days in ascending order, each once")
		}
		days = append(days, next)
		return nil
	})
	return days, err
}

func (r *reader) account(s *Scenario) error {
	s.Method = billing.NoMethod
	_, err := r.record(
		required("country", into(&s.Country, r.country)),
		required("currency", into(&s.Currency, r.currency)),
		optional("payment_method", into(&s.Method, r.method())),
	)
	return err
}

func (r *reader) method() func() (billing.Method, error) {
	return oneOf(r, billing.NoMethod, billing.MethodWorks, billing.MethodDeclines)
}

func (r *reader) payer() func() (catalog.Payer, error) {
	return oneOf(r, catalog.Self, catalog.Partner, catalog.Apple, catalog.Package)
}
