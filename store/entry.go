package store

import (
	"context"
	"time"

	"scrip/access"
	"scrip/store/query"
)

// Entry says who did what to whom, when, and from where. Entries are only added.
type Entry struct {
	ID        string
	Subject   string // an account's id, a card's serial number, a batch, a key's id, or a person of the staff
	Actor     access.Actor
	Operation string
	Outcome   string // done, or why it was refused
	At        time.Time
}

// AddEntry records an entry with what it is about, in one transaction.
func (tx *Tx) AddEntry(e Entry) {
	tx.unit.rows.entries = append(tx.unit.rows.entries, query.AuditEntry{Subject: e.Subject, EntryID: NewID(), Role: string(e.Actor.Role),
		Actor: e.Actor.Who(), Operation: e.Operation, Outcome: e.Outcome, Sender: e.Actor.From, Request: e.Actor.Request,
		Reason: e.Actor.Reason, At: tx.Now.UnixMicro()})
}

// EntryFilter says which entries are listed; what is empty is not asked for.
type EntryFilter struct {
	Subject string
	Actor   string // a person's name, or a key's id
}

// Entries are entries, the newest first, from before an id on; "" is before none.
func (tx *Tx) Entries(ctx context.Context, filter EntryFilter, before string, most int) ([]Entry, error) {
	rows, err := tx.entryRows(ctx, filter, orLast(before), int32(most))
	entries := make([]Entry, len(rows))
	for at, row := range rows {
		entries[at] = Entry{ID: row.EntryID, Subject: row.Subject, Operation: row.Operation, Outcome: row.Outcome, At: instant(row.At),
			Actor: access.Recorded(access.Role(row.Role), row.Actor, access.Actor{From: row.Sender, Request: row.Request, Reason: row.Reason})}
	}
	return entries, err
}

// entryRows asks by the index that fits.
func (tx *Tx) entryRows(ctx context.Context, filter EntryFilter, before string, most int32) ([]query.AuditEntry, error) {
	switch {
	case filter.Subject != "":
		return tx.q.AuditEntries(ctx, query.AuditEntriesParams{Subject: filter.Subject, Actor: filter.Actor, EntryID: before, Most: most})
	case filter.Actor != "":
		return tx.q.AuditEntriesOfActor(ctx, query.AuditEntriesOfActorParams{Actor: filter.Actor, EntryID: before, Most: most})
	}
	return tx.q.AuditEntriesOfAll(ctx, query.AuditEntriesOfAllParams{EntryID: before, Most: most})
}

// orLast is an id, or where there is none, a text behind all ids.
func orLast(id string) string {
	if id == "" {
		return "g" // ids are hexadecimal digits and hyphens
	}
	return id
}
