package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"scrip/access"
	"scrip/checkout"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/passkey"
	"scrip/purchase"
	"scrip/sso"
	"scrip/store"
	"scrip/timeline"
)

// problem is how an error is told: its status, and its words under problem.<reason>.
type problem struct {
	Reason string
	Status int
	// Next is where to go from here, and the key of what the link says.
	Next, NextLabel string
	// At and Minutes are of a wait.
	At      string
	Minutes int
}

const ourFault = "our_fault"

// problems are all errors that a person can act on, by reason: the refusals of billing.md, and the
// pages' own. All else is our fault.
var problems = map[string]problem{
	"not_found":           {Status: http.StatusNotFound, Next: "/redeem", NextLabel: "action.try_again"},
	"not_activated":       {Status: http.StatusConflict, Next: "/redeem", NextLabel: "action.try_again"},
	"already_redeemed":    {Status: http.StatusConflict, Next: "/account/billing", NextLabel: "action.billing"},
	"frozen":              {Status: http.StatusConflict, Next: "/redeem", NextLabel: "action.other_card"},
	"voided":              {Status: http.StatusConflict, Next: "/redeem", NextLabel: "action.other_card"},
	"replaced":            {Status: http.StatusConflict, Next: "/redeem", NextLabel: "action.other_card"},
	"currency_mismatch":   {Status: http.StatusConflict, Next: "/redeem", NextLabel: "action.other_card"},
	"billed_by_apple":     {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"included_in_package": {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"balance_limit":       {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"already_member":      {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"not_a_member":        {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"already_cancelled":   {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"nothing_to_restart":  {Status: http.StatusConflict, Next: "/account", NextLabel: "action.account"},
	"same_plan":           {Status: http.StatusConflict, Next: "/account/plan", NextLabel: "action.plans"},
	"unknown_plan":        {Status: http.StatusNotFound, Next: "/account/plan", NextLabel: "action.plans"},
	"no_price":            {Status: http.StatusConflict, Next: "/account/plan", NextLabel: "action.plans"},
	"payment_required":    {Status: http.StatusPaymentRequired, Next: "/redeem", NextLabel: "action.redeem"},

	"mistyped":        {Status: http.StatusUnprocessableEntity, Next: "/redeem", NextLabel: "action.try_again"},
	"too_many_tries":  {Status: http.StatusTooManyRequests, Next: "/help/redeem", NextLabel: "action.help"},
	"email":           {Status: http.StatusUnprocessableEntity, Next: "/sign-in", NextLabel: "action.try_again"},
	"wrong_digits":    {Status: http.StatusUnprocessableEntity, Next: "/sign-in", NextLabel: "action.new_digits"},
	"sign_in_expired": {Status: http.StatusGone, Next: "/sign-in", NextLabel: "action.new_digits"},
	"address_taken":   {Status: http.StatusConflict, Next: "/sign-in", NextLabel: "action.sign_in"},
	"gateway_silent":  {Status: http.StatusServiceUnavailable, Next: "/account/payment", NextLabel: "action.try_again"},
	"under_way":       {Status: http.StatusServiceUnavailable, Next: "/account", NextLabel: "action.account"},
	"not_allowed":     {Status: http.StatusForbidden, Next: "/sign-in", NextLabel: "action.sign_in"},
	"no_order":        {Status: http.StatusNotFound, Next: "/gift-cards", NextLabel: "action.gift_cards"},
	"order_pace":      {Status: http.StatusTooManyRequests, Next: "/gift-cards", NextLabel: "action.gift_cards"},
	"order_not_sent":  {Status: http.StatusConflict, Next: "/gift-cards", NextLabel: "action.gift_cards"},
	"not_sold_online": {Status: http.StatusNotFound, Next: "/gift-cards", NextLabel: "action.gift_cards"},
	"form":            {Status: http.StatusBadRequest, Next: "/", NextLabel: "action.home"},
	"too_large":       {Status: http.StatusRequestEntityTooLarge, Next: "/", NextLabel: "action.home"},
	"cross_origin":    {Status: http.StatusForbidden, Next: "/", NextLabel: "action.home"},
	"staff_denied":    {Status: http.StatusForbidden, Next: "/staff", NextLabel: "action.staff"},
	"staff_not_found": {Status: http.StatusNotFound, Next: "/staff", NextLabel: "action.staff"},
	"staff_attempt":   {Status: http.StatusBadRequest, Next: "/staff/sign-in", NextLabel: "action.try_again"},
	"staff_refused":   {Status: http.StatusForbidden, Next: "/staff/sign-in", NextLabel: "action.try_again"},
	"staff_enrolment": {Status: http.StatusGone, Next: "/staff/sign-in", NextLabel: "action.sign_in"},
	"staff_silent":    {Status: http.StatusBadGateway, Next: "/staff/sign-in", NextLabel: "action.try_again"},
	"no_page":         {Status: http.StatusNotFound, Next: "/", NextLabel: "action.home"},
	"no_method":       {Status: http.StatusMethodNotAllowed, Next: "/", NextLabel: "action.home"},
	ourFault:          {Status: http.StatusInternalServerError, Next: "/", NextLabel: "action.home"},
}

var (
	errNoPage   = errors.New("there is no such page")
	errNoMethod = errors.New("the page does not do this")
)

// reasons are the errors beside timeline.Refusals that have a name of their own.
var reasons = []struct {
	err    error
	reason string
}{
	{access.ErrEmail, "email"},
	{access.ErrDenied, "not_allowed"},
	{engine.ErrAddressTaken, "address_taken"},
	{engine.ErrGatewaySilent, "gateway_silent"},
	{engine.ErrUnderWay, "under_way"},
	{store.ErrBusy, "under_way"},
	{engine.ErrKeyMissing, "form"},
	{engine.ErrKeyReused, "form"},
	{engine.ErrNoAccount, "not_allowed"},
	{engine.ErrNoGateway, "form"},
	{engine.ErrNoOrder, "no_order"},
	{purchase.ErrPace, "order_pace"},
	{purchase.ErrNotDelivered, "order_not_sent"},
	{purchase.ErrNotPaid, "order_not_sent"},
	{purchase.ErrNotSold, "not_sold_online"},
	{engine.ErrNoCheckout, "not_sold_online"},
	{errNotSoldHere, "not_sold_online"},
	{checkout.ErrNoPayment, "no_order"},
	{engine.ErrWrongDigits, "wrong_digits"},
	{engine.ErrSignInExpired, "sign_in_expired"},
	{giftcode.ErrEmpty, "mistyped"},
	{giftcode.ErrTooLong, "mistyped"},
	{giftcode.ErrCheck, "mistyped"},
	{errCrossOrigin, "cross_origin"},
	{errNoPage, "no_page"},
	{errNoMethod, "no_method"},
	{errForm, "form"},
	{sso.ErrAttempt, "staff_attempt"},
	{sso.ErrRefused, "staff_refused"},
	{sso.ErrToken, "staff_refused"},
	{sso.ErrSilent, "staff_silent"},
	{passkey.ErrRefused, "staff_refused"},
	{engine.ErrNoPasskey, "staff_refused"},
	{engine.ErrEnrolment, "staff_enrolment"},
}

// staffReasons are the errors that staff are told otherwise than members.
var staffReasons = []struct {
	err    error
	reason string
}{
	{access.ErrDenied, "staff_denied"},
	{giftcard.ErrNotFound, "staff_not_found"},
	{engine.ErrNoAccount, "staff_not_found"},
}

// reasonOf is an error's name in the table.
func reasonOf(err error) string {
	if reason := timeline.Reason(err); reason != "" {
		return reason
	}
	if _, is := errors.AsType[*http.MaxBytesError](err); is {
		return "too_large"
	}
	if _, is := errors.AsType[*engine.TooManyTries](err); is {
		return "too_many_tries"
	}
	if _, is := errors.AsType[*giftcode.CharacterError](err); is {
		return "mistyped"
	}
	if _, is := errors.AsType[*giftcode.LengthError](err); is {
		return "mistyped"
	}
	for _, known := range reasons {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return ourFault
}

func problemOf(err error) problem { return problemCalled(reasonOf(err)) }

// staffProblemOf is an error as staff are told of it, who go on from their own pages.
func staffProblemOf(err error) problem {
	for _, known := range staffReasons {
		if errors.Is(err, known.err) {
			return problemCalled(known.reason)
		}
	}
	told := problemOf(err)
	if !strings.HasPrefix(told.Next, staffHome) {
		told.Next, told.NextLabel = staffHome, "action.staff"
	}
	return told
}

func problemCalled(reason string) problem {
	found, known := problems[reason]
	if !known {
		reason, found = ourFault, problems[ourFault]
	}
	found.Reason = reason
	return found
}

// problem is an error as this visitor is told of it; a wait is told in their own time.
func (v *visit) problem(err error) problem {
	told := problemOf(err)
	if v.page.Staff != nil {
		told = staffProblemOf(err)
	}
	tries, is := errors.AsType[*engine.TooManyTries](err)
	if is {
		seconds := max(1, int(tries.Until.Sub(v.site.Engine.Now()).Round(time.Second)/time.Second))
		told.Minutes = (seconds + 59) / 60
		told.At = v.dateTime(tries.Until)
		v.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	if told.Status == http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		v.site.Log.ErrorContext(v.Context(), "page failed", "route", v.Pattern, "error", err)
	}
	return told
}

// fail renders the page of an error.
func (v *visit) fail(err error) {
	told := v.problem(err)
	if err := v.render(told.Status, problemPage(v.page, told)); err != nil {
		v.site.Log.ErrorContext(v.Context(), "problem page failed", "error", err)
		http.Error(v.w, v.page.T("problem.our_fault.why"), http.StatusInternalServerError)
	}
}

// dateTime is an instant in the member's time zone, or in that of the world, which it names.
func (v *visit) dateTime(instant time.Time) string {
	if v.account != "" {
		if view, err := v.site.Engine.View(v.Context(), v.actor, v.account); err == nil {
			return v.page.DateTime(instant, view.Zone)
		}
	}
	return v.page.DateTime(instant, time.UTC) + " UTC"
}

// missing is the page of an address that is none of ours, or of one that does something else.
func (s *site) missing(v *visit) error {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if s.answers(method, v.URL.Path) {
			v.w.Header().Add("Allow", method)
		}
	}
	if v.w.Header().Get("Allow") != "" {
		return errNoMethod
	}
	return errNoPage
}
