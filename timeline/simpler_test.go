package timeline_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// simpler is the simpler model: billing.md read aloud, one day after another, with big fractions and
// no thought for speed. It shares nothing with the rules but the story, and tells the same lines.
type simpler struct {
	story
	account  simplerAccount
	used     map[string]bool
	reminded map[day]bool
	ended    map[string]string // an authorization's end
	told     []string
	runsOut  map[string]simplerEstimate // what was reckoned before for an account that looked the same
}

type simplerEstimate struct {
	date day
	some bool
}

type simplerAccount struct {
	status, plan, pending, payer, method string
	cancelled                            bool
	anchor                               int
	end                                  day
	paidBy                               string
	worth                                int64 // P of billing.md 5
	worthFrom                            day
	heldOn                               day
	lots                                 []simplerLot
	open                                 []simplerAuthorization
}

type simplerLot struct {
	source string
	rest   int64
}

func newSimpler(s story) *simpler {
	return &simpler{story: s, used: map[string]bool{}, reminded: map[day]bool{}, ended: map[string]string{}, runsOut: map[string]simplerEstimate{},
		account: simplerAccount{status: "none", payer: "self", method: s.Account.Method}}
}

// live lives every day of the story (billing.md 1) and returns the account's end.
func (w *simpler) live() string {
	events := w.Events
	for today := events[0].On; today <= w.Until; today++ {
		w.expire(today)
		w.due(today)
		for len(events) > 0 && events[0].On == today {
			w.happen(events[0])
			events = events[1:]
		}
		if a := &w.account; a.status == "held" && int(today-a.heldOn) == w.Policy.CloseAfter {
			w.close(today)
		}
		w.remind(today)
	}
	return w.end()
}

func (w *simpler) end() string {
	a := &w.account
	if a.status != "active" {
		return fmt.Sprint(a.status, " ", a.balance())
	}
	runsOut, some := w.estimate(*a)
	return fmt.Sprint(a.status, " ", a.balance(), " ", a.end, " ", dateOrNull(runsOut, some))
}

func (w *simpler) due(today day) {
	a := &w.account
	switch {
	case a.status == "active" && a.end == today:
		w.renew(today)
	case a.status == "held" && slices.Contains(w.Policy.RetryDays, int(today-a.heldOn)):
		w.release(today)
	}
}

func (w *simpler) renew(today day) {
	a := &w.account
	if a.pending != "" {
		a.plan, a.pending = a.pending, ""
		w.tell(today, "plan_changed", `,"plan":%q`, a.plan)
	}
	by, lines := w.pay(a, today)
	w.told = append(w.told, lines...)
	switch {
	case by != "":
	case a.cancelled:
		w.close(today)
	default:
		a.status, a.heldOn = "held", today
		w.tell(today, "held", "")
	}
}

// release tries all of billing.md 4 on hold.
func (w *simpler) release(today day) {
	a := &w.account
	trial := *a
	trial.anchor = today.time().Day()
	by, lines := w.pay(&trial, today)
	if by != "" {
		*a = trial
		w.tell(today, "hold_removed", "")
	}
	w.told = append(w.told, lines...)
}

func (w *simpler) close(today day) {
	w.account.status, w.account.pending, w.account.payer, w.account.cancelled = "closed", "", "self", false
	w.tell(today, "closed", `,"balance":%d`, w.account.balance())
}

func (w *simpler) remind(today day) {
	if w.account.status != "active" {
		return
	}
	runsOut, some := w.estimate(w.account)
	if some && !w.reminded[runsOut] && runsOut-day(w.Policy.Reminder) <= today && today < runsOut {
		w.reminded[runsOut] = true
		w.tell(today, "reminder", `,"runs_out":"%s","balance":%d`, runsOut, w.account.balance())
	}
}

