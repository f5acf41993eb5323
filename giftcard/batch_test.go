package giftcard_test

import (
	"errors"
	"testing"

	"scrip/catalog"
	"scrip/giftcard"
)

func TestTheLifeOfABatch(t *testing.T) {
	shop, other := catalog.Retailer{ID: "shop", Products: []catalog.ProductID{"card"}}, catalog.Retailer{ID: "other"}
	made := giftcard.Batch{Product: "card", State: giftcard.BatchMade, Whole: true}
	moves := map[string]func(giftcard.Batch) (giftcard.Batch, error){
		"print": giftcard.Batch.Print, "freeze": giftcard.Batch.Freeze, "unfreeze": giftcard.Batch.Unfreeze,
		"ship":  func(b giftcard.Batch) (giftcard.Batch, error) { return b.Ship(shop) },
		"other": func(b giftcard.Batch) (giftcard.Batch, error) { return b.Ship(other) },
	}
	batch := made
	for at, step := range []struct {
		move string
		want giftcard.BatchState
		err  error
	}{
		{"ship", giftcard.BatchMade, giftcard.ErrBatchNotPrinted}, {"unfreeze", giftcard.BatchMade, giftcard.ErrBatchNotFrozen},
		{"freeze", giftcard.BatchFrozen, nil}, {"print", giftcard.BatchFrozen, giftcard.ErrBatchFrozen}, {"unfreeze", giftcard.BatchMade, nil},
		{"print", giftcard.BatchPrinted, nil}, {"print", giftcard.BatchPrinted, giftcard.ErrBatchNotMade},
		{"other", giftcard.BatchPrinted, giftcard.ErrNotSoldThere}, {"ship", giftcard.BatchShipped, nil},
		{"ship", giftcard.BatchShipped, giftcard.ErrBatchNotPrinted}, {"freeze", giftcard.BatchFrozen, nil},
		{"freeze", giftcard.BatchFrozen, giftcard.ErrBatchFrozen}, {"ship", giftcard.BatchFrozen, giftcard.ErrBatchFrozen},
		{"unfreeze", giftcard.BatchShipped, nil},
	} {
		next, err := moves[step.move](batch)
		if next.State != step.want || !errors.Is(err, step.err) || err != nil && next != batch {
			t.Fatalf("step %d: %s of %+v = %+v, %v, want %s, %v", at, step.move, batch, next, err, step.want, step.err)
		}
		batch = next
	}
	if batch.Retailer != "shop" || batch.Was != "" {
		t.Errorf("in the end it is %+v", batch)
	}
	made.Whole = false
	if _, err := made.Print(); !errors.Is(err, giftcard.ErrBatchUnfinished) {
		t.Errorf("a batch that is not whole is printed: %v", err)
	}
}

func TestWhatMayBeSold(t *testing.T) {
	for _, test := range []struct {
		batch  giftcard.Batch
		closed bool
		want   error
	}{{giftcard.Batch{}, false, nil}, {giftcard.Batch{State: giftcard.BatchMade, Whole: true}, false, nil},
		{giftcard.Batch{State: giftcard.BatchMade}, false, giftcard.ErrBatchUnfinished},
		{giftcard.Batch{State: giftcard.BatchFrozen, Was: giftcard.BatchMade}, false, giftcard.ErrBatchFrozen},
		{giftcard.Batch{State: giftcard.BatchShipped, Whole: true}, false, nil},
		{giftcard.Batch{State: giftcard.BatchShipped, Whole: true}, true, giftcard.ErrClosed}, {giftcard.Batch{}, true, giftcard.ErrClosed}} {
		if err := test.batch.MaySell(catalog.Product{Closed: test.closed}); !errors.Is(err, test.want) {
			t.Errorf("%+v.MaySell(closed %t) = %v, want %v", test.batch, test.closed, err, test.want)
		}
	}
}
