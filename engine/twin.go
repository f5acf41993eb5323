package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"scrip/store"
)

// ErrUnderWay says that the same request under the same key has not ended yet. Asked again, it tells how it ended.
var ErrUnderWay = errors.New("the same request is under way: ask again with the same key")

// twinWait is how long a request waits for its twin: one of the same caller, operation and key. Where that is at
// another server, what it waits for is a row, and the store bounds that.
const twinWait = 5 * time.Second

// underWay are the changes that this server carries out at this moment. Its zero value is ready.
type underWay struct {
	mu    sync.Mutex
	ended map[store.AnswerKey]chan struct{}
}

// begin waits until no twin is under way, and gives what says that this one has ended. It fails with ErrUnderWay.
func (u *underWay) begin(ctx context.Context, key store.AnswerKey) (end func(), err error) {
	late := time.NewTimer(twinWait)
	defer late.Stop()
	for {
		twin := u.claim(key)
		if twin == nil {
			return sync.OnceFunc(func() { u.end(key) }), nil
		}
		select {
		case <-twin:
		case <-late.C:
			return nil, ErrUnderWay
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// claim takes a key, or gives what is closed when its twin has ended.
func (u *underWay) claim(key store.AnswerKey) (twin <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ended, there := u.ended[key]; there {
		return ended
	}
	if u.ended == nil {
		u.ended = map[store.AnswerKey]chan struct{}{}
	}
	u.ended[key] = make(chan struct{})
	return nil
}

func (u *underWay) end(key store.AnswerKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.ended[key])
	delete(u.ended, key)
}
