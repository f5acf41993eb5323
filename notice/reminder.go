package notice

import (
	"slices"

	"scrip/calendar"
	"scrip/forecast"
)

// Reminder is the day on which a reminder of an estimate is due: the first that is at most
// reminderDays before the date on which the balance will have run out, once for each such date
// (billing.md 7). There is none where there is no such date, or it was reminded of already.
func Reminder(estimate forecast.Estimate, reminderDays int, reminded []calendar.Date) (calendar.Date, bool) {
	if estimate.RunsOut.IsZero() || slices.Contains(reminded, estimate.RunsOut) {
		return calendar.Date{}, false
	}
	due := estimate.RunsOut.Plus(-reminderDays)
	if due.Before(estimate.Made) {
		due = estimate.Made
	}
	return due, due.Before(estimate.RunsOut)
}
