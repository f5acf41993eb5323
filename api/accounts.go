package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
	"scrip/store"
)

// account is an account as it is now. What the days to come will bring is reckoned when it is read.
type account struct {
	ID            string         `json:"id"`
	ExternalID    string         `json:"external_id,omitzero"`
	Email         string         `json:"email,omitzero"`
	TestClock     string         `json:"test_clock,omitzero" says:"In a sandbox: by which it lives."`
	CreatedAt     time.Time      `json:"created_at"`
	Language      string         `json:"language"`
	Country       string         `json:"country"`
	TimeZone      string         `json:"time_zone"`
	Balance       amount         `json:"balance" says:"What can be spent."`
	Authorized    amount         `json:"authorized" says:"What open authorizations keep beside the balance."`
	Membership    subscription   `json:"membership"`
	PaymentMethod billing.Method `json:"payment_method" enum:"none,ok,declines"`
	Asking        bool           `json:"payment_pending" says:"A payment method is being asked: the member watches on."`
	RunsOut       *calendar.Date `json:"runs_out,omitzero" says:"The billing date at which the balance alone will not pay any more."`
	NextCharge    *coming        `json:"next_charge,omitzero"`
}

// subscription is the membership of an account.
type subscription struct {
	Status      membership.Status `json:"status" enum:"none,active,held,closed"`
	Plan        string            `json:"plan,omitzero"`
	PendingPlan string            `json:"pending_plan,omitzero" says:"From the next billing date on."`
	Payer       catalog.Payer     `json:"payer"`
	Cancelled   bool              `json:"cancelled"`
	PaidFrom    *calendar.Date    `json:"paid_from,omitzero"`
	PaidUntil   *calendar.Date    `json:"paid_until,omitzero" says:"The day on which the paid period ends and the next begins."`
	EndsOn      *calendar.Date    `json:"ends_on,omitzero" says:"Of a cancelled one."`
	HeldOn      *calendar.Date    `json:"held_on,omitzero"`
	ClosesOn    *calendar.Date    `json:"closes_on,omitzero" says:"On hold: the day at whose end it closes."`
}

// coming is what the next billing date will charge.
type coming struct {
	On    calendar.Date `json:"on"`
	Total amount        `json:"total"`
	Tax   amount        `json:"tax"`
}

// opened is a new account.
type opened struct {
	ID         string    `json:"id"`
	ExternalID string    `json:"external_id,omitzero"`
	CreatedAt  time.Time `json:"created_at"`
}

// entitlement is for a player, which asks on every start.
type entitlement struct {
	Account   string            `json:"account"`
	MayWatch  bool              `json:"may_watch"`
	Why       membership.Why    `json:"why" enum:"paid,payment_pending,on_hold,closed,not_started"`
	Status    membership.Status `json:"status" enum:"none,active,held,closed"`
	Plan      string            `json:"plan,omitzero"`
	PaidUntil *calendar.Date    `json:"paid_until,omitzero"`
	Until     *time.Time        `json:"until,omitzero" says:"The instant at which paid_until begins where the member is."`
	RunsOut   *calendar.Date    `json:"runs_out,omitzero"`
}

// lot is what is left of one redeemed card.
type lot struct {
	ID         string       `json:"id"`
	Source     string       `json:"source" says:"The card's serial number."`
	Kind       prepaid.Kind `json:"kind" enum:"bought,promotional,correction"`
	Value      amount       `json:"value"`
	Rest       amount       `json:"rest"`
	RedeemedAt time.Time    `json:"redeemed_at"`
}

// charge is a period that was paid.
type charge struct {
	ID        string            `json:"id"`
	Plan      string            `json:"plan"`
	Start     calendar.Date     `json:"start"`
	End       calendar.Date     `json:"end" says:"An upgrade may have moved it."`
	Total     amount            `json:"total"`
	Tax       amount            `json:"tax" says:"That is in the total."`
	Prorated  bool              `json:"prorated"`
	PaidBy    membership.PaidBy `json:"paid_by"`
	ChargedAt time.Time         `json:"charged_at"`
	Lines     []line            `json:"lines"`
}

// line is one source's part of a charge.
type line struct {
	Source string `json:"source" says:"A card's serial number, payment_method, partner, apple or package."`
	Amount amount `json:"amount"`
}

// transfer is an entry of the ledger.
type transfer struct {
	ID     string    `json:"id"`
	Debit  string    `json:"debit"`
	Credit string    `json:"credit"`
	Amount amount    `json:"amount"`
	Cause  string    `json:"cause" says:"What it follows from: lot:, charge: or question: and an id."`
	At     time.Time `json:"at"`
}

type accountInput struct {
	Account accountRef `path:"account" says:"The account's id, or ext: and your own id of it."`
}

