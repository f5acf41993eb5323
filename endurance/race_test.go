package endurance

import (
	"crypto/rand"
	"database/sql"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestTwoMembersOneCard has two members redeem one card at the same moment over HTTP, SCRIP_TEST_RACES / 10
// times (100): one of them has it, and the other reads that it is used.
func TestTwoMembersOneCard(t *testing.T) {
	races := int(number(t, "SCRIP_TEST_RACES", 1000)) / 10
	s := newService(t)
	s.start()
	rivals := []*member{s.join(1), s.join(2)}
	won := map[*member]int{}
	cards := s.issue(races)
	for _, c := range cards {
		pages, errs := make([]page, 2), make([]error, 2)
		begin, both := make(chan struct{}), sync.WaitGroup{}
		for at, m := range rivals {
			m.leads("/redeem/card", "/redeem", "code", c.code)
			both.Go(func() {
				<-begin
				pages[at], errs[at] = m.post("/redeem/confirm", "key", rand.Text())
			})
		}
		close(begin)
		both.Wait()
		winner := 0
		if pages[1].done() {
			winner = 1
		}
		won[rivals[winner]]++
		loser := pages[1-winner]
		if errs[0] != nil || errs[1] != nil || !pages[winner].done() || loser.status != http.StatusConflict || !strings.Contains(loser.body, "The card has been used already") {
			t.Fatalf("card %s: %d to %q and %d to %q, %v, want one to have it and the other to read why not",
				c.serial, pages[0].status, pages[0].next, pages[1].status, pages[1].next, errs)
		}
	}
	s.look(func(tx *sql.Tx) {
		owned := s.count(tx, "SELECT email, 1 FROM lots JOIN accounts USING (account_id)")
		for _, m := range rivals {
			if owned[m.email] != won[m] {
				t.Errorf("%s has %d cards, and was told of %d", m.email, owned[m.email], won[m])
			}
		}
	})
	s.verify()
	s.checkSecrets(cards)
	s.stop()
	s.checkSecrets(cards)
	t.Logf("%d races over HTTP; the first member won %d", races, won[rivals[0]])
}
