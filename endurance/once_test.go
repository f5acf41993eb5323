package endurance

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scrip/calendar"
	"scrip/store/storetest"
)

const (
	// mostTwins is how many send a change at once under one key.
	mostTwins = 5
	// cardsARound are those that the changes of one round redeem, move and replace.
	cardsARound = 15
	// longestLease bounds for how long nobody goes on with what a killed server had begun: a clock on its way.
	longestLease = 3 * time.Minute
	// calmRound is how long a round takes, about: a server is killed at some moment of it.
	calmRound = 400 * time.Millisecond
	// batchesARound are the deeds on batches.
	batchesARound = 4
)

// caller is a service's own program, which sends each change until it is answered.
type caller struct {
	s       *service
	client  *http.Client
	key     string
	second  string        // another program's key
	settled *atomic.Int64 // days of a retailer
	active  chan card
	issued  chan card
	batches chan string                      // that are only made
	failed  func(format string, args ...any) // a test may be failed from anywhere, and ended from one place alone
}

// said is an answer to a change.
type said struct {
	status   int
	replayed bool
	body     string
}

// deed is a request that changes something.
type deed struct {
	path string
	body map[string]any
}

// deeds are all changes of the API, each on an account, a card, an endpoint or a clock of its own.
var deeds = map[string]func(*caller) deed{
	"openAccount":     func(*caller) deed { return deed{"/v1/accounts", opening()} },
	"redeemCode":      func(c *caller) deed { return deed{c.account() + "/redeem", map[string]any{"code": (<-c.active).code}} },
	"startMembership": func(c *caller) deed { return deed{c.funded() + "/membership/start", map[string]any{"plan": "basic"}} },
	"changePlan": func(c *caller) deed {
		return deed{c.member() + "/membership/change", map[string]any{"plan": "standard"}}
	},
	"cancelMembership":  func(c *caller) deed { return deed{c.member() + "/membership/cancel", nil} },
	"restartMembership": func(c *caller) deed { return deed{c.after(c.member()+"/membership", "/cancel") + "/restart", nil} },
	"setPayer": func(c *caller) deed {
		return deed{c.member() + "/membership/payer", map[string]any{"payer": "partner"}}
	},
	"setPaymentMethod": func(c *caller) deed {
		return deed{c.account() + "/membership/payment-method", map[string]any{"token": "ok"}}
	},

	"chargeBalance":    func(c *caller) deed { return deed{c.funded() + "/charges", charging()} },
	"authorizeBalance": func(c *caller) deed { return deed{c.funded() + "/authorizations", charging()} },
	"captureAuthorization": func(c *caller) deed {
		return deed{c.authorized() + "/capture", map[string]any{"amount": 200, "currency": "USD"}}
	},
	"releaseAuthorization": func(c *caller) deed { return deed{c.authorized() + "/release", nil} },

	"activateCard": func(c *caller) deed { return deed{"/v1/cards/" + (<-c.issued).serial + "/activate", nil} },
	"freezeCard":   func(c *caller) deed { return deed{c.card() + "/freeze", nil} },
	"unfreezeCard": func(c *caller) deed { return deed{c.after(c.card(), "/freeze") + "/unfreeze", nil} },
	"voidCard":     func(c *caller) deed { return deed{c.card() + "/void", nil} },
	"replaceCard":  func(c *caller) deed { return deed{c.card() + "/replace", nil} },

	"printBatch": func(c *caller) deed { return deed{c.batch() + "/printed", nil} },
	"shipBatch": func(c *caller) deed {
		return deed{c.after(c.batch(), "/printed") + "/ship", map[string]any{"retailer": "cornerway"}}
	},
	"freezeBatch":   func(c *caller) deed { return deed{c.batch() + "/freeze", nil} },
	"unfreezeBatch": func(c *caller) deed { return deed{c.after(c.batch(), "/freeze") + "/unfreeze", nil} },

	"settleDay": func(c *caller) deed { return deed{"/v1/settlements", daysFile(c.day())} },
	"recordPayment": func(*caller) deed {
		return deed{"/v1/settlements/cornerway/payments", map[string]any{"amount": 300, "currency": "USD", "reference": rand.Text()}}
	},
	"proposeResolution": func(c *caller) deed { return deed{c.broken() + "/propose", map[string]any{"resolution": "theirs"}} },
	"confirmResolution": func(c *caller) deed {
		other, of := *c, c.broken()
		other.key = c.second
		other.surely(deed{of + "/propose", map[string]any{"resolution": "theirs"}}, rand.Text())
		return deed{of + "/confirm", map[string]any{"resolution": "theirs"}}
	},

	"createEndpoint":  func(*caller) deed { return deed{"/v1/endpoints", receiving()} },
	"changeEndpoint":  func(c *caller) deed { return deed{c.endpoint(), receiving()} },
	"disableEndpoint": func(c *caller) deed { return deed{c.endpoint() + "/disable", nil} },
	"enableEndpoint":  func(c *caller) deed { return deed{c.after(c.endpoint(), "/disable") + "/enable", nil} },
	"deleteEndpoint":  func(c *caller) deed { return deed{c.endpoint() + "/delete", nil} },
	"rotateSecret":    func(c *caller) deed { return deed{c.endpoint() + "/rotate", map[string]any{"overlap_hours": 1}} },
	"replayEvents": func(c *caller) deed {
		return deed{c.endpoint() + "/replay", map[string]any{"since": "2026-01-31T00:00:00Z"}}
	},
	"redeliverEvent": func(c *caller) deed {
		id := strings.TrimPrefix(c.funded(), "/v1/accounts/")
		return deed{c.endpoint() + "/redeliver", map[string]any{"event": "evt_" + id + "_1_0"}}
	},

	"createTestClock": func(*caller) deed { return deed{"/v1/test-clocks", clock()} },
	"advanceTestClock": func(c *caller) deed {
		return deed{c.clock() + "/advance", map[string]any{"to": "2027-03-01T12:00:00Z"}}
	},
	"deleteTestClock": func(c *caller) deed { return deed{c.clock() + "/delete", nil} },
}