func accountOperations() []operation {
	get := func(id, path, says string) operation {
		return operation{ID: id, Method: http.MethodGet, Path: "/v1/accounts/{account}" + path, Tag: "accounts", Scope: access.ReadAccounts, Says: says}
	}
	entitles := get("getEntitlement", "/entitlement", "Whether the account may watch, until when, and why. Made to be asked on every start, and cacheable.")
	entitles.Cached = true
	return []operation{
		route(operation{ID: "openAccount", Method: http.MethodPost, Path: "/v1/accounts", Tag: "accounts", Scope: access.OpenAccount,
			Change: true, Status: http.StatusCreated,
			Says: "Opens an account. It needs an e-mail address, an external id, or both; without an address nothing is mailed."}, openAccount),
		route(get("getAccount", "", "An account, with an ETag for If-Match."), getAccount),
		route(entitles, getEntitlement),
		route(get("listLots", "/lots", "The redeemed cards of the account in their order, used-up ones too."), listLots),
		route(get("listCharges", "/charges", "The account's charges with their lines by card, the newest first."), listCharges),
		route(get("listTimeline", "/timeline", "All that was told of the account, refusals too, in order and in the form of docs/billing.md 9."), listTimeline),
		route(get("listTransfers", "/transfers", "The ledger's entries on the account's side, the newest first."), listTransfers),
		route(operation{ID: "redeemCode", Method: http.MethodPost, Path: "/v1/accounts/{account}/redeem", Tag: "accounts", Scope: access.RedeemCards,
			Change: true, Guard: true, Later: true, Says: "Redeems a code into the account."}, redeemCode),
	}
}

// account is the id of an account that is named.
func (c *call) account(ref accountRef) (string, error) {
	if ref.external == "" {
		return ref.id, nil
	}
	return c.site.Engine.AccountOf(c.Context(), c.actor, ref.external)
}

type openInput struct {
	ExternalID externalID      `json:"external_id,omitzero" says:"Your own id of it, unique."`
	Email      access.Email    `json:"email,omitzero" says:"You vouch that it is the member's."`
	Country    catalog.Country `json:"country"`
	Currency   money.Currency  `json:"currency"`
	TimeZone   zoneName        `json:"time_zone" says:"Of IANA."`
	TestClock  clockID         `json:"test_clock,omitzero" says:"In a sandbox: the test clock by which the account lives, for good."`
	Language   language        `json:"language,omitzero" says:"Of pages and mails; en where it is left out."`
}

func openAccount(c *call, in openInput) (opened, error) {
	reply, again, err := c.site.Engine.OpenAccountOnce(c.Context(), c.actor, c.key, engine.Opening{ExternalID: string(in.ExternalID), Email: in.Email,
		Country: in.Country, Currency: in.Currency, Zone: string(in.TimeZone), Language: string(cmp.Or(in.Language, "en")), TestClock: string(in.TestClock)})
	c.replayed(again)
	if err == nil {
		c.w.Header().Set("Location", "/v1/accounts/"+reply.Account)
	}
	return opened{reply.Account, string(in.ExternalID), reply.CreatedAt}, err
}

func getAccount(c *call, in accountInput) (account, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return account{}, err
	}
	v, err := c.site.Engine.View(c.Context(), c.actor, id)
	if err != nil {
		return account{}, err
	}
	c.w.Header().Set("ETag", etag(v.Version))
	shown := account{ID: v.ID, ExternalID: v.ExternalID, Email: v.Email, TestClock: v.TestClock, CreatedAt: v.CreatedAt, Language: v.Language, Country: v.Country.String(),
		TimeZone: v.Zone.String(), Balance: amountOf(v.Balance), Authorized: amountOf(v.Authorized), PaymentMethod: v.Method, Asking: v.Asking, RunsOut: dated(v.RunsOut),
		Membership: subscriptionOf(v.Membership)}
	shown.Membership.EndsOn, shown.Membership.ClosesOn = dated(v.Ends), dated(v.CloseOn)
	if v.NextBill.Total.IsPositive() {
		shown.NextCharge = &coming{v.NextBill.Start, amountOf(v.NextBill.Total), amountOf(v.NextBill.Tax)}
	}
	return shown, nil
}

func subscriptionOf(m membership.Membership) subscription {
	shown := subscription{Status: m.Status, Plan: string(m.Plan), PendingPlan: string(m.Pending), Payer: m.Payer, Cancelled: m.Cancelled, HeldOn: dated(m.HeldOn)}
	if m.Status == membership.Active {
		shown.PaidFrom, shown.PaidUntil = dated(m.Period.Start), dated(m.Period.End)
	}
	return shown
}

// dated is a date, or nothing where there is none.
func dated(d calendar.Date) *calendar.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

// A player may keep an entitlement for as long as it holds, and for entitlementLasts at most.
const entitlementLasts = time.Minute

func getEntitlement(c *call, in accountInput) (entitlement, error) {
	id, err := c.account(in.Account)
	if err != nil {
		return entitlement{}, err
	}
	e, err := c.site.Engine.Entitlement(c.Context(), c.actor, id)
	if err != nil {
		return entitlement{}, err
	}
	shown := entitlement{Account: e.Account, MayWatch: e.Entitled.MayWatch, Why: e.Entitled.Why, Status: e.Membership.Status, Plan: string(e.Membership.Plan),
		PaidUntil: dated(e.Entitled.Until), RunsOut: dated(e.RunsOut)}
	if !e.Until.IsZero() {
		shown.Until = &e.Until
	}
	return shown, c.cached(shown, e.Holds)
}

