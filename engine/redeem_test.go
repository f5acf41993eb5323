package engine_test

import (
	"fmt"
	"testing"

	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/timeline"
)

// mostAllocations bounds how often a redemption by itself allocates, from the command to its commit: some more than
// the 1,086 on SQLite and 989 on PostgreSQL when this was last measured, database drivers included.
const mostAllocations = 1200

// redeemer gives what redeems one card after another, each for a member of its own as most do.
func redeemer(t *testing.T, w *enginetest.World, count int) func() {
	t.Helper()
	handles, accounts := make([]string, count), make([]string, count)
	for at, card := range w.Cards("us-2500", count) {
		handles[at], accounts[at] = w.Handle(card), w.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd)
	}
	next := 0
	return func() {
		reply, err := w.Engine.Do(t.Context(), member(accounts[next]), accounts[next], "key", engine.Command{Kind: timeline.Redeem, Card: handles[next]})
		if err != nil || reply.Refusal != nil {
			t.Fatalf("Do = %v, %v", reply.Refusal, err)
		}
		next++
	}
}

// TestARedemptionAllocatesLittle watches the allocations of the path of a card.
func TestARedemptionAllocatesLittle(t *testing.T) {
	const runs = 200
	redeem := redeemer(t, newWorld(t), runs+20)
	for range 10 {
		redeem() // what is made once
	}
	got := testing.AllocsPerRun(runs, redeem)
	t.Logf("%.0f allocations", got)
	if got > mostAllocations {
		t.Errorf("a redemption allocates %.0f times, want at most %d", got, mostAllocations)
	}
}
