package api

import (
	"net/http"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/engine"
	"scrip/money"
	"scrip/prepaid"
	"scrip/timeline"
)

// settledCharge is what a change about a charge against the balance alone came to, as it was at the time.
type settledCharge struct {
	Account   string     `json:"account"`
	Status    string     `json:"status" enum:"done,pending" says:"pending: the payment method is being asked. Ask again with the same Idempotency-Key and the same body."`
	ID        string     `json:"id,omitzero" says:"The authorization's id, which is its charge's too."`
	Reference string     `json:"reference,omitzero"`
	Amount    *amount    `json:"amount,omitzero" says:"What was authorized, charged or given back."`
	Shortfall *amount    `json:"shortfall,omitzero" says:"What the balance lacks of what was asked for."`
	Returned  *amount    `json:"returned,omitzero" says:"Of a charge: what it did not take of what was authorized."`
	Lines     []line     `json:"lines" says:"The amount by card."`
	ExpiresAt *time.Time `json:"expires_at,omitzero" says:"Of an open authorization: when what was not captured goes back."`
	Balance   *amount    `json:"balance,omitzero" says:"What can be spent afterwards."`
}

// authorization is what was kept of a balance for a charge, and the charge that it became.
type authorization struct {
	ID        string         `json:"id" says:"That of its charge, too."`
	Reference string         `json:"reference" says:"The biller's own words."`
	Status    prepaid.Fate   `json:"status" enum:"open,captured,released,expired"`
	Asked     amount         `json:"asked"`
	Amount    amount         `json:"amount" says:"That was authorized."`
	Shortfall amount         `json:"shortfall" says:"What the balance lacked."`
	Captured  amount         `json:"captured" says:"That was charged."`
	Lines     []line         `json:"lines" says:"Of a charge, what it took of which card; else what was authorized."`
	MadeOn    calendar.Date  `json:"made_on"`
	EndedOn   *calendar.Date `json:"ended_on,omitzero"`
	MadeAt    time.Time      `json:"made_at"`
	ExpiresAt time.Time      `json:"expires_at" says:"When what is not captured goes back."`
}

// explanation is why a charge was what it was.
type explanation struct {
	ID      string      `json:"id"`
	Total   amount      `json:"total"`
	Section string      `json:"section" says:"Of docs/billing.md."`
	Rule    string      `json:"rule"`
	Inputs  []ruleInput `json:"inputs"`
	Steps   []ruleStep  `json:"steps"`
	Agrees  bool        `json:"agrees" says:"The reckoning comes to what was charged."`
	Lines   []line      `json:"lines"`
}

// ruleInput is a number that a rule looked at.
type ruleInput struct {
	Name  string `json:"name" says:"As docs/billing.md has it."`
	Says  string `json:"says"`
	Value string `json:"value" says:"Amounts are minor units."`
}

// ruleStep is one reckoning.
type ruleStep struct {
	Name    string `json:"name"`
	Formula string `json:"formula"`
	Numbers string `json:"numbers" says:"The formula with its numbers."`
	Exact   string `json:"exact,omitzero" says:"What was rounded."`
	Result  string `json:"result"`
}

// recurrence is how long a balance would pay an amount every month.
type recurrence struct {
	Charges int            `json:"charges" says:"How many the balance would pay in full; no more than 1,200 are looked at."`
	RunsOut *calendar.Date `json:"runs_out,omitzero" says:"The first date on which it would not."`
	Rest    amount         `json:"rest" says:"What the balance then holds."`
}

func chargeOperations() []operation {
	does := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodPost, Path: "/v1/accounts/{account}/" + path, Tag: "charges", Scope: access.ChargeBalance,
			Change: true, Guard: true, Later: true, Says: says}
	}
	creates := func(id, path, says string) operation {
		o := does(id, path, says)
		o.Status = http.StatusCreated
		return o
	}
	get := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: "/v1/accounts/{account}/" + path, Tag: "charges", Scope: access.ReadAccounts, Says: says}
	}
	return []operation{
		route(creates("authorizeBalance", "authorizations", "Keeps an amount of the balance for one charge of your own biller, for some days."),
			func(c *call, in authorizeInput) (settledCharge, error) {
				command := in.command(timeline.Authorize)
				command.Days = int(in.Days)
				return c.settle(in.Account, command)
			}),
		route(get("listAuthorizations", "authorizations", "What was authorized, and the charges that it became, the newest first."), listAuthorizations),
		route(get("getAuthorization", "authorizations/{authorization}", "An authorization, and the charge that it became, as they stand."), getAuthorization),
		route(does("captureAuthorization", "authorizations/{authorization}/capture", "Charges what an authorization keeps, or an amount of it; the rest goes back. It happens once."), captureAuthorization),
		route(does("releaseAuthorization", "authorizations/{authorization}/release", "Gives back what an authorization keeps."),
			func(c *call, in authorizationInput) (settledCharge, error) {
				return c.settle(in.Account, engine.Command{Kind: timeline.Release, Authorization: string(in.Authorization)})
			}),
		route(creates("chargeBalance", "charges", "Charges an amount to the balance at once, oldest card first."),
			func(c *call, in chargeInput) (settledCharge, error) {
				return c.settle(in.Account, in.command(timeline.Charge))
			}),
		route(get("explainCharge", "charges/{charge}/explain", "Why a charge was what it was: the rule, its inputs, each reckoning and its rounding, the cards."), explainCharge),
		route(get("estimateRecurring", "estimate", "Until when the balance would pay an amount every month, if nothing else drew on it."), estimateRecurring),
	}
}

