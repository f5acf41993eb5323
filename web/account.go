package web

import (
	"slices"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/history"
	"scrip/membership"
	"scrip/timeline"
)

// landing is the first page.
func (s *site) landing(v *visit) error { return v.show(landingPage(v.page)) }

func (s *site) view(v *visit) (engine.View, error) {
	return s.Engine.View(v.Context(), v.actor, v.account)
}

// account is the membership page.
func (s *site) account(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	return v.show(accountPage(v.page, view, newKey()))
}

// billing is the page of the balance, its cards and its charges.
func (s *site) billing(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	return v.show(billingPage(v.page, view))
}

// pending waits for a payment method's answer.
func (s *site) pending(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	if view.Asking {
		return v.show(pendingPage(v.page))
	}
	switch waited := timeline.Kind(v.pop(keyWaiting)); {
	case waited == timeline.Redeem:
		if view.Membership.Status == membership.Active {
			v.carry(carryReleased, "yes")
		}
		return v.redirect("/redeem/done")
	case waited == timeline.Start && view.Membership.IsMember():
		v.flash("account.flash.started")
	case waited == timeline.Start:
		v.flash("account.flash.declined")
	}
	return v.redirect("/account")
}

// askStart is the choice of a plan for a new membership.
func (s *site) askStart(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	if view.Membership.IsMember() {
		return v.redirect("/account")
	}
	offers, err := s.Engine.Offers(v.Context(), v.actor, v.account)
	if err != nil {
		return err
	}
	return v.show(startPage(v.page, view, offers, newKey()))
}

func (s *site) start(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	plan := catalog.PlanID(form.Get("plan"))
	return s.change(v, engine.Command{Kind: timeline.Start, Plan: plan, Payer: catalog.Self}, "account.flash.started")
}

// askPlan is the choice of another plan.
func (s *site) askPlan(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	if !view.Membership.IsMember() {
		return v.redirect("/account")
	}
	offers, err := s.Engine.Offers(v.Context(), v.actor, v.account)
	if err != nil {
		return err
	}
	return v.show(planPage(v.page, view, offers))
}

// previewPlan shows what a change of plan would do; it is decided by the code that does it.
func (s *site) previewPlan(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	plan := catalog.PlanID(v.URL.Query().Get("plan"))
	outcome, err := s.Engine.Preview(v.Context(), v.actor, v.account, engine.Command{Kind: timeline.ChangePlan, Plan: plan})
	if err != nil {
		return err
	}
	if outcome.Refusal != nil {
		return outcome.Refusal
	}
	return v.show(planPreviewPage(v.page, view, plan, planChangeOf(outcome), newKey()))
}

func (s *site) changePlan(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	plan := catalog.PlanID(form.Get("plan"))
	return s.change(v, engine.Command{Kind: timeline.ChangePlan, Plan: plan}, "account.flash.plan")
}

// askCancel shows until when one could go on watching.
func (s *site) askCancel(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	outcome, err := s.Engine.Preview(v.Context(), v.actor, v.account, engine.Command{Kind: timeline.Cancel})
	if err != nil {
		return err
	}
	if outcome.Refusal != nil {
		return outcome.Refusal
	}
	return v.show(cancelPage(v.page, view, endOfOutcome(outcome), newKey()))
}

func (s *site) cancel(v *visit) error {
	return s.change(v, engine.Command{Kind: timeline.Cancel}, "account.flash.cancelled")
}

func (s *site) restart(v *visit) error {
	return s.change(v, engine.Command{Kind: timeline.Restart}, "account.flash.restarted")
}

func (s *site) askMethod(v *visit) error {
	view, err := s.view(v)
	if err != nil {
		return err
	}
	return v.show(paymentPage(v.page, view, newKey()))
}

func (s *site) setMethod(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	token, told := form.Get("method"), "account.flash.method"
	if token == "" {
		told = "account.flash.no_method"
	} else if !slices.ContainsFunc(s.Methods, func(method Method) bool { return method.Token == token }) {
		return errForm
	}
	return s.change(v, engine.Command{Kind: timeline.SetMethod, Method: token}, told)
}

// statusKey names the message of a membership's state.
func statusKey(view engine.View) string {
	switch view.Membership.Status {
	case membership.Active:
		if view.Membership.Cancelled {
			return "account.status.cancelled"
		}
		return "account.status.active"
	case membership.Held:
		return "account.status.held"
	case membership.Closed:
		return "account.status.closed"
	}
	return "account.status.none"
}

// endOf is when a membership would end that is cancelled now.
type endOf struct {
	AtOnce bool
	On     calendar.Date // zero: not in sight
}

func endOfOutcome(outcome timeline.Outcome) endOf {
	for _, event := range outcome.Events {
		if event.Kind == history.Cancelled {
			return endOf{AtOnce: event.EndsUntold, On: event.Ends}
		}
	}
	return endOf{}
}
