package web

import (
	"encoding/json"
	"fmt"
	"time"
)

// texts keeps a session as JSON: all that is in one is text. It is read at every page.
type texts struct{}

type keptSession struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode writes a session (scs.Codec).
func (texts) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	kept := keptSession{deadline, make(map[string]string, len(values))}
	for key, value := range values {
		text, is := value.(string)
		if !is {
			return nil, fmt.Errorf("session: %s is no text", key)
		}
		kept.Values[key] = text
	}
	return json.Marshal(kept)
}

// Decode reads a session (scs.Codec).
func (texts) Decode(data []byte) (time.Time, map[string]any, error) {
	var kept keptSession
	if err := json.Unmarshal(data, &kept); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	values := make(map[string]any, len(kept.Values))
	for key, text := range kept.Values {
		values[key] = text
	}
	return kept.Deadline, values, nil
}
