package endurance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/client"
	"scrip/demo"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/simulate"
	"scrip/store"
	"scrip/store/storetest"
)

// The network of a seed: retailers, each of which writes its files otherwise, with shops that have a till each.
const (
	shopsOfARetailer = 5
	salesOfAShop     = 6
	salesTheDayAgo   = 3 // of a retailer's first shop
	// longestDay is within which the server is killed: about as long as the shops are busy.
	longestDay = 250 * time.Millisecond
	// lostAnswers, doubled, voided and returned are how often, in a hundred.
	lostAnswers = 10
	doubled     = 5
	voided      = 8
	returned    = 5
	// faulty is how many lines in a hundred of a file are planted a fault in, beside the one that each file has.
	faulty = 10
)

// styles are how the retailers write their files: as the catalogue has it.
var styles = []string{`{
  "format": "csv", "currency": "USD", "amounts": "decimal", "times": "YYYY-MM-DD hh:mm:ss",
  "fields": {"store": "store", "terminal": "till", "transaction": "receipt", "at": "time", "operation": "type", "serial": "card", "amount": "amount"},
  "operations": {"A": "activate", "V": "void", "R": "return", "X": "reverse"},
  "header": {"mark": "H", "retailer": 2, "day": 3}, "trailer": {"mark": "T", "count": 2, "total": 3}}`, `{
  "format": "csv", "separator": ";", "currency": "USD", "amounts": "decimal_comma", "times": "DD.MM.YYYY", "signed": true,
  "fields": {"store": "store", "terminal": "till", "transaction": "receipt", "at": "time", "operation": "type", "serial": "card", "amount": "amount"},
  "operations": {"A": "activate", "V": "void", "R": "return", "X": "reverse"}}`, `{
  "format": "fixed", "currency": "USD", "amounts": "minor", "times": "YYYYMMDDhhmmss", "utc": true,
  "fields": {"store": {"from": 1, "length": 8}, "terminal": {"from": 9, "length": 4}, "transaction": {"from": 13, "length": 12},
    "at": {"from": 25, "length": 14}, "operation": {"from": 39, "length": 1}, "serial": {"from": 40, "length": 13}, "amount": {"from": 53, "length": 10}},
  "operations": {"A": "activate", "V": "void", "R": "return", "X": "reverse"},
  "trailer": {"mark": "T", "count": {"from": 2, "length": 6}, "total": {"from": 8, "length": 12}}}`, `{
  "format": "csv", "separator": "|", "currency": "USD", "amounts": "minor", "times": "YYYYMMDD hhmm", "utc": true,
  "fields": {"store": "store", "terminal": "till", "transaction": "receipt", "at": "time", "operation": "type", "serial": "card", "amount": "amount"},
  "operations": {"A": "activate", "V": "void", "R": "return", "X": "reverse"},
  "trailer": {"mark": "EOF", "count": 2}}`}

// network is a server, and retailers on it.
type network struct {
	*service
	beside   *engine.Engine // the operator's, on the same database
	zone     *time.Location
	day      calendar.Date
	seeds    int
	settlers [2]*client.Client // two who settle
}

// chain is one retailer of a seed.
type chain struct {
	*network
	id     string
	style  int
	chance *mathrand.Rand
	till   *client.Client
	mu     sync.Mutex
	cards  []string
	said   map[calendar.Date][]claim // by its shops, of each day
}

// claim is what a shop believes that one of its transactions was.
type claim struct {
	client.AtTill
	operation string // A, V, R or X
	on        calendar.Date
	value     int64
}

// key tells the transaction, as a break names it.
func (s claim) key() string {
	return fmt.Sprintf("%s %s %s %s", s.Store, s.Transaction, s.on, map[string]string{"A": "activate", "X": "activate", "V": "void", "R": "return"}[s.operation])
}

// adds is what it adds to what the shop owes.
func (s claim) adds() int64 {
	if s.operation == "A" {
		return s.value
	}
	return -s.value
}

