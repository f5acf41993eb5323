package api

import (
	"net/http"
	"time"

	"scrip/access"
	"scrip/store"
)

// entry says who did what, when, and from where.
type entry struct {
	ID        string      `json:"id"`
	Subject   string      `json:"subject"`
	Role      access.Role `json:"role" enum:"key,staff,system,member,anonymous"`
	Key       string      `json:"key,omitzero" says:"The API key's id."`
	Person    string      `json:"person,omitzero" says:"Of staff: who; the operator of the command line has none."`
	Operation string      `json:"operation"`
	Outcome   string      `json:"outcome" says:"done, pending, or the name of the problem."`
	From      string      `json:"from,omitzero"`
	Request   string      `json:"request_id,omitzero"`
	Reason    string      `json:"reason,omitzero" says:"Of staff: why, in their own words."`
	At        time.Time   `json:"at"`
}

func auditOperations() []operation {
	return []operation{
		route(operation{ID: "listAudit", Method: http.MethodGet, Path: "/v1/audit", Tag: "audit", Scope: access.ReadAudit,
			Says: "Who changed an account, a card, a batch or a key, the newest first."}, listAudit),
	}
}

type auditInput struct {
	Subject subject `query:"subject,required" says:"An account's id, a card's serial number, a batch or an API key's id."`
	page
}

func listAudit(c *call, in auditInput) (list[entry], error) {
	entries, err := c.site.Engine.Entries(c.Context(), c.actor, store.EntryFilter{Subject: string(in.Subject)}, in.page.of())
	return listed(entries, in.most(), func(e store.Entry) entry {
		return entry{e.ID, e.Subject, e.Actor.Role, e.Actor.Key, string(e.Actor.Person), e.Operation, e.Outcome, e.Actor.From, e.Actor.Request, e.Actor.Reason, e.At}
	}, func(e store.Entry) string { return e.ID }), err
}
