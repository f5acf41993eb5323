package api

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/store"
)

// drawn is what the fuzzer knows of an operation: what the document says.
type drawn struct {
	method, path string
	parameters   []struct {
		Name, In string
		Required bool
		Schema   map[string]any
	}
	body     map[string]map[string]any // schemas by field
	required []string
}

// readOperations reads the document as a stranger would.
func readOperations(t *testing.T, document []byte) (all []drawn) {
	t.Helper()
	var read struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
				Schema   map[string]any
			}
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Properties map[string]map[string]any
						Required   []string
					}
				}
			}
		}
	}
	must(t, json.Unmarshal(document, &read))
	for path, item := range read.Paths {
		for method, o := range item {
			schema := o.RequestBody.Content["application/json"].Schema
			all = append(all, drawn{strings.ToUpper(method), path, o.Parameters, schema.Properties, schema.Required})
		}
	}
	slices.SortFunc(all, func(a, b drawn) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// hostile are values that somebody may try, as JSON.
var hostile = []string{`null`, `true`, `{}`, `[]`, `""`, `" "`, `0`, `-1`, `1e400`, `9007199254740993`, `0.1`, `NaN`, `"\u0000"`, `"\ud800"`,
	`"` + strings.Repeat("x", 300) + `"`, `"'; DROP TABLE cards; --"`, `"../../etc/passwd"`, `"ext:"`, `"ext:user-1"`, `"<script>"`, `"😀"`, "\"\xff\"", `{"a":`, ``}

// fuzzer draws requests from the document, mostly right in their form, and of things that are there.
type fuzzer struct {
	*rand.Rand
	known map[string][]string // values by the name of what takes them
}

func (f *fuzzer) one(from []string) string { return from[f.IntN(len(from))] }

// value is a value of a parameter or field: mostly one that is there, else one that its schema allows.
func (f *fuzzer) value(name string, schema map[string]any) string {
	if known := f.known[name]; len(known) > 0 && f.IntN(10) < 8 {
		return f.one(known)
	}
	if words, is := schema["enum"].([]any); is {
		return words[f.IntN(len(words))].(string)
	}
	switch schema["type"] {
	case "integer":
		return strconv.Itoa(f.IntN(250))
	case "boolean":
		return strconv.FormatBool(f.IntN(2) == 0)
	}
	return strings.Repeat(string(rune('A'+f.IntN(26))), 1+f.IntN(40))
}

// draw is a request to an operation; one in five has something hostile in it.
func (f *fuzzer) draw(o drawn) asked {
	a := asked{method: o.method, path: o.path, header: http.Header{}}
	query := url.Values{}
	for _, p := range o.parameters {
		switch value := f.value(p.Name, p.Schema); {
		case p.In == "path":
			a.path = strings.ReplaceAll(a.path, "{"+p.Name+"}", url.PathEscape(value))
		case p.In == "query" && (p.Required || f.IntN(3) == 0):
			query.Set(p.Name, value)
		case p.Name == "Idempotency-Key" && f.IntN(3) == 0:
			a.key = "key-" + strconv.Itoa(f.IntN(30))
		case p.Name == "If-Match" && f.IntN(4) == 0:
			a.header.Set("If-Match", etag(int64(f.IntN(9))))
		}
	}
	if len(query) > 0 {
		a.path += "?" + query.Encode()
	}
	if o.body != nil {
		a.body = f.bodyOf(o)
	}
	return a
}

func (f *fuzzer) bodyOf(o drawn) string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(o.body)) {
		schema := o.body[name]
		if !slices.Contains(o.required, name) && f.IntN(2) == 0 {
			continue
		}
		text := f.value(name, schema)
		value, err := json.Marshal(text)
		switch schema["type"] {
		case "integer", "boolean":
			value = []byte(text)
		case "array":
			value = []byte(`["` + text + `"]`)
		}
		if err != nil || f.IntN(20) == 0 {
			value = []byte(f.one(hostile))
		}
		fields = append(fields, `"`+name+`":`+string(value))
	}
	if f.IntN(20) == 0 {
		fields = append(fields, `"more":`+f.one(hostile))
	}
	body := "{" + strings.Join(fields, ",") + "}"
	if f.IntN(30) == 0 {
		body = body[:f.IntN(len(body))] + f.one(hostile)
	}
	return body
}

const (
	// stretch is after how many requests the books are proved; the next go to a service of their own, so that what
	// refused requests may not change is soon looked through.
	stretch = 5000
	// atOnce is how many services are asked at the same time.
	atOnce = 6
)

// TestRequestsDrawnFromTheDocument sends SCRIP_TEST_REQUESTS (50,000) requests drawn from the document by SCRIP_TEST_SEED
// (1): none is answered by a fault of ours, each answer is as the document says, and who is refused has changed nothing.
// After each stretch all is proved that scrip verify proves.
func TestRequestsDrawnFromTheDocument(t *testing.T) {
	count, seed := environment(t, "SCRIP_TEST_REQUESTS", 50_000), environment(t, "SCRIP_TEST_SEED", 1)
	var all sync.WaitGroup
	room := make(chan struct{}, atOnce) // more than there are processors: most wait for the disk
	for begun := 0; begun < count; begun += stretch {
		room <- struct{}{}
		all.Go(func() {
			t.Run(fmt.Sprintf("from %d on", begun), func(t *testing.T) { sendDrawn(t, min(stretch, count-begun), uint64(seed), uint64(begun)) })
			<-room
		})
	}
	all.Wait()
}

