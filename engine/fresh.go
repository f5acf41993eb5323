package engine

import (
	"context"
	"sync"

	"scrip/store"
)

// mostFresh is how many letters may wait, in memory, for the sender beside which they were made.
const mostFresh = 512

// fresh are letters that were taken in the transaction that caused them, to be sent by this very server: nobody has
// to look for them, nor to take them in a transaction of its own. They are in the transaction's parcel, so that whoever
// finds one that is due sends them, if this server could not.
type fresh struct {
	waiting chan []Letter // each all of a parcel
	mu      sync.Mutex
	room    int // while somebody sends them
	packing map[*store.Parcel][]Letter
}

func (f *fresh) give(room int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room += room
}

// claim takes room for one letter, if there is any.
func (f *fresh) claim() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.room <= 0 {
		return false
	}
	f.room--
	return true
}

// take takes the first parcel that comes and those that wait behind it, up to some number of letters or a parcel more, but
// none once the context has ended.
func (f *fresh) take(ctx context.Context, most int) (letters []Letter) {
	if ctx.Err() != nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case letters = <-f.waiting:
	}
	for len(letters) < most {
		select {
		case next := <-f.waiting:
			letters = append(letters, next...)
		default:
			return letters
		}
	}
	return letters
}

// SendFresh hands letters, as they are made, to be sent, until its context ends. What is left then is due for
// anybody. Letters that are made while nobody calls it, or while too many wait, are DueNotices.
func (e *Engine) SendFresh(ctx context.Context, most int, send func([]Letter)) error {
	e.fresh.give(mostFresh)
	defer e.fresh.give(-mostFresh)
	for {
		letters := e.fresh.take(ctx, most)
		if len(letters) == 0 {
			return e.giveBack(context.WithoutCancel(ctx))
		}
		send(letters)
		e.fresh.give(len(letters))
	}
}

// giveBack makes letters due that were not sent.
func (e *Engine) giveBack(ctx context.Context) error {
	var parcels []*store.Parcel
	for range len(e.fresh.waiting) {
		letters := <-e.fresh.waiting
		parcels = append(parcels, letters[0].parcel)
		e.fresh.give(len(letters))
	}
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.Unpack(ctx, parcels, tx.Now) })
}

// handOver has a letter sent for which there was room, once it is known that what it tells of is true, and all of its
// parcel with it. All that share a transaction hand theirs over: they succeeded together.
func (f *fresh) handOver(letter *Letter, err error) {
	if err != nil || letter == nil {
		f.give(1)
		return
	}
	if whole := f.pack(*letter); whole != nil {
		f.waiting <- whole // which does not block: there is room
	}
}

// pack adds a letter to its parcel, and gives that when all of it is there.
func (f *fresh) pack(l Letter) (whole []Letter) {
	if l.parcel.Letters() == 1 {
		return []Letter{l}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	letters := append(f.packing[l.parcel], l)
	if len(letters) < l.parcel.Letters() {
		f.packing[l.parcel] = letters
		return nil
	}
	delete(f.packing, l.parcel)
	return letters
}
