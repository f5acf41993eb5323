package settlement

import (
	"fmt"
	"strings"
)

// Mistake is what is wrong with a file, where, and what to do. It never repeats what stands there: that may be a code.
type Mistake struct {
	Line  int    // from 1; 0 of the file as a whole
	Field string // or what of the line it is; may be empty
	Says  string
}

func (m Mistake) String() string {
	var place []string
	if m.Line > 0 {
		place = append(place, fmt.Sprintf("line %d", m.Line))
	}
	if m.Field != "" {
		place = append(place, m.Field)
	}
	if len(place) == 0 {
		return m.Says
	}
	return strings.Join(place, ", ") + ": " + m.Says
}

// mostMistakes is how many mistakes of a file are told.
const mostMistakes = 20

// Unreadable is the error of a file with mistakes: nothing of it counts.
type Unreadable struct {
	Mistakes []Mistake // the first of them
	All      int       // how many there are
}

func (u *Unreadable) Error() string {
	text := "the settlement file cannot be read: " + u.Mistakes[0].String()
	if u.All > 1 {
		text += fmt.Sprintf(" (and %d more)", u.All-1)
	}
	return text
}

// add takes in a mistake.
func (u *Unreadable) add(m Mistake) {
	if u.All++; len(u.Mistakes) < mostMistakes {
		u.Mistakes = append(u.Mistakes, m)
	}
}
