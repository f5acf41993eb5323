package api

import (
	"encoding/json"
	"net/http"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/timeline"
)

// outcome is what a command came to, or that it is not known yet.
type outcome struct {
	Account string            `json:"account"`
	Status  string            `json:"status" enum:"done,pending" says:"pending: the payment method is being asked. Ask again with the same Idempotency-Key and the same body."`
	Card    string            `json:"card,omitzero" says:"The serial number of a card that was redeemed."`
	Events  []json.RawMessage `json:"events" says:"What was told, in the form of docs/billing.md 9. Amounts are minor units of the account's currency."`
}

// preview is what a command would come to now.
type preview struct {
	Refusal   string            `json:"refusal,omitzero" says:"The name of the problem with which it would be refused."`
	Asks      *amount           `json:"asks,omitzero" says:"What the payment method would be asked for."`
	Events    []json.RawMessage `json:"events" says:"What would be told."`
	PaidUntil *calendar.Date    `json:"paid_until,omitzero"`
	RunsOut   *calendar.Date    `json:"runs_out,omitzero"`
}

// askAgain is after how many seconds a pending answer is worth another look.
const askAgain = "2"

func membershipOperations() []operation {
	does := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodPost, Path: "/v1/accounts/{account}/membership/" + path, Tag: "memberships",
			Scope: access.OwnAccount, Change: true, Guard: true, Later: true, Says: says}
	}
	return []operation{
		route(does("startMembership", "start", "Starts a membership."), func(c *call, in startInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.Start, Plan: in.Plan, Payer: in.Payer})
		}),
		route(does("changePlan", "change", "Changes the plan: to a dearer one at once, to a cheaper one on the next billing date."), func(c *call, in changeInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.ChangePlan, Plan: in.Plan})
		}),
		route(does("cancelMembership", "cancel", "Cancels: the balance goes on paying until it has run out."), func(c *call, in accountInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.Cancel})
		}),
		route(does("restartMembership", "restart", "Takes a cancellation back."), func(c *call, in accountInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.Restart})
		}),
		route(does("setPayer", "payer", "Says who bills for the periods that begin from now on."), func(c *call, in payerInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.SetPayer, Payer: in.Payer})
		}),
		route(does("setPaymentMethod", "payment-method", "Sets the payment method, or takes it away."), func(c *call, in methodInput) (outcome, error) {
			return c.do(in.Account, engine.Command{Kind: timeline.SetMethod, Method: string(in.Token)})
		}),
		route(operation{ID: "previewMembership", Method: http.MethodGet, Path: "/v1/accounts/{account}/membership/preview", Tag: "memberships",
			Scope: access.ReadAccounts, Says: "Tells what a command would come to now. The same code does it."}, previewMembership),
	}
}

type startInput struct {
	accountInput
	Plan  catalog.PlanID `json:"plan"`
	Payer catalog.Payer  `json:"payer,omitzero" says:"self where it is left out."`
}

type changeInput struct {
	accountInput
	Plan catalog.PlanID `json:"plan"`
}

type payerInput struct {
	accountInput
	Payer catalog.Payer `json:"payer"`
}

type methodInput struct {
	accountInput
	Token methodToken `json:"token,omitzero" says:"As the payment gateway names the method; left out, the method is taken away."`
}

type previewInput struct {
	accountInput
	Do    timeline.Kind  `query:"do,required" says:"What would be done."`
	Plan  catalog.PlanID `query:"plan" says:"For start and change_plan."`
	Payer catalog.Payer  `query:"payer" says:"For start and payer."`
}

// do gives a command.
func (c *call) do(ref accountRef, command engine.Command) (outcome, error) {
	id, version, err := c.editing(ref)
	if err != nil {
		return outcome{}, err
	}
	command.If = version
	reply, err := c.site.Engine.Do(c.Context(), c.actor, id, c.key, command)
	return c.outcome(id, reply, err)
}

// outcome is a reply as it is written; a refusal is an error here.
func (c *call) outcome(account string, reply engine.Reply, err error) (outcome, error) {
	if err != nil {
		return outcome{}, err
	}
	c.replayed(reply.Replayed)
	if reply.Refusal != nil {
		return outcome{}, reply.Refusal
	}
	shown := outcome{Account: account, Status: "done", Card: reply.Serial, Events: []json.RawMessage{}}
	if reply.Pending {
		c.pending()
		shown.Status = "pending"
		return shown, nil
	}
	return shown, json.Unmarshal(reply.Events, &shown.Events)
}

// pending says that the answer is not known yet.
func (c *call) pending() {
	c.status = http.StatusAccepted
	c.w.Header().Set("Retry-After", askAgain)
}

func previewMembership(c *call, in previewInput) (preview, error) {
	if needed := in.lacks(); needed != "" {
		return preview{}, &inputError{In: "query", Field: needed, Says: "add it: " + string(in.Do) + " needs one"}
	}
	id, err := c.account(in.Account)
	if err != nil {
		return preview{}, err
	}
	payer := in.Payer
	if in.Do == timeline.Start && payer == "" {
		payer = catalog.Self
	}
	o, err := c.site.Engine.Preview(c.Context(), c.actor, id, engine.Command{Kind: in.Do, Plan: in.Plan, Payer: payer})
	if err != nil {
		return preview{}, err
	}
	shown := preview{Refusal: engine.Reason(o.Refusal), Events: make([]json.RawMessage, len(o.Events)), RunsOut: dated(o.State.Estimate.RunsOut)}
	for at, event := range o.Events {
		if shown.Events[at], err = json.Marshal(event); err != nil {
			return preview{}, err
		}
	}
	if o.State.Membership.IsMember() {
		shown.PaidUntil = dated(o.State.Membership.Period.End)
	}
	if o.Asked.IsPositive() {
		asked := amountOf(o.Asked)
		shown.Asks = &asked
	}
	return shown, nil
}

// lacks is the parameter that is missing for what would be done.
func (in previewInput) lacks() string {
	switch {
	case in.Plan == "" && (in.Do == timeline.Start || in.Do == timeline.ChangePlan):
		return "plan"
	case in.Payer == "" && in.Do == timeline.SetPayer:
		return "payer"
	}
	return ""
}
