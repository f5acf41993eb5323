package timeline

import (
	"errors"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
)

// Kind names a command.
type Kind string

// The commands that change an account (billing.md 9).
const (
	Redeem     Kind = "redeem"
	Start      Kind = "start"
	ChangePlan Kind = "change_plan"
	Cancel     Kind = "cancel"
	Restart    Kind = "restart"
	SetMethod  Kind = "payment_method"
	SetPayer   Kind = "payer"
)

// The commands that charge the balance alone (billing.md 11). No scenario has them.
const (
	Authorize Kind = "authorize"
	Capture   Kind = "capture"
	Release   Kind = "release"
	Charge    Kind = "charge"
)

// Command is one thing that somebody asks of an account. Only the fields of its kind are set.
type Command struct {
	Kind    Kind
	Card    giftcard.Card // Redeem
	Account string        // Redeem: who redeems
	Lot     string        // Redeem: the id that the lot will have
	Place   int64         // Redeem: the lot's place, behind all others
	Plan    catalog.PlanID
	Payer   catalog.Payer
	Method  billing.Method
	Request billing.Request // Authorize, Charge
	Capture billing.Capture // Capture, Release
}

// Do decides a command on a date on which all that is due was lived. A refusal is told, and changes
// nothing. Where a start must ask the payment method, the outcome holds the question and nothing else.
func Do(s State, terms billing.Terms, on calendar.Date, command Command, answer billing.Answer) (Outcome, error) {
	o := Outcome{State: s}
	decided, err := o.decide(terms, on, command, answer)
	if Reason(err) != "" {
		o.Refusal = err
		o.Events = append(decided.Events, history.Event{On: on, Kind: history.Refused(string(command.Kind)), Reason: Reason(err), Shortfall: decided.Short})
		o.Redemption = giftcard.Redemption{}
		return o, nil
	}
	if err != nil {
		return o, err
	}
	if command.Kind == Cancel {
		if err := tellEnd(decided, terms); err != nil {
			return o, err
		}
	}
	return o, o.follow(decided, terms, on)
}

func (o *Outcome) decide(terms billing.Terms, on calendar.Date, command Command, answer billing.Answer) (billing.Outcome, error) {
	a := o.State.Account
	switch command.Kind {
	case Redeem:
		redemption, err := command.Card.Redeem(giftcard.Holder{Account: command.Account, Currency: a.Currency, Payer: a.Membership.Payer})
		if err != nil {
			return billing.Outcome{}, err
		}
		redemption.Lot.ID, redemption.Lot.Place = command.Lot, command.Place
		o.Redemption = redemption
		return billing.Receive(a, terms, on, redemption.Lot)
	case Start:
		return billing.Start(a, terms, on, command.Plan, command.Payer, answer)
	case ChangePlan:
		return billing.Change(a, terms, on, command.Plan)
	case Cancel:
		return billing.Cancel(a, on)
	case Restart:
		return billing.Restart(a, on)
	case SetMethod:
		return billing.SetMethod(a, terms, on, command.Method)
	case SetPayer:
		return billing.SetPayer(a, on, command.Payer)
	case Authorize:
		return billing.Authorize(a, on, command.Request)
	case Charge:
		return billing.ChargeBalance(a, on, command.Request)
	case Capture:
		return billing.CaptureAuthorization(a, terms, on, command.Capture)
	case Release:
		return billing.ReleaseAuthorization(a, terms, on, command.Capture)
	}
	return billing.Outcome{}, errors.New("timeline: no such command: " + string(command.Kind))
}

// TakeBack takes what is left of a card whose payment was charged back, on a date on which all that is due was lived.
// Where nothing is left, nothing is told. The days that it has paid for stay paid.
func TakeBack(s State, terms billing.Terms, on calendar.Date, card string) (Outcome, error) {
	o := Outcome{State: s}
	decided, taken := billing.TakeBack(s.Account, on, card)
	if !taken.Amount.IsPositive() {
		return o, nil
	}
	o.Taken = taken
	return o, o.follow(decided, terms, on)
}

// Answered goes on with a question after the payment method's answer, or, with no answer, after it
// stayed silent for too long, dated on.
func Answered(s State, terms billing.Terms, on calendar.Date, question billing.Question, command Command, answer billing.Answer) (Outcome, error) {
	if answer == billing.Unasked {
		return giveUp(s, terms, on, question)
	}
	switch question {
	case billing.OfStart:
		return Do(s, terms, on, command, answer)
	case billing.OfRelease:
		o := Outcome{State: s}
		decided, err := billing.Release(s.Account, terms, on, answer)
		if err != nil {
			return o, err
		}
		return o, o.follow(decided, terms, on)
	}
	return Live(s, terms, Moment{on, Dawn}, answer)
}

func giveUp(s State, terms billing.Terms, on calendar.Date, question billing.Question) (Outcome, error) {
	o := Outcome{State: s}
	decided, err := billing.GiveUp(s.Account, question, on)
	if err != nil {
		o.Refusal = err
		o.Events = append(o.Events, history.Event{On: on, Kind: history.Refused(string(Start)), Reason: Reason(err)})
		return o, nil
	}
	return o, o.follow(decided, terms, on)
}

// tellEnd completes a cancellation with the date on which the membership will end.
func tellEnd(decided billing.Outcome, terms billing.Terms) error {
	if decided.Account.Membership.Status != membership.Active {
		return nil
	}
	ends, err := forecast.Ends(decided.Account, terms)
	decided.Events[0].Ends = ends
	return err
}

// Reason is a refusal's name in billing.md, or nothing for an error that is no refusal.
func Reason(err error) string {
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			return refusal.reason
		}
	}
	return ""
}

// Refusals are all refusals with their names.
func Refusals() map[string]error {
	byReason := map[string]error{}
	for _, refusal := range refusals {
		byReason[refusal.reason] = refusal.err
	}
	return byReason
}

var refusals = []struct {
	err    error
	reason string
}{
	{giftcard.ErrNotFound, "not_found"},
	{giftcard.ErrNotActivated, "not_activated"},
	{giftcard.ErrAlreadyRedeemed, "already_redeemed"},
	{giftcard.ErrFrozen, "frozen"},
	{giftcard.ErrVoided, "voided"},
	{giftcard.ErrReplaced, "replaced"},
	{giftcard.ErrCurrencyMismatch, "currency_mismatch"},
	{giftcard.ErrBilledByApple, "billed_by_apple"},
	{giftcard.ErrIncludedInPackage, "included_in_package"},
	{membership.ErrAlreadyMember, "already_member"},
	{membership.ErrNotAMember, "not_a_member"},
	{membership.ErrAlreadyCancelled, "already_cancelled"},
	{membership.ErrNothingToRestart, "nothing_to_restart"},
	{membership.ErrSamePlan, "same_plan"},
	{catalog.ErrUnknownPlan, "unknown_plan"},
	{catalog.ErrNoPrice, "no_price"},
	{billing.ErrPaymentRequired, "payment_required"},
	{money.ErrOverflow, "balance_limit"},
	{billing.ErrTooManyAuthorizations, "too_many_authorizations"},
	{billing.ErrInsufficientBalance, "insufficient_balance"},
	{billing.ErrUnknownAuthorization, "unknown_authorization"},
	{billing.ErrAlreadyCaptured, "already_captured"},
	{billing.ErrAlreadyReleased, "already_released"},
	{billing.ErrAuthorizationExpired, "authorization_expired"},
	{billing.ErrAmountTooLarge, "amount_too_large"},
}
