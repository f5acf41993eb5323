package client

import (
	"context"
	"iter"
	"time"
)

// Entry says who did what, when, and from where.
type Entry struct {
	ID        string    `json:"id"`
	Subject   string    `json:"subject"`
	Role      string    `json:"role"`
	Key       string    `json:"key"`    // the API key's id
	Person    string    `json:"person"` // of staff
	Operation string    `json:"operation"`
	Outcome   string    `json:"outcome"` // done, pending, or the name of the problem
	From      string    `json:"from"`
	RequestID string    `json:"request_id"`
	Reason    string    `json:"reason"` // of staff: why
	At        time.Time `json:"at"`
}

// ListAudit lists who changed an account, a card, a batch or a key, the newest first.
func (c *Client) ListAudit(ctx context.Context, subject string) iter.Seq2[Entry, error] {
	return list[Entry](ctx, c, path("audit"), given("subject", subject))
}
