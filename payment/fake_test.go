package payment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"scrip/billing"
	"scrip/locale"
	"scrip/money"
)

var (
	usd  = money.MustCurrency("USD")
	ten  = money.New(1000, usd)
	four = money.New(400, usd)
)

// amounts lets cmp compare amounts, whose fields are their own.
var amounts = cmp.Comparer(func(a, b money.Amount) bool { return a == b })

// TestCards asks each test card by the same key until it answers, and twice more.
func TestCards(t *testing.T) {
	for _, test := range []struct {
		token   string
		works   bool
		silent  int // asks without an answer, before the first with one
		answer  billing.Answer
		message string
	}{
		{"ok", true, 0, Approved, "payment.method.ok"},
		{"ok:ada", true, 0, Approved, "payment.method.ok"},
		{"declines", false, 0, Declined, "payment.method.declines"},
		{"late", true, 2, Approved, "payment.method.late"},
		{"twice", true, 1, Approved, "payment.method.twice"},
		{"declines-then-ok", true, 0, Declined, "payment.method.declines_then_ok"},
		{"pm_4242", false, 0, Declined, "payment.method.unknown"},
		{"", false, 0, Declined, "payment.method.unknown"},
	} {
		t.Run(test.token, func(t *testing.T) {
			f := NewFake(time.Now)
			if works, err := f.Verify(t.Context(), test.token); works != test.works || err != nil {
				t.Errorf("Verify(%q) = %v, %v, want %v", test.token, works, err, test.works)
			}
			if got := f.Describe(test.token); got != test.message {
				t.Errorf("Describe(%q) = %q, want %q", test.token, got, test.message)
			}
			for ask := range test.silent {
				answer, err := f.Charge(t.Context(), "k", test.token, ten)
				if answer != "" || !errors.Is(err, ErrNoAnswer) {
					t.Errorf("ask %d = %q, %v, want ErrNoAnswer", ask, answer, err)
				}
			}
			for range 3 {
				answer, err := f.Charge(t.Context(), "k", test.token, ten)
				if answer != test.answer || err != nil {
					t.Errorf("Charge = %q, %v, want %q", answer, err, test.answer)
				}
			}
			var want []Taken
			if test.answer == Approved {
				want = []Taken{{Key: "k", Token: test.token, Amount: ten}}
			}
			wantTaken(t, f, want...)
		})
	}
}

func wantTaken(t *testing.T, f *Fake, want ...Taken) {
	t.Helper()
	if want == nil {
		want = []Taken{}
	}
	if diff := cmp.Diff(want, f.Taken(), amounts); diff != "" {
		t.Errorf("Taken (-want +got):\n%s", diff)
	}
}

// TestLostAnswer holds that the charge whose answer was lost has happened.
func TestLostAnswer(t *testing.T) {
	f := NewFake(time.Now)
	if _, err := f.Charge(t.Context(), "k", "twice", ten); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Charge = %v, want ErrNoAnswer", err)
	}
	wantTaken(t, f, Taken{Key: "k", Token: "twice", Amount: ten})
}

func TestLateByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake(time.Now)
		f.Late = Lateness{After: 80 * time.Hour, Asks: 1}
		charge := func() (billing.Answer, error) { return f.Charge(t.Context(), "k", "late", ten) }
		for range 5 {
			if _, err := charge(); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("early Charge = %v, want ErrNoAnswer", err)
			}
			time.Sleep(time.Hour)
		}
		wantTaken(t, f)
		time.Sleep(75 * time.Hour)
		if answer, err := charge(); answer != Approved || err != nil {
			t.Errorf("Charge after 80 hours = %q, %v, want approved", answer, err)
		}
		if _, err := f.Charge(t.Context(), "k2", "late", ten); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("first ask of another charge = %v, want ErrNoAnswer", err)
		}
		wantTaken(t, f, Taken{Key: "k", Token: "late", Amount: ten})
	})
}

