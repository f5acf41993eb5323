package notice_test

import (
	"testing"

	"scrip/calendar"
	"scrip/forecast"
	"scrip/notice"
)

func TestTheDayOfAReminder(t *testing.T) {
	for name, test := range map[string]struct {
		runsOut, made, reminded, want string
	}{
		"some days before":       {"2026-03-31", "2026-01-01", "", "2026-03-24"},
		"on the first day":       {"2026-03-31", "2026-03-24", "", "2026-03-24"},
		"late, at once":          {"2026-03-31", "2026-03-30", "", "2026-03-30"},
		"too late":               {"2026-03-31", "2026-03-31", "", ""},
		"reminded of another":    {"2026-03-31", "2026-01-01", "2026-03-30", "2026-03-24"},
		"reminded of this":       {"2026-03-31", "2026-01-01", "2026-03-31", ""},
		"no date is to be found": {"", "2026-01-01", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			estimate := forecast.Estimate{RunsOut: date(test.runsOut), Made: date(test.made)}
			got, due := notice.Reminder(estimate, 7, []calendar.Date{date("2025-01-01"), date(test.reminded)})
			if due != (test.want != "") || due && got != date(test.want) {
				t.Errorf("Reminder = %v, %t, want %q", got, due, test.want)
			}
		})
	}
}

func date(text string) calendar.Date {
	if text == "" {
		return calendar.Date{}
	}
	return calendar.Must(text)
}