// TestRetailNetwork: SCRIP_TEST_SEEDS (5) networks of 20 shops, drawn by SCRIP_TEST_SEED, sell cards over HTTP to a server that is
// killed on the way. A tenth of the answers is lost, and the shop reverses, at times before its sale arrives; sales come twice,
// long after; one till sends the whole of the day before again. Then each retailer's files are written from what its shops
// believe, with faults planted: settlement finds every one, of its kind and amount, and no other; and `scrip verify` agrees.
func TestRetailNetwork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		seeds, seed := int(number(t, "SCRIP_TEST_SEEDS", 5)), number(t, "SCRIP_TEST_SEED", mathrand.Uint64())
		t.Logf("SCRIP_TEST_SEED=%d SCRIP_TEST_SEEDS=%d", seed, seeds)
		n := newNetwork(t, address, seeds)
		kinds := map[string]int{}
		for at := range seeds {
			n.live(at, mathrand.New(mathrand.NewPCG(seed, uint64(at))), kinds)
			n.verify()
			if t.Failed() {
				t.Fatalf("network %d of SCRIP_TEST_SEED=%d", at, seed)
			}
		}
		t.Logf("%d networks of %d shops, breaks found: %v", seeds, len(styles)*shopsOfARetailer, kinds)
		for _, kind := range []string{"not_in_file", "not_with_us", "amount", "state", "card", "duplicate", "late"} {
			if kinds[kind] == 0 && seeds >= 5 {
				t.Errorf("no %s was planted", kind)
			}
		}
		n.stop()
	})
}

func newNetwork(t *testing.T, address string, seeds int) *network {
	t.Helper()
	n := &network{service: newServiceOn(t, address, 1), seeds: seeds}
	// Where the shops are it is noon, so that yesterday is over, and no till's transaction of the day before is too old.
	hours := 12 - time.Now().UTC().Hour()
	name := fmt.Sprintf("Etc/GMT%+d", -hours)
	var err error
	n.zone, err = time.LoadLocation(name)
	must(t, err)
	n.day = calendar.In(time.Now(), n.zone).Plus(-1)
	text := n.catalog(name)
	must(t, os.WriteFile(n.path("catalog.json"), []byte(text), 0o600))
	n.start()
	ring, err := giftcode.ParseKeyring(n.keys)
	must(t, err)
	db, err := store.Open(t.Context(), n.database, store.Options{Clock: time.Now})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	n.beside = engine.New(engine.Config{DB: db, Ring: ring, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	must(t, n.beside.Reuse(t.Context(), func(body string) (billing.Terms, error) { return simulate.ReadTerms(strings.NewReader(body)) }))
	for at := range n.settlers {
		n.settlers[at] = n.client(fmt.Sprint("settler ", at), access.Manage, "")
	}
	return n
}

// catalog is the demo's with the retailers of all seeds.
func (n *network) catalog(zone string) string {
	var retailers strings.Builder
	for seed := range n.seeds {
		for style, settlement := range styles {
			id := chainID(seed, style)
			fmt.Fprintf(&retailers, `{"id": %q, "name": %q, "country": "US", "where": "in_store", "products": ["us-25"], "zone": %q, "commission": "0.07", "settlement": %s},`,
				id, id, zone, settlement)
		}
	}
	return strings.Replace(demo.Catalog, `"retailers": [`, `"retailers": [`+retailers.String(), 1)
}

func chainID(seed, style int) string { return fmt.Sprintf("chain-%d-%d", seed, style) }

// client is a program with a key of its own.
func (n *network) client(name string, grant access.Grant, retailer catalog.RetailerID) *client.Client {
	n.t.Helper()
	key, err := n.beside.NewKey(n.t.Context(), access.Operator(), name, []access.Grant{grant}, retailer)
	must(n.t, err)
	c, err := client.New(client.Config{URL: n.url, Key: key, HTTP: &http.Client{Timeout: patience}})
	must(n.t, err)
	return c
}

// live is one network from the day before to its settlement.
func (n *network) live(seed int, chance *mathrand.Rand, kinds map[string]int) {
	chains := make([]*chain, len(styles))
	for style := range styles {
		chains[style] = n.open(seed, style, mathrand.New(mathrand.NewPCG(chance.Uint64(), chance.Uint64())))
		chains[style].theDayBefore()
	}
	var shops sync.WaitGroup
	for _, c := range chains {
		for shop := range shopsOfARetailer {
			own := mathrand.New(mathrand.NewPCG(c.chance.Uint64(), c.chance.Uint64()))
			shops.Go(func() { c.shop(shop, own) })
		}
	}
	time.Sleep(time.Duration(chance.Int64N(int64(longestDay)))) // the moment is what is tested
	n.kill(n.nodes[0])
	n.start()
	shops.Wait()
	for _, c := range chains {
		c.settle(kinds)
	}
}

// open is a retailer with cards that were shipped to it.
func (n *network) open(seed, style int, chance *mathrand.Rand) *chain {
	n.t.Helper()
	id := chainID(seed, style)
	c := &chain{network: n, id: id, style: style, chance: chance, till: n.client(id, access.Retail, catalog.RetailerID(id)), said: map[calendar.Date][]claim{}}
	batch, err := n.beside.IssueCards(n.t.Context(), access.Operator(), "us-25", 2*shopsOfARetailer*salesOfAShop, func(cards []engine.Printed) error {
		for _, card := range cards {
			c.cards = append(c.cards, card.Serial.String())
		}
		return nil
	})
	must(n.t, err)
	for _, order := range []engine.BatchOrder{{Move: engine.PrintBatch}, {Move: engine.ShipBatch, Retailer: catalog.RetailerID(id)}} {
		must(n.t, n.beside.MoveBatch(n.t.Context(), access.Operator(), batch, order))
	}
	return c
}

// card is one that no till has touched.
func (c *chain) card() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	card := c.cards[0]
	c.cards = c.cards[1:]
	return card
}

// at is a new transaction of a shop, some minutes before its day's end.
func (c *chain) at(shop, number int, on calendar.Date) client.AtTill {
	return client.AtTill{Store: fmt.Sprintf("%04d", shop), Terminal: "1", Transaction: fmt.Sprint(1000 + number),
		At: on.Plus(1).Start(c.zone).Add(-time.Hour + time.Duration(number)*time.Minute).UTC(), Serial: c.card()}
}

func (c *chain) believe(on calendar.Date, operation string, of client.AtTill) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[on] = append(c.said[on], claim{of, operation, on, 2500})
}

