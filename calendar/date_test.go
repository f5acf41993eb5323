package calendar

import (
	"testing"
	"time"
)

func TestEveryDayAgreesWithTheStandardLibrary(t *testing.T) {
	day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	previous := In(day, time.UTC)
	for day.Year() < 3101 {
		day = day.AddDate(0, 0, 1)
		date := In(day, time.UTC)
		if previous.Until(date) != 1 || date.Plus(-1) != previous {
			t.Fatalf("%v does not follow %v", date, previous)
		}
		if got, want := date.String(), day.Format(time.DateOnly); got != want {
			t.Fatalf("String() = %s, want %s", got, want)
		}
		previous = date
	}
}

func TestParse(t *testing.T) {
	for _, text := range []string{"", "2026-1-01", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
		"1899-12-31", "3000-01-01", "2026/01/01", "2026-01-01 ", "２０２６-01-01", "+026-01-01", "2026-04-31"} {
		if date, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, date)
		}
	}
	for _, text := range []string{"1900-01-01", "2999-12-31", "2024-02-29", "2000-02-29"} {
		if date, err := Parse(text); err != nil || date.String() != text {
			t.Errorf("Parse(%q) = %v, %v", text, date, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2026-02-28")
	f.Fuzz(func(t *testing.T, text string) {
		date, err := Parse(text)
		if err == nil && date.String() != text {
			t.Errorf("Parse(%q) prints as %q", text, date)
		}
	})
}

func TestNextMonthKeepsTheAnchor(t *testing.T) {
	date := Must("2026-01-31")
	for _, want := range []string{"2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"} {
		if date = date.NextMonth(31); date.String() != want {
			t.Fatalf("next billing date = %v, want %s", date, want)
		}
	}
	if got := Must("2027-12-30").NextMonth(30).NextMonth(30); got.String() != "2028-02-29" {
		t.Errorf("leap February = %v", got)
	}
}

func TestADayWithoutMidnightStartsWhenItStarts(t *testing.T) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	date := Must("2018-11-04") // clocks went from 23:59:59 to 01:00
	start := date.Start(zone)
	if In(start, zone) != date || In(start.Add(-time.Second), zone) == date {
		t.Errorf("Start = %v", start)
	}
}
