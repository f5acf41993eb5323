package api

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine/enginetest"
	"scrip/money"
	"scrip/store"
	"scrip/store/storetest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// lumen is what the service of the tests sells.
func lumen(t *testing.T) billing.Terms {
	t.Helper()
	from, usd, eur := calendar.Must("2020-01-01"), money.MustCurrency("USD"), money.MustCurrency("EUR")
	plan := func(id catalog.PlanID, dollars int64) catalog.Plan {
		return catalog.Plan{ID: id, Prices: []catalog.Price{{Amount: money.New(dollars, usd), From: from}}}
	}
	us, err := catalog.ParseCountry("US")
	must(t, err)
	de, err := catalog.ParseCountry("DE")
	must(t, err)
	dear := catalog.Plan{ID: "euros", Prices: []catalog.Price{{Amount: money.New(599, eur), From: from}}}
	c, err := catalog.New([]catalog.Plan{plan("basic", 799), plan("standard", 1549), dear}, nil, []catalog.Product{
		{ID: "us-25", Country: us, Value: money.New(2500, usd)}, {ID: "de-25", Country: de, Value: money.New(2500, eur)}},
		[]catalog.Retailer{{ID: "cornerway", Name: "Cornerway Market", Country: us, Where: catalog.InStore, Zone: "America/New_York", Products: []catalog.ProductID{"us-25"},
			Settlement: &catalog.Settlement{Format: catalog.CSV, Currency: usd, Amounts: catalog.MinorUnits, Times: "YYYY-MM-DD",
				Fields: map[catalog.Field]catalog.Place{"store": {Column: "store"}, "terminal": {Column: "terminal"}, "transaction": {Column: "id"},
					"at": {Column: "at"}, "operation": {Column: "what"}, "serial": {Column: "card"}, "amount": {Column: "amount"}},
				Operations: map[string]catalog.FileOperation{"activate": catalog.FileActivate}}}})
	must(t, err)
	return billing.Terms{Catalog: c, Policy: billing.DefaultPolicy()}
}

// world is an engine with the API in front of it, whose every answer is held against the document.
type world struct {
	*enginetest.World
	handler   http.Handler
	document  []byte
	validator validator.Validator
	logged    *bytes.Buffer
	keys      map[string]string // by their grants
	beside    *sql.DB
}

// admin is the key of the tests that are not about keys.
const admin = "admin"

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := &world{World: enginetest.New(t, noon, lumen(t)), logged: &bytes.Buffer{}, keys: map[string]string{}}
	config := Config{Engine: w.Engine, From: func(r *http.Request) string { return "192.0.2.7" },
		Log: logTo(w.logged)}
	for _, change := range change {
		change(&config)
	}
	var err error
	w.handler, err = New(config)
	must(t, err)
	w.key(admin)
	w.document, w.validator = documented(t)
	return w
}

// documented is the document, and what holds answers against it; it takes a while to make, and is made once.
func documented(t *testing.T) ([]byte, validator.Validator) {
	t.Helper()
	made, err := document()
	must(t, err)
	return made.text, made.validator
}

type readDocument struct {
	text      []byte
	validator validator.Validator
}

var document = sync.OnceValues(func() (readDocument, error) {
	text, err := documentOf(operations())
	if err != nil {
		return readDocument{}, err
	}
	parsed, err := libopenapi.NewDocument(text)
	if err != nil {
		return readDocument{}, err
	}
	v, errs := validator.NewValidator(parsed)
	if len(errs) > 0 {
		return readDocument{}, errs[0]
	}
	return readDocument{text, v}, nil
})

// key is an API key for grants with commas between, made once.
func (w *world) key(grants string) string {
	w.T.Helper()
	if text, made := w.keys[grants]; made {
		return text
	}
	parsed, err := access.ParseGrants(grants)
	must(w.T, err)
	text, err := w.Engine.NewKey(w.T.Context(), access.Operator(), grants, parsed, "")
	must(w.T, err)
	w.keys[grants] = text
	return text
}

// asked is a request to the API. Its zero values are those of a good one.
type asked struct {
	method, path string
	body         any // a string is sent as it is
	key          string
	grants       string
	header       http.Header
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// send sends a request, and holds the answer against the document.
func (w *world) send(a asked) *answer {
	w.T.Helper()
	request := w.request(a)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, request.Clone(w.T.Context()))
	got := &answer{w.T, recorder.Code, recorder.Header(), recorder.Body.String()}
	w.check(request, recorder.Result(), got)
	return got
}

