package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"scrip/access"
	"scrip/engine"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/retail"
	"scrip/settlement"
	"scrip/store"
	"scrip/webhook"
)

// problem is how an error is told (RFC 9457). Its type is /problems/ and its name, and does not change.
type problem struct {
	Status int
	Title  string
	Detail string // what to do
}

const (
	ourFault    = "internal"
	problemPath = "/problems/"
)

// problems are all errors that a caller can act on, by name. All else is our fault.
var problems = map[string]problem{
	"not_found":            {404, "No card has this code or serial number", "Check what was entered. The card is unharmed."},
	"not_activated":        {409, "The card was not activated by the shop yet", "Wait up to 24 hours after the purchase, then ask the shop."},
	"already_redeemed":     {409, "The card was redeemed already", "Its value is on the account that redeemed it."},
	"frozen":               {409, "The card is frozen", "Unfreeze it, or let support look at it."},
	"voided":               {409, "The card was returned and is void", "Its price was given back where it was bought."},
	"replaced":             {409, "The card was replaced by another", "Use the new card's code."},
	"not_issued":           {409, "The card is not waiting to be activated", "Look at its state."},
	"not_active":           {409, "The card is not active", "Look at its state."},
	"not_frozen":           {409, "The card is not frozen", "Look at its state."},
	"product_closed":       {409, "The product is closed to sale", "Sell another product. Cards that were sold stay good."},
	"batch_frozen":         {409, "The card's batch is frozen", "Do not sell the card. Whoever issues the cards unfreezes the batch, once it is known where they are."},
	"batch_not_frozen":     {409, "The batch is not frozen", "Look at its state."},
	"batch_unfinished":     {409, "Not all cards of the batch are made yet", "Go on with scrip cards issue --resume."},
	"batch_not_made":       {409, "The batch was printed already", "Look at its state."},
	"batch_not_printed":    {409, "The batch is not waiting to be shipped", "Look at its state."},
	"not_sold_there":       {409, "The retailer does not sell this product", "Name another retailer, or put the product into the catalogue's list of what it sells."},
	"no_retailer":          {409, "The catalogue has no such retailer", "Name one that has an id there."},
	"card_value":           {409, "The card cannot hold this value", "Leave the amount out where the card's value is fixed; else name one from its least to its most, in its currency."},
	"not_shipped":          {409, "The card was not shipped to this retailer", "Check the serial number and the retailer. Another shop's card cannot be sold here."},
	"not_sold":             {409, "No till of this retailer has sold the card", "Only a sale at a till can be voided there."},
	"wrong_day":            {409, "The card was sold on another business day", "A sale is voided on its own business day; later, take the card back by a return."},
	"card_limit":           {409, "The retailer may not activate one card for so much", "Sell it for less."},
	"day_limit":            {409, "The retailer may not activate more on this business day", "Go on tomorrow, or have the limit raised."},
	"business_time":        {409, "The time of the transaction is too far from the server's", "Set the till's clock. It may be ahead by 15 minutes, and a transaction may come 48 hours late."},
	"reversed":             {409, "The transaction was reversed", "Nothing was sold by it. To sell the card, take a new transaction."},
	"sale_settled":         {409, "The sale was agreed on with the retailer's settlement file", "It stands, and the shop owes it. Take the card back by a return."},
	"day_not_over":         {409, "The business day is not over", "Send the file when it is, where the shop is."},
	"other_file":           {409, "Another file of this day was settled", "Say that this one replaces it, if it does."},
	"breaks_resolved":      {409, "Breaks of the day's file were resolved", "It cannot be replaced any more. Have what is wrong corrected by a later day's file."},
	"break_closed":         {409, "The break is closed", "Look at its state."},
	"not_proposed":         {409, "No resolution of the break is proposed", "Propose one; a second person confirms it."},
	"same_person":          {409, "Whoever proposed a resolution cannot confirm it", "Have a second person confirm it, or another key."},
	"other_proposal":       {409, "Another resolution is proposed", "Look at the break, and confirm that one or propose another."},
	"nothing_to_write_off": {409, "There is nothing to write off", "The shop says that it owes no less than its tills told. Accept ours or theirs."},
	"not_activatable":      {409, "The card cannot make the break good", "Only a sale that the shop has and we have not is made good by activating the card."},
	"payment_reused":       {422, "The reference was used for a payment of another amount", "Take the payment's own reference."},
	"settlement_file":      {400, "The settlement file cannot be read", "Mend what errors names by the file's lines. Nothing of it counts."},
	"no_files":             {404, "The catalogue does not tell how the retailer's files are written", "Give the retailer a settlement there."},
	"no_settlement":        {404, "No file of this retailer's day was settled", "Look at its list of days."},
	"no_break":             {404, "The day has no such break", "Look at its list of breaks."},
	"transaction_reused":   {422, "The transaction was used for another card or amount", "Take a new transaction for another card."},
	"no_tills":             {404, "There is no such retailer with tills", "Name one of the catalogue that has an id and a zone, or use a key that is for one."},
	"currency_mismatch":    {409, "The currency is not the account's", "Use the account's currency; redeem a card into an account that is billed in the card's."},
	"billed_by_apple":      {409, "The membership is billed by Apple", "Cancel there, wait until it closes, and start again with the card."},
	"included_in_package":  {409, "The membership is included in a package", "Keep the card, or redeem it into another account."},
	"balance_limit":        {409, "The balance would be more than an amount can hold", "Redeem the card into another account."},
	"already_member":       {409, "The account is a member already", "Change the plan instead."},
	"not_a_member":         {409, "The account is not a member", "Start a membership first."},
	"already_cancelled":    {409, "The membership is cancelled already", "Restart it to take that back."},
	"nothing_to_restart":   {409, "No cancellation is open that could be taken back", "Start a membership where there is none."},
	"same_plan":            {409, "This is the present plan, and no change is pending", "Choose another plan."},
	"unknown_plan":         {409, "The catalogue has no such plan", "Choose one that it has."},
	"no_price":             {409, "The plan has no price in the account's currency today", "Choose another plan."},
	"payment_required":     {402, "Nothing pays for the first period", "Redeem a card, or set a payment method that works."},
	"address_taken":        {409, "The e-mail address has an account already", "Use that account, or another address."},
	"external_id_taken":    {409, "The external id has an account already", "Use that account."},
	"account_needed":       {409, "Nothing is told of such a code without an account", "Name the account that would redeem the card. Codes of this form can be guessed."},
	"sold_online":          {409, "The card was bought online", "Refund its order: scrip orders refund."},
	"charged_back":         {409, "The card's payment was charged back", "Leave the card frozen until the bank's last word."},

	"insufficient_balance":    {402, "The balance does not cover the amount", "Have the shortfall paid otherwise: ask for less, or in partial."},
	"too_many_authorizations": {409, "Too many authorizations are open on the account", "Capture or release some."},
	"unknown_authorization":   {404, "The account has no such authorization", "Look at its list of them."},
	"already_captured":        {409, "The authorization was captured already", "Its charge bears its id."},
	"already_released":        {409, "The authorization was released already", "Authorize anew."},
	"authorization_expired":   {409, "The authorization has expired", "Its value went back to the balance. Authorize anew."},
	"amount_too_large":        {409, "The amount is larger than what was authorized", "Capture that at most."},
	"no_charge":               {404, "The account has no such charge", "Look at its lists of charges and authorizations."},
	"no_event":                {404, "There is no such event", "Take an id from the list of events."},
	"no_endpoint":             {404, "There is no such endpoint", "Look at the list of endpoints."},
	"too_many_endpoints":      {409, "There are 100 endpoints already", "Delete one that is not needed."},
	"endpoint_url":            {422, "Events cannot be posted to this address", "Take one like https://example.com/path, of 2,048 characters at most, without user, password or fragment."},
	"endpoint_private":        {422, "The endpoint's address is not public", "Take a public one, or have the operator name its network in the setting webhook.allow_networks."},
	"past_date":               {400, "The date is over where the account is", "Take today or a later one."},

	"invalid_request":         {400, "The request is not as it must be", "Mend what errors names."},
	"idempotency_key_missing": {400, "A change needs one Idempotency-Key of 1 to 64 characters", "Send a new random one with each change, and the same one to repeat it."},
	"idempotency_key_reused":  {422, "The Idempotency-Key was used for another request", "Take a new key for a new request."},
	"account_without_name":    {422, "An account needs an e-mail address or an external id", "Give one of them, or both."},
	"unauthorized":            {401, "There is no API key, or none that counts", "Send one as Authorization: Bearer. Keys are made by scrip keys api new."},
	"forbidden":               {403, "The API key was not made for this", "Use a key with a scope that allows it."},
	"no_account":              {404, "There is no such account", "Check the id; your own stands behind ext:."},
	"no_sandbox":              {403, "There are test clocks in a sandbox only", "Serve one with scrip serve --sandbox, on a database of its own."},
	"no_clock":                {404, "There is no such test clock", "Look at the list of them."},
	"clock_moves":             {409, "The test clock is on its way", "Wait until it has arrived."},
	"clock_back":              {409, "A test clock goes forward only", "Make another one."},
	"no_batch":                {404, "There is no such batch", "Look at the list of batches."},
	"no_such_address":         {404, "There is no such address", "See /v1/docs for what there is."},
	"method_not_allowed":      {405, "The address does not do this", "See Allow for what it does."},
	"not_acceptable":          {406, "The answer is JSON, which Accept excludes", "Accept application/json."},
	"changed_meanwhile":       {412, "The account was changed since it was read", "Read it again, and decide anew. Nothing was changed."},
	"too_large":               {413, "The body is larger than 16 KiB, or than 32 MiB with a file", "Make it smaller."},
	"unsupported_media_type":  {415, "The body is not said to be JSON", "Send Content-Type: application/json."},
	"too_many_tries":          {429, "Too many codes led nowhere", "Wait as Retry-After says."},
	"too_many_requests":       {429, "The key asks too often", "Wait as Retry-After says."},
	"no_gateway":              {409, "No payment gateway is configured", "Only a balance pays here."},
	"gateway_silent":          {503, "The payment provider does not answer", "Nothing was changed. Ask again with the same key."},
	"conflict":                {409, "Somebody else changed the same at this moment", "Nothing was changed. Ask again with the same key."},
	"under_way":               {409, "The same request has not ended yet", "Ask again with the same key, which tells how it ended."},
	"outcome_unknown":         {503, "It is not known whether the change was kept", "Ask again with the same Idempotency-Key, which tells."},
	ourFault:                  {500, "Something went wrong that is not your fault", "Ask again with the same key; give the Request-Id to support."},
}