// day is a business day of the Cornerway's that has no file.
func (c *caller) day() string {
	return calendar.Must("2020-01-01").Plus(int(c.settled.Add(1))).String()
}

// daysFile is the Cornerway's file of a day on which a till sold what never came.
func daysFile(day string) map[string]any {
	return map[string]any{"retailer": "cornerway", "file": "H,cornerway," + day + "\nstore,till,receipt,time,type,card,amount\n0042,3,1001," + day +
		" 09:15:00,SALE,1234567890138,25.00\nT,1,25.00\n"}
}

// broken is the address of a break.
func (c *caller) broken() string {
	day := c.day()
	c.surely(deed{"/v1/settlements", daysFile(day)}, rand.Text())
	return "/v1/settlements/cornerway/days/" + day + "/breaks/1"
}

func opening() map[string]any {
	return map[string]any{"external_id": rand.Text(), "country": "US", "currency": "USD", "time_zone": "UTC"}
}

func charging() map[string]any {
	return map[string]any{"amount": 300, "currency": "USD", "reference": "order 7"}
}

// receiving is an endpoint that is told of nothing that happens here.
func receiving() map[string]any {
	return map[string]any{"url": "https://127.0.0.1:1/" + rand.Text(), "types": []string{"membership.closed"}}
}

func clock() map[string]any {
	return map[string]any{"at": "2027-02-01T12:00:00Z", "name": rand.Text()}
}

// made is the address of what a change has made.
func (c *caller) made(path string, body map[string]any) string {
	var made struct{ ID string }
	answer := c.surely(deed{path, body}, rand.Text())
	if err := json.Unmarshal([]byte(answer.body), &made); answer.status != 0 && (err != nil || made.ID == "") {
		c.failed("POST %s = %d, and has no id", path, answer.status)
	}
	return path + "/" + made.ID
}

func (c *caller) account() string  { return c.made("/v1/accounts", opening()) }
func (c *caller) endpoint() string { return c.made("/v1/endpoints", receiving()) }
func (c *caller) clock() string    { return c.made("/v1/test-clocks", clock()) }
func (c *caller) batch() string    { return "/v1/batches/" + <-c.batches }
func (c *caller) card() string     { return "/v1/cards/" + (<-c.active).serial }

func (c *caller) funded() string {
	account := c.account()
	c.surely(deed{account + "/redeem", map[string]any{"code": (<-c.active).code}}, rand.Text())
	return account
}

func (c *caller) member() string {
	account := c.funded()
	c.surely(deed{account + "/membership/start", map[string]any{"plan": "basic"}}, rand.Text())
	return account
}

func (c *caller) authorized() string { return c.made(c.funded()+"/authorizations", charging()) }

// after is an address to which something was done.
func (c *caller) after(path, done string) string {
	c.surely(deed{path + done, nil}, rand.Text())
	return path
}

