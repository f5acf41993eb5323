package locale

import (
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/money"
)

func TestCountries(t *testing.T) {
	all := Countries()
	if len(all) < 240 || !slices.IsSortedFunc(all, func(a, b Country) int { return strings.Compare(a.Code, b.Code) }) {
		t.Fatalf("Countries() = %d countries, want all in the order of their codes", len(all))
	}
	for _, country := range all {
		if country.Currency.IsZero() || !slices.Contains(Zones(country.Code), country.DefaultZone) {
			t.Errorf("%v lacks a currency or its own zone", country)
		}
		for _, zone := range Zones(country.Code) {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Errorf("%s: %v", country.Code, err)
			}
		}
		for _, each := range mustLoad(t).Languages() {
			if each.Country(country.Code) == country.Code {
				t.Errorf("%s has no name for %s", each, country.Code)
			}
		}
	}
}

func TestCountryOf(t *testing.T) {
	for _, test := range []struct{ code, currency, zone string }{
		{"AU", "AUD", "Australia/Sydney"},
		{"BG", "EUR", "Europe/Sofia"},
		{"BR", "BRL", "America/Sao_Paulo"},
		{"CA", "CAD", "America/Toronto"},
		{"CH", "CHF", "Europe/Zurich"},
		{"DE", "EUR", "Europe/Berlin"},
		{"FR", "EUR", "Europe/Paris"},
		{"GB", "GBP", "Europe/London"},
		{"HR", "EUR", "Europe/Zagreb"},
		{"IN", "INR", "Asia/Kolkata"},
		{"JP", "JPY", "Asia/Tokyo"},
		{"LS", "LSL", "Africa/Maseru"},
		{"MX", "MXN", "America/Mexico_City"},
		{"SE", "SEK", "Europe/Stockholm"},
		{"UA", "UAH", "Europe/Kyiv"},
		{"US", "USD", "America/New_York"},
	} {
		got, found := CountryOf(test.code)
		if !found || got.Currency != money.MustCurrency(test.currency) || got.DefaultZone != test.zone {
			t.Errorf("CountryOf(%q) = %v, want %v", test.code, got, test)
		}
	}
	for _, code := range []string{"", "fr", "QQ", "FRA"} {
		if got, found := CountryOf(code); found || Zones(code) != nil {
			t.Errorf("CountryOf(%q) = %v, want none", code, got)
		}
	}
	if got := len(Zones("US")); got < 20 {
		t.Errorf("Zones(US) = %d zones, want all", got)
	}
}

func TestCountryNamesInOrder(t *testing.T) {
	fr, _ := mustLoad(t).Language("fr")
	names := fr.Countries()
	if len(names) != 249 {
		t.Errorf("Countries() = %d names, want ISO 3166's 249", len(names))
	}
	at := func(code string) int {
		return slices.IndexFunc(names, func(name Named) bool { return name.Code == code })
	}
	if !(at("EE") < at("US") && at("US") < at("ET")) {
		t.Error("États-Unis does not stand between Estonie and Éthiopie")
	}
}
