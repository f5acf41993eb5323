package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
)

var (
	// ErrNotSettled says that no file of a retailer's day came yet.
	ErrNotSettled = errors.New("no file of this retailer's day was settled")
	// ErrNoBreak says that a settled day has no break of a number.
	ErrNoBreak = errors.New("the day has no such break")
	// ErrNameless says that somebody would decide a break who cannot be told from others.
	ErrNameless = errors.New("say who you are: a break is decided by two persons")
	// ErrPaymentReused says that a payment's reference came before, with another amount.
	ErrPaymentReused = errors.New("the reference was used for a payment of another amount")
	// ErrHoldsCode says that a text that would be kept for good holds a gift card's code.
	ErrHoldsCode = errors.New("a gift card's code stands in this text, which is kept: leave it out, and name the card by its serial number")
	// ErrPayment says that a payment cannot be: it is of nothing or of too much, in another currency than the shop's files,
	// or has no reference.
	ErrPayment = errors.New("a payment is of more than nothing, in the currency of the shop's files, and has a reference of 1 to 128 characters; all of a shop's together are 9007199254740991 minor units at most")
)

// mostReference bounds the reference of a payment.
const mostReference = 128

// mostPaid bounds a shop's payments together, in minor units, so that no sum over shops is more than an amount can hold. It is
// what a number in JSON tells exactly.
const mostPaid = 1<<53 - 1

// BreakRef names a break.
type BreakRef struct {
	Retailer catalog.RetailerID `json:"retailer"`
	On       calendar.Date      `json:"day"`
	Number   int                `json:"number"`
}

// Decision is what a person decides on a break.
type Decision struct {
	As     settlement.Resolution `json:"resolution"`
	Reason string                `json:"reason,omitempty"` // of a proposal
}

// Decided is what a decision came to. Amounts are in minor units.
type Decided struct {
	BreakRef
	State      settlement.CaseState  `json:"state"`
	Resolution settlement.Resolution `json:"resolution"`
	Currency   string                `json:"currency"`
	Agreed     int64                 `json:"agreed"`     // of the day, since then
	Commission int64                 `json:"commission"` // of the day, since then
}

// Propose puts a resolution of a break before a second person. Errors: access.ErrDenied, ErrNameless, ErrHoldsCode,
// ErrNotSettled, ErrNoBreak, the refusals of package settlement, and those of a key.
func (e *Engine) Propose(ctx context.Context, actor access.Actor, key string, of BreakRef, as Decision) (Decided, bool, error) {
	return e.decideBreak(ctx, actor, "settlement.propose", key, of, as, nil, func(tx *store.Tx, b store.Break, d store.SettledDay) (store.SettledDay, settlement.Case, error) {
		c, err := b.Propose(as.As, personOf(actor))
		if err == nil {
			b.Case, b.Reason = c, as.Reason
			err = tx.Propose(ctx, b)
		}
		return d, c, err
	})
}

// Confirm ends a break by the resolution that another person has proposed. The books and the day's commission follow.
// Errors: as Propose, and where the card is to be activated retail.ErrNotShipped, giftcard.ErrBatchFrozen, giftcard.ErrClosed,
// giftcard.ErrNotFound, giftcard.ErrNotIssued and giftcard.ErrValue.
func (e *Engine) Confirm(ctx context.Context, actor access.Actor, key string, of BreakRef, as Decision) (Decided, bool, error) {
	cards, err := e.cardsOf(ctx, of, as)
	if err != nil {
		return Decided{}, false, err
	}
	return e.decideBreak(ctx, actor, "settlement.confirm", key, of, as, cards, func(tx *store.Tx, b store.Break, d store.SettledDay) (store.SettledDay, settlement.Case, error) {
		c, settling, err := b.Case.Confirm(as.As, personOf(actor))
		if err == nil && as.As == settlement.Activate {
			err = e.activateSold(ctx, tx, cards, b)
		}
		if err != nil {
			return d, c, err
		}
		b.Confirmer = personOf(actor)
		d, err = confirm(ctx, tx, b, d, settling)
		return d, c, err
	})
}

