package bench

import (
	"math/bits"
	"time"
)

// finest is the number of bits that a duration keeps: a bucket is at most 1/64 wide of where it lies.
const finest = 6

// histogram counts durations in buckets that grow with them. Its zero value is empty.
type histogram struct {
	counts [(64 - finest) << finest]int64
	total  int64
	most   time.Duration
}

// bucket is the place of a duration: exact up to 2·64 ns, and after that by its first seven bits.
func bucket(took time.Duration) int {
	nanos := uint64(max(0, took))
	shift := max(0, bits.Len64(nanos)-finest-1)
	return shift<<finest + int(nanos>>shift)
}

// top is the longest duration of a bucket.
func top(bucket int) time.Duration {
	shift := max(0, bucket>>finest-1)
	return time.Duration((uint64(bucket-shift<<finest)+1)<<shift - 1)
}

func (h *histogram) add(took time.Duration) {
	h.counts[bucket(took)]++
	h.total++
	h.most = max(h.most, took)
}

func (h *histogram) merge(other *histogram) {
	for at, count := range other.counts {
		h.counts[at] += count
	}
	h.total += other.total
	h.most = max(h.most, other.most)
}

// quantile is the duration that so many of a thousand did not exceed.
func (h *histogram) quantile(perMille int64) time.Duration {
	left := (h.total*perMille + 999) / 1000
	for at, count := range h.counts {
		if left -= count; left <= 0 && h.total > 0 {
			return min(top(at), h.most)
		}
	}
	return h.most
}