var (
	errNoKey          = errors.New("no API key that counts")
	errTooOften       = errors.New("too many requests")
	errNoRoute        = errors.New("no such address")
	errNoMethod       = errors.New("the address does not do this")
	errNotAcceptable  = errors.New("no JSON is accepted")
	errNotJSON        = errors.New("the body is not said to be JSON")
	errTooLarge       = errors.New("the body is too large")
	errIdempotencyKey = errors.New("one idempotency key is needed")
)

// reasons are the errors beside engine.Refusals that have a name.
var reasons = []struct {
	err    error
	reason string
}{
	{access.ErrDenied, "forbidden"},
	{engine.ErrKeyUnknown, "unauthorized"},
	{engine.ErrNoAccount, "no_account"},
	{engine.ErrNoBatch, "no_batch"},
	{engine.ErrNoTills, "no_tills"},
	{engine.ErrTransactionReused, "transaction_reused"},
	{engine.ErrDayNotOver, "day_not_over"},
	{engine.ErrOtherFile, "other_file"},
	{engine.ErrBreaksResolved, "breaks_resolved"},
	{engine.ErrPaymentReused, "payment_reused"},
	{retail.ErrSettled, "sale_settled"},
	{engine.ErrPayment, "invalid_request"},
	{engine.ErrHoldsCode, "invalid_request"},
	{engine.ErrNameless, "forbidden"},
	{engine.ErrNoFiles, "no_files"},
	{engine.ErrNotSettled, "no_settlement"},
	{engine.ErrNoBreak, "no_break"},
	{engine.ErrTransactionID, "invalid_request"},
	{engine.ErrNoSandbox, "no_sandbox"},
	{engine.ErrNoClock, "no_clock"},
	{engine.ErrClockMoves, "clock_moves"},
	{engine.ErrClockBack, "clock_back"},
	{engine.ErrKeyMissing, "idempotency_key_missing"},
	{engine.ErrKeyReused, "idempotency_key_reused"},
	{engine.ErrChanged, "changed_meanwhile"},
	{engine.ErrNobody, "account_without_name"},
	{engine.ErrZone, "invalid_request"},
	{engine.ErrAmount, "invalid_request"},
	{engine.ErrReference, "invalid_request"},
	{engine.ErrDays, "invalid_request"},
	{engine.ErrNoAuthorization, "unknown_authorization"},
	{engine.ErrNoCharge, "no_charge"},
	{engine.ErrPastDate, "past_date"},
	{engine.ErrNoEvent, "no_event"},
	{engine.ErrNoEndpoint, "no_endpoint"},
	{engine.ErrManyEndpoints, "too_many_endpoints"},
	{webhook.ErrURL, "endpoint_url"},
	{webhook.ErrPrivate, "endpoint_private"},
	{feed.ErrType, "invalid_request"},
	{feed.ErrID, "invalid_request"},
	{feed.ErrCursor, "invalid_request"},
	{engine.ErrNoGateway, "no_gateway"},
	{engine.ErrGatewaySilent, "gateway_silent"},
	{store.ErrUnknown, "outcome_unknown"},
	{engine.ErrUnderWay, "under_way"},
	{store.ErrBusy, "under_way"},
	{store.ErrConflict, "conflict"},
	{giftcard.ErrNotFound, "not_found"},
	{errUnproved, "account_needed"},
	{errNoKey, "unauthorized"},
	{errTooOften, "too_many_requests"},
	{errNoRoute, "no_such_address"},
	{errNoMethod, "method_not_allowed"},
	{errNotAcceptable, "not_acceptable"},
	{errNotJSON, "unsupported_media_type"},
	{errTooLarge, "too_large"},
	{errIdempotencyKey, "idempotency_key_missing"},
}

