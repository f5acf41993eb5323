package settlement

import "scrip/calendar"

// mostMissing bounds how many missing days are told.
const mostMissing = 366

// Missing are the days from the first with a file up to a last one that have none, the latest first. The days that have one
// ascend.
func Missing(with []calendar.Date, last calendar.Date) []calendar.Date {
	if len(with) == 0 {
		return nil
	}
	has := map[calendar.Date]bool{}
	for _, day := range with {
		has[day] = true
	}
	var missing []calendar.Date
	for day := last; day.After(with[0]) && len(missing) < mostMissing; day = day.Plus(-1) {
		if !has[day] {
			missing = append(missing, day)
		}
	}
	return missing
}

// Age is for how many days a break of a business day has been there.
func Age(on, today calendar.Date) int { return max(0, on.Until(today)) }
