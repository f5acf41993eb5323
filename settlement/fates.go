package settlement

import (
	"time"

	"scrip/calendar"
)

// Past is what other days' files have said of transactions that a file names, or that are of its day.
type Past struct {
	Breaks []Known
	// SettledAt is when the files of other days came that the file has rows of.
	SettledAt map[calendar.Date]time.Time
}

// Known is a break of some day's file.
type Known struct {
	Key       string        // of its transaction
	Of        calendar.Date // its business day
	FileDay   calendar.Date
	Kind      Kind
	State     CaseState
	ArrivedOn calendar.Date // whose file had what this one's missed
}

// Fates are what was settled of transactions by other files than a day's own, which may take another's place.
func (p Past) Fates(on calendar.Date, held []Held, rows []Row) map[string]Fate {
	fates, received := map[string]Fate{}, map[string]time.Time{}
	for _, h := range held {
		if h.Standing != Unknown {
			received[h.Transaction.Key()] = h.Received
		}
	}
	for _, row := range rows {
		key, of := row.Transaction.Key(), row.Transaction.On
		at, settled := p.SettledAt[of]
		if came, known := received[key]; of != on && settled && known && !came.After(at) {
			fates[key] = Settled // it was there when its day was settled, and no break is of it
		}
	}
	for _, known := range p.Breaks {
		if known.FileDay != on {
			fates[known.Key] = known.fate(on, fates[known.Key])
		}
	}
	return fates
}

// fate is what a break says of its transaction, where the breaks before it say something, too.
func (k Known) fate(on calendar.Date, before Fate) Fate {
	missed := k.Kind == NotInFile && (k.State.Pending() || k.State == Arrived && k.ArrivedOn == on)
	switch {
	case k.State == Superseded, k.Kind == Duplicate: // of what was settled elsewhere
		return before
	case missed && k.Of == k.FileDay && k.Of != on:
		return Missed
	case missed && k.Of != on: // what is behind with another day's file is left to that one by its own
		return Behind
	}
	return Settled
}