// surely sends a change under a key until it is answered.
func (c *caller) surely(d deed, key string) said {
	for deadline := time.Now().Add(longestLease); time.Now().Before(deadline); time.Sleep(pollEvery) {
		answer, err := c.send(d, key)
		switch {
		case err != nil, answer.status > http.StatusInternalServerError, answer.status == http.StatusAccepted:
		case answer.status == http.StatusConflict && (answer.is("under_way") || answer.is("conflict")):
		case answer.status >= http.StatusBadRequest:
			c.failed("POST %s = %d %s", d.path, answer.status, answer.body) // a problem holds no code
			return answer
		default:
			return answer
		}
	}
	c.failed("POST %s is not answered after %v", d.path, longestLease)
	return said{}
}

func (a said) is(problem string) bool {
	return strings.Contains(a.body, `"/problems/`+problem+`"`)
}

func (c *caller) send(d deed, key string) (said, error) {
	var body io.Reader = http.NoBody
	if d.body != nil {
		text, err := json.Marshal(d.body)
		if err != nil {
			return said{}, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(c.s.t.Context(), http.MethodPost, c.s.url+d.path, body)
	if err != nil {
		return said{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Idempotency-Key", key)
	if d.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return said{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return said{response.StatusCode, response.Header.Get("Idempotency-Replayed") == "true", string(text)}, err
}

// TestChangesUnderFire sends each change of the API one to five times at once under one key, while the server is killed
// with SIGKILL, SCRIP_TEST_KILLS times (5). Who is not answered asks again under the key. All are given one answer, of
// which one at most is the first; what a round has made and moved is what a calm one does, row for row and cent for
// cent; and `scrip verify` agrees.
func TestChangesUnderFire(t *testing.T) {
	s := newService(t)
	s.changesUnderFire(func(int) { s.kill(s.nodes[0]) })
}

// TestServersChangesUnderFire is the same with two servers on one PostgreSQL, of which one is killed.
func TestServersChangesUnderFire(t *testing.T) {
	s := newServiceOn(t, storetest.NewServer(t).Fresh(t), 2)
	s.changesUnderFire(func(kill int) { s.kill(s.nodes[kill%2]) })
}

func (s *service) changesUnderFire(killOne func(kill int)) {
	t := s.t
	t.Helper()
	kills, seed := int(number(t, "SCRIP_TEST_KILLS", 5)), number(t, "SCRIP_TEST_SEED", mathrand.Uint64())
	t.Logf("SCRIP_TEST_SEED=%d SCRIP_TEST_KILLS=%d", seed, kills)
	chance := mathrand.New(mathrand.NewPCG(seed, seed))
	s.as = []string{"serve", "--sandbox"}
	s.start()
	c := &caller{s: s, client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, failed: t.Errorf, settled: &atomic.Int64{},
		active: make(chan card, cardsARound), issued: make(chan card, 1), batches: make(chan string, batchesARound)}
	for _, key := range []*string{&c.key, &c.second} {
		out, err := s.command("keys", "api", "new", "--name", "fire", "--scope", "admin").Output()
		must(t, err)
		*key = strings.TrimSpace(string(out))
	}
	c.missesNothing()
	c.stock()
	calm := s.traced(func() { c.round(chance) })
	asked := 0
	for kill := range kills {
		moment := time.Duration(chance.Int64N(int64(calmRound)))
		c.stock()
		made := s.traced(func() {
			var done sync.WaitGroup
			done.Go(func() { asked += c.round(chance) })
			time.Sleep(moment) // the moment is what is tested
			killOne(kill)
			s.start()
			done.Wait()
		})
		for _, what := range slices.Sorted(maps.Keys(calm)) {
			if made[what] != calm[what] {
				t.Errorf("kill %d: %s grew by %d, want %d", kill, what, made[what], calm[what])
			}
		}
		s.verify()
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills, %d changes of %d kinds, asked for by %d at once in all", kills, len(deeds)*kills, len(deeds), asked)
	s.stop()
}

// stock has cards for a round.
func (c *caller) stock() {
	c.s.t.Helper()
	for _, card := range c.s.issue(cardsARound) {
		c.active <- card
	}
	_, printed := c.s.printed(1)
	c.issued <- printed[0]
	for range batchesARound {
		batch, _ := c.s.printed(1)
		c.batches <- batch
	}
}

// round does all deeds at once, each for one to five that ask for it with one key, and tells how many asked. In the
// end it deletes the endpoints, of which there may not be many.
func (c *caller) round(chance *mathrand.Rand) (asked int) {
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(deeds)) {
		twins := 1 + chance.IntN(mostTwins)
		asked += twins
		all.Go(func() { c.fire(name, twins) })
	}
	all.Wait()
	for id := range c.ids("endpoints", "state <> 'gone'") {
		c.surely(deed{"/v1/endpoints/" + id + "/delete", nil}, rand.Text())
	}
	return asked
}

// fire sends a change several times at once under one key, and once more when all are answered: the answer is one.
func (c *caller) fire(name string, twins int) {
	d, key, answers := deeds[name](c), rand.Text(), make([]said, twins)
	var all sync.WaitGroup
	for at := range answers {
		all.Go(func() { answers[at] = c.surely(d, key) })
	}
	all.Wait()
	firsts := 0
	again := c.surely(d, key)
	for _, answer := range answers {
		if !answer.replayed {
			firsts++
		}
		if answer.status != again.status || answer.body != again.body {
			c.failed("%s is answered %d to one of %d, and %d, or otherwise, later", name, answer.status, twins, again.status) // a body may hold a code
		}
	}
	if firsts > 1 || !again.replayed {
		c.failed("%s: %d of %d are told to be the first; the last, that it repeats: %t", name, firsts, twins, again.replayed)
	}
}

// missesNothing checks that the deeds are all changes that the server's document has.
func (c *caller) missesNothing() {
	t := c.s.t
	t.Helper()
	response, err := http.Get(c.s.url + "/v1/openapi.json")
	must(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
	}
	must(t, errors.Join(json.NewDecoder(response.Body).Decode(&document), response.Body.Close()))
	var changes []string
	for _, item := range document.Paths {
		for _, o := range item {
			if slices.ContainsFunc(o.Parameters, func(p struct{ Name string }) bool { return p.Name == "Idempotency-Key" }) {
				changes = append(changes, o.OperationID)
			}
		}
	}
	slices.Sort(changes)
	if known := slices.Sorted(maps.Keys(deeds)); !slices.Equal(known, changes) {
		t.Fatalf("the deeds are %v, the document's changes %v", known, changes)
	}
}

// ids are the ids in a table of things that have some.
func (c *caller) ids(table, where string) (ids map[string]int) {
	c.s.look(func(tx *sql.Tx) {
		ids = c.s.count(tx, "SELECT "+strings.TrimSuffix(table, "s")+"_id, 1 FROM "+table+" WHERE "+where)
	})
	return ids
}

// kept are the tables in which a change leaves rows, and sums are what may not grow by other amounts.
var (
	kept = []string{"accounts", "external_ids", "cards", "card_serials", "card_transfers", "lots", "charges", "charge_lines", "transfers", "events",
		"notices", "answers", "questions", "waiting", "authorizations", "authorization_lines", "endpoints", "deliveries", "test_clocks", "audit_entries",
		"settlements", "settlement_breaks", "settlement_transfers", "retailer_payments"}
	sums = map[string]string{
		"the rest of lots":  "SELECT CAST(COALESCE(SUM(rest), 0) AS bigint) FROM lots",
		"what was moved":    "SELECT CAST(COALESCE(SUM(amount), 0) AS bigint) FROM transfers",
		"what cards moved":  "SELECT CAST(COALESCE(SUM(amount), 0) AS bigint) FROM card_transfers",
		"balances":          "SELECT CAST(COALESCE(SUM(balance), 0) AS bigint) FROM accounts",
		"cards in use":      "SELECT COUNT(*) FROM cards WHERE state = 'active'",
		"what was told":     "SELECT CAST(COALESCE(SUM(last_event), 0) AS bigint) FROM accounts",
		"clocks that moved": "SELECT COUNT(*) FROM test_clocks WHERE at > created_at",
	}
)

// traced is by how much the books grow while something is done.
func (s *service) traced(do func()) map[string]int64 {
	s.t.Helper()
	before := s.traces()
	do()
	grown := s.traces()
	for what := range grown {
		grown[what] -= before[what]
	}
	return grown
}

func (s *service) traces() map[string]int64 {
	s.t.Helper()
	queries, all := maps.Clone(sums), map[string]int64{}
	for _, table := range kept {
		queries["the rows of "+table] = "SELECT COUNT(*) FROM " + table
	}
	s.look(func(tx *sql.Tx) {
		for what, query := range queries {
			var number int64
			must(s.t, tx.QueryRow(query).Scan(&number))
			all[what] = number
		}
	})
	return all
}
