package giftcode

import (
	"strings"
	"unicode"
)

// printedGroups is of how many groups a printed code is.
const printedGroups = 3

// In reports whether some words of a text together are one of our codes, which is then not to be kept. Signs around a word do
// not hide it.
func In(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || meaningOf(r) == wrong && !unicode.IsLetter(r)
	})
	for from := range words {
		for to := from + 1; to <= min(from+printedGroups, len(words)); to++ {
			if _, err := Parse(strings.Join(words[from:to], "")); err == nil {
				return true
			}
		}
	}
	return false
}