// theDayBefore is what the first shop sold a day before.
func (c *chain) theDayBefore() {
	for number := range salesTheDayAgo {
		of := c.at(0, number, c.day.Plus(-1))
		surely(c, c.till.RetailActivate, of)
		c.believe(c.day.Plus(-1), "A", of)
	}
}

// shop is the day of one shop.
func (c *chain) shop(shop int, chance *mathrand.Rand) {
	likely := func(percent int) bool { return chance.IntN(100) < percent }
	var again []client.AtTill
	for number := range salesOfAShop {
		of := c.at(shop, number, c.day)
		if likely(lostAnswers) {
			c.lose(of, chance.IntN(3))
			continue
		}
		surely(c, c.till.RetailActivate, of)
		c.believe(c.day, "A", of)
		if likely(doubled) {
			again = append(again, of)
		}
		switch undo := chance.IntN(100); {
		case undo < voided:
			surely(c, c.till.RetailVoid, of)
			c.believe(c.day, "V", of)
		case undo < voided+returned:
			surely(c, c.till.RetailReturn, of)
			c.believe(c.day, "R", of)
		}
	}
	if shop == 0 { // the till sends yesterday's again
		c.mu.Lock()
		for _, of := range c.said[c.day.Plus(-1)] {
			again = append(again, of.AtTill)
		}
		c.mu.Unlock()
	}
	for _, of := range again {
		if sale := surely(c, c.till.RetailActivate, of); sale.State != "active" || sale.Value.Minor != 2500 {
			c.t.Errorf("%s of %s, sent again, is answered %+v", of.Transaction, c.id, sale)
		}
	}
}

// lose is a sale of which the shop gets no answer, and which it reverses. It had arrived, arrives after its reversal, or never
// does. In the shop's file both stand, or neither does.
func (c *chain) lose(of client.AtTill, fate int) {
	if fate == 0 {
		surely(c, c.till.RetailActivate, of)
	}
	surely(c, c.till.RetailReverse, of)
	if fate == 1 {
		if _, err := ask(c, c.till.RetailActivate, of); !isProblem(err, "reversed") {
			c.t.Errorf("%s of %s came after its reversal, and is answered with %v", of.Transaction, c.id, err)
		}
	}
	if of.At.Minute()%2 == 0 {
		c.believe(c.day, "A", of)
		c.believe(c.day, "X", of)
	}
}

// surely asks until there is an answer, which is no refusal.
func surely[T any](c *chain, do func(context.Context, client.AtTill) (T, error), of client.AtTill) T {
	answer, err := ask(c, do, of)
	if err != nil {
		c.t.Errorf("%s of %s: %v", of.Transaction, c.id, err)
	}
	return answer
}

