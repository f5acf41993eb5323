package cardfile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"scrip/giftcode"
)

// Mistake is why a row is not taken in, and what to do. Neither ever repeats what the file holds.
type Mistake struct {
	Line           int
	Reason, Remedy string
}

func (m *Mistake) Error() string { return fmt.Sprintf("line %d: %s: %s", m.Line, m.Reason, m.Remedy) }

func (m Mistake) at(line int) *Mistake { m.Line = line; return &m }

// asText is what undoes most that a spreadsheet does.
const asText = "export it again from the system that issued the cards, with the code's column as text, and do not save it from Excel"

// What a row's quotes and cells may be.
var (
	quoteOpen = Mistake{Reason: "a quotation mark is never closed", Remedy: "close it, or take it out"}
	quoteTorn = Mistake{Reason: "something stands behind a closing quotation mark", Remedy: "double each quotation mark within a cell"}
	tooMany   = Mistake{Reason: "the row has more cells than the header has columns", Remedy: "put quotation marks around a number that holds a comma"}
	tooFew    = Mistake{Reason: "the row ends before the last of its columns", Remedy: "write all of its cells"}
)

// What may have become of a code.
var (
	codeMissing    = Mistake{Reason: "the code is missing", Remedy: "fill it in, or take the line out"}
	codeBroken     = Mistake{Reason: "a line break stands within the code's cell", Remedy: "put one code on each line"}
	codeError      = Mistake{Reason: "Excel shows an error, or that a column is too narrow, in place of the code", Remedy: asText}
	codeFormula    = Mistake{Reason: "the code begins as a formula does", Remedy: "write the code alone: " + asText}
	codeScientific = Mistake{Reason: "Excel has made a number in scientific notation of the code, and its last digits are lost", Remedy: asText}
	codeDate       = Mistake{Reason: "Excel has made a date of the code", Remedy: asText + "; a code in groups that look like a date is written without hyphens"}
	codeDecimal    = Mistake{Reason: "the code has a point or a comma, as a number has: Excel has made one of it", Remedy: asText}
	codeShort      = Mistake{Reason: "the code is too short, as when Excel has taken leading zeros away", Remedy: asText}
)

// months are how spreadsheets begin a month in English, German and French.
const months = `(jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|fév|avr|jui|aoû|déc)\p{L}*\.?`

var (
	// scientific has a sign or a point that no code has; without either it may be a code of letters and digits.
	scientific  = regexp.MustCompile(`^\d+([.,]\d+)?[eE][+-]\d+$|^\d+[.,]\d+[eE]\d+$`)
	scientific0 = regexp.MustCompile(`^\d+[eE]\d+$`)
	decimal     = regexp.MustCompile(`^\d[\d.,']*[.,]\d+$`)
	date        = regexp.MustCompile(`^\d{1,4}[/.]\d{1,2}[/.]\d{1,4}( .*)?$|^(19|20)\d\d-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])( .*)?$|^\d{1,2}-\d{1,2}-(19|20)\d\d( .*)?$|^\d{1,2}:\d\d(:\d\d)?$`)
	month       = regexp.MustCompile(`(?i)^\d{1,4}[-. /]+` + months + `([-. /]+\d{1,4})?$|^` + months + `[-. /]+\d{1,4}$`)
)

// codeOf reads a code's cell.
func codeOf(cell string, format giftcode.Format) (giftcode.Code, *Mistake) {
	text := tidied(cell)
	switch {
	case text == "":
		return giftcode.Code{}, &codeMissing
	case strings.ContainsAny(text, "\r\n"):
		return giftcode.Code{}, &codeBroken
	case text[0] == '#':
		return giftcode.Code{}, &codeError
	case strings.ContainsRune("=+@-", rune(text[0])):
		return giftcode.Code{}, &codeFormula
	}
	text = strings.TrimPrefix(text, "'")
	switch {
	case isPlain(text) && !scientific0.MatchString(text): // as almost all are, and the patterns below take long
	case scientific.MatchString(text) || format.Alphabet() == giftcode.Numeric && scientific0.MatchString(text):
		return giftcode.Code{}, &codeScientific
	case date.MatchString(text) || month.MatchString(text):
		return giftcode.Code{}, &codeDate
	case decimal.MatchString(text):
		return giftcode.Code{}, &codeDecimal
	}
	code, err := format.Parse(text)
	return code, malformed(err, format)
}

// isPlain reports whether a text is of nothing but letters and digits.
func isPlain(text string) bool {
	return strings.Trim(strings.ToLower(text), "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// malformed is what is wrong with a code's characters.
func malformed(err error, format giftcode.Format) *Mistake {
	compare := "compare it with a card: the product's codes are " + format.String()
	span, isSpan := errors.AsType[*giftcode.SpanError](err)
	character, isCharacter := errors.AsType[*giftcode.CharacterError](err)
	switch {
	case err == nil:
		return nil
	case isSpan && span.Got < span.Least && format.Alphabet() == giftcode.Numeric:
		return &codeShort
	case isSpan:
		return &Mistake{Reason: "the code has " + span.Error(), Remedy: compare}
	case isCharacter:
		return &Mistake{Reason: fmt.Sprintf("character %d of the code never occurs in one", character.Position), Remedy: compare}
	case errors.Is(err, giftcode.ErrEmpty):
		return &codeMissing
	}
	return &Mistake{Reason: "the code is far too long", Remedy: compare}
}

// tidied is a cell without the spaces around it, of whatever width, those of no width among them.
func tidied(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}