// decideBreak does a person's decision on a break of a day that nobody else changes meanwhile, once.
func (e *Engine) decideBreak(ctx context.Context, actor access.Actor, operation, key string, of BreakRef, as Decision, cards []string,
	do func(*store.Tx, store.Break, store.SettledDay) (store.SettledDay, settlement.Case, error)) (decision Decided, replayed bool, err error) {
	switch {
	case actor.May(access.Settle, "") != nil:
		return decision, false, access.ErrDenied
	case actor.Who() == "":
		return decision, false, ErrNameless
	case giftcode.In(as.Reason) || giftcode.In(string(actor.Person)):
		return decision, false, ErrHoldsCode
	}
	d := deed{actor, operation, key, []any{of, as}, cards}
	return once(ctx, e, d, func(tx *store.Tx) (done[Decided], error) {
		day, b, err := breakOf(ctx, tx, of)
		if err != nil {
			return done[Decided]{}, err
		}
		day, c, err := do(tx, b, day)
		return decided(string(of.Retailer), Decided{of, c.State, c.Resolution, day.Agreed.Currency().String(), day.Agreed.Minor(), day.Commission.Minor()}, err)
	})
}

// breakOf is a break and its day, which is locked.
func breakOf(ctx context.Context, tx *store.Tx, of BreakRef) (day store.SettledDay, b store.Break, err error) {
	day, err = tx.LockSettledDay(ctx, of.Retailer, of.On)
	if errors.Is(err, store.ErrNotFound) {
		return day, b, ErrNotSettled
	}
	if err != nil {
		return day, b, err
	}
	b, err = tx.Break(ctx, day, of.Number)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoBreak
	}
	return day, b, err
}

// personOf tells somebody from all others, programs among them.
func personOf(actor access.Actor) string { return string(actor.Role) + "/" + actor.Who() }

// cardsOf are the digests of the cards that a decision moves.
func (e *Engine) cardsOf(ctx context.Context, of BreakRef, as Decision) (cards []string, err error) {
	if as.As != settlement.Activate {
		return nil, nil
	}
	var b store.Break
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		day, err := tx.SettledDay(ctx, of.Retailer, of.On)
		if err == nil {
			b, err = tx.Break(ctx, day, of.Number)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoBreak
	}
	if err != nil {
		return nil, err
	}
	serial, err := giftcode.ParseSerial(b.Serial)
	if err != nil {
		return nil, err
	}
	digest, err := e.digestOf(ctx, serial)
	return []string{digest}, err
}

// activateSold makes a shop's sale good that never came, as its till would have.
func (e *Engine) activateSold(ctx context.Context, tx *store.Tx, cards []string, b store.Break) error {
	card, err := tx.LockCard(ctx, cards[0])
	if err != nil {
		return err
	}
	batch, err := tx.BatchOf(ctx, card)
	switch {
	case err != nil:
		return err
	case !batch.ShippedTo(b.Retailer):
		return retail.ErrNotShipped
	}
	if err := e.maySell(ctx, tx, card); err != nil {
		return err
	}
	active, transfer, err := card.Card.Activate(b.Theirs)
	if err != nil {
		return err
	}
	active.Sale = b.Transaction.Key()
	return moveAtTill(ctx, tx, card, retail.Outcome{Card: active, Transfer: transfer})
}

// confirm writes what follows from a resolution.
func confirm(ctx context.Context, tx *store.Tx, b store.Break, d store.SettledDay, settling settlement.Settling) (store.SettledDay, error) {
	before := d.Commission
	agreed, err := d.Agreed.Plus(settling.Agreed)
	if err != nil {
		return d, err
	}
	d.Agreed, d.Commission = agreed, settlement.Commission(agreed, d.Rate)
	cause := b.Transaction.Key()
	return d, errors.Join(tx.Confirm(ctx, b, d), tx.AddSettlementTransfer(ctx, d.Retailer, "break:"+cause, settling.Transfer),
		tx.AddSettlementTransfer(ctx, d.Retailer, "commission:"+d.On.String(), settlement.Keep(before, d.Commission)))
}

// Paid is what recording a payment came to. Amounts are in minor units.
type Paid struct {
	Retailer  string `json:"retailer"`
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Again     bool   `json:"again"` // it was recorded before, and nothing has changed
}