// ask asks until there is an answer.
func ask[T any](c *chain, do func(context.Context, client.AtTill) (T, error), of client.AtTill) (answer T, err error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollEvery) {
		answer, err = do(c.t.Context(), of)
		problem, told := errors.AsType[*client.Problem](err)
		if err == nil || told && problem.Status < http.StatusInternalServerError {
			return answer, err
		}
	}
	return answer, err
}

func isProblem(err error, name string) bool {
	problem, is := errors.AsType[*client.Problem](err)
	return is && problem.Name() == name
}

// planted is a break that is to be found.
type planted struct {
	kind         string
	ours, theirs int64
}

// settle writes the files of both days with faults planted, settles them, and wants each fault found and no other.
func (c *chain) settle(kinds map[string]int) {
	before := c.day.Plus(-1)
	yesterday, today := c.said[before], c.said[c.day]
	want := map[calendar.Date]map[string]planted{before: {}, c.day: {}}
	// One sale of the day before comes with the file of the day.
	late := yesterday[0]
	want[before][late.key()] = planted{"not_in_file", 2500, 0}
	want[c.day][late.key()] = planted{"late", 2500, 2500}
	rows := append(c.plant(today, want[c.day]), late)
	c.chance.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	files := []func(){func() { c.send(before, yesterday[1:]) }, func() { c.send(c.day, rows) }}
	inOrder := c.chance.IntN(2) == 0
	if !inOrder { // then it is known already that the sale is late, and it is not missed
		files[0], files[1] = files[1], files[0]
		delete(want[before], late.key())
	}
	files[0]()
	files[1]()
	for _, on := range []calendar.Date{before, c.day} {
		for _, p := range want[on] {
			kinds[p.kind]++
		}
	}
	got := c.breaks()
	for on, breaks := range want {
		if !maps.Equal(got[on], breaks) {
			c.t.Errorf("%s on %s: found %v, planted %v", c.id, on, got[on], breaks)
		}
	}
	c.resolve()
}

// plant makes faults in what the shops believe, at least one.
func (c *chain) plant(believed []claim, want map[string]planted) (rows []claim) {
	times := map[string]int{}
	for _, s := range believed {
		times[s.key()]++
	}
	sure := c.chance.IntN(len(believed))
	for at, s := range believed {
		if times[s.key()] > 1 || at != sure && c.chance.IntN(100) >= faulty {
			rows = append(rows, s)
			continue
		}
		rows = append(rows, c.fault(s, want)...)
	}
	return rows
}

// fault is what the file says of a transaction, wrongly.
func (c *chain) fault(s claim, want map[string]planted) []claim {
	wrong := s
	switch c.chance.IntN(6) {
	case 0:
		want[s.key()] = planted{"not_in_file", s.adds(), 0}
		return nil
	case 1:
		wrong.value += 100
		want[s.key()] = planted{"amount", s.adds(), wrong.adds()}
	case 2:
		wrong.Serial = c.card()
		want[s.key()] = planted{"card", s.adds(), s.adds()}
	case 3:
		want[s.key()] = planted{"duplicate", 0, s.adds()}
		return []claim{s, s}
	case 4:
		wrong.Store, wrong.Serial = "9"+s.Store, c.card()
		want[wrong.key()] = planted{"not_with_us", 0, s.adds()}
		return []claim{s, wrong}
	default:
		if s.operation != "A" {
			return []claim{s}
		}
		wrong.operation = "X"
		want[s.key()] = planted{"state", s.adds(), 0}
		return []claim{s, wrong}
	}
	return []claim{wrong}
}

// send settles a file. Sent again, it changes nothing.
func (c *chain) send(on calendar.Date, rows []claim) {
	c.t.Helper()
	file := client.DaysFile{Retailer: c.id, Day: client.Date(on.String()), File: c.file(on, rows)}
	settled, err := c.settlers[0].SettleDay(c.t.Context(), file)
	if err != nil {
		c.t.Errorf("%s on %s: %v", c.id, on, err)
		return
	}
	theirs := int64(0)
	for _, row := range rows {
		theirs += row.adds()
	}
	if settled.Theirs.Minor != theirs || settled.Rows != len(rows) || settled.Again {
		c.t.Errorf("%s on %s: %+v, want theirs %d of %d rows", c.id, on, settled, theirs, len(rows))
	}
	again, err := c.settlers[0].SettleDay(c.t.Context(), file)
	if again.Again = false; err != nil || again != settled {
		c.t.Errorf("%s on %s, again: %+v, %v, want %+v", c.id, on, again, err, settled)
	}
}

