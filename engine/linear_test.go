package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"scrip/billing"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/giftcard"
	"scrip/money"
	"scrip/retail"
	"scrip/store"
	"scrip/timeline"
)

// A card's life under racing clients is linearizable: each history could have come of the same operations one after
// another. Histories are checked card by card.

const (
	// operationsOfCard is how long a card's history is, lived by clientsOfCard at once, and cardsAtOnce how many cards are.
	clientsOfCard    = 6
	operationsOfCard = 10 * clientsOfCard
	cardsAtOnce      = 4
	// salesOfCard is how many transactions there are to sell a card by; each is asked for, and reversed, many times.
	salesOfCard = 4
)

// move is what a client does to a card.
type move struct {
	Does string
	Sale int // of activate and reverse
}

// cardLife is a card as one who sees all operations one after another has it.
type cardLife struct {
	state giftcard.State
	sale  int // by which it was sold; -1 is none
	sales [salesOfCard]string
}

// valueOf is for what a transaction sells the card, so that a redemption tells which.
func valueOf(sale int) int64 { return 1000 + 100*int64(sale) }

// step is the whole truth about a card's life: what a move answers, and what it leaves.
func (l cardLife) step(m move) (answer string, next cardLife) {
	next = l
	refused := func() (string, cardLife) { return engine.Reason(giftcard.Card{State: l.state}.Usable()), l }
	switch m.Does {
	case "activate":
		if l.sales[m.Sale] == "" {
			next.sales[m.Sale] = "not_issued"
			if l.state == giftcard.Issued {
				next.state, next.sale, next.sales[m.Sale] = giftcard.Active, m.Sale, "done"
			}
		}
		if answer = next.sales[m.Sale]; answer == "undone" || answer == "nothing" {
			answer = "reversed"
		}
		return answer, next
	case "reverse":
		return l.reverse(m.Sale)
	case "void", "redeem":
		if l.state != giftcard.Active {
			return refused()
		}
		if next.state = giftcard.Redeemed; m.Does == "void" {
			next.state, next.sale = giftcard.Issued, -1
			return "done", next
		}
		return fmt.Sprint("got ", valueOf(l.sale)), next
	case "freeze":
		if next.state = giftcard.Frozen; l.state != giftcard.Active {
			return "not_active", l
		}
	case "unfreeze":
		if next.state = giftcard.Active; l.state != giftcard.Frozen {
			return "not_frozen", l
		}
	case "replace":
		if next.state = giftcard.Replaced; l.state != giftcard.Active && l.state != giftcard.Frozen {
			return refused()
		}
	}
	return "done", next
}

func (l cardLife) reverse(sale int) (answer string, next cardLife) {
	next = l
	switch was := l.sales[sale]; {
	case was == "undone" || was == "nothing":
		return was, l
	case was != "done" || l.sale != sale:
		next.sales[sale] = "nothing"
	case l.state == giftcard.Redeemed:
		return "already_redeemed", l
	case l.state == giftcard.Replaced:
		return "replaced", l
	case l.state == giftcard.Frozen:
		next.state, next.sales[sale] = giftcard.Voided, "undone"
	default:
		next.state, next.sale, next.sales[sale] = giftcard.Issued, -1, "undone"
	}
	return next.sales[sale], next
}

var lives = porcupine.Model{
	Init: func() any { return cardLife{state: giftcard.Issued, sale: -1} },
	Step: func(state, input, output any) (bool, any) {
		answer, next := state.(cardLife).step(input.(move))
		return answer == output, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprint(input, " → ", output) },
}

// longestCheck bounds the check of one history.
const longestCheck = 30 * time.Second

// TestACardsLifeIsLinearizable over SCRIP_TEST_OPERATIONS (20,000) operations of clients that race, at two servers.
func TestACardsLifeIsLinearizable(t *testing.T) {
	w, c := newTills(t), seeded(t)
	other := enginetest.Another(w.World)
	must(t, other.Apply(t.Context(), operator, "other", func(string) (billing.Terms, error) { return w.terms, nil }))
	r := racers{tills: w, servers: []*engine.Engine{w.Engine, other}, started: time.Now(), answers: map[string]int{}}
	for range cardsAtOnce * clientsOfCard {
		r.accounts = append(r.accounts, w.Account(store.NewID()+"@example.com", country(t), usd))
	}
	cards := max(1, int(number(t, "SCRIP_TEST_OPERATIONS", 20_000))/operationsOfCard)
	for cards > 0 {
		_, printed := w.batch(chosen, min(cards, 2000), corner)
		cards -= len(printed)
		seeds := make([]uint64, len(printed))
		for at := range seeds {
			seeds[at] = c.Uint64()
		}
		atOnce(cardsAtOnce, func(lane int) {
			for at := lane; at < len(printed) && !t.Failed(); at += cardsAtOnce {
				history := r.race(lane, printed[at], seeds[at])
				if result := porcupine.CheckOperationsTimeout(lives, history, longestCheck); result != porcupine.Ok {
					t.Errorf("seed %d of a card: %s\n%s", seeds[at], result, written(history))
				}
			}
		})
	}
	t.Logf("answered: %v", r.answers)
	for _, answer := range []string{"activate done", "reverse undone", "reverse nothing", "reverse already_redeemed", "void done", "freeze done", "replace done"} {
		if r.answers[answer] == 0 {
			t.Errorf("no client was ever answered %s", answer)
		}
	}
	w.Verify()
}

func written(history []porcupine.Operation) (text string) {
	for _, o := range history {
		text += fmt.Sprintf("%d: [%d, %d] %v → %v\n", o.ClientId, o.Call, o.Return, o.Input, o.Output)
	}
	return text
}

