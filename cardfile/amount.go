package cardfile

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"scrip/money"
)

// What may be wrong with a value.
var (
	valueWord       = Mistake{Reason: "the value is no number", Remedy: "write the number alone, without a currency, as in 25.00"}
	valueScientific = Mistake{Reason: "the value is in scientific notation", Remedy: "write it in full, as in 25.00"}
	valueSign       = Mistake{Reason: "the value is less than nothing", Remedy: "look into it in the system that issued the card"}
	valueParts      = Mistake{Reason: "the value has more decimals than the currency", Remedy: "write it to the cent"}
	valueUnclear    = Mistake{Reason: "the value can be read in two ways: its point or comma may part thousands or decimals", Remedy: "write the decimals too, as in 1234.00"}
	valueLarge      = Mistake{Reason: "the value is more than an amount can be", Remedy: "correct it"}
)

var (
	number          = regexp.MustCompile(`^\d+$`)
	grouped         = regexp.MustCompile(`^\d{1,3}([.,]\d{3})+$`)
	scientificValue = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?[eE][+-]?\d+$`)
)

// marks takes points and commas out.
var marks = strings.NewReplacer(".", "", ",", "")

// mostMinorDigits is of how many digits an amount is at most.
const mostMinorDigits = 15

// amountOf reads a value: whole units, and decimals behind a point or a comma, with spaces, points or commas between
// thousands where that leaves no doubt.
func amountOf(cell string, currency money.Currency) (money.Amount, *Mistake) {
	text := strings.TrimPrefix(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, cell), "'")
	switch {
	case scientificValue.MatchString(text):
		return money.Amount{}, &valueScientific
	case strings.HasPrefix(text, "-"), strings.HasPrefix(text, "−"):
		return money.Amount{}, &valueSign
	}
	whole, parts, mistake := cut(text, currency.Digits())
	if mistake != nil {
		return money.Amount{}, mistake
	}
	digits := strings.TrimLeft(whole+parts+strings.Repeat("0", currency.Digits()-len(parts)), "0")
	if len(digits) > mostMinorDigits {
		return money.Amount{}, &valueLarge
	}
	minor, err := strconv.ParseInt("0"+digits, 10, 64)
	if err != nil {
		return money.Amount{}, &valueWord
	}
	return money.New(minor, currency), nil
}

// cut is a number's whole units and its decimals, of which there are at most so many.
func cut(text string, most int) (whole, parts string, mistake *Mistake) {
	at := strings.LastIndexAny(text, ".,")
	if at < 0 {
		if !number.MatchString(text) {
			return "", "", &valueWord
		}
		return text, "", nil
	}
	whole, parts = text[:at], text[at+1:]
	mark := text[at : at+1]
	switch {
	case !number.MatchString(parts):
		return "", "", &valueWord
	case grouped.MatchString(text) && !strings.ContainsAny(whole, other(mark)) && most != len(parts):
		return "", "", &valueUnclear
	case strings.ContainsAny(whole, ".,") && (strings.Contains(whole, mark) || !grouped.MatchString(whole)), !number.MatchString(marks.Replace(whole)):
		return "", "", &valueWord
	case len(strings.TrimRight(parts, "0")) > most:
		return "", "", &valueParts
	}
	return marks.Replace(whole), parts[:min(len(parts), most)], nil
}

// other is the one of point and comma that a mark is not.
func other(mark string) string { return strings.Replace(".,", mark, "", 1) }
