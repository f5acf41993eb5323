package timeline_test

import (
	"fmt"
	"slices"
	"strings"
)

// simplerAuthorization keeps, of each lot in its order, what nobody else may spend.
type simplerAuthorization struct {
	name  string
	asked int64
	parts []simplerLot
	until day
}

// authorize is billing.md 11: it keeps an amount, or charges it at once.
func (w *simpler) authorize(e storyEvent) string {
	a := &w.account
	B := a.balance()
	switch {
	case e.Currency != w.Account.Currency:
		return "currency_mismatch"
	case B < e.Amount && (!e.Partial || B == 0):
		return "insufficient_balance"
	}
	kept := simplerAuthorization{name: e.Authorization, asked: e.Amount, until: e.On + day(e.Days)}
	left := min(B, e.Amount)
	a.lots = slices.Clone(a.lots)
	for i := range a.lots {
		if part := min(a.lots[i].rest, left); part > 0 {
			a.lots[i].rest -= part
			left -= part
			kept.parts = append(kept.parts, simplerLot{a.lots[i].source, part})
		}
	}
	if e.Do == "charge" {
		w.ended[kept.name] = "already_captured"
		w.tellAuthorization(e.On, "balance_charged", kept, kept.parts, w.short(kept), "")
		return ""
	}
	a.open = append(slices.Clone(a.open), kept)
	w.tellAuthorization(e.On, "authorized", kept, kept.parts, w.short(kept), fmt.Sprintf(`,"until":"%s"`, kept.until))
	return ""
}

// endAuthorization captures an authorization, in part or whole, or releases it.
func (w *simpler) endAuthorization(e storyEvent) string {
	a := &w.account
	at := slices.IndexFunc(a.open, func(open simplerAuthorization) bool { return open.name == e.Authorization })
	if at < 0 {
		if how, known := w.ended[e.Authorization]; known {
			return how
		}
		return "unknown_authorization"
	}
	kept := a.open[at]
	if e.Do == "release" {
		w.giveBack(at, kept.parts)
		w.ended[kept.name] = "already_released"
		w.tellAuthorization(e.On, "authorization_released", kept, kept.parts, "", "")
		w.releaseIfHeld(e.On)
		return ""
	}
	amount := e.Amount
	if amount == 0 {
		amount = sumOf(kept.parts)
	}
	if amount > sumOf(kept.parts) {
		return "amount_too_large"
	}
	var taken, rest []simplerLot
	for _, part := range kept.parts {
		part, more := min(part.rest, amount), part
		amount -= part
		if more.rest -= part; part > 0 {
			taken = append(taken, simplerLot{more.source, part})
		}
		if more.rest > 0 {
			rest = append(rest, more)
		}
	}
	w.giveBack(at, rest)
	w.ended[kept.name] = "already_captured"
	short := w.short(kept)
	if len(rest) > 0 {
		short += fmt.Sprintf(`,"returned":%d`, sumOf(rest))
	}
	w.tellAuthorization(e.On, "balance_charged", kept, taken, short, "")
	if len(rest) > 0 {
		w.releaseIfHeld(e.On)
	}
	return ""
}

// expire gives back what is kept by those whose last day was yesterday, in the order made.
func (w *simpler) expire(today day) {
	expired := false
	for at := 0; at < len(w.account.open); {
		kept := w.account.open[at]
		if kept.until >= today {
			at++
			continue
		}
		w.giveBack(at, kept.parts)
		w.ended[kept.name] = "authorization_expired"
		w.tellAuthorization(today, "authorization_expired", kept, kept.parts, "", "")
		expired = true
	}
	if expired {
		w.releaseIfHeld(today)
	}
}

func (w *simpler) giveBack(at int, parts []simplerLot) {
	a := &w.account
	a.open = slices.Delete(slices.Clone(a.open), at, at+1)
	a.lots = slices.Clone(a.lots)
	for _, part := range parts {
		for i := range a.lots {
			if a.lots[i].source == part.source {
				a.lots[i].rest += part.rest
			}
		}
	}
}

func (w *simpler) short(kept simplerAuthorization) string {
	if short := kept.asked - sumOf(kept.parts); short > 0 {
		return fmt.Sprintf(`,"shortfall":%d`, short)
	}
	return ""
}

func (w *simpler) tellAuthorization(on day, event string, kept simplerAuthorization, parts []simplerLot, more, behind string) {
	var lines []string
	for _, part := range parts {
		lines = append(lines, fmt.Sprintf(`{"source":%q,"amount":%d}`, part.source, part.rest))
	}
	w.tell(on, event, `,"authorization":%q,"reference":"for %s","amount":%d%s,"lines":[%s]%s,"balance":%d`,
		kept.name, kept.name, sumOf(parts), more, strings.Join(lines, ","), behind, w.account.balance())
}

func sumOf(parts []simplerLot) int64 {
	sum := int64(0)
	for _, part := range parts {
		sum += part.rest
	}
	return sum
}
