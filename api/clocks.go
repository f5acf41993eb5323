package api

import (
	"net/http"
	"time"

	"scrip/access"
	"scrip/store"
)

// testClock is the time of the accounts that are bound to it.
type testClock struct {
	ID        string     `json:"id"`
	Name      string     `json:"name,omitzero"`
	At        time.Time  `json:"at" says:"The time that it shows."`
	Status    string     `json:"status" enum:"ready,advancing"`
	Target    *time.Time `json:"target,omitzero" says:"Of one that is advancing: where to."`
	CreatedAt time.Time  `json:"created_at" says:"By the real clock."`
}

// stoppedClock is a test clock that was deleted.
type stoppedClock struct {
	ID string `json:"id"`
}

func clockOf(c store.Clock) testClock {
	shown := testClock{ID: c.ID, Name: c.Name, At: c.At, Status: "ready", CreatedAt: c.CreatedAt}
	if c.Moving() {
		shown.Status, shown.Target = "advancing", &c.Target
	}
	return shown
}

// advancePatience is for how long an advance is waited for before its answer is that it goes on.
const advancePatience = 10 * time.Second

func clockOperations() []operation {
	clocks := func(id, method, path, says string) operation {
		return operation{ID: id, Method: method, Path: "/v1/test-clocks" + path, Tag: "test clocks", Scope: access.MoveClocks,
			Change: method == http.MethodPost, Says: says}
	}
	makes := clocks("createTestClock", http.MethodPost, "", "Makes a clock that shows an instant and stands there. Accounts are bound to it when they are opened.")
	makes.Status = http.StatusCreated
	moves := clocks("advanceTestClock", http.MethodPost, "/{clock}/advance",
		"Moves a clock forward. All that is due on its accounts until then happens on the way, each at its time, in order.")
	moves.Later = true
	return []operation{
		route(makes, createClock),
		route(clocks("listTestClocks", http.MethodGet, "", "Lists the clocks, the newest first."), listClocks),
		route(clocks("getTestClock", http.MethodGet, "/{clock}", "A clock, and whether it is on its way."), getClock),
		route(moves, advanceClock),
		route(clocks("deleteTestClock", http.MethodPost, "/{clock}/delete", "Stops a clock for good. Its accounts stay as they are, at the time that it shows."), deleteClock),
	}
}

type clockInput struct {
	Clock clockID `path:"clock" says:"The clock's id."`
}

func createClock(c *call, in struct {
	At   clockTime `json:"at" says:"What it shows."`
	Name clockName `json:"name,omitzero" says:"For you to tell it by."`
}) (testClock, error) {
	made, again, err := c.site.Engine.NewClock(c.Context(), c.actor, c.key, string(in.Name), in.At.Time)
	c.replayed(again)
	if err == nil {
		c.w.Header().Set("Location", "/v1/test-clocks/"+made.ID)
	}
	return clockOf(made), err
}

func listClocks(c *call, in struct{ page }) (list[testClock], error) {
	clocks, err := c.site.Engine.Clocks(c.Context(), c.actor, in.page.of())
	return listed(clocks, in.most(), clockOf, func(clock store.Clock) string { return clock.ID }), err
}

func getClock(c *call, in clockInput) (testClock, error) {
	clock, err := c.site.Engine.Clock(c.Context(), c.actor, string(in.Clock))
	return clockOf(clock), err
}

func advanceClock(c *call, in struct {
	clockInput
	To clockTime `json:"to" says:"What it is to show: no earlier than now."`
}) (testClock, error) {
	again, err := c.site.Engine.AimClock(c.Context(), c.actor, c.key, string(in.Clock), in.To.Time)
	if err != nil {
		return testClock{}, err
	}
	c.replayed(again)
	clock, err := c.site.Engine.MoveClock(c.Context(), c.actor, string(in.Clock), advancePatience)
	switch {
	case !clock.At.Before(in.To.Time): // it may have gone on since, if this is asked again
		clock.At, clock.Target = in.To.Time, in.To.Time
	case clock.Moving():
		c.pending()
	}
	return clockOf(clock), err
}

func deleteClock(c *call, in clockInput) (stoppedClock, error) {
	again, err := c.site.Engine.DeleteClock(c.Context(), c.actor, c.key, string(in.Clock))
	c.replayed(again)
	return stoppedClock{string(in.Clock)}, err
}
