package locale

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"scrip/money"
)

// Country is a country of ISO 3166 as an account begins there.
type Country struct {
	Code        string
	Currency    money.Currency
	DefaultZone string // the zone of most people, by its name in the tz database
	zones       []string
}

// countries reads the committed table once. A fault in it is our own.
var countries = sync.OnceValue(func() []Country {
	read, err := readCountries()
	if err != nil {
		panic(fmt.Sprintf("locale/cldr/countries.json: %v", err))
	}
	return read
})

func readCountries() ([]Country, error) {
	text, err := files.ReadFile("cldr/countries.json")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Code     string
		Currency money.Currency
		Zone     string
		Zones    []string
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
	}
	read := make([]Country, len(rows))
	for at, row := range rows {
		read[at] = Country{row.Code, row.Currency, row.Zone, row.Zones}
	}
	return read, nil
}

// Countries are the countries that have a currency and a zone, by code.
func Countries() []Country { return slices.Clone(countries()) }

// CountryOf is the country of a code such as "FR".
func CountryOf(code string) (Country, bool) {
	at, found := slices.BinarySearchFunc(countries(), code, func(country Country, code string) int {
		return strings.Compare(country.Code, code)
	})
	if !found {
		return Country{}, false
	}
	return countries()[at], true
}

// Zones are the names of all zones of a country, to choose from; none if it is no country.
func Zones(code string) []string {
	country, _ := CountryOf(code)
	return slices.Clone(country.zones)
}
