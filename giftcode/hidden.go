package giftcode

import (
	"fmt"
	"io"
	"log/slog"
)

// dots is all that a code shows of itself, the zero code included.
const dots = "••••••-••••••-••••••"

// String is dots, never the code; see [Code.Reveal].
func (Code) String() string { return dots }

// GoString is dots, never the code.
func (Code) GoString() string { return dots }

// Format writes dots, whatever the verb.
func (Code) Format(state fmt.State, _ rune) { show(state, dots) }

// MarshalText is dots, never the code. There is no way back: a code is read by [Parse] alone.
func (Code) MarshalText() ([]byte, error) { return []byte(dots), nil }

// MarshalJSON is dots in quotes, never the code.
func (Code) MarshalJSON() ([]byte, error) { return []byte(`"` + dots + `"`), nil }

// LogValue is dots, never the code.
func (Code) LogValue() slog.Value { return slog.StringValue(dots) }

// Format writes dots, whatever the verb.
func (Entered) Format(state fmt.State, _ rune) { show(state, dots) }

// MarshalText is dots, never what was entered.
func (Entered) MarshalText() ([]byte, error) { return []byte(dots), nil }

// String is the key's id, never its secret; see [Key.Reveal].
func (k Key) String() string { return k.id }

// GoString is the key's id, never its secret.
func (k Key) GoString() string { return k.id }

// Format writes the key's id, whatever the verb.
func (k Key) Format(state fmt.State, _ rune) { show(state, k.id) }

// MarshalText is the key's id, never its secret. There is no way back: a key is read by [ParseKey].
func (k Key) MarshalText() ([]byte, error) { return []byte(k.id), nil }

// MarshalJSON is the key's id in quotes, which needs no escapes, never its secret.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + k.id + `"`), nil }

// LogValue is the key's id, never its secret.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.id) }

// show writes text for a verb of fmt, which has no use for an error here: its state never gives one.
func show(state fmt.State, text string) { _, _ = io.WriteString(state, text) }
