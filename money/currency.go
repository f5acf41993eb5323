package money

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCurrency says that a text is not an ISO 4217 currency code.
var ErrCurrency = errors.New("not an ISO 4217 currency code")

// Currency is an ISO 4217 code. Its zero value is no currency.
type Currency struct{ code [3]byte }

// ParseCurrency reads a code such as "EUR": three capital letters of ISO 4217's list one.
func ParseCurrency(text string) (Currency, error) {
	if _, known := minorDigits[text]; !known {
		return Currency{}, ErrCurrency
	}
	return Currency{[3]byte([]byte(text))}, nil
}

// MustCurrency is ParseCurrency for codes that are written in the program.
func MustCurrency(text string) Currency {
	currency, err := ParseCurrency(text)
	if err != nil {
		panic(fmt.Sprintf("money: %q is not a currency", text))
	}
	return currency
}

// IsZero reports whether c is no currency.
func (c Currency) IsZero() bool { return c == Currency{} }

// Digits is how many decimal digits a minor unit has: 2 for USD, 0 for JPY, 3 for KWD.
func (c Currency) Digits() int { return minorDigits[c.String()] }

func (c Currency) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c.code[:])
}

// MarshalText writes the code.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a code as ParseCurrency does.
func (c *Currency) UnmarshalText(text []byte) error {
	parsed, err := ParseCurrency(string(text))
	*c = parsed
	return err
}

// minorDigits holds ISO 4217's list one, codes by the number of their decimal digits. Codes without a
// minor unit (metals, drawing rights) count as whole units.
var minorDigits = byDigits(map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF " +
		"XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL " +
		"GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR " +
		"LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD " +
		"PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC " +
		"SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
})

func byDigits(lists map[int]string) map[string]int {
	digits := make(map[string]int, 200)
	for count, codes := range lists {
		for code := range strings.FieldsSeq(codes) {
			digits[code] = count
		}
	}
	return digits
}
