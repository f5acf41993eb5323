package web

import (
	"errors"
	"net/http"

	"scrip/access"
	"scrip/calendar"
	"scrip/checkout"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/purchase"
	"scrip/store"
)

// orderView is what an order's page shows. It is for whoever has its link, which is the buyer.
type orderView struct {
	engine.OrderView
	On    calendar.Date // of delivery, where the recipient lives
	Key   string
	To    string // the address as it was corrected
	Wrong string
}

func (s *site) order(v *visit) (orderView, error) {
	found, err := s.Engine.Order(v.Context(), v.actor, v.PathValue("link"))
	if err != nil {
		return orderView{}, err
	}
	zone, err := store.Zone(found.Zone)
	return orderView{OrderView: found, On: calendar.In(found.DeliverAt, zone), Key: newKey(), To: string(found.Recipient)}, err
}

// CanResend reports whether the gift may be sent anew, or its address corrected.
func (o orderView) CanResend() bool {
	return o.State == purchase.Paid || o.State == purchase.Delivered && o.Card == giftcard.Active
}

// Says is the name of how the order stands, as order.<name>.h and order.<name>.p tell it.
func (o orderView) Says() string {
	switch {
	case o.State == purchase.Placed && o.Payment != "":
		return "paying"
	case o.State == purchase.Delivered && o.Card == giftcard.Redeemed:
		return "redeemed"
	case o.State == purchase.Delivered && o.Card != giftcard.Active:
		return "stopped"
	case o.State == purchase.Delivered && o.Bounced:
		return "bounced"
	case o.State == purchase.Delivered && o.Sent:
		return "sent"
	case o.State == purchase.Delivered:
		return "sending"
	case o.State == purchase.ChargedBack || o.State == purchase.WrittenOff:
		return "stopped"
	}
	return string(o.State)
}

func (s *site) showOrder(v *visit) error {
	found, err := s.order(v)
	if err != nil {
		return err
	}
	return v.show(orderPage(v.page, found))
}

// payOrder leads to the gateway's page. It is a link and no form: a form may not lead away from our site.
func (s *site) payOrder(v *visit) error {
	link := v.PathValue("link")
	found, err := s.Engine.Order(v.Context(), v.actor, link)
	if err != nil {
		return err
	}
	// In the buyer's language, whoever asks: the gateway is told the same each time.
	says := s.Bundle.Match("", found.BuyerLanguage).T("buy.says", "Brand", s.Brand.Name)
	page, err := s.Engine.PayOrder(v.Context(), v.actor, link, says)
	if errors.Is(err, purchase.ErrNotPlaced) {
		return v.redirect(engine.OrderPath + link)
	}
	if err != nil {
		return err
	}
	return v.leave(page)
}

// returnToOrder is where the gateway leads back to. What it says of the payment is asked of the gateway itself.
func (s *site) returnToOrder(v *visit) error {
	link := v.PathValue("link")
	if err := s.Engine.ReturnToOrder(v.Context(), v.actor, link); err != nil {
		if errors.Is(err, engine.ErrNoOrder) {
			return err
		}
		s.Log.WarnContext(v.Context(), "how an order's payment stands is not known yet", "error", err)
	}
	return v.redirect(engine.OrderPath + link)
}

// resendOrder sends the gift anew, to the address in the form.
func (s *site) resendOrder(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	key, err := parseKey(form.Get("key"))
	if err != nil {
		return err
	}
	to, err := access.ParseEmail(form.Get("recipient"))
	if err != nil {
		found, failed := s.order(v)
		if failed != nil {
			return failed
		}
		found.To, found.Wrong = form.Get("recipient"), v.page.T("sign_in.wrong.email")
		return v.render(http.StatusUnprocessableEntity, orderPage(v.page, found))
	}
	if err := s.Engine.ResendOrder(v.Context(), v.actor, v.PathValue("link"), key, to); err != nil {
		return err
	}
	v.flash("order.flash.resent")
	return v.redirect(engine.OrderPath + v.PathValue("link"))
}

// testPayment is a page of the test gateway.
func (s *site) testPayment(v *visit) error {
	payment, err := s.Desk.Find(v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.show(testPaymentPage(v.page, payment))
}

// doTestPayment has the test gateway do what the tester says, and tells the engine as often as it does.
func (s *site) doTestPayment(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	payment, told, err := s.Desk.Do(v.PathValue("id"), checkout.Act(form.Get("act")), "test-card-"+form.Get("card"))
	if err != nil {
		return err
	}
	for range told {
		if err := s.Engine.HearOfOrder(v.Context(), payment.Order); err != nil {
			return err
		}
	}
	if checkout.Act(form.Get("act")) == checkout.Decline {
		v.flash("pay.declined")
		return v.redirect(checkout.TestPath + payment.ID)
	}
	return v.redirect(payment.Return)
}