func TestDeclinesThenOK(t *testing.T) {
	f := NewFake(time.Now)
	for _, step := range []struct {
		key, token string
		want       billing.Answer
	}{
		{"1", "declines-then-ok", Declined},
		{"2", "declines-then-ok", Approved},
		{"1", "declines-then-ok", Declined},
		{"3", "declines-then-ok", Approved},
		{"4", "declines-then-ok:ada", Declined},
		{"5", "declines-then-ok:ada", Approved},
	} {
		if got, err := f.Charge(t.Context(), step.key, step.token, ten); got != step.want || err != nil {
			t.Errorf("Charge(%q, %q) = %q, %v, want %q", step.key, step.token, got, err, step.want)
		}
	}
}

func TestNeverWaitsForTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake(time.Now)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := f.Charge(ctx, "k", "never", ten)
		if !errors.Is(err, ErrNoAnswer) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("Charge = %v after %v, want no answer at the deadline", err, time.Since(start))
		}
		if _, err := f.Verify(ctx, "never"); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("Verify = %v, want ErrNoAnswer", err)
		}
		again, cancelAgain := context.WithTimeout(t.Context(), time.Second)
		defer cancelAgain()
		if _, err := f.Verify(again, "never"); !errors.Is(err, ErrNoAnswer) || time.Since(start) != 11*time.Second {
			t.Errorf("Verify = %v after %v, want no answer at the deadline", err, time.Since(start))
		}
		wantTaken(t, f)
		if err := f.Resolve("k", Approved); err != nil {
			t.Errorf("Resolve = %v", err)
		}
		if answer, err := f.Charge(t.Context(), "k", "never", ten); answer != Approved || err != nil {
			t.Errorf("Charge = %q, %v, want approved", answer, err)
		}
		wantTaken(t, f, Taken{Key: "k", Token: "never", Amount: ten})
	})
}

// TestResolveWakes holds that whoever waits hears the answer.
func TestResolveWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake(time.Now)
		var askers sync.WaitGroup
		for range 3 {
			askers.Go(func() {
				if answer, err := f.Charge(t.Context(), "k", "never", ten); answer != Declined || err != nil {
					t.Errorf("Charge = %q, %v, want declined", answer, err)
				}
			})
		}
		synctest.Wait()
		if err := f.Resolve("k", Declined); err != nil {
			t.Errorf("Resolve = %v", err)
		}
		askers.Wait()
		wantTaken(t, f)
	})
}

func TestResolveRefuses(t *testing.T) {
	f := NewFake(time.Now)
	if _, err := f.Charge(t.Context(), "k", "ok", ten); err != nil {
		t.Fatal(err)
	}
	if err := f.Resolve("k", Declined); !errors.Is(err, ErrSettled) {
		t.Errorf("Resolve of an answered charge = %v, want ErrSettled", err)
	}
	if err := f.Resolve("x", Declined); !errors.Is(err, ErrSettled) {
		t.Errorf("Resolve of no charge = %v, want ErrSettled", err)
	}
	if err := f.Resolve("k", billing.Unasked); err == nil {
		t.Error("Resolve with no answer = nil")
	}
}

func TestOtherInput(t *testing.T) {
	f := NewFake(time.Now)
	if _, err := f.Charge(t.Context(), "k", "ok", ten); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key, token string
		amount     money.Amount
	}{
		{"k", "ok", four},
		{"k", "declines", ten},
		{"k", "ok", money.New(1000, money.MustCurrency("EUR"))},
		{"", "ok", ten},
		{"k2", "ok", ten.Zero()},
		{"k2", "ok", money.New(-1, usd)},
	} {
		if answer, err := f.Charge(t.Context(), test.key, test.token, test.amount); answer != "" || !errors.Is(err, ErrOtherInput) {
			t.Errorf("Charge(%q, %q, %v) = %q, %v, want ErrOtherInput", test.key, test.token, test.amount, answer, err)
		}
	}
	wantTaken(t, f, Taken{Key: "k", Token: "ok", Amount: ten})
}

