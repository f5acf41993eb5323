package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"scrip/access"
	"scrip/clock"
	"scrip/config"
	"scrip/demo"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/mail"
	"scrip/store"
)

const (
	// benchClients is how many clients redeem at once.
	benchClients = 32
	// benchMembers is how many members each client is in turn, so that nobody holds hundreds of cards.
	benchMembers = 12
)

// BenchmarkRedemptions measures redemptions over HTTP by 32 signed-in members, against a bare program
// that commits the same rows one redemption after another with the same durability. All run in one
// process, on one disk, in one run; the metric "ratio" is the speed over that of bare. In http, a
// redemption is the request that redeems: the confirmation form, with the session, the rules, the books,
// the answer that is remembered, and the mails that are sent meanwhile. In http-with-check, the code of
// each card is entered and looked up before it, in a request of its own.
func BenchmarkRedemptions(b *testing.B) {
	var bare float64
	b.Run("bare", func(b *testing.B) { bare = benchBare(b) })
	for _, way := range []struct {
		name    string
		checked bool
	}{{"http", true}, {"http-with-check", false}} {
		b.Run(way.name, func(b *testing.B) {
			perSecond := benchHTTP(b, way.checked)
			if bare > 0 {
				b.ReportMetric(perSecond/bare, "ratio")
			}
		})
	}
}

