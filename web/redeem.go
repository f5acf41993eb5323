package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/history"
	"scrip/timeline"
)

// errNoCard says that no card is being redeemed in this session: begin with its code.
var errNoCard = errors.New("no card is being redeemed")

func (s *site) askCode(v *visit) error {
	return v.show(redeemPage(v.page, codeForm{}))
}

// checkCode looks at the card of a code. From here on only its handle is known.
func (s *site) checkCode(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	entered, err := giftcode.Enter(form.Get("code"))
	if err != nil {
		return v.refuseCode(err)
	}
	sight, handle, err := s.Engine.CheckCard(v.Context(), v.actor, entered)
	switch {
	case err != nil:
		return v.refuseCode(err)
	case handle == "":
		return v.refuseCode(sight.Refusal)
	}
	v.carry(carryCard, handle)
	return v.redirect("/redeem/card")
}

// codeForm is the form for a code, with what was wrong with the one before. It never holds a code.
type codeForm struct {
	Wrong  string
	Reason string
}

// refuseCode shows the form again, empty, where a code is mistyped or unknown.
func (v *visit) refuseCode(err error) error {
	told := problemOf(err)
	if told.Reason != "mistyped" && told.Reason != "not_found" {
		return err
	}
	return v.render(told.Status, redeemPage(v.page, codeForm{v.page.wrongCode(err), told.Reason}))
}

// codeHint says how codes look: ours, and where there are some, those of another system.
func (p *page) codeHint() string {
	if len(p.terms.Catalog.Formats()) > 0 {
		return p.T("redeem.code.hint_others")
	}
	return p.T("redeem.code.hint")
}

// wrongCode says what is wrong with a code, and where.
func (p *page) wrongCode(err error) string {
	if wrong, is := errors.AsType[*giftcode.CharacterError](err); is {
		return p.T("redeem.wrong.character", "Position", wrong.Position)
	}
	if wrong, is := errors.AsType[*giftcode.LengthError](err); is {
		return p.N("redeem.wrong.length", wrong.Got, "Want", wrong.Want)
	}
	switch {
	case errors.Is(err, giftcode.ErrEmpty):
		return p.T("redeem.wrong.empty")
	case errors.Is(err, giftcode.ErrTooLong):
		return p.T("redeem.wrong.too_long")
	case errors.Is(err, giftcode.ErrCheck):
		return p.T("redeem.wrong.check")
	}
	return p.T("redeem.wrong.not_found")
}

// sight is the card that is being redeemed, as this visitor sees it.
func (v *visit) sight() (engine.CardSight, string, error) {
	handle := v.carried(carryCard)
	if handle == "" {
		return engine.CardSight{}, "", errNoCard
	}
	if holder := cmp.Or(v.account, v.proven()); holder != "" {
		proved, err := v.proveCard(holder, handle)
		if err != nil {
			return engine.CardSight{}, "", err
		}
		handle = proved
	}
	sight, err := v.site.Engine.Sight(v.Context(), v.actor, handle)
	return sight, handle, err
}

// proveCard carries on with a card of which nothing was told before its holder's address was proved.
func (v *visit) proveCard(holder, handle string) (string, error) {
	proved, err := v.site.Engine.Prove(v.Context(), v.actor, holder, handle)
	switch {
	case errors.Is(err, giftcard.ErrNotFound):
		v.drop(carryCard) // it is counted once
	case err == nil && proved != handle:
		v.carry(carryCard, proved)
	}
	return proved, err
}

// withCard shows the page of a card, the reason why it cannot be redeemed, or the way to begin.
func (v *visit) withCard(show func(sight engine.CardSight, handle string) error) error {
	sight, handle, err := v.sight()
	switch {
	case errors.Is(err, errNoCard):
		return v.redirect("/redeem")
	case err != nil:
		return err
	case sight.Refusal != nil:
		told := v.problem(sight.Refusal)
		return v.render(told.Status, cardRefusedPage(v.page, sight, told, addressForm{}))
	}
	return show(sight, handle)
}