func (w *world) request(a asked) *http.Request {
	w.T.Helper()
	var body io.Reader = http.NoBody
	switch given := a.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(given)
	default:
		text, err := json.Marshal(given)
		must(w.T, err)
		body = bytes.NewReader(text)
	}
	request := httptest.NewRequestWithContext(w.T.Context(), a.method, "http://lumen.example.com"+a.path, body)
	if body != http.NoBody {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.grants == "" {
		a.grants = admin
	}
	request.Header.Set("Authorization", "Bearer "+w.key(a.grants))
	if a.method == http.MethodPost {
		if a.key == "" {
			a.key = store.NewID()
		}
		request.Header.Set("Idempotency-Key", a.key)
	}
	for name, values := range a.header {
		request.Header[name] = values
		if values == nil {
			request.Header.Del(name)
		}
	}
	return request
}

// check holds an answer against the document, where it has the path, and against what holds for all answers.
func (w *world) check(request *http.Request, response *http.Response, got *answer) {
	w.T.Helper()
	if response.Header.Get("Request-Id") == "" {
		w.T.Errorf("%s %s has no Request-Id", request.Method, request.URL.Path)
	}
	if got.status >= 400 && got.problem() == ourFault {
		w.T.Errorf("%s %s is told as our fault:\n%s", request.Method, request.URL.Path, w.logged)
	}
	if got.status == http.StatusNotModified || !w.has(request) {
		return
	}
	if valid, errs := w.validator.ValidateHttpResponse(request, response); !valid {
		for _, err := range errs {
			w.T.Errorf("%s %s = %d %s\nis not as the document says: %s %s", request.Method, request.URL.Path, got.status, hidden(got.body), err.Message, err.Reason)
			for _, detail := range err.SchemaValidationErrors {
				w.T.Errorf("%s at %s", detail.Reason, detail.FieldPath)
			}
		}
	}
}

// has reports whether the document has a request's operation.
func (w *world) has(request *http.Request) bool {
	mux := http.NewServeMux()
	for _, o := range operations() {
		mux.Handle(o.Method+" "+o.Path, http.NotFoundHandler())
	}
	_, pattern := mux.Handler(request)
	return pattern != ""
}

// problem is the name of an answer's problem.
func (a *answer) problem() string {
	a.t.Helper()
	var p told
	must(a.t, json.Unmarshal([]byte(a.body), &p))
	name, _ := strings.CutPrefix(p.Type, problemPath)
	known, there := problems[name]
	if !there || p.Status != a.status || p.Status != known.Status || p.Title != known.Title || p.Detail == "" || p.Request != a.header.Get("Request-Id") ||
		a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("%d %s is no problem of the table", a.status, hidden(a.body))
	}
	return name
}

// wants checks the status of an answer, and the name of its problem where it has one.
func (a *answer) wants(status int, problem string) *answer {
	a.t.Helper()
	if a.status != status || status >= 400 && a.problem() != problem {
		a.t.Errorf("answered %d %s, want %d %s", a.status, hidden(a.body), status, problem)
	}
	return a
}

var printedCode = regexp.MustCompile(`[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}`)

// hidden is a text without the codes in it, for a test to print.
func hidden(text string) string { return printedCode.ReplaceAllString(text, "••••••") }

// into reads an answer.
func into[T any](a *answer) (value T) {
	a.t.Helper()
	must(a.t, json.Unmarshal([]byte(a.body), &value))
	return value
}

func (w *world) get(path string) *answer {
	w.T.Helper()
	return w.send(asked{method: "GET", path: path})
}

func (w *world) post(path string, body any) *answer {
	w.T.Helper()
	return w.send(asked{method: "POST", path: path, body: body})
}

// account opens an account by an external id.
func (w *world) account(external string) string {
	w.T.Helper()
	return into[opened](w.post("/v1/accounts", map[string]string{"external_id": external, "country": "US", "currency": "USD", "time_zone": "UTC"}).wants(201, "")).ID
}

// member is an account with a card redeemed and a plan started.
func (w *world) member(external string) string {
	w.T.Helper()
	id := w.account(external)
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	w.post("/v1/accounts/"+id+"/membership/start", map[string]string{"plan": "basic"}).wants(200, "")
	return id
}

// table is all that a table has, but for what records a refusal.
func (w *world) table(name string) string {
	w.T.Helper()
	if w.beside == nil {
		w.beside = storetest.SQL(w.T, w.Path)
	}
	rows, err := w.beside.Query("SELECT * FROM " + name)
	must(w.T, err)
	columns, err := rows.Columns()
	must(w.T, err)
	var all []string
	for rows.Next() {
		var row strings.Builder
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for at := range values {
			into[at] = &values[at]
		}
		must(w.T, rows.Scan(into...))
		for at, column := range columns {
			if column != "last_event" && column != "last_position" && column != "rests_until" { // a refusal is told, under the next number
				fmt.Fprint(&row, name, column, values[at], " ")
			}
		}
		all = append(all, row.String())
	}
	must(w.T, errors.Join(rows.Err(), rows.Close()))
	slices.Sort(all) // the database gives them in any order
	return strings.Join(all, "")
}

func logTo(buffer *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(buffer, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(value any) string { return fmt.Sprint(value) }
