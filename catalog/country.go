package catalog

import "errors"

// ErrCountry says that a text is not a country code.
var ErrCountry = errors.New("a country is two capital letters, as in ISO 3166")

// Country is an ISO 3166 code of two capital letters. Its zero value is no country.
type Country struct{ code [2]byte }

// ParseCountry reads a country code. Which codes are in use is left to the catalogue: a code without a
// tax has none.
func ParseCountry(text string) (Country, error) {
	if len(text) != 2 || !capital(text[0]) || !capital(text[1]) {
		return Country{}, ErrCountry
	}
	return Country{[2]byte([]byte(text))}, nil
}

// IsZero reports whether c is no country.
func (c Country) IsZero() bool { return c == Country{} }

func (c Country) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c.code[:])
}

// MarshalText writes the code.
func (c Country) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a code as ParseCountry does.
func (c *Country) UnmarshalText(text []byte) error {
	parsed, err := ParseCountry(string(text))
	*c = parsed
	return err
}

func capital(letter byte) bool { return 'A' <= letter && letter <= 'Z' }
