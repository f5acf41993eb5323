package billing

import (
	"errors"
	"slices"

	"scrip/calendar"
	"scrip/giftcard"
	"scrip/history"
	"scrip/ledger"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// The refusals of charges against the balance alone, in the order in which they are looked for (billing.md
// 11). A currency that is not the account's is giftcard.ErrCurrencyMismatch, before ErrInsufficientBalance
// and ErrAmountTooLarge.
var (
	ErrTooManyAuthorizations = errors.New("too many authorizations are open: capture or release some")
	ErrInsufficientBalance   = errors.New("the balance does not cover the amount")

	ErrUnknownAuthorization = errors.New("the account has no such authorization")
	ErrAlreadyCaptured      = errors.New("the authorization was captured already")
	ErrAlreadyReleased      = errors.New("the authorization was released already")
	ErrAuthorizationExpired = errors.New("the authorization has expired: its value went back to the balance")
	ErrAmountTooLarge       = errors.New("the amount is larger than what was authorized")
)

const (
	// MostAuthorizations is how many may be open on an account.
	MostAuthorizations = 100
	// DefaultAuthorizationDays is how many days an authorization counts beyond the day on which it was
	// made, and MostAuthorizationDays how many it may.
	DefaultAuthorizationDays = 7
	MostAuthorizationDays    = 31
)

// Request is what the service's own biller wants of a balance.
type Request struct {
	ID        string // that the authorization will have
	Amount    money.Amount
	Reference string // the biller's own words
	Days      int    // beyond today
	Partial   bool   // where the balance does not cover the amount, what there is will do
}

// Capture is what the biller wants of an authorization. No amount is all of it.
type Capture struct {
	ID     string
	Amount money.Amount
	Fate   prepaid.Fate // of one that is not open
}

// Ending is how an authorization ended: what became a charge, and what went back to its lots.
type Ending struct {
	Authorization prepaid.Authorization
	Fate          prepaid.Fate
	On            calendar.Date
	Charged       []prepaid.Draw
	Returned      []prepaid.Draw
}

// Authorize keeps an amount of the balance for one charge.
func Authorize(a Account, on calendar.Date, r Request) (Outcome, error) {
	o, made, err := a.authorize(on, r)
	if err != nil {
		return o, err
	}
	o.tell(history.Event{On: on, Kind: history.Authorized, Authorization: made.ID, Reference: made.Reference, Amount: made.Total(),
		Shortfall: made.Shortfall(), Lines: linesOf(made.Draws), Until: made.Until, Balance: o.Account.Balance.Total()})
	return o, nil
}

// ChargeBalance authorizes and captures at once.
func ChargeBalance(a Account, on calendar.Date, r Request) (Outcome, error) {
	o, made, err := a.authorize(on, r)
	if err != nil {
		return o, err
	}
	o.end(Ending{Authorization: made, Fate: prepaid.Captured, On: on, Charged: made.Draws})
	return o, nil
}

func (a Account) authorize(on calendar.Date, r Request) (Outcome, prepaid.Authorization, error) {
	o := Outcome{Account: a}
	made := prepaid.Authorization{ID: r.ID, Reference: r.Reference, Asked: r.Amount, On: on, Until: on.Plus(r.Days)}
	if r.Amount.Currency() != a.Currency {
		return o, made, giftcard.ErrCurrencyMismatch
	}
	if len(a.Authorizations) >= MostAuthorizations {
		return o, made, ErrTooManyAuthorizations
	}
	covered := money.Min(r.Amount, a.Balance.Total())
	if covered.Less(r.Amount) && !(r.Partial && covered.IsPositive()) {
		o.Short = r.Amount.Sub(covered)
		return o, made, ErrInsufficientBalance
	}
	o.Account.Balance, made.Draws = a.Balance.Draw(covered, nil)
	o.Account.Authorizations = append(slices.Clip(a.Authorizations), made)
	o.Authorized = append(o.Authorized, made)
	return o, made, nil
}

// CaptureAuthorization charges what was authorized, or a part of it, once; the rest goes back. On hold,
// what goes back is tried.
func CaptureAuthorization(a Account, terms Terms, on calendar.Date, c Capture) (Outcome, error) {
	o := Outcome{Account: a}
	kept, err := a.authorization(c)
	if err != nil {
		return o, err
	}
	amount := c.Amount
	switch {
	case amount.IsZero():
		amount = kept.Total()
	case amount.Currency() != a.Currency:
		return o, giftcard.ErrCurrencyMismatch
	case kept.Total().Less(amount):
		return o, ErrAmountTooLarge
	}
	taken, rest := kept.Part(amount)
	o.end(Ending{kept, prepaid.Captured, on, taken, rest})
	return o.releaseWith(terms, on, rest)
}

// ReleaseAuthorization gives what was authorized back to its lots. On hold, it is tried.
func ReleaseAuthorization(a Account, terms Terms, on calendar.Date, c Capture) (Outcome, error) {
	o := Outcome{Account: a}
	kept, err := a.authorization(c)
	if err != nil {
		return o, err
	}
	o.end(Ending{Authorization: kept, Fate: prepaid.Released, On: on, Returned: kept.Draws})
	return o.releaseWith(terms, on, kept.Draws)
}

// Expire gives back what authorizations keep whose last day is over. On hold, it is tried.
func Expire(a Account, terms Terms, on calendar.Date) (Outcome, error) {
	o := Outcome{Account: a}
	var returned []prepaid.Draw
	for _, kept := range a.Authorizations {
		if kept.Until.Before(on) {
			o.end(Ending{Authorization: kept, Fate: prepaid.Expired, On: on, Returned: kept.Draws})
			returned = append(returned, kept.Draws...)
		}
	}
	return o.releaseWith(terms, on, returned)
}

// authorization is an open one, or why it is none.
func (a Account) authorization(c Capture) (prepaid.Authorization, error) {
	for _, kept := range a.Authorizations {
		if kept.ID == c.ID {
			return kept, nil
		}
	}
	switch c.Fate {
	case prepaid.Captured:
		return prepaid.Authorization{}, ErrAlreadyCaptured
	case prepaid.Released:
		return prepaid.Authorization{}, ErrAlreadyReleased
	case prepaid.Expired:
		return prepaid.Authorization{}, ErrAuthorizationExpired
	case prepaid.Open:
	}
	return prepaid.Authorization{}, ErrUnknownAuthorization
}

// end ends an authorization, and tells it.
func (o *Outcome) end(e Ending) {
	a := &o.Account
	a.Authorizations = slices.DeleteFunc(slices.Clone(a.Authorizations), func(open prepaid.Authorization) bool { return open.ID == e.Authorization.ID })
	a.Balance = a.Balance.Return(e.Returned)
	o.Ended = append(o.Ended, e)
	told := history.Event{On: e.On, Authorization: e.Authorization.ID, Reference: e.Authorization.Reference, Balance: a.Balance.Total()}
	told.Kind, told.Amount, told.Lines = history.AuthorizationReleased, prepaid.Total(e.Returned), linesOf(e.Returned)
	switch e.Fate {
	case prepaid.Captured:
		told.Kind, told.Amount, told.Lines = history.BalanceCharged, prepaid.Total(e.Charged), linesOf(e.Charged)
		told.Shortfall, told.Returned = e.Authorization.Shortfall(), prepaid.Total(e.Returned)
	case prepaid.Expired:
		told.Kind = history.AuthorizationExpired
	case prepaid.Released, prepaid.Open:
	}
	o.tell(told)
}

// releaseWith goes on with Release where value has come back.
func (o Outcome) releaseWith(terms Terms, on calendar.Date, returned []prepaid.Draw) (Outcome, error) {
	if len(returned) == 0 || o.Account.Membership.Status != membership.Held {
		return o, nil
	}
	next, err := o.release(terms, on)
	next.Ended = o.Ended
	return next, err
}

// Authorized is what open authorizations keep of the balance.
func (a Account) Authorized() money.Amount {
	kept := money.New(0, a.Currency)
	for _, open := range a.Authorizations {
		kept = kept.Add(open.Total())
	}
	return kept
}

// Transfers are the charge in the books of an account's owner: each lot's part into the owner's charges,
// and from there into what the service's own biller has earned.
func (e Ending) Transfers(owner string) []ledger.Transfer {
	charges := ledger.For(ledger.Charges, owner)
	var transfers []ledger.Transfer
	for _, draw := range e.Charged {
		transfers = append(transfers, ledger.Transfer{Debit: ledger.For(balanceOf(draw.Kind), owner), Credit: charges, Amount: draw.Amount})
	}
	if total := prepaid.Total(e.Charged); total.IsPositive() {
		transfers = append(transfers, ledger.Transfer{Debit: charges, Credit: ledger.Of(ledger.BillerRevenue), Amount: total})
	}
	return transfers
}

func linesOf(draws []prepaid.Draw) []history.Line {
	lines := make([]history.Line, len(draws))
	for at, draw := range draws {
		lines[at] = history.Line{Source: draw.Source, Amount: draw.Amount}
	}
	return lines
}
