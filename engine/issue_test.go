package engine_test

import (
	"errors"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcard"
)

// TestABatchThatIsNotWholeIsNotActivated, nor is one of its cards, until the rest is made: the printer has only a part.
func TestABatchThatIsNotWholeIsNotActivated(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("the disk is full")
	var printed []engine.Printed
	full := true
	print := func(part int, cards []engine.Printed) (string, error) {
		if full && part == 2 {
			return "", broken
		}
		printed = append(printed, cards...)
		return "sum", nil
	}
	run, err := w.Engine.NewBatch(t.Context(), access.Operator(), "us-2500", 4)
	must(t, err)
	if err := w.Engine.MakeCards(t.Context(), access.Operator(), run, 2, print); !errors.Is(err, broken) {
		t.Fatalf("made: %v", err)
	}
	if count, err := w.Engine.ActivateBatch(t.Context(), access.Operator(), run.Batch); count != 0 || !errors.Is(err, giftcard.ErrBatchUnfinished) {
		t.Errorf("activated: %d, %v", count, err)
	}
	if err := w.Engine.MoveCard(t.Context(), access.Operator(), printed[0].Serial, engine.Activate); !errors.Is(err, giftcard.ErrBatchUnfinished) {
		t.Errorf("one activated: %v", err)
	}
	full = false
	run, err = w.Engine.ResumeBatch(t.Context(), access.Operator(), run.Batch)
	must(t, err)
	must(t, w.Engine.MakeCards(t.Context(), access.Operator(), run, 2, print))
	if count, err := w.Engine.ActivateBatch(t.Context(), access.Operator(), run.Batch); count != 4 || err != nil {
		t.Errorf("activated once it is whole: %d, %v", count, err)
	}
	w.Verify()
}
