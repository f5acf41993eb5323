package api

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/store"
)

// good is a request to an operation that would be done, on an account or a card of its own.
func (w *world) good(o operation) asked {
	w.T.Helper()
	member := w.member(store.NewID())
	serial := w.Card("us-25").Serial.String()
	if o.ID == "unfreezeCard" {
		w.post("/v1/cards/"+serial+"/freeze", nil).wants(200, "")
	}
	if o.ID == "activateCard" {
		serial = w.issued()
	}
	if o.Tag == "tills" {
		serial = w.shipped()
	}
	if o.ID == "retailVoid" || o.ID == "retailReturn" {
		w.post("/v1/retail/activate", w.atTill(serial)).wants(200, "")
	}
	if o.ID == "startMembership" {
		member = w.account(store.NewID())
		w.post("/v1/accounts/"+member+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	}
	if o.ID == "restartMembership" {
		w.post("/v1/accounts/"+member+"/membership/cancel", nil).wants(200, "")
	}
	batch := w.batch()
	if strings.Contains(o.Path, "/batches/{batch}/") {
		batch = w.before(o.ID)
	}
	paid, kept := "", ""
	if strings.Contains(o.Path, "{charge}") {
		paid = into[list[charge]](w.get("/v1/accounts/"+member+"/charges").wants(200, "")).Data[0].ID
	}
	if strings.Contains(o.Path, "{authorization}") {
		kept = w.authorized(member, 500)
	}
	receiver := ""
	if strings.Contains(o.Path, "{endpoint}") {
		receiver = w.receiver()
	}
	told := "evt_" + member + "_1_0"
	clock := into[testClock](w.post("/v1/test-clocks", map[string]string{"at": "2026-01-31T12:00:00Z"}).wants(201, "")).ID
	a := asked{method: o.Method, path: strings.NewReplacer("{account}", member, "{serial}", serial, "{batch}", batch, "{charge}", paid,
		"{authorization}", kept, "{event}", told, "{endpoint}", receiver, "{clock}", clock, "{retailer}", "cornerway").Replace(o.Path)}
	if strings.Contains(o.Path, "{day}") {
		a.path = strings.NewReplacer("{day}", w.settled(), "{number}", "1").Replace(a.path)
	}
	switch o.ID {
	case "settleDay":
		a.body = map[string]string{"retailer": "cornerway", "day": w.nextDay(), "file": fileOf(w.nextDay())}
	case "recordPayment":
		a.body = map[string]any{"amount": 300, "currency": "USD", "reference": store.NewID()}
	case "proposeResolution", "confirmResolution":
		a.body = map[string]string{"resolution": "ours"}
		if o.ID == "confirmResolution" {
			propose := asked{method: o.Method, path: strings.TrimSuffix(a.path, "confirm") + "propose", body: a.body, grants: "redeem,manage"}
			w.send(propose).wants(200, "")
		}
	case "retailActivate", "retailVoid", "retailReturn", "retailReverse":
		a.body = w.atTill(serial)
	case "checkCard", "redeemCode":
		a.body = map[string]string{"code": w.Card("us-25").Code.Reveal()}
	case "shipBatch":
		a.body = map[string]string{"retailer": "cornerway"}
	case "createTestClock":
		a.body = map[string]string{"at": "2026-02-28T12:00:00Z", "name": "ada's"}
	case "advanceTestClock":
		a.body = map[string]string{"to": "2026-02-28T12:00:00Z"}
	case "openAccount":
		a.body = map[string]string{"external_id": store.NewID(), "country": "US", "currency": "USD", "time_zone": "UTC"}
	case "startMembership":
		a.body = map[string]string{"plan": "basic"}
	case "changePlan":
		a.body = map[string]string{"plan": "standard"}
	case "setPayer":
		a.body = map[string]string{"payer": "partner"}
	case "setPaymentMethod":
		a.body = map[string]string{"token": "ok"}
	case "authorizeBalance", "chargeBalance":
		a.body = map[string]any{"amount": 300, "currency": "USD", "reference": "r"}
	case "captureAuthorization":
		a.body = map[string]any{"amount": 300, "currency": "USD"}
	case "createEndpoint", "changeEndpoint":
		a.body = map[string]any{"url": "https://example.com/" + store.NewID(), "types": []string{"charge.created"}}
	case "rotateSecret":
		a.body = map[string]any{"overlap_hours": 1}
	case "redeliverEvent":
		a.body = map[string]string{"event": told}
	case "replayEvents":
		a.body = map[string]string{"since": "2026-01-31T00:00:00Z"}
	case "estimateRecurring":
		a.path += "?amount=500&currency=USD"
	case "previewMembership":
		a.path += "?do=cancel"
	case "listAudit":
		a.path += "?subject=" + member
	}
	return a
}

// revoked is a key that may do everything, and does not count any more.
func (w *world) revoked() string {
	w.T.Helper()
	text, err := w.Engine.NewKey(w.T.Context(), access.Operator(), "revoked", []access.Grant{access.Admin}, "")
	must(w.T, err)
	keys, err := w.Engine.Keys(w.T.Context(), access.Operator())
	must(w.T, err)
	for _, key := range keys {
		if key.Name == "revoked" {
			must(w.T, w.Engine.RevokeKey(w.T.Context(), access.Operator(), key.ID))
		}
	}
	return text
}

// receiver is the id of a new endpoint.
func (w *world) receiver() string {
	w.T.Helper()
	return into[madeEndpoint](w.post("/v1/endpoints", map[string]string{"url": "https://example.com/events"}).wants(201, "")).ID
}

// shipped is the serial number of a card that the Cornerway may sell.
func (w *world) shipped() string {
	w.T.Helper()
	serial := w.issued()
	card := into[card](w.get("/v1/cards/"+serial).wants(200, ""))
	for _, order := range []engine.BatchOrder{{Move: engine.PrintBatch}, {Move: engine.ShipBatch, Retailer: "cornerway"}} {
		must(w.T, w.Engine.MoveBatch(w.T.Context(), access.Operator(), card.Batch, order))
	}
	return serial
}

// atTill is what the Cornerway's till says of a transaction of its own.
func (w *world) atTill(serial string) map[string]any {
	return map[string]any{"retailer": "cornerway", "store": "0042", "terminal": "3", "transaction": store.NewID(), "at": w.Clock.Now(), "serial": serial}
}

// settled is a business day with a file of the Cornerway, of a single sale that never came.
func (w *world) settled() string {
	w.T.Helper()
	day := w.nextDay()
	w.post("/v1/settlements", map[string]string{"retailer": "cornerway", "day": day, "file": fileOf(day)}).wants(200, "")
	return day
}

// nextDay is the first day of which the Cornerway has no file.
func (w *world) nextDay() string {
	w.T.Helper()
	days := into[list[settledDay]](w.get("/v1/settlements/cornerway?limit=1").wants(200, "")).Data
	if len(days) == 0 {
		return "2025-01-01"
	}
	return days[0].Day.Plus(1).String()
}

// fileOf is a file of the Cornerway's with a sale that never came.
func fileOf(day string) string {
	return "store,terminal,id,at,what,card,amount\n0042,3,1001," + day + ",activate,1234567890138,2500\n"
}

// issued is the serial number of a card that waits to be activated.
func (w *world) issued() (serial string) {
	w.T.Helper()
	_, err := w.Engine.IssueCards(w.T.Context(), access.Operator(), "us-25", 1, func(cards []engine.Printed) error {
		serial = cards[0].Serial.String()
		return nil
	})
	must(w.T, err)
	return serial
}

func (w *world) batch() string {
	w.T.Helper()
	return into[list[batch]](w.get("/v1/batches?limit=1").wants(200, "")).Data[0].ID
}

// before is a batch with which a move may be made.
func (w *world) before(move string) string {
	w.T.Helper()
	w.issued()
	id := w.batch()
	switch move {
	case "shipBatch":
		w.post("/v1/batches/"+id+"/printed", nil).wants(200, "")
	case "unfreezeBatch":
		w.post("/v1/batches/"+id+"/freeze", nil).wants(200, "")
	}
	return id
}

// mayDo is what docs/api.md says of who may do an operation: one letter for each of access.Grants, y or a dot.
func mayDo(t *testing.T) map[string]string {
	t.Helper()
	written, err := os.ReadFile("../docs/api.md")
	must(t, err)
	_, table, _ := strings.Cut(string(written), "| operation | request | read | redeem | manage | retail | admin |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	may := map[string]string{}
	for _, row := range strings.Split(table, "\n")[1:] {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		letters := strings.NewReplacer(" yes ", "y", " – ", ".").Replace(strings.Join(cells[2:], ""))
		if len(letters) != len(access.Grants) || strings.Trim(letters, "y.") != "" {
			t.Fatalf("docs/api.md says of who may do it: %s", row)
		}
		may[strings.TrimSpace(cells[0])] = letters
	}
	return may
}

// TestWhoMayDoWhat: every operation with every scope, without a key, and with keys that do not count, a revoked one among
// them, as docs/api.md has it. A key is of the service, and so reaches each of its accounts; who is refused learns nothing
// of what is there, and changes nothing.
func TestWhoMayDoWhat(t *testing.T) {
	w, may := newWorld(t), mayDo(t)
	revoked := w.revoked()
	for _, grant := range access.Grants {
		w.key(string(grant))
	}
	for _, o := range operations() {
		if _, listed := may[o.ID]; !listed {
			t.Errorf("the table does not say who may do %s", o.ID)
			continue
		}
		a := w.good(o)
		before := w.rows()
		for name, header := range map[string][]string{"none": nil, "revoked": {"Bearer " + revoked}, "unknown": {"Bearer scrip_000000000000_" + strings.Repeat("A", 43)}, "basic": {"Basic YTpi"},
			"empty": {"Bearer "}, "two": {"Bearer " + w.key(admin), "Bearer " + w.key(admin)}} {
			without := a
			without.header = http.Header{"Authorization": header}
			if got := w.send(without).wants(401, "unauthorized"); got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s, key %s: no WWW-Authenticate", o.ID, name)
			}
		}
		// Those who may do come last: what is done once is not to be done again.
		for _, allowed := range []byte(".y") {
			for at, grant := range access.Grants {
				if may[o.ID][at] != allowed {
					continue
				}
				one := a
				if one.grants = string(grant); allowed == '.' {
					w.send(one).wants(403, "forbidden")
					one.path = strings.ReplaceAll(o.Path, "{account}", "ext:nobody")
					one.path = strings.NewReplacer("{serial}", "0000-0000-0000-0", "{batch}", store.NewID(), "{authorization}", store.NewID(), "{charge}", store.NewID(),
						"{endpoint}", store.NewID(), "{event}", "evt_"+store.NewID()+"_1_0", "{clock}", store.NewID(),
						"{retailer}", "nobody", "{day}", "2020-01-01", "{number}", "7").Replace(one.path)
					w.send(one).wants(403, "forbidden")
					if w.rows() != before {
						t.Errorf("%s with %s is refused, and has changed something", o.ID, grant)
					}
					continue
				}
				if one = w.good(o); one.grants == "" {
					one.grants = string(grant)
				}
				if got := w.send(one); got.status >= 400 {
					t.Errorf("%s with %s = %d %s", o.ID, grant, got.status, got.body)
				}
			}
		}
	}
	w.Verify()
}

// TestRefusedByItsForm: what is wrong with a request is told, with the name of what is wrong and never with what was
// sent, and nothing is changed.
func TestRefusedByItsForm(t *testing.T) {
	w := newWorld(t)
	id, secret := w.account("u"), "Zq7-secret-Zq7"
	open := func(body string) asked { return asked{method: "POST", path: "/v1/accounts", body: body} }
	start := func(body string) asked {
		return asked{method: "POST", path: "/v1/accounts/" + id + "/membership/start", body: body}
	}
	charge := func(body string) asked {
		return asked{method: "POST", path: "/v1/accounts/" + id + "/charges", body: body}
	}
	capture := func(body string) asked {
		return asked{method: "POST", path: "/v1/accounts/" + id + "/authorizations/" + store.NewID() + "/capture", body: body}
	}
	endpoint := func(body string) asked { return asked{method: "POST", path: "/v1/endpoints", body: body} }
	more := `"currency":"USD","reference":"r"}`
	rest := `"country":"US","currency":"USD","time_zone":"UTC"}`
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	before := w.rows()
	for name, test := range map[string]struct {
		asked
		status int
		reason string
		field  string // that is named
	}{
		"no body":                {start(``), 400, "invalid_request", ""},
		"white space":            {start(` `), 400, "invalid_request", ""},
		"a list":                 {start(`[]`), 400, "invalid_request", ""},
		"null":                   {start(`null`), 400, "invalid_request", ""},
		"not JSON":               {start(`plan=` + secret), 400, "invalid_request", ""},
		"cut short":              {start(`{"plan":"` + secret), 400, "invalid_request", "plan"},
		"an unknown field":       {start(`{"` + secret + `":1,"plan":"basic"}`), 400, "invalid_request", ""},
		"a field twice":          {start(`{"plan":"basic","plan":"` + secret + `"}`), 400, "invalid_request", "plan"},
		"something behind":       {start(`{"plan":"basic"} ` + secret), 400, "invalid_request", ""},
		"two values":             {start(`{"plan":"basic"}{"plan":"basic"}`), 400, "invalid_request", ""},
		"a comma too many":       {start(`{"plan":"basic",}`), 400, "invalid_request", ""},
		"a number for a text":    {start(`{"plan":12345}`), 400, "invalid_request", "plan"},
		"1e400 for a text":       {start(`{"plan":1e400}`), 400, "invalid_request", "plan"},
		"NaN":                    {start(`{"plan":NaN}`), 400, "invalid_request", "plan"},
		"null for a text":        {start(`{"plan":null}`), 400, "invalid_request", "plan"},
		"a list for a text":      {start(`{"plan":["basic"]}`), 400, "invalid_request", "plan"},
		"deep in itself":         {start(`{"plan":` + deep + `}`), 400, "invalid_request", "plan"},
		"an empty text":          {start(`{"plan":""}`), 400, "invalid_request", "plan"},
		"a long text":            {start(`{"plan":"` + strings.Repeat("x", 65) + `"}`), 400, "invalid_request", "plan"},
		"NUL":                    {start(`{"plan":"a\u0000b"}`), 400, "invalid_request", "plan"},
		"half a surrogate pair":  {start(`{"plan":"\ud800"}`), 400, "invalid_request", "plan"},
		"not UTF-8":              {start("{\"plan\":\"\xff\"}"), 400, "invalid_request", ""},
		"UTF-16":                 {start("\xff\xfe{\x00}\x00"), 400, "invalid_request", ""},
		"a byte order mark":      {start("\ufeff{\"plan\":\"basic\"}"), 400, "invalid_request", ""},
		"a control character":    {start("{\"plan\":\"a\x01\"}"), 400, "invalid_request", "plan"},
		"a word that is none":    {start(`{"plan":"basic","payer":"` + secret + `"}`), 400, "invalid_request", "payer"},
		"a missing field":        {open(`{"external_id":"x"}`), 400, "invalid_request", "country"},
		"a country":              {open(`{"external_id":"x","country":"` + secret + `"`), 400, "invalid_request", "country"},
		"an external id":         {open(`{"external_id":"a/b",` + rest), 400, "invalid_request", "external_id"},
		"an address":             {open(`{"email":"` + secret + `",` + rest), 400, "invalid_request", "email"},
		"a time zone":            {open(`{"external_id":"x","country":"US","currency":"USD","time_zone":"../../etc/passwd"}`), 400, "invalid_request", "time_zone"},
		"the machine's zone":     {open(`{"external_id":"x","country":"US","currency":"USD","time_zone":"Local"}`), 400, "invalid_request", "time_zone"},
		"a language":             {open(`{"external_id":"x","language":"e",` + rest), 400, "invalid_request", "language"},
		"too large":              {open(`{"external_id":"` + strings.Repeat("x", maxBody) + `"}`), 413, "too_large", ""},
		"too large for a freeze": {asked{method: "POST", path: "/v1/cards/0000-0000-0000-0/freeze", body: strings.Repeat(" ", maxBody+1)}, 413, "too_large", ""},
		"a code":                 {asked{method: "POST", path: "/v1/cards/check", body: `{"code":"` + secret + `"}`}, 400, "invalid_request", "code"},
		"a code in the query":    {asked{method: "POST", path: "/v1/cards/check?code=" + secret, body: `{"code":"x"}`}, 400, "invalid_request", ""},
		"a mistyped code":        {asked{method: "POST", path: "/v1/cards/check", body: `{"code":"000000-000000-000001"}`}, 400, "invalid_request", "code"},
		"a body for a GET":       {asked{method: "GET", path: "/v1/cards", body: `{}`}, 400, "invalid_request", ""},
		"a parameter":            {asked{method: "GET", path: "/v1/cards?" + secret + "=1"}, 400, "invalid_request", ""},
		"a parameter twice":      {asked{method: "GET", path: "/v1/cards?limit=1&limit=2"}, 400, "invalid_request", "limit"},
		"an amount as a text":    {charge(`{"amount":"1",` + more), 400, "invalid_request", "amount"},
		"an amount beyond 2^53":  {charge(`{"amount":9007199254740993,` + more), 400, "invalid_request", "amount"},
		"an amount of 0":         {charge(`{"amount":0,` + more), 400, "invalid_request", "amount"},
		"no reference":           {charge(`{"amount":1,"currency":"USD"}`), 400, "invalid_request", "reference"},
		"a long reference":       {charge(`{"amount":1,"currency":"USD","reference":"` + strings.Repeat("x", 129) + `"}`), 400, "invalid_request", "reference"},
		"a reference of NUL":     {charge(`{"amount":1,"currency":"USD","reference":"\u0000"}`), 400, "invalid_request", "reference"},
		"neither true nor false": {charge(`{"amount":1,"partial":1,` + more), 400, "invalid_request", "partial"},
		"a text for true":        {charge(`{"amount":1,"partial":"true",` + more), 400, "invalid_request", "partial"},
		"days of a charge":       {charge(`{"amount":1,"days":7,` + more), 400, "invalid_request", ""},
		"days of 0":              {asked{method: "POST", path: "/v1/accounts/" + id + "/authorizations", body: `{"amount":1,"days":0,` + more}, 400, "invalid_request", "days"},
		"days of 32":             {asked{method: "POST", path: "/v1/accounts/" + id + "/authorizations", body: `{"amount":1,"days":32,` + more}, 400, "invalid_request", "days"},
		"an amount of none":      {capture(`{"amount":1}`), 400, "invalid_request", "currency"},
		"a currency of none":     {capture(`{"currency":"USD"}`), 400, "invalid_request", "amount"},
		"an authorization":       {asked{method: "POST", path: "/v1/accounts/" + id + "/authorizations/" + secret + "/release"}, 400, "invalid_request", "authorization"},
		"a charge":               {asked{method: "GET", path: "/v1/accounts/" + id + "/charges/" + secret + "/explain"}, 400, "invalid_request", "charge"},
		"an estimate of nothing": {asked{method: "GET", path: "/v1/accounts/" + id + "/estimate?currency=USD"}, 400, "invalid_request", "amount"},
		"a day that is none":     {asked{method: "GET", path: "/v1/accounts/" + id + "/estimate?amount=1&currency=USD&from=2026-02-30"}, 400, "invalid_request", "from"},
		"a list that is a text":  {endpoint(`{"url":"https://example.com","types":"charge.created"}`), 400, "invalid_request", "types"},
		"a list of numbers":      {endpoint(`{"url":"https://example.com","types":[1]}`), 400, "invalid_request", "types[0]"},
		"an unknown type":        {endpoint(`{"url":"https://example.com","types":["charge.created","` + secret + `"]}`), 400, "invalid_request", "types[1]"},
		"no hours":               {asked{method: "POST", path: "/v1/endpoints/" + id + "/rotate", body: `{}`}, 400, "invalid_request", "overlap_hours"},
		"hours below 0":          {asked{method: "POST", path: "/v1/endpoints/" + id + "/rotate", body: `{"overlap_hours":-1}`}, 400, "invalid_request", "overlap_hours"},
		"hours of 169":           {asked{method: "POST", path: "/v1/endpoints/" + id + "/rotate", body: `{"overlap_hours":169}`}, 400, "invalid_request", "overlap_hours"},
		"an instant":             {asked{method: "POST", path: "/v1/endpoints/" + id + "/replay", body: `{"since":"2026-01-31"}`}, 400, "invalid_request", "since"},
		"an event":               {asked{method: "GET", path: "/v1/events/" + secret}, 400, "invalid_request", "event"},
		"an event of NUL":        {asked{method: "GET", path: "/v1/events/evt_%00_1_0"}, 400, "invalid_request", "event"},
		"a cursor of events":     {asked{method: "GET", path: "/v1/events?cursor=" + secret}, 400, "invalid_request", "cursor"},
		"one of NUL":             {asked{method: "GET", path: "/v1/events?cursor=" + cursorOf("1/\x00/1/0")}, 400, "invalid_request", "cursor"},
		"another account's":      {asked{method: "GET", path: "/v1/accounts/" + id + "/events?cursor=" + cursorOf("1/"+store.NewID()+"/1/0")}, 400, "invalid_request", "cursor"},
		"an empty cursor":        {asked{method: "GET", path: "/v1/events?cursor="}, 400, "invalid_request", "cursor"},
		"a limit of 0":           {asked{method: "GET", path: "/v1/cards?limit=0"}, 400, "invalid_request", "limit"},
		"a limit of 201":         {asked{method: "GET", path: "/v1/cards?limit=201"}, 400, "invalid_request", "limit"},
		"a limit of 1e2":         {asked{method: "GET", path: "/v1/cards?limit=1e2"}, 400, "invalid_request", "limit"},
		"a limit beyond 2^53":    {asked{method: "GET", path: "/v1/cards?limit=9007199254740993"}, 400, "invalid_request", "limit"},
		"a cursor":               {asked{method: "GET", path: "/v1/cards?cursor=" + secret}, 400, "invalid_request", "cursor"},
		"a cursor of NUL":        {asked{method: "GET", path: "/v1/cards?cursor=AAAA"}, 400, "invalid_request", "cursor"},
		"a cursor of lots":       {asked{method: "GET", path: "/v1/accounts/" + id + "/lots?cursor=" + cursorOf("x")}, 400, "invalid_request", "cursor"},
		"half an escape":         {asked{method: "GET", path: "/v1/cards?limit=%"}, 400, "invalid_request", ""},
		"a semicolon":            {asked{method: "GET", path: "/v1/cards?a=1;b=2"}, 400, "invalid_request", ""},
		"an account":             {asked{method: "GET", path: "/v1/accounts/" + secret}, 400, "invalid_request", "account"},
		"an account of NUL":      {asked{method: "GET", path: "/v1/accounts/ext:%00"}, 400, "invalid_request", "account"},
		"an id in capitals":      {asked{method: "GET", path: "/v1/accounts/" + strings.ToUpper(id)}, 400, "invalid_request", "account"},
		"a batch":                {asked{method: "GET", path: "/v1/batches/" + secret}, 400, "invalid_request", "batch"},
		"no such address":        {asked{method: "GET", path: "/v1/" + secret}, 404, "no_such_address", ""},
		"a slash too many":       {asked{method: "GET", path: "/v1/cards/"}, 404, "no_such_address", ""},
		"two slashes":            {asked{method: "GET", path: "/v1//cards"}, 404, "no_such_address", ""},
		"another method":         {asked{method: "DELETE", path: "/v1/accounts/" + id}, 405, "method_not_allowed", ""},
		"PUT":                    {asked{method: "PUT", path: "/v1/accounts", body: `{}`}, 405, "method_not_allowed", ""},
	} {
		got := w.send(test.asked)
		if got.wants(test.status, test.reason); strings.Contains(got.body, secret) {
			t.Errorf("%s: the answer repeats what was sent: %s", name, got.body)
		}
		if test.reason != "invalid_request" {
			continue
		}
		if errors := into[told](got).Errors; len(errors) != 1 || errors[0].Field != test.field || errors[0].Says == "" {
			t.Errorf("%s: %s, want the field %q to be named", name, got.body, test.field)
		}
	}
	for name, test := range map[string]struct {
		header string
		values []string
		status int
		reason string
	}{
		"no key for a change":   {"Idempotency-Key", nil, 400, "idempotency_key_missing"},
		"an empty key":          {"Idempotency-Key", []string{""}, 400, "idempotency_key_missing"},
		"two keys":              {"Idempotency-Key", []string{"a", "b"}, 400, "idempotency_key_missing"},
		"a long key":            {"Idempotency-Key", []string{strings.Repeat("k", 65)}, 400, "idempotency_key_missing"},
		"a key with a space":    {"Idempotency-Key", []string{"a b"}, 400, "idempotency_key_missing"},
		"no type":               {"Content-Type", nil, 415, "unsupported_media_type"},
		"a form":                {"Content-Type", []string{"application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		"another character set": {"Content-Type", []string{"application/json; charset=latin1"}, 415, "unsupported_media_type"},
		"XML alone":             {"Accept", []string{"application/xml"}, 406, "not_acceptable"},
		"no JSON":               {"Accept", []string{"text/html, application/json;q=0"}, 406, "not_acceptable"},
	} {
		a := start(`{"plan":"basic"}`)
		a.header = http.Header{test.header: test.values}
		if got := w.send(a); got.status != test.status || got.problem() != test.reason {
			t.Errorf("%s = %d %s", name, got.status, got.body)
		}
	}
	if after := w.rows(); after != before {
		t.Error("a request that was refused has changed something")
	}
	w.send(asked{method: "GET", path: "/v1/cards", header: http.Header{"Accept": {"text/html, */*;q=0.1"}}}).wants(200, "")
}

type amountInput struct {
	Amount minor `json:"amount"`
}

// TestTheRemedyWhereThereAreNoFields names none.
func TestTheRemedyWhereThereAreNoFields(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	for body, remedy := range map[string]string{`{"plan":"basic"}`: "take it out", `[]`: "write an object in braces"} {
		got := w.send(asked{method: "POST", path: "/v1/accounts/" + id + "/membership/cancel", body: body}).wants(400, "invalid_request")
		if p := into[told](got); len(p.Errors) != 1 || p.Errors[0].Says != remedy {
			t.Errorf("of %s: %+v, want %q", body, p.Errors, remedy)
		}
	}
}

// TestAmountsAreWholeMinorUnits: written as whole numbers that JavaScript can hold, and in no other way.
func TestAmountsAreWholeMinorUnits(t *testing.T) {
	read := func(literal string) (minor, error) {
		var in amountInput
		request := httptest.NewRequest("POST", "/", strings.NewReader(`{"amount":`+literal+`}`))
		request.Header.Set("Content-Type", "application/json")
		err := readPlaces(httptest.NewRecorder(), request, places(reflect.TypeFor[amountInput](), reflect.ValueOf(&in).Elem()), maxBody)
		return in.Amount, err
	}
	for literal, want := range map[string]minor{"1": 1, "799": 799, "9007199254740991": mostMinor} {
		if got, err := read(literal); got != want || err != nil {
			t.Errorf("%s is read as %d, %v", literal, got, err)
		}
	}
	for _, literal := range []string{"0", "-1", "+1", "01", "1.0", "1e2", "1e400", "0x10", "NaN", "Infinity", "9007199254740992", "9007199254740993",
		"18446744073709551617", `"1"`, "null", "true", "[1]", ""} {
		_, err := read(literal)
		told, is := errors.AsType[*inputError](err)
		if !is || told.Field != "amount" || literal != "" && strings.Contains(told.Says, literal+" ") && len(literal) > 4 {
			t.Errorf("%s is told as %v", literal, err)
		}
	}
}

// rows are all rows of the tables that a refused request may not change. That a payment method was asked, and declined,
// stays on record.
func (w *world) rows() string {
	w.T.Helper()
	var all strings.Builder
	for _, table := range []string{"accounts", "authorizations", "authorization_lines", "emails", "external_ids", "cards", "card_serials", "card_transfers", "lots", "charges",
		"charge_lines", "transfers", "notices", "parcels", "batches", "endpoints", "deliveries", "api_keys", "sealed_codes"} {
		all.WriteString(w.table(table))
	}
	return all.String()
}

// TestAFaultOfOursIsAProblem, which tells nothing of what went wrong; the log does.
func TestAFaultOfOursIsAProblem(t *testing.T) {
	logged := &bytes.Buffer{}
	w := newWorld(t, func(c *Config) { c.Log = logTo(logged) })
	must(t, w.DB.Close())
	defer w.Open(w.Engine.Terms())
	request := w.request(asked{method: "GET", path: "/v1/batches"})
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, request)
	got := &answer{t, recorder.Code, recorder.Header(), recorder.Body.String()}
	if got.wants(500, ourFault); !strings.Contains(logged.String(), "a request failed") || strings.Contains(got.body, "closed") {
		t.Errorf("answered %s, logged %s", got.body, logged)
	}
}
