package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsFollowOnOneAnother(t *testing.T) {
	last := -1
	for nanos := time.Duration(0); nanos < 1<<40; nanos += 1 + nanos/200 {
		at := bucket(nanos)
		if at < last || top(at) < nanos || at > 0 && top(at-1) >= nanos {
			t.Fatalf("%v is in bucket %d, which goes from %v to %v", nanos, at, top(at-1), top(at))
		}
		if over := top(at) - nanos; over > nanos/64+1 {
			t.Errorf("%v counts as %v", nanos, top(at))
		}
		last = at
	}
}

func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var one, other histogram
	all := make([]time.Duration, 10_000)
	for at := range all {
		all[at] = time.Duration(random.Int64N(1 << (10 + random.UintN(25))))
		if at%3 == 0 {
			one.add(all[at])
		} else {
			other.add(all[at])
		}
	}
	one.merge(&other)
	slices.Sort(all)
	for _, perMille := range []int64{1, 500, 950, 990, 1000} {
		want := all[(int64(len(all))*perMille+999)/1000-1]
		if got := one.quantile(perMille); got < want || got > want+want/64+1 {
			t.Errorf("quantile(%d) = %v, want %v", perMille, got, want)
		}
	}
	if one.total != 10_000 || one.most != all[len(all)-1] {
		t.Errorf("%d durations up to %v", one.total, one.most)
	}
	if got := new(histogram).quantile(990); got != 0 {
		t.Errorf("a quantile of nothing is %v", got)
	}
}