// reasonOf is an error's name in the table.
func reasonOf(err error) string {
	// A commit of unknown fate is told as that, whatever else is known.
	if errors.Is(err, store.ErrUnknown) {
		return "outcome_unknown"
	}
	if reason := engine.Reason(err); reason != "" {
		return reason
	}
	if _, is := errors.AsType[*inputError](err); is {
		return "invalid_request"
	}
	if _, is := errors.AsType[*engine.NoCode](err); is {
		return "invalid_request"
	}
	if _, is := errors.AsType[*engine.TooManyTries](err); is {
		return "too_many_tries"
	}
	if _, is := errors.AsType[*settlement.Unreadable](err); is {
		return "settlement_file"
	}
	for _, known := range reasons {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return ourFault
}

// told is a problem as it is written.
type told struct {
	Type      string        `json:"type" says:"/problems/ and the problem's name."`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail" says:"What to do."`
	Request   string        `json:"request_id"`
	Errors    []*inputError `json:"errors,omitzero"`
	Shortfall *amount       `json:"shortfall,omitzero" says:"Of insufficient_balance: what the balance lacks."`
}

// mistakesIn are a settlement file's mistakes, by its lines. They repeat nothing of it.
func mistakesIn(wrong *settlement.Unreadable) []*inputError {
	return each(wrong.Mistakes, func(m settlement.Mistake) *inputError {
		says := m.Says
		if m.Field != "" {
			says = m.Field + ": " + says
		}
		return &inputError{In: "body", Field: "file", Line: m.Line, Says: says}
	})
}

// fail answers with the problem of an error.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	reason := reasonOf(err)
	p := problems[reason]
	reply := told{Type: problemPath + reason, Title: p.Title, Status: p.Status, Detail: p.Detail, Request: w.Header().Get("Request-Id")}
	if input, is := errors.AsType[*inputError](err); is {
		reply.Errors = []*inputError{input}
	}
	if wrong, is := errors.AsType[*settlement.Unreadable](err); is {
		reply.Errors = mistakesIn(wrong)
	}
	if _, is := errors.AsType[*engine.NoCode](err); is {
		reply.Errors = []*inputError{{In: "body", Field: "code", Says: codeRemedy}}
	}
	if short, is := errors.AsType[shortOf](err); is {
		reply.Shortfall = more(short.shortfall)
	}
	if tries, is := errors.AsType[*engine.TooManyTries](err); is {
		w.Header().Set("Retry-After", seconds(tries.Until.Sub(s.Engine.Now())))
	}
	if p.Status == http.StatusServiceUnavailable || reason == "under_way" {
		w.Header().Set("Retry-After", "1")
	}
	if reason == ourFault && !errors.Is(err, context.Canceled) {
		s.Log.ErrorContext(r.Context(), "a request failed", "route", r.Pattern, "request", reply.Request, "error", err)
	}
	body, err := json.Marshal(reply)
	if err != nil {
		body = []byte(`{"type":"/problems/internal","title":"","status":500,"detail":"","request_id":""}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	s.write(w, r, append(body, '\n'))
}