// pay is billing.md 4: who pays for a period that begins today, and what is told of it.
func (w *simpler) pay(a *simplerAccount, today day) (by string, lines []string) {
	T, tax, rate := w.total(a.plan, today)
	end := nextMonth(today, a.anchor)
	N := int64(end - today)
	B := a.balance()
	D := floor(fraction(N*B, T))
	hasMethod := a.payer == "self" && !a.cancelled && a.method != "none"
	asked := false

	if a.payer == "apple" || a.payer == "package" {
		if a.cancelled {
			return "", nil
		}
		return w.charge(a, today, end, T, tax, 0, a.payer)
	}
	if B >= T {
		return w.charge(a, today, end, T, tax, T, "balance")
	}
	if B > 0 && hasMethod && (w.Policy.Shortfall == "charge_remainder" || D == 0) {
		if a.method == "ok" {
			return w.charge(a, today, end, T, tax, B, "payment_method")
		}
		lines = append(lines, line(today, "payment_declined", `,"amount":%d`, T-B))
		asked = true
	}
	if D >= 1 {
		C := round(fraction(T*D, N))
		by, more := w.charge(a, today, today+day(D), C, taxWithin(C, rate), C, "balance")
		return by, append(lines, more...)
	}
	if !a.cancelled && a.payer == "partner" {
		return w.charge(a, today, end, T, tax, 0, "partner")
	}
	if hasMethod && !asked {
		if a.method == "ok" {
			return w.charge(a, today, end, T, tax, 0, "payment_method")
		}
		lines = append(lines, line(today, "payment_declined", `,"amount":%d`, T))
	}
	return "", lines
}

// charge takes a part from the lots, oldest first, and the rest from whoever pays, and begins the period.
func (w *simpler) charge(a *simplerAccount, today, end day, total, tax, fromBalance int64, by string) (string, []string) {
	rest := total - fromBalance
	var parts []string
	lots := slices.Clone(a.lots)
	for i := range lots {
		if part := min(lots[i].rest, fromBalance); part > 0 {
			lots[i].rest -= part
			fromBalance -= part
			parts = append(parts, fmt.Sprintf(`{"source":%q,"amount":%d}`, lots[i].source, part))
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf(`{"source":%q,"amount":%d}`, by, rest))
	}
	prorated := end != nextMonth(today, a.anchor)
	a.lots, a.status, a.end, a.paidBy, a.worth, a.worthFrom = lots, "active", end, by, total, today
	if prorated {
		a.anchor = end.time().Day()
	}
	return by, []string{line(today, "charged", `,"plan":%q,"period":["%s","%s"],"total":%d,"tax":%d,"prorated":%t,"lines":[%s],"balance":%d`,
		a.plan, today, end, total, tax, prorated, strings.Join(parts, ","), a.balance())}
}

func (w *simpler) happen(e storyEvent) {
	refusal := ""
	switch e.Do {
	case "redeem":
		refusal = w.redeem(e)
	case "start":
		refusal = w.start(e)
	case "change_plan":
		refusal = w.change(e)
	case "cancel":
		refusal = w.cancel(e)
	case "restart":
		if refusal = "nothing_to_restart"; w.account.status == "active" && w.account.cancelled {
			w.account.cancelled, refusal = false, ""
			w.tell(e.On, "restarted", "")
		}
	case "payment_method":
		w.account.method = e.Method
		w.tell(e.On, "payment_method_set", `,"method":%q`, e.Method)
		w.releaseIfHeld(e.On)
	case "payer":
		refusal = w.setPayer(e)
	case "authorize", "charge":
		if refusal = w.authorize(e); refusal == "insufficient_balance" {
			w.tell(e.On, e.Do+"_refused", `,"reason":%q,"shortfall":%d`, refusal, e.Amount-w.account.balance())
			return
		}
	case "capture", "release":
		refusal = w.endAuthorization(e)
	}
	if refusal != "" {
		w.tell(e.On, e.Do+"_refused", `,"reason":%q`, refusal)
	}
}

func (w *simpler) releaseIfHeld(today day) {
	if w.account.status == "held" {
		w.release(today)
	}
}