func TestRefund(t *testing.T) {
	f := NewFake(time.Now)
	for key, token := range map[string]string{"declined": "declines", "lost": "twice", "silent": "late"} {
		_, _ = f.Charge(t.Context(), key, token, ten) // told by Refund below
	}
	for range 2 {
		if err := f.Refund(t.Context(), "lost"); err != nil {
			t.Errorf("Refund = %v", err)
		}
	}
	for _, key := range []string{"declined", "silent", "unknown"} {
		if err := f.Refund(t.Context(), key); !errors.Is(err, ErrNothingTaken) {
			t.Errorf("Refund(%q) = %v, want ErrNothingTaken", key, err)
		}
	}
	if answer, err := f.Charge(t.Context(), "lost", "twice", ten); answer != Approved || err != nil {
		t.Errorf("Charge after its refund = %q, %v, want the answer as it was", answer, err)
	}
	wantTaken(t, f, Taken{Key: "lost", Token: "twice", Amount: ten, Refunded: true})
}

func TestGoneBeforeAsked(t *testing.T) {
	f := NewFake(time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, verifyErr := f.Verify(ctx, "ok")
	_, chargeErr := f.Charge(ctx, "k", "ok", ten)
	for _, err := range []error{verifyErr, chargeErr, f.Refund(ctx, "k")} {
		if !errors.Is(err, ErrNoAnswer) || !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want no answer, cancelled", err)
		}
	}
	wantTaken(t, f)
}

// TestManyAtOnce asks for few charges very often: each is taken once.
func TestManyAtOnce(t *testing.T) {
	const keys, askers = 20, 8
	f := NewFake(time.Now)
	tokens := []string{"ok", "twice", "late"}
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for at := range 10 * keys {
				key := fmt.Sprint(at % keys)
				_, _ = f.Charge(t.Context(), key, tokens[at%keys%len(tokens)], ten) // silence is part of it
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, taken := range f.Taken() {
		if seen[taken.Key] {
			t.Errorf("%s is taken twice", taken.Key)
		}
		seen[taken.Key] = true
	}
	if len(seen) != keys {
		t.Errorf("%d charges are taken, want %d", len(seen), keys)
	}
}

func TestTokensAreDescribed(t *testing.T) {
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := NewFake(time.Now)
	for _, token := range append(f.Tokens(), "unknown") {
		for _, language := range bundle.Languages() {
			if key := f.Describe(token); !language.Has(key) {
				t.Errorf("%s: %s is missing", language, key)
			}
		}
	}
}

// TestVoid: a charge that is void takes nothing any more, and one that has happened says so.
func TestVoid(t *testing.T) {
	f := NewFake(time.Now)
	amount := money.New(1677, money.MustCurrency("USD"))
	if _, err := f.Charge(t.Context(), "late", "late", amount); err == nil {
		t.Fatal("a late charge was answered at once")
	}
	if answer, err := f.Void(t.Context(), "late"); answer != Declined || err != nil {
		t.Errorf("Void = %q, %v, want declined", answer, err)
	}
	for range 5 {
		if answer, err := f.Charge(t.Context(), "late", "late", amount); answer != Declined || err != nil {
			t.Errorf("Charge of a void key = %q, %v, want declined", answer, err)
		}
	}
	if answer, err := f.Charge(t.Context(), "ok", "ok", amount); answer != Approved || err != nil {
		t.Fatalf("Charge = %q, %v", answer, err)
	}
	if answer, err := f.Void(t.Context(), "ok"); answer != Approved || err != nil {
		t.Errorf("Void of a charge that happened = %q, %v, want approved", answer, err)
	}
	if len(f.Taken()) != 1 {
		t.Errorf("%d charges were taken, want 1", len(f.Taken()))
	}
}
