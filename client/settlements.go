package client

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// DaysFile is a retailer's file of a business day.
type DaysFile struct {
	Retailer string `json:"retailer"`
	Day      Date   `json:"day,omitempty"` // may be empty where the file's header tells it
	File     string `json:"file"`
	Replaces bool   `json:"replaces,omitempty"` // it takes the place of another file of the day
}

// SettledFile is what settling a day came to.
type SettledFile struct {
	Retailer   string `json:"retailer"`
	Day        Date   `json:"day"`
	Revision   int    `json:"revision"`
	Rows       int    `json:"rows"`
	Matched    int    `json:"matched"`
	Breaks     int    `json:"breaks"`
	Ours       Amount `json:"ours"`
	Theirs     Amount `json:"theirs"`
	Agreed     Amount `json:"agreed"`
	Commission Amount `json:"commission"`
	Again      bool   `json:"again"` // this very file was settled before
}

// SettledDay is a business day of which a retailer's file came.
type SettledDay struct {
	Retailer   string    `json:"retailer"`
	Day        Date      `json:"day"`
	Revision   int       `json:"revision"`
	Rows       int       `json:"rows"`
	Matched    int       `json:"matched"`
	Decided    int       `json:"decided"` // breaks that were resolved
	Ours       Amount    `json:"ours"`
	Theirs     Amount    `json:"theirs"`
	Agreed     Amount    `json:"agreed"`
	Rate       string    `json:"commission_rate"`
	Commission Amount    `json:"commission"`
	Owed       Amount    `json:"owed"`
	Sum        string    `json:"file_sha256"`
	ReceivedAt time.Time `json:"received_at"`
}

// Break is a transaction on which a retailer's file and its tills differ.
type Break struct {
	Retailer    string     `json:"retailer"`
	Day         Date       `json:"day"`
	Number      int        `json:"number"`
	Kind        string     `json:"kind"`
	State       string     `json:"state"`
	AgeDays     int        `json:"age_days"`
	Store       string     `json:"store"`
	Terminal    string     `json:"terminal"`
	Transaction string     `json:"transaction"`
	On          Date       `json:"business_date"`
	Operation   string     `json:"operation"`
	Serial      string     `json:"serial"`
	Line        int        `json:"line"` // 0 where it is not in the file
	Standing    string     `json:"with_us"`
	Ours        Amount     `json:"ours"`
	Theirs      Amount     `json:"theirs"`
	Resolution  string     `json:"resolution"`
	Reason      string     `json:"reason"`
	Proposer    string     `json:"proposer"`
	ProposedAt  *time.Time `json:"proposed_at"`
	Confirmer   string     `json:"confirmer"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
	ArrivedOn   string     `json:"arrived_on"`
}

// BreakFilter says which breaks are listed; what is empty is not asked for.
type BreakFilter struct {
	Day           Date
	State, Kind   string
	OlderThanDays int
}

// Proposal is how a break is to be resolved: ours, theirs, activate or written_off.
type Proposal struct {
	Resolution string `json:"resolution"`
	Reason     string `json:"reason,omitempty"`
}

// Confirmation names the resolution that is confirmed.
type Confirmation struct {
	Resolution string `json:"resolution"`
}

// DecidedBreak is what a decision on a break came to.
type DecidedBreak struct {
	Retailer   string `json:"retailer"`
	Day        Date   `json:"day"`
	Number     int    `json:"number"`
	State      string `json:"state"`
	Resolution string `json:"resolution"`
	Agreed     Amount `json:"agreed"`     // of the day, since then
	Commission Amount `json:"commission"` // of the day, since then
}

// RetailerAccount is how a retailer's account stands.
type RetailerAccount struct {
	Retailer string            `json:"retailer"`
	Balances []RetailerBalance `json:"balances"`
	Pending  int               `json:"pending_breaks"`
	Missing  []string          `json:"missing_days"`
}

// RetailerBalance is the account in one currency.
type RetailerBalance struct {
	Agreed     Amount `json:"agreed"`
	Commission Amount `json:"commission"`
	Paid       Amount `json:"paid"`
	Owed       Amount `json:"owed"`
}

// Payment is what a retailer pays. Its reference counts once.
type Payment struct {
	Amount    int64  `json:"amount"` // minor units
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
}

// RecordedPayment is what taking in a payment came to.
type RecordedPayment struct {
	Retailer  string `json:"retailer"`
	Reference string `json:"reference"`
	Amount    Amount `json:"amount"`
	Again     bool   `json:"again"` // it was recorded before
}

// SettleDay takes in a retailer's file of a business day. The same file again changes nothing.
func (c *Client) SettleDay(ctx context.Context, file DaysFile, options ...Option) (SettledFile, error) {
	return change[SettledFile](ctx, c, path("settlements"), file, options)
}

// ListSettlements lists a retailer's settled days, the latest first.
func (c *Client) ListSettlements(ctx context.Context, retailer string) iter.Seq2[SettledDay, error] {
	return list[SettledDay](ctx, c, path("settlements", retailer), nil)
}

// GetSettlement tells how a day was settled.
func (c *Client) GetSettlement(ctx context.Context, retailer string, day Date) (SettledDay, error) {
	return get[SettledDay](ctx, c, path("settlements", retailer, "days", string(day)), nil)
}

// GetRetailerAccount tells what a retailer owes, and of which days no file came.
func (c *Client) GetRetailerAccount(ctx context.Context, retailer string) (RetailerAccount, error) {
	return get[RetailerAccount](ctx, c, path("settlements", retailer, "account"), nil)
}

// ListBreaks lists a retailer's breaks, the oldest first.
func (c *Client) ListBreaks(ctx context.Context, retailer string, filter BreakFilter) iter.Seq2[Break, error] {
	older := ""
	if filter.OlderThanDays > 0 {
		older = strconv.Itoa(filter.OlderThanDays)
	}
	return list[Break](ctx, c, path("settlements", retailer, "breaks"),
		given("day", string(filter.Day), "state", filter.State, "kind", filter.Kind, "older_than_days", older))
}

// ProposeResolution proposes how a day's break of a number is resolved. A second person, or another key, confirms it.
func (c *Client) ProposeResolution(ctx context.Context, retailer string, day Date, number int, proposal Proposal, options ...Option) (DecidedBreak, error) {
	return change[DecidedBreak](ctx, c, breakPath(retailer, day, number, "propose"), proposal, options)
}

// ConfirmResolution confirms the resolution that another has proposed.
func (c *Client) ConfirmResolution(ctx context.Context, retailer string, day Date, number int, confirmation Confirmation, options ...Option) (DecidedBreak, error) {
	return change[DecidedBreak](ctx, c, breakPath(retailer, day, number, "confirm"), confirmation, options)
}

func breakPath(retailer string, day Date, number int, does string) string {
	return path("settlements", retailer, "days", string(day), "breaks", strconv.Itoa(number), does)
}

// RecordPayment takes in what a retailer has paid.
func (c *Client) RecordPayment(ctx context.Context, retailer string, payment Payment, options ...Option) (RecordedPayment, error) {
	return change[RecordedPayment](ctx, c, path("settlements", retailer, "payments"), payment, options)
}
