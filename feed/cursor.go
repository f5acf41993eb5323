package feed

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrCursor says that a text is not a cursor that a page of events gave.
var ErrCursor = errors.New("a cursor is what an earlier page of events gave as next")

// Cursor is a place in the list of all events: behind the event of a row at a position. The zero Cursor is the
// beginning.
type Cursor struct {
	Position int64
	Subject  string
	Number   int64
	Place    int
}

// At is the place before all that stands at a position.
func At(position int64) Cursor { return Cursor{Position: position} }

// Behind is the place behind all events of a row at a position.
func Behind(position int64, t Told) Cursor { return Cursor{position, t.Subject, t.Number, Places - 1} }

// Skips reports whether an event of a row at a position stands before the cursor.
func (c Cursor) Skips(position int64, t Told, place int) bool {
	return position == c.Position && t.Subject == c.Subject && t.Number == c.Number && place <= c.Place
}

// String is the cursor as others see it, which says nothing to them.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d/%s/%d/%d", c.Position, c.Subject, c.Number, c.Place))
}

// ParseCursor reads what String writes.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(plain), "/")
	if err != nil || len(parts) != 4 {
		return Cursor{}, ErrCursor
	}
	position, failedPosition := strconv.ParseInt(parts[0], 10, 64)
	number, failedNumber := strconv.ParseInt(parts[2], 10, 64)
	place, failedPlace := strconv.Atoi(parts[3])
	c := Cursor{position, parts[1], number, place}
	if errors.Join(failedPosition, failedNumber, failedPlace) != nil || position < 0 || number < 0 || place < 0 || place >= Places ||
		parts[1] != "" && !isName(parts[1]) || c.String() != text {
		return Cursor{}, ErrCursor
	}
	return c, nil
}