// benchBare commits the rows of one redemption at a time: the card, the lot, the account, two
// transfers, the event, the answer and the notice; of as many members, with digests as random.
func benchBare(b *testing.B) float64 {
	ctx := b.Context()
	path := filepath.Join(b.TempDir(), "bare.db")
	db, err := store.Open(ctx, path, store.Options{Clock: time.Now, Alone: true, Migrate: true})
	check(b, err)
	check(b, db.Close())
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	check(b, err)
	defer raw.Close()
	conn, err := raw.Conn(ctx)
	check(b, err)
	defer conn.Close()
	prepare := func(text string) *sql.Stmt {
		statement, err := conn.PrepareContext(ctx, text)
		check(b, err)
		return statement
	}
	do := func(statement *sql.Stmt, args ...any) {
		_, err := statement.ExecContext(ctx, args...)
		check(b, err)
	}
	accounts := make([]string, benchClients*benchMembers)
	open := prepare(`INSERT INTO accounts VALUES (?, 'a@example.com', 0, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 0, 'none', '', '', 'self', 0, 0,
		'', '', '', 0, '', '', '', '', '', '', '', 1, '[]', NULL, 0, '', 0, 0)`)
	for i := range accounts {
		accounts[i] = store.NewID()
		do(open, accounts[i])
	}
	digest := func(i int) string {
		sum := sha256.Sum256(fmt.Append(nil, i))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	issue := prepare(`INSERT INTO cards VALUES (?, 'k', ?, 'us-25', 'US', 2500, 'USD', 'active', '', 'b', 0, 0, NULL)`)
	begin, commit := prepare("BEGIN IMMEDIATE"), prepare("COMMIT")
	do(begin)
	for i := range b.N {
		do(issue, digest(i), i)
	}
	do(commit)
	card := prepare(`UPDATE cards SET state = 'redeemed', redeemed_by = ?, redeemed_at = 1 WHERE digest = ? AND state = 'active'`)
	lot := prepare(`INSERT INTO lots VALUES (?, ?, ?, ?, 'bought', 2500, 2500, 1)`)
	account := prepare(`UPDATE accounts SET balance = balance + 2500, last_lot = ?, last_event = ? WHERE account_id = ?`)
	cardTransfer := prepare(`INSERT INTO card_transfers VALUES (?, ?, 'cards_outstanding', 'in_transit', 2500, 'USD', 1)`)
	transfer := prepare(`INSERT INTO transfers VALUES (?, ?, 'in_transit', 'gift_balance', 2500, 'USD', ?, 1)`)
	event := prepare(`INSERT INTO events VALUES (?, ?, '2026-01-01', 'redeemed', '{"on":"2026-01-01","event":"redeemed","card":"0000-0000-0000-0","amount":2500,"balance":2500}', 1)`)
	answer := prepare(`INSERT INTO answers VALUES (?, 'redeem', ?, 'k:0000000000000000000000000000000000000000000', '{"card":"0000-0000-0000-0","events":[]}', 1)`)
	notice := prepare(`INSERT INTO notices VALUES (?, ?, 'card_applied', '{"kind":"card_applied","on":"2026-01-01","amount":2500,"balance":2500}', 'queued', 0, 1, 1, NULL)`)
	used := processorTime(b)
	b.ResetTimer()
	for i := range b.N {
		id, member := store.NewID(), accounts[i%len(accounts)]
		do(begin)
		do(card, member, digest(i))
		do(lot, member, id, i, digest(i))
		do(account, i, i, member)
		do(cardTransfer, digest(i), id)
		do(transfer, member, id, "lot:"+id)
		do(event, member, i)
		do(answer, member, id)
		do(notice, member, id)
		do(commit)
	}
	return report(b, used)
}

// report tells redemptions a second, and how much processor time each took.
func report(b *testing.B, before time.Duration) float64 {
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "redemptions/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	return perSecond
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// benchHTTP redeems b.N cards, which are checked before the time is taken, or within it.
func benchHTTP(b *testing.B, checked bool) float64 {
	s := startBench(b)
	var printed []engine.Printed
	batch, err := s.engine.IssueCards(b.Context(), access.Operator(), "us-25", b.N, func(cards []engine.Printed) error {
		printed = append(printed, cards...)
		return nil
	})
	check(b, err)
	_, err = s.engine.ActivateBatch(b.Context(), access.Operator(), batch)
	check(b, err)
	codes := make(chan string, b.N)
	for _, card := range printed {
		code := card.Code.Reveal()
		if checked {
			_, code, err = s.engine.CheckCard(b.Context(), access.Operator(), card.Code)
			check(b, err)
		}
		codes <- code
	}
	close(codes)
	var clients sync.WaitGroup
	members := make([][]*http.Client, benchClients)
	for i := range members {
		clients.Go(func() {
			for j := range benchMembers {
				members[i] = append(members[i], s.member(b, i*benchMembers+j))
			}
		})
	}
	clients.Wait()
	var redeemed atomic.Int64
	used := processorTime(b)
	b.ResetTimer()
	for _, member := range members {
		clients.Go(func() {
			turn := 0
			for code := range codes {
				if s.redeem(member[turn%benchMembers], code, checked) == nil {
					redeemed.Add(1)
				}
				turn++
			}
		})
	}
	clients.Wait()
	b.StopTimer()
	if int(redeemed.Load()) != b.N {
		b.Fatalf("%d of %d redemptions went through", redeemed.Load(), b.N)
	}
	return report(b, used)
}

// bench is a server with the demo's catalogue, whose mails can be read.
type bench struct {
	*service
	mailbox *mail.Mailbox
}

func startBench(b *testing.B) *bench {
	tune() // as main does
	ring, err := giftcode.ParseKeyring(demo.Key)
	check(b, err)
	s := &bench{mailbox: &mail.Mailbox{}}
	moved := clock.From(time.Now)
	p := parts{settings: config.Config{Address: "127.0.0.1:0", Database: filepath.Join(b.TempDir(), "bench.db"), Ring: ring,
		Brand: config.Brand{Name: "Lumenary", Accent: "#5b3df5", SupportEmail: "help@lumenary.example"}},
		log: slog.New(slog.DiscardHandler), now: moved.Now, sender: s.mailbox, catalog: demo.Catalog}
	ctx, stop := context.WithCancel(b.Context())
	ready, done := make(chan *service, 1), make(chan error, 1)
	go func() {
		done <- p.serve(ctx, func(s *service) error {
			ready <- s
			return nil
		})
	}()
	select {
	case s.service = <-ready:
	case err := <-done:
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stop()
		check(b, <-done)
	})
	return s
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// member is a client that is signed in to a new account, at a network address of its own: how often
// one address may ask to sign in is limited.
func (s *bench) member(b *testing.B, number int) *http.Client {
	address := fmt.Sprintf("member-%d@example.com", number)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+number/200), byte(1+number%200))}}
	_, _, err := s.engine.OpenAccount(b.Context(), access.Operator(), engine.Opening{Email: access.Email(address),
		Country: s.engine.Terms().Catalog.Products()[0].Country, Currency: s.engine.Terms().Catalog.Products()[0].Value.Currency(), Zone: "UTC", Language: "en"})
	check(b, err)
	jar, err := cookiejar.New(nil)
	check(b, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxIdleConnsPerHost: 2, DialContext: dialer.DialContext}}
	check(b, s.post(client, "/sign-in", url.Values{"email": {address}}))
	for {
		for _, m := range s.mailbox.All() {
			if m.To == address {
				check(b, s.post(client, "/sign-in/verify", url.Values{"digits": {sixDigits.FindString(m.Text)}}))
				return client
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// redeem redeems a card by what stands for it once it is checked, or by its code.
func (s *bench) redeem(client *http.Client, card string, checked bool) error {
	form := url.Values{"key": {store.NewID()}}
	if checked {
		form.Set("card", card)
	} else if err := s.post(client, "/redeem", url.Values{"code": {card}}); err != nil {
		return err
	}
	return s.post(client, "/redeem/confirm", form)
}

// post sends a form, which leads on where it went well.
func (s *bench) post(client *http.Client, path string, form url.Values) error {
	response, err := client.Post(s.url+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("POST %s: %s", path, response.Status)
	}
	return nil
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkStart measures the built program from its start to its first answer, and the memory that it
// holds once it has been idle for a second.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	program := filepath.Join(folder, "scrip")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	var memory float64
	for b.Loop() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(b, err)
		address := listener.Addr().String()
		check(b, listener.Close())
		command := exec.CommandContext(b.Context(), program, "demo", "--address", address, "--database", filepath.Join(folder, "start.db"))
		check(b, command.Start())
		for {
			response, err := http.Get("http://" + address + "/readyz")
			if err == nil {
				check(b, response.Body.Close())
				break
			}
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		time.Sleep(time.Second)
		memory = max(memory, residentMB(b, command.Process.Pid))
		check(b, command.Process.Signal(syscall.SIGTERM))
		check(b, command.Wait())
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
	b.ReportMetric(memory, "MB-idle")
}

// residentMB is the memory that a process holds, as Linux tells it.
func residentMB(b *testing.B, process int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	check(b, err)
	_, after, found := strings.Cut(string(text), "VmRSS:")
	if !found {
		b.Fatal("no VmRSS")
	}
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	check(b, err)
	return float64(kilobytes) / 1024
}
