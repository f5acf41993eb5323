package feed

import (
	"encoding/json"

	"scrip/giftcard"
	"scrip/history"
)

// Description tells of a type what docs/webhooks.md tells of it.
type Description struct {
	Type    Type
	Version int // counts up when a receiver of the last one would misread it
	When    string
	Fields  string // of its data
}

// tell is one event that follows from a row.
type tell struct {
	Description
	when func(Data) bool
	keep func(Data) Data
}

// The kinds of what is told of cards, each by itself or many of a batch.
const (
	cardIssued    history.Kind = "card_issued"
	cardActivated history.Kind = "card_activated"
	cardFrozen    history.Kind = "card_frozen"
	cardUnfrozen  history.Kind = "card_unfrozen"
	cardVoided    history.Kind = "card_voided"
	cardReplaced  history.Kind = "card_replaced"
	cardUnsold    history.Kind = "card_unsold"
)

var ofCards = map[history.Kind]bool{cardIssued: true, cardActivated: true, cardFrozen: true, cardUnfrozen: true,
	cardVoided: true, cardReplaced: true, cardUnsold: true}

var (
	issued       = event("gift_card.issued", "Cards of a batch were made, at most 500 an event; they are not sold yet.", "batch, product, amount, currency, cards", ofBatch)
	activated    = event("gift_card.activated", "A card was sold, or, where there is a `batch`, cards of it were.", "card, product, amount, currency; or batch, product, amount, currency, cards", ofBatch)
	frozen       = event("gift_card.frozen", "A card cannot be redeemed until it is unfrozen.", "card, product, amount, currency", ofCard)
	unfrozen     = event("gift_card.unfrozen", "It can be redeemed again.", "card, product, amount, currency", ofCard)
	unsold       = event("gift_card.sale_undone", "A card's sale was voided or reversed; the card waits to be sold again.", "card, product, amount, currency", ofCard)
	voided       = event("gift_card.voided", "A card was returned, and is out of use for good.", "card, product, amount, currency", ofCard)
	replaced     = event("gift_card.replaced", "A card is out of use for good, and another took its place.", "card, product, amount, currency", ofCard)
	redeemed     = event("gift_card.redeemed", "A card's value was added to an account's balance.", "card, amount, currency", ofCard)
	added        = event("balance.changed", "An account's balance is another than before.", "balance, currency", ofBalance)
	low          = event("balance.low", "The balance runs out within the policy's `reminder_days`.", "balance, currency, runs_out", asReminded)
	exhaustion   = event("balance.exhausted", "A charge took the last of the balance.", "balance, currency", ofBalance)
	charged      = event("charge.created", "A period was paid for. A line's source is a card's serial number, `payment_method`, `partner`, `apple` or `package`.", "plan, period, total, tax, prorated, lines, balance, currency", asTold)
	authorized   = event("authorization.created", "A part of the balance was set aside for a charge, until a day.", "authorization, reference, amount, lines, until, balance, currency", asTold)
	let          = event("authorization.released", "It was given back.", "authorization, reference, amount, lines, balance, currency", asTold)
	expired      = event("authorization.expired", "It was given back because its last day was over.", "authorization, reference, amount, lines, balance, currency", asTold)
	taken        = event("balance.charged", "The service's own biller charged the balance; `shortfall` is what it lacked, `returned` what was set aside and not taken, each only where it is something.", "authorization, reference, amount, lines, balance, currency", asTold)
	declined     = event("payment.declined", "The payment method declined an amount.", "amount, currency", asTold)
	method       = event("payment_method.changed", "A payment method was set or taken away; `method` is `none`, `ok` or `declines`.", "method", withoutMoney)
	started      = event("membership.started", "A membership began.", "plan", withoutMoney)
	changed      = event("membership.changed", "Another plan is in force; `paid_until` only where the period's end moved.", "plan, paid_until", withoutMoney)
	scheduled    = event("membership.change_scheduled", "Another plan will be in force from a date on.", "plan, effective", withoutMoney)
	withdrawn    = event("membership.change_withdrawn", "It will not: the plan stays.", "plan", withoutMoney)
	held         = event("membership.held", "Nothing paid for the next period.", "", withoutMoney)
	released     = event("membership.released", "A membership on hold goes on.", "", withoutMoney)
	cancelled    = event("membership.cancelled", "A member cancelled; `ends` only where the end is in sight.", "ends", withoutMoney)
	restarted    = event("membership.restarted", "A cancellation was taken back.", "", withoutMoney)
	payer        = event("membership.payer_changed", "Somebody else bills from the next period on: `self`, `partner`, `apple` or `package`.", "payer", withoutMoney)
	closed       = event("membership.closed", "A membership ended. The balance stays.", "balance, currency", asTold)
	reminded     = event("reminder.due", "The member is reminded that the balance runs out.", "balance, currency, runs_out", asReminded)
	balanceDrawn = only(added, drawn)
)

