package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"scrip/billing"
)

// defaultHistories is what every run of the tests plays; SCRIP_TEST_HISTORIES asks for more.
const defaultHistories = 10_000

// TestHistories plays made-up years from a printed seed: in leaps, day by day, and in the simpler
// model, which must all tell the same; and once more with a payment method that changes its mind.
func TestHistories(t *testing.T) {
	seed, count := rand.Uint64(), uint64(defaultHistories)
	seed = number(t, "SCRIP_TEST_SEED", seed)
	count = number(t, "SCRIP_TEST_HISTORIES", count)
	t.Logf("SCRIP_TEST_SEED=%d SCRIP_TEST_HISTORIES=%d", seed, count)

	var next, told atomic.Uint64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for at := next.Add(1) - 1; at < count && !t.Failed(); at = next.Add(1) - 1 {
				c := rand.New(rand.NewPCG(seed, at))
				s := makeStory(c)
				lines, err := play(s, c)
				if err != nil {
					t.Errorf("SCRIP_TEST_SEED=%d, history %d: %v\n%v", seed, at, err, s)
				}
				told.Add(uint64(lines))
			}
		})
	}
	wg.Wait()
	t.Logf("%d events were told", told.Load())
}

// TestRapidHistories is the same with a chance that knows how to make a failing story small.
func TestRapidHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := drawn{rt}
		s := makeStory(c)
		if _, err := play(s, c); err != nil {
			rt.Fatalf("%v\n%v", err, s)
		}
	})
}

type drawn struct{ *rapid.T }

func (d drawn) IntN(limit int) int { return rapid.IntRange(0, limit-1).Draw(d.T, "") }

func number(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// play lives one story in all ways and returns how many events it told.
func play(s story, c chance) (int, error) {
	leaping, err := newLife(s, c)
	if err != nil {
		return 0, err
	}
	if err := leaping.leap(); err != nil {
		return 0, fmt.Errorf("in leaps: %w", err)
	}
	walking, err := newLife(s, c)
	if err != nil {
		return 0, err
	}
	walking.eager, walking.fresh = true, false
	if err := walking.walk(); err != nil {
		return 0, fmt.Errorf("day by day: %w", err)
	}
	if differs := difference(leaping.told, walking.told); differs != "" {
		return 0, fmt.Errorf("in leaps and day by day:%s", differs)
	}
	if !reflect.DeepEqual(leaping.state, walking.state) {
		return 0, fmt.Errorf("in leaps and day by day:\n%+v\n%+v", leaping.state, walking.state)
	}
	if err := compare(s, leaping); err != nil {
		return 0, err
	}
	return len(leaping.told), playFickle(s, c)
}

func compare(s story, l *life) error {
	model := newSimpler(s)
	want := model.live()
	if differs := difference(l.told, model.told); differs != "" {
		return fmt.Errorf("the rules and the simpler model:%s", differs)
	}
	if got, err := l.ends(); err != nil || got != want {
		return fmt.Errorf("end = %s, %v, want %s", got, err, want)
	}
	return nil
}

// playFickle answers without regard to what the payment method is taken to do.
func playFickle(s story, c chance) error {
	fickle, err := newLife(s, c)
	if err != nil {
		return err
	}
	fickle.answer = func(billing.Method) billing.Answer { return oneOf(c, billing.Approved, billing.Declined) }
	if err := fickle.leap(); err != nil {
		return fmt.Errorf("with a fickle payment method: %w", err)
	}
	return nil
}