func (w *simpler) redeem(e storyEvent) string {
	switch {
	case w.used[e.Card]:
		return "already_redeemed"
	case e.Currency != w.Account.Currency:
		return "currency_mismatch"
	case w.account.payer == "apple":
		return "billed_by_apple"
	case w.account.payer == "package":
		return "included_in_package"
	}
	w.used[e.Card] = true
	w.account.lots = append(slices.Clone(w.account.lots), simplerLot{e.Card, e.Amount})
	w.tell(e.On, "redeemed", `,"card":%q,"amount":%d,"balance":%d`, e.Card, e.Amount, w.account.balance())
	w.releaseIfHeld(e.On)
	return ""
}

func (w *simpler) start(e storyEvent) string {
	switch {
	case w.account.member():
		return "already_member"
	case !w.sold(e.Plan):
		return "unknown_plan"
	case w.price(e.Plan, e.On) == 0:
		return "no_price"
	}
	trial := w.account
	trial.plan, trial.payer, trial.anchor = e.Plan, e.Payer, e.On.time().Day()
	by, lines := w.pay(&trial, e.On)
	if by == "" {
		w.told = append(w.told, lines...)
		return "payment_required"
	}
	w.account = trial
	w.tell(e.On, "started", `,"plan":%q`, e.Plan)
	w.told = append(w.told, lines...)
	return ""
}

func (w *simpler) change(e storyEvent) string {
	a := &w.account
	switch {
	case !a.member():
		return "not_a_member"
	case !w.sold(e.Plan):
		return "unknown_plan"
	case e.Plan == a.plan && a.pending == "":
		return "same_plan"
	case w.price(e.Plan, e.On) == 0:
		return "no_price"
	}
	switch {
	case a.status == "held":
		a.plan = e.Plan
		w.tell(e.On, "plan_changed", `,"plan":%q`, e.Plan)
		w.release(e.On)
	case e.Plan == a.plan:
		a.pending = ""
		w.tell(e.On, "plan_change_withdrawn", `,"plan":%q`, e.Plan)
	case w.price(e.Plan, e.On) <= w.price(a.plan, e.On):
		a.pending = e.Plan
		w.tell(e.On, "plan_change_scheduled", `,"plan":%q,"effective":"%s"`, e.Plan, a.end)
	default:
		a.plan, a.pending = e.Plan, ""
		if w.Policy.Upgrade == "rebase" && (a.paidBy == "balance" || a.paidBy == "payment_method") {
			w.rebase(e.On)
		}
		w.tell(e.On, "plan_changed", `,"plan":%q,"paid_until":"%s"`, a.plan, a.end)
	}
	return ""
}

// rebase lets the unused value buy days of the new plan.
func (w *simpler) rebase(today day) {
	a := &w.account
	m, n := int64(a.end-today), int64(a.end-a.worthFrom)
	V := round(fraction(a.worth*m, n))
	T, _, _ := w.total(a.plan, today)
	N := int64(nextMonth(today, today.time().Day()) - today)
	end := today + day(min(m, max(1, ceil(fraction(V*N, T)))))
	if end != a.end {
		a.end, a.anchor = end, end.time().Day()
	}
	a.worth, a.worthFrom = V, today
}

func (w *simpler) cancel(e storyEvent) string {
	a := &w.account
	switch {
	case !a.member():
		return "not_a_member"
	case a.cancelled:
		return "already_cancelled"
	case a.status == "held":
		w.tell(e.On, "cancelled", "")
		w.close(e.On)
		return ""
	}
	a.cancelled = true
	ends, some := a.end, true
	if a.payer != "apple" && a.payer != "package" {
		ends, some = w.balanceLasts(*a)
	}
	w.tell(e.On, "cancelled", `,"ends":%s`, dateOrNull(ends, some))
	return ""
}

