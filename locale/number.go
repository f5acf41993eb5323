package locale

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"scrip/money"
)

// noBreak stands between a number and a currency's letters.
const noBreak = "\u00a0"

type numbersFile struct {
	Digits          string
	Decimal         string
	Group           string
	Minus           string
	Percent         string
	MinimumGrouping int
	Money           string
	Plain           string
	Percentage      string
	Symbols         map[string]string
}

// numbers is how a language writes numbers.
type numbers struct {
	digits          []string // nil for 0 to 9
	decimal         string
	group           string
	minimumGrouping int
	money           numberPattern
	plain           numberPattern
	percentage      numberPattern
	symbols         map[string]string
}

// A numberPattern is what stands around a number, and how many of its digits stand together: the last
// group, and the others.
type numberPattern struct {
	positive, negative affixes
	lastGroup, groups  int
}

// affixes are what stands before and after a number; ¤ is the currency's place.
type affixes struct{ before, after string }

// Money writes an amount with the symbol that its currency has in the language, as in "$16.77".
func (l *Language) Money(amount money.Amount) string {
	pattern := &l.numbers.money
	around := pattern.positive
	if amount.Minor() < 0 {
		around = pattern.negative
	}
	around = around.withSymbol(l.symbol(amount.Currency()))
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(amount.Decimal(), "-"), ".")
	return l.numbers.write(pattern, around, whole, fraction)
}

// Number writes a whole number, as in "1,234".
func (l *Language) Number(number int64) string {
	pattern := &l.numbers.plain
	around := pattern.positive
	if number < 0 {
		around = pattern.negative
	}
	return l.numbers.write(pattern, around, strings.TrimPrefix(strconv.FormatInt(number, 10), "-"), "")
}

// Percent writes a rate in percent, with no more decimals than it needs, as in "8.25%".
func (l *Language) Percent(rate money.Rate) string {
	whole, fraction, _ := strings.Cut(rate.String(), ".")
	fraction += "00"
	whole = strings.TrimLeft(whole+fraction[:2], "0")
	if whole == "" {
		whole = "0"
	}
	pattern := &l.numbers.percentage
	return l.numbers.write(pattern, pattern.positive, whole, strings.TrimRight(fraction[2:], "0"))
}

func (l *Language) symbol(currency money.Currency) string {
	code := currency.String()
	if symbol, has := l.numbers.symbols[code]; has {
		return symbol
	}
	return code
}

// write puts together a number of which the digits are known.
func (n *numbers) write(pattern *numberPattern, around affixes, whole, fraction string) string {
	var text strings.Builder
	text.WriteString(around.before)
	grouped := len(whole) >= pattern.lastGroup+n.minimumGrouping
	for at := range len(whole) {
		if grouped && at > 0 && pattern.groupsBefore(len(whole)-at) {
			text.WriteString(n.group)
		}
		n.writeDigit(&text, whole[at])
	}
	if fraction != "" {
		text.WriteString(n.decimal)
	}
	for at := range len(fraction) {
		n.writeDigit(&text, fraction[at])
	}
	text.WriteString(around.after)
	return text.String()
}

func (n *numbers) writeDigit(text *strings.Builder, digit byte) {
	if n.digits == nil {
		text.WriteByte(digit)
		return
	}
	text.WriteString(n.digits[digit-'0'])
}

// groupsBefore reports whether a new group begins where so many digits of the whole are left.
func (p *numberPattern) groupsBefore(left int) bool {
	if p.lastGroup == 0 || left < p.lastGroup {
		return false
	}
	return (left-p.lastGroup)%p.groups == 0
}

// withSymbol puts a currency's symbol in its place, apart from the digits if it is letters there.
func (a affixes) withSymbol(symbol string) affixes {
	if symbol == "" {
		return affixes{strings.Trim(a.before, "¤ "+noBreak), strings.Trim(a.after, "¤ "+noBreak)}
	}
	before, after := symbol, symbol
	if last, _ := utf8.DecodeLastRuneInString(symbol); !unicode.In(last, unicode.S, unicode.Z) && strings.HasSuffix(a.before, "¤") {
		before += noBreak
	}
	if first, _ := utf8.DecodeRuneInString(symbol); !unicode.In(first, unicode.S, unicode.Z) && strings.HasPrefix(a.after, "¤") {
		after = noBreak + after
	}
	return affixes{strings.ReplaceAll(a.before, "¤", before), strings.ReplaceAll(a.after, "¤", after)}
}

func newNumbers(read numbersFile) (numbers, error) {
	n := numbers{
		decimal: read.Decimal, group: read.Group, minimumGrouping: read.MinimumGrouping, symbols: read.Symbols,
	}
	if read.Digits != "0123456789" {
		n.digits = strings.Split(read.Digits, "")
		if len(n.digits) != 10 {
			return n, fmt.Errorf("%q are not ten digits", read.Digits)
		}
	}
	var err error
	if n.money, err = newNumberPattern(read.Money, read); err != nil {
		return n, err
	}
	if n.plain, err = newNumberPattern(read.Plain, read); err != nil {
		return n, err
	}
	n.percentage, err = newNumberPattern(read.Percentage, read)
	return n, err
}

// newNumberPattern reads CLDR's "¤#,##0.00;¤-#,##0.00". Without a part of its own, a negative number
// has the language's minus before all else.
func newNumberPattern(pattern string, read numbersFile) (numberPattern, error) {
	const number = "#,0."
	positive, negative, _ := strings.Cut(pattern, ";")
	if negative == "" {
		negative = "-" + positive
	}
	from, to := strings.IndexAny(positive, number), strings.LastIndexAny(positive, number)
	if from < 0 || strings.Contains(pattern, "'") {
		return numberPattern{}, fmt.Errorf("number pattern %q is of an unknown kind", pattern)
	}
	around := func(pattern string) affixes {
		signs := strings.NewReplacer("-", read.Minus, "%", read.Percent)
		first, last := strings.IndexAny(pattern, number), strings.LastIndexAny(pattern, number)
		return affixes{signs.Replace(pattern[:first]), signs.Replace(pattern[last+1:])}
	}
	whole, _, _ := strings.Cut(positive[from:to+1], ".")
	parsed := numberPattern{positive: around(positive), negative: around(negative)}
	groups := strings.Split(whole, ",")
	if last := len(groups) - 1; last > 0 {
		parsed.lastGroup, parsed.groups = len(groups[last]), len(groups[last])
		if last > 1 {
			parsed.groups = len(groups[last-1])
		}
	}
	return parsed, nil
}
