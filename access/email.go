package access

import (
	"errors"
	"net/mail"
	"strings"
)

// ErrEmail says that a text is not an e-mail address that mail could be sent to.
var ErrEmail = errors.New("an e-mail address looks like name@example.com")

// longestEmail is RFC 5321's limit of a path, 4.5.3.1.3.
const longestEmail = 254

// Email is an address in the form in which addresses are compared: trimmed, its letters small.
type Email string

// ParseEmail reads an address without a display name (RFC 5322, addr-spec).
func ParseEmail(text string) (Email, error) {
	text = strings.TrimSpace(text)
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > longestEmail {
		return "", ErrEmail
	}
	_, domain, _ := strings.Cut(text, "@")
	if !strings.Contains(strings.Trim(domain, "."), ".") || strings.ContainsAny(text, "\r\n\x00") {
		return "", ErrEmail
	}
	return Email(strings.ToLower(text)), nil
}
