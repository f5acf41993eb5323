package clock

import (
	"context"
	"time"
)

// Rest waits by the real clock, until a pause is over or the context ends.
func Rest(ctx context.Context, pause time.Duration) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