func (w *simpler) setPayer(e storyEvent) string {
	switch a := &w.account; {
	case a.status != "active":
		return "not_a_member"
	case a.cancelled:
		return "already_cancelled"
	}
	w.account.payer = e.Payer
	w.tell(e.On, "payer_set", `,"payer":%q`, e.Payer)
	return ""
}

// estimate is billing.md 7's runs_out. It depends on the account alone, so it is remembered by it.
func (w *simpler) estimate(a simplerAccount) (day, bool) {
	if a.status != "active" || a.payer == "apple" || a.payer == "package" {
		return 0, false
	}
	key := fmt.Sprint(a)
	known, seen := w.runsOut[key]
	if !seen {
		known.date, known.some = w.balanceLasts(a)
		if known.date == a.end && a.paidBy != "balance" {
			known = simplerEstimate{}
		}
		w.runsOut[key] = known
	}
	return known.date, known.some
}

// balanceLasts is the first billing date for whose period the balance alone doesn't pay.
func (w *simpler) balanceLasts(a simplerAccount) (day, bool) {
	for range 1200 {
		if a.pending != "" {
			a.plan, a.pending = a.pending, ""
		}
		billingDate := a.end
		if by, _ := w.pay(&a, billingDate); by != "balance" {
			return billingDate, true
		}
	}
	return 0, false
}

func (w *simpler) sold(plan string) bool {
	return slices.ContainsFunc(w.Catalog.Plans, func(p storyPlan) bool { return p.ID == plan })
}

// price is the latest not after the day, or 0.
func (w *simpler) price(plan string, on day) int64 {
	best := storyPrice{From: -1 << 40}
	for _, p := range w.Catalog.Plans {
		for _, price := range p.Prices {
			if p.ID == plan && price.Currency == w.Account.Currency && price.From <= on && price.From > best.From {
				best = price
			}
		}
	}
	return best.Amount
}

func (w *simpler) total(plan string, on day) (total, tax int64, rate *big.Rat) {
	best := storyTax{From: -1 << 40, Rate: "0"}
	for _, t := range w.Catalog.Taxes {
		if t.Country == w.Account.Country && t.From <= on && t.From > best.From {
			best = t
		}
	}
	rate, _ = new(big.Rat).SetString(best.Rate)
	price := w.price(plan, on)
	if best.Inclusive {
		return price, taxWithin(price, rate), rate
	}
	tax = round(new(big.Rat).Mul(fraction(price, 1), rate))
	return price + tax, tax, rate
}

func (w *simpler) tell(on day, event, form string, fields ...any) {
	w.told = append(w.told, line(on, event, form, fields...))
}

func (a *simplerAccount) member() bool { return a.status == "active" || a.status == "held" }

func (a *simplerAccount) balance() int64 {
	sum := int64(0)
	for _, lot := range a.lots {
		sum += lot.rest
	}
	return sum
}

func line(on day, event, form string, fields ...any) string {
	return fmt.Sprintf(`{"on":"%s","event":%q`, on, event) + fmt.Sprintf(form, fields...) + "}"
}

func dateOrNull(date day, some bool) string {
	if !some {
		return "null"
	}
	return `"` + date.String() + `"`
}

func nextMonth(from day, anchor int) day {
	year, month, _ := from.time().Date()
	last := time.Date(year, month+2, 0, 0, 0, 0, 0, time.UTC).Day()
	return dayOf(year, int(month)+1, min(anchor, last))
}

func fraction(a, b int64) *big.Rat { return big.NewRat(a, b) }

func floor(r *big.Rat) int64 { return new(big.Int).Div(r.Num(), r.Denom()).Int64() }

func ceil(r *big.Rat) int64 { return -floor(new(big.Rat).Neg(r)) }

func round(r *big.Rat) int64 { return floor(new(big.Rat).Add(r, big.NewRat(1, 2))) }

// taxWithin is total − round(total / (1 + rate)).
func taxWithin(total int64, rate *big.Rat) int64 {
	return total - round(new(big.Rat).Quo(fraction(total, 1), new(big.Rat).Add(big.NewRat(1, 1), rate)))
}