func sendDrawn(t *testing.T, count int, seed, begun uint64) {
	t.Helper()
	w, lesser := newWorld(t), []string{"read", "retail"}
	for _, grants := range lesser {
		w.key(grants) // now: a request that is refused must not be the one that makes it
	}
	f := newFuzzer(seed, begun)
	operations, statuses := readOperations(t, w.document), map[int]int{}
	for sent := range count {
		if sent%100 == 0 {
			f.more(w)
		}
		a := f.draw(operations[f.IntN(len(operations))])
		if f.IntN(25) == 0 {
			a.grants = f.one(lesser)
		}
		looked, before := f.IntN(20) == 0, [sha256.Size]byte{}
		if looked {
			before = w.checksum()
		}
		got := w.send(a)
		f.learn(got)
		statuses[got.status]++
		if got.status >= 500 {
			t.Fatalf("request %d of seed %d: %s %s = %d %s\n%s", sent, seed, a.method, a.path, got.status, hidden(got.body), w.logged)
		}
		if looked && got.status >= 400 && w.checksum() != before {
			t.Errorf("request %d of seed %d: %s %s = %d, and has changed something", sent, seed, a.method, a.path, got.status)
		}
		w.logged.Reset()
	}
	w.Verify()
	t.Logf("answered by status: %v", statuses)
	if done := statuses[200] + statuses[201] + statuses[202]; done < count/5 {
		t.Errorf("%d of %d requests were done: the fuzzer is too wild", done, count)
	}
}

// checksum is of all that a refused request may not change.
func (w *world) checksum() [sha256.Size]byte {
	w.T.Helper()
	return sha256.Sum256([]byte(w.rows()))
}

// newFuzzer is a fuzzer that knows what is there from the beginning.
func newFuzzer(seed, begun uint64) *fuzzer {
	return &fuzzer{rand.New(rand.NewPCG(seed, begun)), map[string][]string{"plan": {"basic", "standard", "euros"}, "country": {"US"},
		"currency": {"USD", "EUR"}, "time_zone": {"UTC", "Asia/Tokyo"}, "token": {"ok", "declines", "late"}, "language": {"en", "fr"}, "product": {"us-25"}, "retailer": {"cornerway"}, "store": {"1"}, "terminal": {"1"}, "transaction": {"1", "2", "3"},
		"day": {"2025-12-01", "2025-12-02"}, "number": {"1", "2"}, "file": {fileOf("2025-12-01"), fileOf("2025-12-02"), "store"}, "resolution": {"ours", "theirs", "activate", "written_off"},
		"url": {"https://127.0.0.1:1/", "https://10.0.0.1/"}, "types": {"charge.created", "balance.changed"}, "since": {"2026-01-31T00:00:00Z", "2027-01-01T00:00:00+14:00"}}}
}

// more adds accounts and cards that requests may name, and lets a day go by.
func (f *fuzzer) more(w *world) {
	w.T.Helper()
	external := "user-" + strconv.Itoa(len(f.known["external_id"])+1)
	f.known["external_id"] = append(f.known["external_id"], external)
	id := w.account("own-" + external)
	f.known["account"] = append(f.known["account"], id, "ext:own-"+external)
	f.known["subject"] = f.known["account"]
	f.known["event"] = append(f.known["event"], "evt_"+id+"_1_0", "evt_"+id+"_2_0")
	for _, card := range w.Cards("us-25", 12) {
		f.known["code"] = append(f.known["code"], card.Code.Reveal())
		f.known["serial"] = append(f.known["serial"], card.Serial.String())
	}
	f.known["serial"] = append(f.known["serial"], w.shipped())
	f.known["at"] = []string{w.Clock.Now().Format(time.RFC3339), "2026-01-31T00:00:00Z"}
	f.known["batch"] = append(f.known["batch"], w.batch(), store.NewID())
	f.known["cursor"] = append(f.known["cursor"], cursorOf("1"), cursorOf(id))
	w.Clock.Set(w.Clock.Now().AddDate(0, 0, 1))
	must(w.T, w.Loops.Settle(w.T.Context()))
}

// learn takes up the ids of what was made, for later requests to name.
func (f *fuzzer) learn(got *answer) {
	made := regexp.MustCompile(`^/v1/(?:accounts/[^/]+/)?(authorization|endpoint)s/(.+)$`).FindStringSubmatch(got.header.Get("Location"))
	if made != nil {
		f.known[made[1]] = append(f.known[made[1]], made[2])
		f.known["charge"] = f.known["authorization"]
	}
}

func environment(t *testing.T, name string, usual int) int {
	t.Helper()
	text, given := os.LookupEnv(name)
	if !given {
		return usual
	}
	number, err := strconv.Atoi(text)
	must(t, err)
	return number
}

// FuzzRequest sends whatever to every operation: it is refused in its form, or answered.
func FuzzRequest(f *testing.F) {
	for _, body := range hostile {
		f.Add("POST", "/v1/cards/check", body)
		f.Add("GET", "/v1/cards?limit="+url.QueryEscape(body), "")
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		address, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/v1/") || method != http.MethodGet && method != http.MethodPost {
			return
		}
		for _, o := range operations() {
			request := httptest.NewRequestWithContext(t.Context(), o.Method, "/v1/", strings.NewReader(body))
			request.URL = address
			request.Header.Set("Content-Type", "application/json")
			for _, name := range []string{"account", "serial", "batch", "authorization", "charge", "event", "endpoint"} {
				request.SetPathValue(name, address.Path)
			}
			err := readPlaces(httptest.NewRecorder(), request, places(o.in, reflect.New(o.in).Elem()), maxBody)
			if err != nil && reasonOf(err) == ourFault {
				t.Fatalf("%s %q %q: %v", o.ID, path, body, err)
			}
		}
	})
}
