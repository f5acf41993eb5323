package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// Demo is the world of the demo: a clock that can be put forward, printed cards, a mailbox.
type Demo interface {
	Now() time.Time
	Forward(ctx context.Context, step string) error // day, next, month, or until:2026-03-01T08
	Cards() []DemoCard
	Mails() []DemoMail // newest first
	Mail(id string) (DemoMail, bool)
	SetPayer(ctx context.Context, account string, payer catalog.Payer) error
	StartBilled(ctx context.Context, account string, plan catalog.PlanID, payer catalog.Payer) error
	Timeline(ctx context.Context, account string) ([]byte, error)
}

// DemoCard is a card as it is printed. Its code is made under a key that only the demo has.
type DemoCard struct {
	Code    string // grouped
	Serial  string
	Value   money.Amount
	Country catalog.Country
	Says    string // a message's key, as in "demo.card.active"
}

// DemoMail is a mail that was sent.
type DemoMail struct {
	ID, To, Subject, Text, HTML string
	At                          time.Time
}

// demoBar is what every page of the demo shows.
type demoBar struct{ Now string }

// mailPolicy lets a mail's own page bring its styles, and nothing else, into a frame of ours.
const mailPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"

func (s *site) forward(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	step, err := parseStep(form)
	if err != nil {
		return err
	}
	if err := s.Demo.Forward(v.Context(), step); err != nil {
		return err
	}
	return v.redirect(form.Get("back"))
}

func parseStep(form url.Values) (string, error) {
	switch step := form.Get("step"); step {
	case "day", "next", "month":
		return step, nil
	case "until":
		date, dateErr := calendar.Parse(form.Get("date"))
		hour, hourErr := strconv.Atoi(form.Get("hour"))
		if dateErr == nil && hourErr == nil && hour >= 0 && hour <= 23 {
			return fmt.Sprintf("until:%sT%02d", date, hour), nil
		}
	}
	return "", errForm
}

func (s *site) demoCards(v *visit) error { return v.show(demoCardsPage(v.page, s.Demo.Cards())) }

func (s *site) demoMails(v *visit) error { return v.show(demoMailsPage(v.page, s.Demo.Mails())) }

func (s *site) demoMail(v *visit) error {
	mail, found := s.Demo.Mail(v.PathValue("id"))
	if !found {
		return errNoPage
	}
	return v.show(demoMailPage(v.page, mail))
}

// demoMailBody is a mail as a mail program would show it.
func (s *site) demoMailBody(v *visit) error {
	mail, found := s.Demo.Mail(v.PathValue("id"))
	if !found {
		return errNoPage
	}
	v.w.Header().Set("Content-Security-Policy", mailPolicy)
	v.w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := v.w.Write([]byte(mail.HTML)); err != nil {
		s.Log.DebugContext(v.Context(), "mail not received", "error", err)
	}
	return nil
}

// demoStaff signs in somebody who is there for what the form says, without a proof: it exists in the demo alone.
func (s *site) demoStaff(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	duty, err := access.ParseDuty(form.Get("duty"))
	if err != nil {
		return errors.Join(errForm, err)
	}
	return v.signInStaff(access.Person("demo-"+string(duty)), duty)
}

// demoPayer lets somebody else bill: for the membership that there is, or for one that starts.
func (s *site) demoPayer(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	payer, err := catalog.ParsePayer(form.Get("payer"))
	if err != nil {
		return errors.Join(errForm, err)
	}
	if plan := form.Get("plan"); plan != "" {
		err = s.Demo.StartBilled(v.Context(), v.account, catalog.PlanID(plan), payer)
	} else {
		err = s.Demo.SetPayer(v.Context(), v.account, payer)
	}
	if err != nil {
		return err
	}
	return v.redirect("/account")
}

func (s *site) demoTimeline(v *visit) error {
	told, err := s.Demo.Timeline(v.Context(), v.account)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusOK)
	if _, err := v.w.Write(told); err != nil {
		s.Log.DebugContext(v.Context(), "timeline not received", "error", err)
	}
	return nil
}
