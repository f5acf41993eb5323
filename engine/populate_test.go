package engine_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/store/storetest"
	"scrip/timeline"
)

// TestMadeUpMembersAreLikeOthers: the rows of a member who was made up, against those of one who did the same by
// hand. Ids, secrets and what is drawn at random are left out, and so are when a mail may be sent again, the places in the
// list of events, and what is told of cards: of those that are made up, nothing is.
func TestMadeUpMembersAreLikeOthers(t *testing.T) {
	s := newShop(t)
	by := s.Account("by.hand@example.com", country(t), usd)
	card := s.Card("us-50")
	for _, command := range []engine.Command{{Kind: timeline.Redeem, Card: s.Handle(card)}, {Kind: timeline.Start, Plan: "basic"}} {
		if reply := s.Do(by, command); reply.Refusal != nil {
			t.Fatal(reply.Refusal)
		}
	}
	must(t, s.Loops.Settle(t.Context()))
	hand := rowsOf(t, s.Path)
	must(t, s.Engine.Populate(t.Context(), access.Operator(), []engine.Member{{At: s.Clock.Now(), Card: "us-50", Plan: "basic",
		Opening: engine.Opening{Email: "made.up@example.com", Country: country(t), Currency: usd, Zone: "UTC", Language: "en"}}}))
	both := rowsOf(t, s.Path)
	for table, rows := range both {
		want := slices.Concat(hand[table], hand[table])
		if strings.HasPrefix(table, "catalogs") {
			want = hand[table]
		}
		slices.Sort(want)
		if !slices.Equal(rows, want) {
			t.Errorf("%s has\n%s\nwant each row by hand twice:\n%s", table, strings.Join(rows, "\n"), strings.Join(want, "\n"))
		}
	}
	if len(both["charges"]) != 2 || len(both["card_transfers"]) != 4 || len(both["notices"]) != 2 {
		t.Errorf("%d charges, %d transfers of cards, %d notices", len(both["charges"]), len(both["card_transfers"]), len(both["notices"]))
	}
	s.Verify()
}

// drawn is what is random, or a person's own: ids, digests, serial numbers, addresses, keys.
var drawn = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]|[\w-]{43}|\w+\.\w+@example\.com`)

func rowsOf(t *testing.T, address string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	pool := storetest.SQL(t, address)
	for table, columns := range map[string]string{"accounts": "*", "emails": "*", "cards": "*", "card_serials": "*", "card_transfers": "*", "lots": "*",
		"charges": "*", "charge_lines": "*", "transfers": "*", "events WHERE kind NOT LIKE 'card%'": "*", "answers": "*", "questions": "*", "waiting": "*",
		"notices": "account_id, key, kind, body, state, attempts, created_at, settled_at"} {
		rows, err := pool.Query("SELECT " + columns + " FROM " + table)
		must(t, err)
		names, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for at := range values {
				into[at] = &values[at]
			}
			must(t, rows.Scan(into...))
			for at, name := range names {
				if name == "last_position" || name == "position" && strings.HasPrefix(table, "events") {
					values[at] = 0
				}
			}
			all[table] = append(all[table], drawn.ReplaceAllString(fmt.Sprintf("%v", values), "·"))
		}
		must(t, rows.Err())
		must(t, rows.Close())
		slices.Sort(all[table])
	}
	return all
}

func TestManyAreMadeUp(t *testing.T) {
	s := newShop(t)
	now := s.Clock.Now()
	members := make([]engine.Member, 40)
	for at := range members {
		members[at] = engine.Member{At: now.AddDate(0, 0, -at), Opening: engine.Opening{Email: access.Email(fmt.Sprintf("m%d@example.com", at)),
			Country: country(t), Currency: usd, Zone: "America/New_York", Language: "en"}}
		if at%4 > 0 {
			members[at].Card = "us-50"
		}
		if at%4 > 1 {
			members[at].Plan = "basic"
		}
	}
	must(t, s.Engine.Populate(t.Context(), access.Operator(), members))
	if due, err := s.Engine.CountDue(t.Context()); err != nil || due == 0 || due >= 20 {
		t.Errorf("%d are due, %v: those who started more than a month ago", due, err)
	}
	made, err := s.Engine.PopulateCards(t.Context(), access.Operator(), "us-50", 30, engine.Activate)
	must(t, err)
	_, err = s.Engine.PopulateCards(t.Context(), access.Operator(), "us-50", 20)
	must(t, err)
	s.Verify()
	must(t, s.Loops.Settle(t.Context()))
	handle, err := s.Engine.Handle(access.Operator(), made[7].Digest)
	must(t, err)
	account, err := s.Engine.AccountsAfter(t.Context(), access.Operator(), "", 1)
	must(t, err)
	if reply := s.Do(account[0], engine.Command{Kind: timeline.Redeem, Card: handle}); reply.Refusal != nil || reply.Serial != made[7].Serial {
		t.Errorf("a card that was made up: %+v", reply)
	}
	s.Verify()
}

func TestNobodyButAnOperatorMakesUp(t *testing.T) {
	s := newShop(t)
	account := s.Account("m@example.com", country(t), usd)
	for _, actor := range []access.Actor{access.Visitor("192.0.2.1"), access.MemberOf(account, "192.0.2.1")} {
		failures := map[string]error{"members": s.Engine.Populate(t.Context(), actor, nil), "sessions": s.Engine.PopulateSessions(t.Context(), actor, nil)}
		_, failures["cards"] = s.Engine.PopulateCards(t.Context(), actor, "us-50", 1)
		_, failures["a handle"] = s.Engine.Handle(actor, "digest")
		_, failures["a list of cards"] = s.Engine.CardsAfter(t.Context(), actor, "", 1)
		_, failures["a list of accounts"] = s.Engine.AccountsAfter(t.Context(), actor, "", 1)
		for what, err := range failures {
			if !errors.Is(err, access.ErrDenied) {
				t.Errorf("%s for %s: %v", what, actor.Role, err)
			}
		}
	}
}