// RecordPayment takes in what a shop has paid, once for each reference. Errors: access.ErrDenied, ErrNoTills, ErrPayment,
// ErrHoldsCode, ErrPaymentReused, and those of a key.
func (e *Engine) RecordPayment(ctx context.Context, actor access.Actor, key string, retailer catalog.RetailerID, reference string, amount money.Amount) (paid Paid, replayed bool, err error) {
	if err := actor.May(access.Settle, ""); err != nil {
		return paid, false, err
	}
	shop, known := e.Terms().Catalog.Retailer(retailer)
	reference = strings.TrimSpace(reference)
	switch {
	case !known:
		return paid, false, ErrNoTills
	case !amount.IsPositive() || shop.Settlement != nil && shop.Settlement.Currency != amount.Currency() || reference == "" || len(reference) > mostReference:
		return paid, false, ErrPayment
	case giftcode.In(reference):
		return paid, false, ErrHoldsCode
	}
	paid = Paid{Retailer: string(retailer), Reference: reference, Amount: amount.Minor(), Currency: amount.Currency().String()}
	d := deed{actor: actor, operation: "settlement.payment", key: key, input: paid}
	return once(ctx, e, d, func(tx *store.Tx) (done[Paid], error) {
		before, err := tx.Payment(ctx, retailer, reference)
		reply := paid
		switch reply.Again = err == nil; {
		case reply.Again && before != amount:
			return decided(string(retailer), reply, ErrPaymentReused)
		case reply.Again:
			return decided(string(retailer), reply, nil)
		case !errors.Is(err, store.ErrNotFound):
			return done[Paid]{}, err
		}
		if err := mayPay(ctx, tx, retailer, amount); err != nil {
			return done[Paid]{}, err
		}
		err = errors.Join(tx.AddPayment(ctx, retailer, reference, amount), tx.AddSettlementTransfer(ctx, retailer, "payment:"+reference, settlement.Pay(amount)))
		return decided(string(retailer), reply, err)
	})
}

// mayPay refuses a payment with which a shop would have paid more than can be summed.
func mayPay(ctx context.Context, tx *store.Tx, retailer catalog.RetailerID, amount money.Amount) error {
	paid, err := tx.PaidBy(ctx, retailer, amount.Currency())
	if err == nil && amount.Minor() > mostPaid-paid.Minor() {
		err = ErrPayment
	}
	return err
}

// SettledDay is a retailer's settled day, or ErrNotSettled.
func (e *Engine) SettledDay(ctx context.Context, actor access.Actor, retailer catalog.RetailerID, on calendar.Date) (day store.SettledDay, err error) {
	if err := actor.May(access.ReadSettlements, ""); err != nil {
		return day, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		day, err = tx.SettledDay(ctx, retailer, on)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNotSettled
	}
	return day, err
}

// SettledDays are a retailer's settled days, the latest first; a page goes on from before a date.
func (e *Engine) SettledDays(ctx context.Context, actor access.Actor, retailer catalog.RetailerID, page Page) (days []store.SettledDay, err error) {
	if err := actor.May(access.ReadSettlements, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		days, err = tx.SettledDaysBefore(ctx, retailer, page.From, page.Most)
		return err
	})
	return days, err
}

// Breaks are a retailer's breaks, the oldest first, from behind a place on.
func (e *Engine) Breaks(ctx context.Context, actor access.Actor, filter store.BreakFilter, after store.BreakPlace, most int) (breaks []store.Break, err error) {
	if err := actor.May(access.ReadSettlements, ""); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		breaks, err = tx.Breaks(ctx, filter, after, most)
		return err
	})
	return breaks, err
}

// RetailerAccount is how a retailer's account stands.
type RetailerAccount struct {
	Retailer catalog.RetailerID
	By       []InCurrency
	Pending  int             // breaks that wait for a decision
	Missing  []calendar.Date // days without a file, the latest first
}

// InCurrency is the account in one currency: what is agreed, less the commission and what was paid, is owed.
type InCurrency struct {
	store.Standing
	Owed money.Amount
}

// RetailerAccount tells what a retailer owes by the days that are settled, and of which days no file came. Errors:
// access.ErrDenied, ErrNoTills.
func (e *Engine) RetailerAccount(ctx context.Context, actor access.Actor, id catalog.RetailerID) (account RetailerAccount, err error) {
	if err := actor.May(access.ReadSettlements, ""); err != nil {
		return account, err
	}
	retailer, known := e.Terms().Catalog.Retailer(id)
	zone, err := store.Zone(retailer.Zone)
	if !known || retailer.Zone == "" || err != nil {
		return account, ErrNoTills
	}
	account.Retailer = id
	yesterday := calendar.In(e.Now(), zone).Plus(-1)
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		by, pending, err := tx.Standings(ctx, id)
		if err != nil {
			return err
		}
		account.By, account.Pending = byCurrency(by), pending
		days, err := tx.DaysWithFile(ctx, id)
		account.Missing = settlement.Missing(days, yesterday)
		return err
	})
	return account, err
}

func byCurrency(by map[money.Currency]store.Standing) []InCurrency {
	currencies := slices.SortedFunc(maps.Keys(by), func(a, b money.Currency) int { return cmp.Compare(a.String(), b.String()) })
	all := make([]InCurrency, len(currencies))
	for at, currency := range currencies {
		s := by[currency]
		all[at] = InCurrency{s, settlement.Owed(s.Agreed, s.Commission, s.Paid)}
	}
	return all
}
