package web

import (
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/store"
)

// journal is who did what over all, a page of it.
type journal struct {
	Filter  store.EntryFilter
	Entries []store.Entry
	Older   string // the entry behind which it goes on; empty: it ends here
}

// journalShown is how many entries a page has.
const journalShown = 50

// longestSought is room for a person's name.
const longestSought = 320

// journal shows entries. What is sought comes in a form's body, never in an address: somebody may enter a code.
func (s *site) journal(v *visit) error {
	if err := v.actor.May(access.ReadAudit, ""); err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	filter := store.EntryFilter{Subject: subjectOf(form.Get("subject")), Actor: sought(form.Get("actor"))}
	entries, err := s.Engine.Entries(v.Context(), v.actor, filter, engine.Page{From: sought(form.Get("from")), Most: journalShown + 1})
	if err != nil {
		return err
	}
	seen := journal{Filter: filter, Entries: entries}
	if len(entries) > journalShown {
		seen.Entries = entries[:journalShown]
		seen.Older = seen.Entries[journalShown-1].ID
	}
	return v.show(staffJournalPage(v.page, seen))
}

// sought is a text to look for. A code is none, so that it is not shown again, and nothing that no column holds.
func sought(text string) string {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > longestSought || giftcode.In(text) {
		return ""
	}
	return text
}

// subjectOf is what an entry may be about; a serial number may be written in any way.
func subjectOf(text string) string {
	if serial, err := giftcode.ParseSerial(text); err == nil {
		return serial.String()
	}
	return sought(text)
}

// subjectPath is the page of what an entry is about, or empty where there is none.
func subjectPath(entry store.Entry) string {
	if _, err := giftcode.ParseSerial(entry.Subject); err == nil {
		return cardPath(entry.Subject)
	}
	if _, err := uuid.Parse(entry.Subject); err == nil && !strings.HasPrefix(entry.Operation, "batch.") {
		return "/staff/accounts/" + entry.Subject
	}
	return ""
}