// breaks are what was found, by the file's day and the transaction.
func (c *chain) breaks() map[calendar.Date]map[string]planted {
	c.t.Helper()
	found := map[calendar.Date]map[string]planted{c.day.Plus(-1): {}, c.day: {}}
	for b, err := range c.settlers[0].ListBreaks(c.t.Context(), c.id, client.BreakFilter{}) {
		must(c.t, err)
		day, err := calendar.Parse(string(b.Day))
		must(c.t, err)
		key := fmt.Sprintf("%s %s %s %s", b.Store, b.Transaction, b.On, b.Operation)
		if _, twice := found[day][key]; twice {
			c.t.Errorf("%s on %s: two breaks of %s", c.id, day, key)
		}
		found[day][key] = planted{b.Kind, b.Ours.Minor, b.Theirs.Minor}
	}
	return found
}

// resolve has two decide the breaks that wait, each so that the file counts: then what is agreed is what the files say.
func (c *chain) resolve() {
	c.t.Helper()
	for b, err := range c.settlers[0].ListBreaks(c.t.Context(), c.id, client.BreakFilter{State: "open"}) {
		must(c.t, err)
		_, err = c.settlers[0].ProposeResolution(c.t.Context(), c.id, b.Day, b.Number, client.Proposal{Resolution: "theirs"})
		must(c.t, err)
		_, err = c.settlers[1].ConfirmResolution(c.t.Context(), c.id, b.Day, b.Number, client.Confirmation{Resolution: "theirs"})
		must(c.t, err)
	}
	account, err := c.settlers[0].GetRetailerAccount(c.t.Context(), c.id)
	must(c.t, err)
	theirs := int64(0)
	for day, err := range c.settlers[0].ListSettlements(c.t.Context(), c.id) {
		must(c.t, err)
		theirs += day.Theirs.Minor
	}
	if len(account.Balances) != 1 || account.Pending != 0 || account.Balances[0].Agreed.Minor != theirs {
		text, _ := json.Marshal(account)
		c.t.Errorf("%s: %s, want all of %d agreed", c.id, text, theirs)
	}
}

// file is a retailer's file of what its shops believe.
func (c *chain) file(on calendar.Date, rows []claim) string {
	total := int64(0)
	lines := make([]string, len(rows))
	for at, row := range rows {
		lines[at] = c.line(row)
		total += row.value
	}
	body := strings.Join(append(lines, ""), "\n")
	switch c.style {
	case 0:
		return fmt.Sprintf("H,%s,%s\n%s\n%sT,%d,%d.%02d\n", c.id, on, columns(","), body, len(rows), total/100, total%100)
	case 1:
		return columns(";") + "\n" + body
	case 2:
		return fmt.Sprintf("%sT%06d%012d\r\n", strings.ReplaceAll(body, "\n", "\r\n"), len(rows), total)
	}
	return fmt.Sprintf("%s\n%sEOF|%d\n", columns("|"), body, len(rows))
}

func columns(separator string) string {
	return strings.Join([]string{"store", "till", "receipt", "time", "type", "card", "amount"}, separator)
}

func (c *chain) line(row claim) string {
	serial := strings.ReplaceAll(row.Serial, "-", "")
	local := row.At.In(c.zone)
	switch c.style {
	case 0:
		return fmt.Sprintf("%s,%s,%s,%s,%s,%s,%d.%02d", row.Store, row.Terminal, row.Transaction, local.Format(time.DateTime), row.operation, serial, row.value/100, row.value%100)
	case 1:
		sign := ""
		if row.adds() < 0 {
			sign = "-"
		}
		return fmt.Sprintf("%s;%s;%s;%s;%s;%s;%s%d,%02d", row.Store, row.Terminal, row.Transaction, local.Format("02.01.2006"), row.operation, serial, sign, row.value/100, row.value%100)
	case 2:
		return fmt.Sprintf("%-8s%-4s%-12s%s%s%s%010d", row.Store, row.Terminal, row.Transaction, row.At.UTC().Format("20060102150405"), row.operation, serial, row.value)
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%d", row.Store, row.Terminal, row.Transaction, row.At.UTC().Format("20060102 1504"), row.operation, row.Serial, row.value)
}
