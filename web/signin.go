package web

import (
	"errors"
	"net/http"

	"scrip/access"
	"scrip/engine"
)

// flow is a way through the sign-in pages: to redeem a card, or for its own sake.
type flow struct{ base, verify, open, done string }

var (
	redeeming = flow{"/redeem/card", "/redeem/verify", "/redeem/new", "/redeem/confirm"}
	signingIn = flow{"/sign-in", "/sign-in/verify", "/sign-in/new", "/account"}
)

// addressForm is the form for an e-mail address.
type addressForm struct{ Email, Wrong string }

// digitsForm is the form for the digits that were mailed.
type digitsForm struct{ Address, Action, Again, Wrong string }

func (s *site) askSignIn(v *visit) error {
	if v.account != "" {
		return v.redirect("/account")
	}
	return v.show(signInPage(v.page, addressForm{}))
}

func (s *site) sendDigits(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	address, err := access.ParseEmail(form.Get("email"))
	if err != nil {
		again := addressForm{Email: form.Get("email"), Wrong: v.page.T("sign_in.wrong.email")}
		return v.render(http.StatusUnprocessableEntity, signInPage(v.page, again))
	}
	if err := v.mailDigits(address); err != nil {
		return err
	}
	return v.redirect(signingIn.verify)
}

func (f flow) digitsForm(v *visit) digitsForm {
	return digitsForm{Address: v.get(keyAddress), Action: f.verify, Again: f.base}
}

func (f flow) askDigits(_ *site) handler {
	return func(v *visit) error {
		if v.get(keySignIn) == "" {
			return v.redirect(f.base)
		}
		return v.show(digitsPage(v.page, f.digitsForm(v)))
	}
}

// proveDigits signs in who has an account, and asks the others for their country.
func (f flow) proveDigits(_ *site) handler {
	return func(v *visit) error {
		form, err := v.form()
		if err != nil {
			return err
		}
		digits, six := parseDigits(form.Get("digits"))
		if !six {
			return f.refuseDigits(v, "sign_in.wrong.six")
		}
		proof, err := v.proveDigits(digits)
		switch {
		case errors.Is(err, engine.ErrWrongDigits):
			return f.refuseDigits(v, "sign_in.wrong.digits")
		case err != nil:
			return err
		case proof.Account != "":
			return v.signIn(proof.Account, proof.Epoch, f.done)
		}
		if err := v.site.sessions.RenewToken(v.Context()); err != nil {
			return err
		}
		v.prove(proof.Email)
		v.forget(keySignIn)
		return v.redirect(f.open)
	}
}

func (f flow) refuseDigits(v *visit, wrong string) error {
	again := f.digitsForm(v)
	again.Wrong = v.page.T(wrong)
	return v.render(http.StatusUnprocessableEntity, digitsPage(v.page, again))
}

// signOut ends this browser's session.
func (s *site) signOut(v *visit) error {
	if err := s.sessions.Destroy(v.Context()); err != nil {
		return err
	}
	v.drop(carryCard, carryRedeemed, carryReleased)
	return v.redirect("/")
}

// signOutEverywhere ends the account's sessions in every browser.
func (s *site) signOutEverywhere(v *visit) error {
	if err := s.Engine.EndSessions(v.Context(), v.actor, v.account); err != nil {
		return err
	}
	return s.signOut(v)
}