// racers are clients that race for cards.
type racers struct {
	*tills
	servers  []*engine.Engine
	accounts []string
	started  time.Time

	mu      sync.Mutex
	answers map[string]int
}

// race has clients at a card at once, and gives what they did and were answered. What was told as not done for the moment
// has changed nothing, and is left out.
func (r *racers) race(lane int, card engine.Printed, seed uint64) (history []porcupine.Operation) {
	handle := r.Handle(card)
	sales := make([]engine.AtTill, salesOfCard)
	for at := range sales {
		sales[at] = r.at(card.Serial)
		sales[at].Amount = money.New(valueOf(at), usd)
	}
	atOnce(clientsOfCard, func(client int) {
		c := rand.New(rand.NewPCG(seed, uint64(client)))
		racer := racer{r, r.servers[client%len(r.servers)], r.accounts[lane*clientsOfCard+client], card, handle, sales}
		for range operationsOfCard / clientsOfCard {
			m := move{Does: oneOf(c, "activate", "activate", "activate", "reverse", "reverse", "void", "freeze", "unfreeze", "unfreeze", "redeem", "replace")}
			if rare := m.Does == "redeem" || m.Does == "replace"; rare && c.IntN(3) > 0 { // which end a card's life
				m.Does = "activate"
			}
			if m.Does == "activate" || m.Does == "reverse" {
				m.Sale = c.IntN(salesOfCard)
			}
			call := time.Since(r.started)
			answer, known := racer.do(m)
			o := porcupine.Operation{ClientId: client, Input: m, Call: int64(call), Output: answer, Return: int64(time.Since(r.started))}
			r.mu.Lock()
			if r.answers[m.Does+" "+answer]++; known {
				history = append(history, o)
			}
			r.mu.Unlock()
		}
	})
	return history
}

// racer is one of the clients of a card.
type racer struct {
	*racers
	server  *engine.Engine
	account string
	card    engine.Printed
	handle  string
	sales   []engine.AtTill
}

// do makes a move, and tells what it was answered, and whether that says what has happened.
func (r racer) do(m move) (answer string, known bool) {
	answer, err := r.ask(m)
	switch {
	case errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrBusy) || errors.Is(err, engine.ErrUnderWay):
		return "later", false
	case err != nil && engine.Reason(err) == "":
		r.T.Errorf("%v: %v", m, err)
		return "", false
	case err != nil:
		return engine.Reason(err), true
	}
	return answer, true
}

func (r racer) ask(m move) (answer string, err error) {
	ctx := r.T.Context()
	switch m.Does {
	case "activate":
		_, _, err = r.server.Till(ctx, till(corner), retail.Activate, r.sales[m.Sale])
	case "reverse":
		reversed, _, err := r.server.ReverseSale(ctx, till(corner), r.sales[m.Sale])
		if reversed.Undone {
			return "undone", err
		}
		return "nothing", err
	case "void":
		_, _, err = r.server.Till(ctx, till(corner), retail.Void, r.at(r.card.Serial))
	case "redeem":
		return r.redeemed()
	case "freeze", "unfreeze":
		err = r.server.MoveCard(ctx, operator, r.card.Serial, engine.Move(m.Does))
	case "replace":
		_, _, _, err = r.server.ReplaceCard(ctx, operator, store.NewID(), r.card.Serial)
	}
	return "done", err
}

// redeemed redeems the card, and tells what the account got of it.
func (r racer) redeemed() (string, error) {
	ctx := r.T.Context()
	reply, err := r.server.Do(ctx, member(r.account), r.account, store.NewID(), engine.Command{Kind: timeline.Redeem, Card: r.handle})
	if err != nil || reply.Refusal != nil {
		return "", errors.Join(err, reply.Refusal)
	}
	for _, lot := range r.View(r.account).Lots {
		if lot.Serial == r.card.Serial.String() {
			return fmt.Sprint("got ", lot.Value.Minor()), nil
		}
	}
	return "got nothing", nil
}

// TestTheCheckerRejectsWhatCannotBe: a double spend, a sale that came back after its reversal, and value that nobody sold.
func TestTheCheckerRejectsWhatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		moves   []move
		answers []string
		want    bool
	}{
		"a life": {[]move{{"activate", 0}, {"reverse", 0}, {"activate", 1}, {"redeem", 0}, {"reverse", 1}},
			[]string{"done", "undone", "done", "got 1100", "already_redeemed"}, true},
		"a double spend":        {[]move{{"activate", 0}, {"redeem", 0}, {"redeem", 0}}, []string{"done", "got 1000", "got 1000"}, false},
		"a late original":       {[]move{{"reverse", 0}, {"activate", 0}}, []string{"nothing", "done"}, false},
		"the value of old":      {[]move{{"activate", 0}, {"void", 0}, {"activate", 1}, {"redeem", 0}}, []string{"done", "done", "done", "got 1000"}, false},
		"spent and taken back":  {[]move{{"activate", 0}, {"redeem", 0}, {"reverse", 0}}, []string{"done", "got 1000", "undone"}, false},
		"replaced and redeemed": {[]move{{"activate", 0}, {"replace", 0}, {"redeem", 0}}, []string{"done", "done", "got 1000"}, false},
	} {
		var history []porcupine.Operation
		for at, m := range test.moves {
			// The last two race.
			call, end := int64(2*at), int64(2*at+1)
			if at == len(test.moves)-2 {
				end += 2
			}
			history = append(history, porcupine.Operation{ClientId: at, Input: m, Call: call, Output: test.answers[at], Return: end})
		}
		if name == "a late original" { // in a race, either may come first; here it comes second
			history[0].Return = 1
		}
		if got := porcupine.CheckOperations(lives, history); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