// follows are the events that follow from each kind of row, in order. A place in the list is a part of the event's id:
// new ones are added at the end.
var follows = map[history.Kind][]tell{
	cardIssued:    {issued},
	cardActivated: {activated},
	cardFrozen:    {frozen},
	cardUnfrozen:  {unfrozen},
	cardVoided:    {voided},
	cardReplaced:  {replaced},
	cardUnsold:    {unsold},

	history.Redeemed:            {redeemed, added},
	history.Started:             {started},
	history.Charged:             {charged, balanceDrawn, only(exhaustion, exhausted)},
	history.PlanChanged:         {changed},
	history.PlanChangeScheduled: {scheduled},
	history.PlanChangeWithdrawn: {withdrawn},
	history.Cancelled:           {cancelled},
	history.Restarted:           {restarted},
	history.Held:                {held},
	history.HoldRemoved:         {released},
	history.PaymentDeclined:     {declined},
	history.PaymentMethodSet:    {method},
	history.PayerSet:            {payer},
	history.Reminder:            {reminded, low},
	history.Closed:              {closed},
	history.TakenBack:           {added},

	history.Authorized:            {authorized, added},
	history.AuthorizationReleased: {let, added},
	history.AuthorizationExpired:  {expired, added},
	history.BalanceCharged:        {taken, added, only(exhaustion, exhausted)},
}

// Types are all types of event, in the order of docs/webhooks.md.
func Types() []Description {
	var all []Description
	for _, t := range []tell{issued, activated, unsold, redeemed, frozen, unfrozen, voided, replaced, added, low, exhaustion, taken, authorized, let, expired, charged, declined,
		method, started, changed, scheduled, withdrawn, held, released, cancelled, restarted, payer, closed, reminded} {
		all = append(all, t.Description)
	}
	return all
}

func event(name Type, when, fields string, keep func(Data) Data) tell {
	return tell{Description{name, 1, when, fields}, always, keep}
}

func only(t tell, when func(Data) bool) tell {
	t.when = when
	return t
}

func asTold(d Data) Data { return d }

func withoutMoney(d Data) Data {
	d.Currency = ""
	return d
}

func ofBatch(d Data) Data {
	if d.Batch == "" {
		return ofCard(d)
	}
	return d
}

func ofCard(d Data) Data {
	return Data{Card: d.Card, Product: d.Product, Amount: d.Amount, Currency: d.Currency}
}

func ofBalance(d Data) Data { return Data{Balance: d.Balance, Currency: d.Currency} }

func asReminded(d Data) Data {
	return Data{Balance: d.Balance, Currency: d.Currency, RunsOut: d.RunsOut}
}

// OfCard is what is told of a card that came from one state to another while no account has it, as a row's kind and
// body. To be redeemed is told of the account.
func OfCard(was giftcard.State, now giftcard.Card) (history.Kind, json.RawMessage, error) {
	kind := map[giftcard.State]history.Kind{giftcard.Issued: cardUnsold, giftcard.Active: cardActivated, giftcard.Frozen: cardFrozen,
		giftcard.Voided: cardVoided, giftcard.Replaced: cardReplaced}[now.State]
	if was == giftcard.Frozen && now.State == giftcard.Active {
		kind = cardUnfrozen
	}
	body, err := json.Marshal(Data{Card: now.Serial, Product: string(now.Product), Amount: new(now.Value.Minor()),
		Currency: now.Value.Currency().String()})
	return kind, body, err
}

// OfBatch is what is told of cards of a batch that are all in one state now: one row for many, so that a million cards
// are made no slower for it.
func OfBatch(batch string, each giftcard.Card, serials []string) (history.Kind, json.RawMessage, error) {
	kind := cardIssued
	if each.State == giftcard.Active {
		kind = cardActivated
	}
	body, err := json.Marshal(Data{Batch: batch, Product: string(each.Product), Cards: serials, Amount: new(each.Value.Minor()),
		Currency: each.Value.Currency().String()})
	return kind, body, err
}
