package bench

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"scrip/calendar"
)

func TestAsManyAsAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := load{warmup: time.Second, lasts: 10 * time.Second}.run(t.Context(), []client{
			once(func() error { time.Sleep(10 * time.Millisecond); return nil }),
			once(func() error { time.Sleep(40 * time.Millisecond); return errors.New("no") }),
		})
		if m.took.total < 999 || m.took.total > 1001 || m.failed < 249 || m.failed > 251 || m.reasons["no"] != m.failed || m.short {
			t.Errorf("%d done and %d failed in ten seconds of 10 ms and 40 ms each: %v", m.took.total, m.failed, m.reasons)
		}
		if m.attempted < 1374 || m.took.most != 10*time.Millisecond || m.elapsed < 10*time.Second || m.elapsed > 10100*time.Millisecond {
			t.Errorf("%d attempted, the longest %v, in %v", m.attempted, m.took.most, m.elapsed)
		}
	})
}

// TestWhoIsSlowMakesOthersWait: one client that stalls for a second owes those that were to be sent meanwhile.
func TestWhoIsSlowMakesOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		m := load{rate: 100, lasts: 10 * time.Second}.run(t.Context(), []client{once(func() error {
			if asked++; asked == 100 {
				time.Sleep(time.Second)
			}
			time.Sleep(time.Millisecond)
			return nil
		})})
		if m.took.total != 1001 || m.took.most < time.Second {
			t.Errorf("%d done, the longest in %v", m.took.total, m.took.most)
		}
		if p50, p95 := m.took.quantile(500), m.took.quantile(950); p50 > 1100*time.Microsecond || p95 < 100*time.Millisecond {
			t.Errorf("p50 %v, p95 %v", p50, p95)
		}
	})
}

func TestALoadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		things := next[int]{things: make([]int, 30)}
		take := func() error {
			time.Sleep(time.Millisecond)
			_, err := things.take()
			return err
		}
		m := load{lasts: time.Hour}.run(t.Context(), []client{once(take), once(take)})
		if m.took.total != 30 || !m.short || m.elapsed > time.Second {
			t.Errorf("%d done of 30 in %v", m.took.total, m.elapsed)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		m = load{rate: 1, lasts: time.Hour}.run(ctx, []client{once(func() error { return nil })})
		if m.elapsed != time.Minute {
			t.Errorf("a load that was stopped after a minute took %v", m.elapsed)
		}
	})
}

func TestAMonthAgoIsDueOnce(t *testing.T) {
	for day := range 3000 {
		now := time.Date(2023, 1, 1, 15, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		on := calendar.In(monthAgo(now), time.UTC)
		first := on.NextMonth(on.Day())
		if today := calendar.In(now, time.UTC); first.After(today) || !first.NextMonth(on.Day()).After(today) || first.Until(today) > 3 {
			t.Errorf("who started on %v is due on %v, and today is %v", on, first, today)
		}
	}
}