// cached lets a reply be kept until an instant, or answers that it is the one that the caller has.
func (c *call) cached(reply any, until time.Time) error {
	lasts := entitlementLasts
	if !until.IsZero() {
		lasts = max(0, min(lasts, until.Sub(c.site.Engine.Now())))
	}
	body, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	tag := strconv.Quote(base64.RawURLEncoding.EncodeToString(sum[:12]))
	c.w.Header().Set("ETag", tag)
	c.w.Header().Set("Cache-Control", "private, max-age="+strconv.Itoa(int(lasts/time.Second)))
	if slices.Contains(c.Header.Values("If-None-Match"), tag) {
		c.status = http.StatusNotModified
	}
	return nil
}

type accountPage struct {
	accountInput
	page
}

// number is the number behind which a list goes on.
func (p page) number() (int64, error) {
	number, err := strconv.ParseInt(cmp.Or(string(p.Cursor), "0"), 10, 64)
	if err != nil {
		return 0, &inputError{In: "query", Field: "cursor", Says: cursorRemedy}
	}
	return number, nil
}

func listLots(c *call, in accountPage) (list[lot], error) {
	after, err := in.number()
	if err != nil {
		return list[lot]{}, err
	}
	id, err := c.account(in.Account)
	if err != nil {
		return list[lot]{}, err
	}
	lots, err := c.site.Engine.Lots(c.Context(), c.actor, id, after, in.most())
	return listed(lots, in.most(), func(l store.Lot) lot {
		return lot{l.Lot.ID, l.Lot.Source, l.Lot.Kind, amountOf(l.Value), amountOf(l.Lot.Rest), l.RedeemedAt}
	}, func(l store.Lot) string { return strconv.FormatInt(l.Position, 10) }), err
}

func listCharges(c *call, in accountPage) (list[charge], error) {
	id, err := c.account(in.Account)
	if err != nil {
		return list[charge]{}, err
	}
	charges, err := c.site.Engine.Charges(c.Context(), c.actor, id, in.page.of())
	return listed(charges, in.most(), chargeOf, func(one store.Charge) string { return one.ID }), err
}

func chargeOf(c store.Charge) charge {
	return charge{ID: c.ID, Plan: string(c.Charge.Plan), Start: c.Charge.Start, End: c.EndedOn, Total: amountOf(c.Charge.Total), Tax: amountOf(c.Charge.Tax),
		Prorated: c.Charge.Prorated, PaidBy: c.Charge.PaidBy, ChargedAt: c.ChargedAt, Lines: linesOf(c.Lines)}
}

func linesOf(lines []history.Line) []line {
	return each(lines, func(l history.Line) line { return line{l.Source, amountOf(l.Amount)} })
}

// toldRow is one thing that was told of an account.
type toldRow struct {
	Number int64           `json:"number" says:"Counts up within the account."`
	At     time.Time       `json:"at" says:"By the account's clock."`
	Event  json.RawMessage `json:"event" says:"Amounts are minor units of the account's currency."`
}

func listTimeline(c *call, in accountPage) (list[toldRow], error) {
	after, err := in.number()
	if err != nil {
		return list[toldRow]{}, err
	}
	id, err := c.account(in.Account)
	if err != nil {
		return list[toldRow]{}, err
	}
	rows, err := c.site.Engine.TimelineAfter(c.Context(), c.actor, id, after, in.most())
	return listed(rows, in.most(), func(t store.Told) toldRow { return toldRow{t.Number, t.At, t.Body} },
		func(t store.Told) string { return strconv.FormatInt(t.Number, 10) }), err
}

func listTransfers(c *call, in accountPage) (list[transfer], error) {
	id, err := c.account(in.Account)
	if err != nil {
		return list[transfer]{}, err
	}
	transfers, err := c.site.Engine.Transfers(c.Context(), c.actor, id, in.page.of())
	return listed(transfers, in.most(), func(t store.Entered) transfer {
		return transfer{t.ID, string(t.Debit), string(t.Credit), amountOf(t.Amount), t.Cause, t.At}
	}, func(t store.Entered) string { return t.ID }), err
}

type redeemInput struct {
	accountInput
	Code giftcode.Entered `json:"code" says:"The card's secret code."`
}

func redeemCode(c *call, in redeemInput) (outcome, error) {
	id, version, err := c.editing(in.Account)
	if err != nil {
		return outcome{}, err
	}
	reply, err := c.site.Engine.RedeemCode(c.Context(), c.actor, id, c.key, in.Code, version)
	return c.outcome(id, reply, err)
}

// editing is the account that a change is for, and the version of it that the caller has seen.
func (c *call) editing(ref accountRef) (id string, version *int64, err error) {
	if version, err = c.ifMatch(); err != nil {
		return "", nil, err
	}
	id, err = c.account(ref)
	return id, version, err
}
