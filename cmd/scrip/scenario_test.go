package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/demo"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/membership"
	"scrip/money"
	"scrip/simulate"
	"scrip/simulate/scenariotest"
	"scrip/store"
	"scrip/timeline"
)

// TestScenarios plays every scenario through the running program: a member's browser fills in the
// pages' forms, and the demo's clock is put forward from one event to the next. The cards are issued
// beside the server, as `scrip cards issue` does.
func TestScenarios(t *testing.T) {
	scenariotest.Run(t, func(t *testing.T, s simulate.Scenario) ([]json.RawMessage, simulate.End) {
		t.Parallel()
		v := newVisitor(t, s)
		told := v.method(s.Method)
		for _, event := range s.Events {
			v.until(event.On, 8)
			v.play(event)
		}
		v.until(s.Until, 23)
		if v.closesOn(s) == s.Until {
			v.until(s.Until.Plus(1), 0)
		}
		events, end := v.timeline()
		return events[told:], end
	})
}

// visitor is a member in front of a browser, and the hand that prints the cards.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
	beside *engine.Engine
	names  map[string]string         // serial number to the scenario's name
	used   map[string]engine.Printed // redeemed cards by the scenario's name
}

func newVisitor(t *testing.T, s simulate.Scenario) *visitor {
	folder := t.TempDir()
	base, begun := s.Events[0].On.Start(time.UTC), time.Now()
	now := func() time.Time { return base.Add(time.Since(begun)) }
	jar, err := cookiejar.New(nil)
	check(t, err)
	v := &visitor{t: t, names: map[string]string{}, used: map[string]engine.Printed{}, client: &http.Client{Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	file := filepath.Join(folder, "catalog.json")
	check(t, os.WriteFile(file, catalogOf(t, s), 0o600))
	database := filepath.Join(folder, "scenario.db")
	v.start(now, "demo", "--address", "127.0.0.1:0", "--database", database, "--catalog", file)

	db, err := store.Open(t.Context(), database, store.Options{Clock: now})
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	ring, err := giftcode.ParseKeyring(demo.Key)
	check(t, err)
	v.beside = engine.New(engine.Config{DB: db, Ring: ring, Clock: now, Log: slog.New(slog.DiscardHandler)})
	check(t, v.beside.Reuse(t.Context(), parseCatalog))
	v.signIn(s)
	return v
}

// start runs the program until the test ends, and learns its address from what it prints.
func (v *visitor) start(now func() time.Time, args ...string) {
	out, in := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, world{args, nil, strings.NewReader(""), in, os.Stderr, now})
		in.Close()
	}()
	v.t.Cleanup(func() {
		stop()
		if status := <-done; status != exitDone {
			v.t.Errorf("the program ended with status %d", status)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, found := strings.Cut(lines.Text(), " is at "); found {
			v.url = at
			go io.Copy(io.Discard, out)
			return
		}
	}
	v.t.Fatal("the program did not tell its address")
}

func (v *visitor) signIn(s simulate.Scenario) {
	_, _, err := v.beside.OpenAccount(v.t.Context(), access.Operator(), engine.Opening{Email: "member@example.com",
		Country: s.Country, Currency: s.Currency, Zone: "UTC", Language: "en"})
	check(v.t, err)
	v.post("/sign-in", url.Values{"email": {"member@example.com"}})
	letter := regexp.MustCompile(`href="(/demo/mail/[^"]+)"`)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, found := range letter.FindAllStringSubmatch(v.get("/demo/mail"), -1) {
			path := html.UnescapeString(found[1])
			if strings.Contains(v.get(path), "member@example.com") {
				v.post("/sign-in/verify", url.Values{"digits": {mailedDigits.FindStringSubmatch(v.get(path + "/body"))[1]}})
				return
			}
		}
	}
	v.t.Fatal("no digits were mailed")
}

// mailedDigits are six digits that are no colour.
var mailedDigits = regexp.MustCompile(`[^#0-9A-Za-z]([0-9]{6})[^0-9A-Za-z]`)

func (v *visitor) until(on calendar.Date, hour int) {
	v.post("/demo/clock", url.Values{"step": {"until"}, "date": {on.String()}, "hour": {strconv.Itoa(hour)}, "back": {"/"}})
}

func (v *visitor) method(method billing.Method) int {
	if method == billing.NoMethod {
		return 0
	}
	v.command("/account/payment", "method", string(method))
	return 1
}

func (v *visitor) play(event simulate.Event) {
	switch event.Do {
	case timeline.Redeem:
		v.redeem(event)
	case timeline.Start:
		if event.Payer != catalog.Self {
			v.command("/demo/payer", "payer", string(event.Payer), "plan", string(event.Plan))
			return
		}
		v.command("/account/start", "plan", string(event.Plan))
	case timeline.ChangePlan:
		v.command("/account/plan", "plan", string(event.Plan))
	case timeline.Cancel:
		v.command("/account/cancel")
	case timeline.Restart:
		v.command("/account/restart")
	case timeline.SetMethod:
		token := string(event.Method)
		if event.Method == billing.NoMethod {
			token = ""
		}
		v.command("/account/payment", "method", token)
	case timeline.SetPayer:
		v.command("/demo/payer", "payer", string(event.Payer))
	}
}

func (v *visitor) redeem(event simulate.Event) {
	card, used := v.used[event.Card]
	if !used {
		_, err := v.beside.IssueCards(v.t.Context(), access.Operator(), product(event.Amount), 1, func(printed []engine.Printed) error {
			card = printed[0]
			return nil
		})
		check(v.t, err)
		check(v.t, v.beside.MoveCard(v.t.Context(), access.Operator(), card.Serial, engine.Activate))
		v.names[card.Serial.String()] = event.Card
	}
	v.command("/redeem", "code", card.Code.Reveal())
	v.command("/redeem/confirm")
	if events, _ := v.timeline(); strings.Contains(string(events[len(events)-1]), `_refused"`) {
		return
	}
	v.used[event.Card] = card
}

// command sends a form under a key of its own. Where it is refused, its page says so; the timeline is
// what tells.
func (v *visitor) command(path string, fields ...string) {
	form := url.Values{"key": {store.NewID()}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	v.post(path, form)
}

func (v *visitor) post(path string, form url.Values) {
	v.t.Helper()
	response, err := v.client.PostForm(v.url+path, form)
	check(v.t, err)
	defer response.Body.Close()
	if response.StatusCode >= http.StatusInternalServerError {
		v.t.Fatalf("POST %s: %s", path, response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	check(v.t, err)
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	response, err := v.client.Get(v.url + path)
	check(v.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(v.t, err)
	if response.StatusCode != http.StatusOK {
		v.t.Fatalf("GET %s: %s", path, response.Status)
	}
	return string(body)
}

// timeline is what was told and how it ended, with the cards by the scenario's names.
func (v *visitor) timeline() (events []json.RawMessage, end simulate.End) {
	text := v.get("/demo/timeline")
	for serial, name := range v.names {
		quoted, err := json.Marshal(name)
		check(v.t, err)
		text = strings.ReplaceAll(text, `"`+serial+`"`, string(quoted))
	}
	var told struct {
		Timeline []json.RawMessage `json:"timeline"`
		End      struct {
			Status    membership.Status `json:"status"`
			Balance   int64             `json:"balance"`
			PaidUntil calendar.Date     `json:"paid_until"`
			RunsOut   calendar.Date     `json:"runs_out"`
		} `json:"end"`
	}
	check(v.t, json.Unmarshal([]byte(text), &told))
	return told.Timeline, simulate.End{Status: told.End.Status, Balance: money.New(told.End.Balance, money.Currency{}),
		PaidUntil: told.End.PaidUntil, RunsOut: told.End.RunsOut}
}

// closesOn is the day at whose end a membership that is on hold now will close.
func (v *visitor) closesOn(s simulate.Scenario) calendar.Date {
	events, end := v.timeline()
	if end.Status != membership.Held {
		return calendar.Date{}
	}
	var on calendar.Date
	for _, text := range events {
		var event struct {
			On    calendar.Date `json:"on"`
			Event string        `json:"event"`
		}
		check(v.t, json.Unmarshal(text, &event))
		if event.Event == "held" {
			on = event.On
		}
	}
	return on.Plus(s.Terms.Policy.CloseHeldAfterDays)
}

func product(value money.Amount) catalog.ProductID {
	return catalog.ProductID(fmt.Sprintf("%s-%d", value.Currency(), value.Minor()))
}

// catalogOf is a scenario's catalogue and policy as a catalogue file, with a product for each card.
func catalogOf(t *testing.T, s simulate.Scenario) []byte {
	type object map[string]any
	plans, taxes, products := []object{}, []object{}, []object{}
	for _, plan := range s.Terms.Catalog.Plans() {
		prices := []object{}
		for _, price := range plan.Prices {
			prices = append(prices, object{"currency": price.Amount.Currency(), "amount": price.Amount.Minor(), "from": price.From})
		}
		plans = append(plans, object{"id": plan.ID, "prices": prices})
	}
	for _, tax := range s.Terms.Catalog.Taxes() {
		taxes = append(taxes, object{"country": tax.Country, "rate": tax.Rate, "inclusive": tax.Inclusive, "from": tax.From})
	}
	known := map[catalog.ProductID]bool{}
	for _, event := range s.Events {
		if id := product(event.Amount); event.Do == timeline.Redeem && !known[id] {
			known[id] = true
			products = append(products, object{"id": id, "country": s.Country, "currency": event.Amount.Currency(), "amount": event.Amount.Minor()})
		}
	}
	policy := s.Terms.Policy
	text, err := json.Marshal(object{
		"catalog": object{"plans": plans, "taxes": taxes, "products": products},
		"policy": object{"shortfall": policy.Shortfall, "upgrade": policy.Upgrade, "retry_days": policy.RetryDays,
			"close_held_after_days": policy.CloseHeldAfterDays, "reminder_days": policy.ReminderDays},
	})
	check(t, err)
	return text
}
