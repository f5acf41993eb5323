package web

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"scrip/access"
	"scrip/engine"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/store"
)

// deed is what staff may do to a card.
type deed struct {
	Name  string // in paths and messages
	move  engine.Move
	scope access.Scope
	fits  func(giftcard.Card) bool // the card's state
}

// replacing has no move: it makes another card.
const replacing engine.Move = ""

var deeds = []deed{
	{"freeze", engine.Freeze, access.FreezeCards, func(c giftcard.Card) bool { _, err := c.Freeze(); return err == nil }},
	{"unfreeze", engine.Unfreeze, access.FreezeCards, func(c giftcard.Card) bool { _, err := c.Unfreeze(); return err == nil }},
	{"replace", replacing, access.ReplaceCards, func(c giftcard.Card) bool { _, err := c.Replace(""); return err == nil }},
	{"void", engine.Void, access.ManageCards, func(c giftcard.Card) bool { _, _, err := c.Void(); return err == nil }},
}

// cardSeen is a card as its page shows it.
type cardSeen struct {
	store.Card
	Deeds  []deed // that this person may do now
	Events []feed.Event
	Audit  audited
	Wrong  string
}

// audited are entries of the audit, where the person may read them.
type audited struct {
	May     bool
	Entries []store.Entry
}

// entriesShown bounds a page.
const entriesShown = 100

func (s *site) audited(v *visit, subject string) (audited, error) {
	if v.actor.May(access.ReadAudit, "") != nil {
		return audited{}, nil
	}
	entries, err := s.Engine.Entries(v.Context(), v.actor, store.EntryFilter{Subject: subject}, engine.Page{Most: entriesShown})
	return audited{true, entries}, err
}

func (s *site) staffCard(v *visit) error { return s.showCardSeen(v, http.StatusOK, "") }

// showCardSeen shows a card, and what went wrong with it.
func (s *site) showCardSeen(v *visit, status int, wrong string) error {
	serial, card, err := s.cardOf(v)
	if err != nil {
		return err
	}
	seen := cardSeen{Card: card, Wrong: wrong}
	for _, each := range deeds {
		if each.fits(card.Card) && v.actor.May(each.scope, "") == nil {
			seen.Deeds = append(seen.Deeds, each)
		}
	}
	var failedEvents, failedAudit error
	seen.Events, failedEvents = s.Engine.CardEvents(v.Context(), v.actor, serial)
	seen.Audit, failedAudit = s.audited(v, serial.String())
	if err := errors.Join(failedEvents, failedAudit); err != nil {
		return err
	}
	return v.render(status, staffCardPage(v.page, seen))
}

func (s *site) cardOf(v *visit) (giftcode.Serial, store.Card, error) {
	serial, err := giftcode.ParseSerial(v.PathValue("serial"))
	if err != nil {
		return serial, store.Card{}, giftcard.ErrNotFound
	}
	card, err := s.Engine.Card(v.Context(), v.actor, serial)
	return serial, card, err
}

// deedOf is what the path says is to be done, if this person may do it.
func deedOf(v *visit) (deed, error) {
	for _, each := range deeds {
		if each.Name == v.PathValue("deed") {
			return each, v.actor.May(each.scope, "")
		}
	}
	return deed{}, errNoPage
}

// deedForm is the form that confirms a deed.
type deedForm struct {
	Deed   deed
	Card   store.Card
	Key    string
	Reason string
	Wrong  string
}

func (s *site) askDeed(v *visit) error {
	chosen, err := deedOf(v)
	if err != nil {
		return err
	}
	_, card, err := s.cardOf(v)
	if err != nil {
		return err
	}
	if !chosen.fits(card.Card) {
		return v.redirect(cardPath(card.Card.Serial))
	}
	return v.show(staffDeedPage(v.page, deedForm{Deed: chosen, Card: card, Key: newKey()}))
}

// doDeed does it once for each key. A refusal by the card's state shows the card as it is now.
func (s *site) doDeed(v *visit) error {
	chosen, err := deedOf(v)
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	key, err := parseKey(form.Get("key"))
	if err != nil {
		return err
	}
	serial, card, err := s.cardOf(v)
	if err != nil {
		return err
	}
	var wrong string
	if v.actor.Reason, wrong = parseReason(form.Get("reason")); wrong != "" {
		again := deedForm{chosen, card, key, v.actor.Reason, v.page.T(wrong)}
		return v.render(http.StatusUnprocessableEntity, staffDeedPage(v.page, again))
	}
	err = s.carryOut(v, chosen, key, serial)
	if engine.Reason(err) != "" && !errors.Is(err, giftcard.ErrNotFound) {
		return s.showCardSeen(v, http.StatusConflict, v.page.T("staff.card.changed"))
	}
	return err
}

func (s *site) carryOut(v *visit, chosen deed, key string, serial giftcode.Serial) error {
	if chosen.move != replacing {
		if _, _, err := s.Engine.MoveCardOnce(v.Context(), v.actor, key, serial, chosen.move); err != nil {
			return err
		}
		v.flash("staff.flash.done")
		return v.redirect(cardPath(serial.String()))
	}
	replaced, code, _, err := s.Engine.ReplaceCard(v.Context(), v.actor, key, serial)
	if err != nil {
		return err
	}
	return v.show(staffReplacedPage(v.page, replaced, code.Reveal()))
}

const longestReason = 200

// parseReason reads why something is done. It is kept for good, and so holds no code. What is wrong is a message's key,
// and then the reason is what may be shown again.
func parseReason(text string) (reason, wrong string) {
	reason = strings.Join(strings.Fields(text), " ")
	switch {
	case reason == "":
		return "", "staff.wrong.reason"
	case !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > longestReason:
		return "", "staff.wrong.long"
	case giftcode.In(reason):
		return "", "staff.wrong.code"
	}
	return reason, ""
}

// moment is an instant as staff read it, wherever they are.
func (p *page) moment(instant time.Time) string {
	if instant.IsZero() {
		return ""
	}
	return p.DateTime(instant, time.UTC) + " UTC"
}
