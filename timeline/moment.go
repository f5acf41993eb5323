package timeline

import (
	"time"

	"scrip/calendar"
)

// Phase is a part of a day, in the order in which a day is lived (billing.md 1). A day's commands come
// after its Dawn, before or after its reminders.
type Phase int8

// The phases: authorizations whose last day is over, renewals and retries, the reminder, and, once the local
// day has ended, the closing of a hold. A reminder and a closing never fall on the same day: one wants an
// active membership, the other one that was held for days.
const (
	Expiring Phase = iota - 1
	Dawn
	Reminding
	Dusk
)

// remindingHour is the local hour from which a day's reminders are told, so that nobody gets a mail at
// midnight, and what happens in the morning is in it.
const remindingHour = 10

// Moment is a phase of a day.
type Moment struct {
	On    calendar.Date
	Phase Phase
}

// At is the latest phase that has begun at an instant in a zone.
func At(instant time.Time, zone *time.Location) Moment {
	on := calendar.In(instant, zone)
	if instant.Before(Moment{on, Reminding}.Instant(zone)) {
		return Moment{on, Dawn}
	}
	return Moment{on, Reminding}
}

// Instant is when the moment begins in a zone.
func (m Moment) Instant(zone *time.Location) time.Time {
	switch m.Phase {
	case Reminding:
		year, month, day := m.On.Civil()
		return time.Date(year, time.Month(month), day, remindingHour, 0, 0, 0, zone)
	case Dusk:
		return m.On.Plus(1).Start(zone)
	}
	return m.On.Start(zone)
}

// Before reports whether m comes before n.
func (m Moment) Before(n Moment) bool {
	return m.On.Before(n.On) || m.On == n.On && m.Phase < n.Phase
}
