package web

import (
	"encoding/json"
	"slices"
	"strings"

	"scrip/calendar"
	"scrip/engine"
	"scrip/store"
)

// accountSeen is an account as staff see it.
type accountSeen struct {
	engine.View
	Told  []told // the newest first
	Audit audited
}

// told is one thing that was told of an account.
type told struct {
	On     calendar.Date `json:"on"`
	Event  string        `json:"event"`
	Card   string        `json:"card"`
	Plan   string        `json:"plan"`
	Reason string        `json:"reason"` // of what was refused
}

// toldShown bounds a page.
const toldShown = 100

func (s *site) staffAccount(v *visit) error {
	account := v.PathValue("account")
	view, err := s.Engine.View(v.Context(), v.actor, account)
	if err != nil {
		return err
	}
	seen := accountSeen{View: view}
	if seen.Told, err = s.told(v, account); err != nil {
		return err
	}
	if seen.Audit, err = s.audited(v, account); err != nil {
		return err
	}
	return v.show(staffAccountPage(v.page, seen))
}

func (s *site) told(v *visit, account string) ([]told, error) {
	events, err := s.Engine.Timeline(v.Context(), v.actor, account)
	if err != nil {
		return nil, err
	}
	events = events[max(0, len(events)-toldShown):]
	all := make([]told, len(events))
	for at, event := range events {
		if err := json.Unmarshal(event, &all[at]); err != nil {
			return nil, err
		}
	}
	slices.Reverse(all)
	return all, nil
}

// Happened is what happened, in words. What was refused is named as the API names it.
func (p *page) Happened(t told) string {
	if command, refused := strings.CutSuffix(t.Event, "_refused"); refused {
		return p.T("staff.account.refused", "Command", command, "Reason", t.Reason)
	}
	return p.toldAs(t.Event)
}

// toldAs is a kind of what is told, in words, or by its own name where nobody has words for it yet.
func (p *page) toldAs(kind string) string {
	if p.Has(wordKey("told", kind)) {
		return p.word("told", kind)
	}
	return kind
}

// word is what staff call one of a group of things: a state, a role, a deed.
func (p *page) word(group, name string, args ...any) string {
	return p.T(wordKey(group, name), args...)
}

func wordKey(group, name string) string { return "staff." + group + "." + name }

// operation is what was done, in words where there are some, and why it was not, if it was refused.
func (p *page) operation(entry store.Entry) string {
	name := entry.Operation
	if p.Has(wordKey("did", name)) {
		name = p.word("did", name)
	}
	if entry.Outcome == "done" {
		return name
	}
	return p.T("staff.audit.refused", "What", name, "Why", entry.Outcome)
}
