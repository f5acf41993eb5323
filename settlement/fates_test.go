package settlement

import (
	"testing"
	"time"

	"scrip/calendar"
	"scrip/retail"
)

// TestFates: what was settled of a transaction of 31 January, as a file sees it.
func TestFates(t *testing.T) {
	noon := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	sale := retail.Transaction{Retailer: "r", Store: "s", Terminal: "t", On: winter, ID: "1", Operation: retail.Activate}
	settled := map[calendar.Date]time.Time{winter: noon}
	missed := Known{sale.Key(), winter, winter, NotInFile, Undecided, calendar.Date{}}
	arrived, resolved := missed, missed
	arrived.State, arrived.ArrivedOn = Arrived, winter.Plus(1)
	resolved.State = Resolved
	late := Known{sale.Key(), winter, winter.Plus(1), Late, Undecided, calendar.Date{}}
	later := missed // what came after its day was settled, and another day's file is without
	later.FileDay = winter.Plus(1)
	replaced, again := late, late
	replaced.State, again.Kind = Superseded, Duplicate
	for name, test := range map[string]struct {
		file     calendar.Date
		past     Past
		received time.Time
		want     Fate
	}{
		"no file of its day has come":                        {winter.Plus(1), Past{}, noon, Open},
		"its day's file has it":                              {winter.Plus(1), Past{nil, settled}, noon, Settled},
		"it came after its day's file":                       {winter.Plus(1), Past{nil, settled}, noon.Add(1), Open},
		"its day's file is without it":                       {winter.Plus(1), Past{[]Known{missed}, settled}, noon, Missed},
		"that was decided":                                   {winter.Plus(1), Past{[]Known{resolved}, settled}, noon, Settled},
		"it arrived with another file":                       {winter.Plus(2), Past{[]Known{arrived, late}, settled}, noon, Settled},
		"it arrived with the file that this one replaces":    {winter.Plus(1), Past{[]Known{arrived, late}, settled}, noon, Missed},
		"its own day's file, and another has had it":         {winter, Past{[]Known{late}, nil}, noon, Settled},
		"its own day's file, and what had it was replaced":   {winter, Past{[]Known{replaced}, nil}, noon, Open},
		"its own day's file, and another has had it again":   {winter, Past{[]Known{again}, nil}, noon, Open},
		"its own day's file, and another's has missed it":    {winter, Past{[]Known{later}, nil}, noon, Settled},
		"a third day's file, and another's has missed it":    {winter.Plus(2), Past{[]Known{later}, settled}, noon.Add(1), Behind},
		"its own day's file, in place of one that missed it": {winter, Past{[]Known{missed}, nil}, noon, Open},
	} {
		held := []Held{{Transaction: sale, Standing: Stands, Received: test.received}}
		if got := test.past.Fates(test.file, held, []Row{{Transaction: sale}})[sale.Key()]; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