type chargeInput struct {
	accountInput
	Amount    minor          `json:"amount" says:"In minor units."`
	Currency  money.Currency `json:"currency" says:"ISO 4217."`
	Reference reference      `json:"reference" says:"Your biller's own words, kept and shown. It need not be unique: the Idempotency-Key is."`
	Partial   bool           `json:"partial,omitzero" says:"Where the balance does not cover the amount, what there is will do; the rest is the shortfall."`
}

func (in chargeInput) command(kind timeline.Kind) engine.Command {
	return engine.Command{Kind: kind, Amount: money.New(int64(in.Amount), in.Currency), Reference: string(in.Reference), Partial: in.Partial}
}

type authorizeInput struct {
	chargeInput
	Days days `json:"days,omitzero" says:"For how many days beyond today it counts; 7 where it is left out."`
}

type authorizationInput struct {
	accountInput
	Authorization authorizationID `path:"authorization" says:"The authorization's id."`
}

type captureInput struct {
	authorizationInput
	Amount   minor          `json:"amount,omitzero" says:"In minor units; all that is kept where it is left out."`
	Currency money.Currency `json:"currency,omitzero" says:"ISO 4217. An amount needs it."`
}

func captureAuthorization(c *call, in captureInput) (settledCharge, error) {
	command := engine.Command{Kind: timeline.Capture, Authorization: string(in.Authorization)}
	switch {
	case in.Amount > 0 && in.Currency == (money.Currency{}):
		return settledCharge{}, &inputError{In: "body", Field: "currency", Says: "add it: an amount has one"}
	case in.Amount > 0:
		command.Amount = money.New(int64(in.Amount), in.Currency)
	case in.Currency != (money.Currency{}):
		return settledCharge{}, &inputError{In: "body", Field: "amount", Says: "add it, or take the currency out"}
	}
	return c.settle(in.Account, command)
}

// shortOf is a refusal of an amount that the balance does not cover.
type shortOf struct {
	error
	shortfall money.Amount
}

func (e shortOf) Unwrap() error { return e.error }

// settle gives a command about a charge against the balance alone.
func (c *call) settle(ref accountRef, command engine.Command) (settledCharge, error) {
	id, version, err := c.editing(ref)
	if err != nil {
		return settledCharge{}, err
	}
	command.If = version
	reply, err := c.site.Engine.Do(c.Context(), c.actor, id, c.key, command)
	if err != nil {
		return settledCharge{}, err
	}
	c.replayed(reply.Replayed)
	s := reply.Settled
	switch {
	case reply.Refusal != nil && s.Shortfall.IsPositive():
		return settledCharge{}, shortOf{reply.Refusal, s.Shortfall}
	case reply.Refusal != nil:
		return settledCharge{}, reply.Refusal
	case reply.Pending:
		c.pending()
		return settledCharge{Account: id, Status: "pending", Lines: []line{}}, nil
	}
	if c.status == http.StatusCreated {
		c.w.Header().Set("Location", "/v1/accounts/"+id+"/authorizations/"+s.ID)
	}
	shown := settledCharge{Account: id, Status: "done", ID: s.ID, Reference: s.Reference, Amount: new(amountOf(s.Amount)), Shortfall: more(s.Shortfall),
		Returned: more(s.Returned), Lines: linesOf(s.Lines), Balance: new(amountOf(s.Balance))}
	if !s.Expires.IsZero() {
		shown.ExpiresAt = &s.Expires
	}
	return shown, nil
}

// more is an amount, or nothing where it is nothing.
func more(a money.Amount) *amount {
	if !a.IsPositive() {
		return nil
	}
	return new(amountOf(a))
}

func authorizationOf(v engine.AuthorizationView) authorization {
	return authorization{ID: v.ID, Reference: v.Reference, Status: v.Fate, Asked: amountOf(v.Asked), Amount: amountOf(v.Amount),
		Shortfall: amountOf(v.Shortfall), Captured: amountOf(v.Captured), Lines: linesOf(v.Lines), MadeOn: v.MadeOn, EndedOn: dated(v.EndedOn),
		MadeAt: v.MadeAt, ExpiresAt: v.Expires}
}

func listAuthorizations(c *call, in accountPage) (list[authorization], error) {
	id, err := c.account(in.Account)
	if err != nil {
		return list[authorization]{}, err
	}
	all, err := c.site.Engine.Authorizations(c.Context(), c.actor, id, in.page.of())
	return listed(all, in.most(), authorizationOf, func(v engine.AuthorizationView) string { return v.ID }), err
}

func getAuthorization(c *call, in authorizationInput) (authorization, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return authorization{}, err
	}
	v, err := c.site.Engine.Authorization(c.Context(), c.actor, id, string(in.Authorization))
	return authorizationOf(v), err
}

func explainCharge(c *call, in struct {
	accountInput
	Charge chargeID `path:"charge" says:"A charge's id: one for a period, or one against the balance alone."`
}) (explanation, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return explanation{}, err
	}
	e, err := c.site.Engine.Explain(c.Context(), c.actor, id, string(in.Charge))
	return explanation{e.ID, amountOf(e.Total), e.Section, e.Says, each(e.Inputs, func(i billing.Input) ruleInput { return ruleInput(i) }),
		each(e.Steps, func(s billing.Step) ruleStep { return ruleStep(s) }), e.Agrees, linesOf(e.Lines)}, err
}

func estimateRecurring(c *call, in struct {
	accountInput
	Amount   minor          `query:"amount,required" says:"In minor units."`
	Currency money.Currency `query:"currency,required" says:"ISO 4217."`
	From     calendar.Date  `query:"from" says:"The first charge's date; today where it is left out."`
}) (recurrence, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return recurrence{}, err
	}
	r, err := c.site.Engine.EstimateRecurring(c.Context(), c.actor, id, money.New(int64(in.Amount), in.Currency), in.From)
	return recurrence{len(r.Charges), dated(r.RunsOut), amountOf(r.Rest)}, err
}