func (s *site) showCard(v *visit) error {
	return v.withCard(func(sight engine.CardSight, _ string) error {
		return v.show(cardPage(v.page, sight, addressForm{}))
	})
}

// waitForCard has somebody told by mail when the card works that no shop has sold yet.
func (s *site) waitForCard(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	sight, handle, err := v.sight()
	switch {
	case errors.Is(err, errNoCard):
		return v.redirect("/redeem")
	case err != nil:
		return err
	case sight.Unproved:
		return v.redirect("/redeem/card")
	}
	address, err := access.ParseEmail(form.Get("email"))
	if err != nil {
		told := v.problem(giftcard.ErrNotActivated)
		again := addressForm{Email: form.Get("email"), Wrong: v.page.T("sign_in.wrong.email")}
		return v.render(http.StatusUnprocessableEntity, cardRefusedPage(v.page, sight, told, again))
	}
	if err := s.Engine.TellWhenActive(v.Context(), v.actor, handle, address, v.page.Tag()); err != nil {
		return err
	}
	return v.show(waitingPage(v.page, sight, string(address)))
}

// askAddress mails digits to the address of the account that the card is for.
func (s *site) askAddress(v *visit) error {
	if v.account != "" {
		return v.redirect("/redeem/confirm")
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	return v.withCard(func(sight engine.CardSight, _ string) error {
		address, err := access.ParseEmail(form.Get("email"))
		if err != nil {
			again := addressForm{Email: form.Get("email"), Wrong: v.page.T("sign_in.wrong.email")}
			return v.render(http.StatusUnprocessableEntity, cardPage(v.page, sight, again))
		}
		if err := v.mailDigits(address); err != nil {
			return err
		}
		return v.redirect(redeeming.verify)
	})
}

func (s *site) askRedeem(v *visit) error {
	return v.withCard(func(sight engine.CardSight, handle string) error {
		view, err := s.Engine.View(v.Context(), v.actor, v.account)
		if err != nil {
			return err
		}
		return v.show(confirmPage(v.page, sight, handle, view, newKey()))
	})
}

// redeem uses the card that its form showed, whichever card was looked at since. Sent again, it leads
// to the same end.
func (s *site) redeem(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	handle := cmp.Or(form.Get("card"), v.carried(carryCard))
	switch {
	case handle == "" && v.carried(carryRedeemed) != "":
		return v.redirect("/redeem/done")
	case handle == "":
		return v.redirect("/redeem")
	}
	reply, err := s.do(v, engine.Command{Kind: timeline.Redeem, Card: handle})
	if err != nil {
		return err
	}
	v.drop(carryCard, carryReleased)
	if reply.Pending {
		sight, err := s.Engine.Sight(v.Context(), v.actor, handle)
		if err != nil {
			return err
		}
		v.carry(carryRedeemed, sight.Serial)
		v.put(keyWaiting, string(timeline.Redeem))
		return v.redirect("/account/pending")
	}
	v.carry(carryRedeemed, reply.Serial)
	if tells(reply.Events, history.HoldRemoved) {
		v.carry(carryReleased, "yes")
	}
	return v.redirect("/redeem/done")
}

// tells reports whether events tell of something.
func tells(events []byte, kind history.Kind) bool {
	var told []struct {
		Event history.Kind `json:"event"`
	}
	if json.Unmarshal(events, &told) != nil {
		return false
	}
	for _, each := range told {
		if each.Event == kind {
			return true
		}
	}
	return false
}

func (s *site) redeemed(v *visit) error {
	serial := v.carried(carryRedeemed)
	if serial == "" {
		return v.redirect("/account")
	}
	view, err := s.Engine.View(v.Context(), v.actor, v.account)
	if err != nil {
		return err
	}
	done := redemption{Released: v.carried(carryReleased) != ""}
	at := slices.IndexFunc(view.Lots, func(lot engine.LotView) bool { return lot.Serial == serial })
	if at < 0 {
		return v.redirect("/account")
	}
	done.Lot = view.Lots[at]
	return v.show(donePage(v.page, view, done))
}

// redemption is what the last page tells of the card.
type redemption struct {
	Lot      engine.LotView
	Released bool
}
