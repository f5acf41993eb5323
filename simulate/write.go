package simulate

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"scrip/calendar"
	"scrip/membership"
)

// WriteJSON writes a result in the form of billing.md 9, each event on a line of its own. What cannot
// be written whole is not begun: there is a single write.
func WriteJSON(w io.Writer, result Result) error {
	var text bytes.Buffer
	text.WriteString(`{"timeline": [`)
	for i, event := range result.Timeline {
		line, err := event.MarshalJSON()
		if err != nil {
			return fmt.Errorf("event %d of the timeline: %w", i, err)
		}
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("\n  ")
		text.Write(line)
	}
	if len(result.Timeline) > 0 {
		text.WriteByte('\n')
	}
	text.WriteString(`], "end": `)
	text.Write(result.End.appendJSON(nil))
	text.WriteString("}\n")
	_, err := w.Write(text.Bytes())
	return err
}

// MarshalJSON writes status and balance, and for an active membership paid_until and runs_out, which
// is null where there is no such date.
func (e End) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

func (e End) appendJSON(text []byte) []byte {
	text = append(text, `{"status":"`+string(e.Status)+`","balance":`...)
	text = strconv.AppendInt(text, e.Balance.Minor(), 10)
	if e.Status == membership.Active {
		text = append(text, `,"paid_until":`+dateOrNull(e.PaidUntil)+`,"runs_out":`+dateOrNull(e.RunsOut)...)
	}
	return append(text, '}')
}

func dateOrNull(date calendar.Date) string {
	if date.IsZero() {
		return "null"
	}
	return `"` + date.String() + `"`
}
