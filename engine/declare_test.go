package engine_test

import (
	"errors"
	"strings"
	"testing"

	"scrip/access"
	"scrip/calendar"
	"scrip/engine"
	"scrip/engine/enginetest"
)

func (s *shop) inForce() engine.Declared {
	s.T.Helper()
	declared, err := s.Engine.Catalog(s.T.Context(), operator)
	must(s.T, err)
	return declared
}

// TestWhatACatalogueWouldChange is told before it is put in force, and why it cannot be.
func TestWhatACatalogueWouldChange(t *testing.T) {
	s := newShop(t)
	later := strings.Replace(sold(price799+`, {"currency": "USD", "amount": 899, "from": "2026-02-02"}`, noTax, ""), `{"catalog"`, `{"policy": {"reminder_days": 9}, "catalog"`, 1)
	changes, err := s.Engine.Compare(s.inForce(), later, s.parse)
	if err != nil || len(changes) != 2 || changes[0].What != "price of basic in USD from 2026-02-02" || changes[1].What != "policy reminder_days" ||
		changes[1].Before != "7" || changes[1].After != "9" {
		t.Errorf("Compare = %+v, %v", changes, err)
	}
	changes, err = s.Engine.Compare(s.inForce(), sold(strings.Replace(price799, "799", "899", 1), noTax, ""), s.parse)
	if !errors.Is(err, engine.ErrCatalogPast) || len(changes) != 1 || changes[0].Before != "7.99 USD" || changes[0].After != "8.99 USD" {
		t.Errorf("Compare with another past = %+v, %v", changes, err)
	}
	if changes, err := s.Engine.Compare(engine.Declared{}, later, s.parse); err != nil || len(changes) < 8 {
		t.Errorf("Compare with none = %+v, %v", changes, err)
	}
	if _, err := s.Engine.Compare(s.inForce(), "{", s.parse); err == nil {
		t.Error("half a file was compared")
	}
	if _, err := s.Engine.Catalog(t.Context(), access.Visitor("")); !errors.Is(err, access.ErrDenied) {
		t.Errorf("Catalog for a visitor: %v", err)
	}
}

// TestOneOfTwoEditorsIsTold: who has compared with one version does not replace another.
func TestOneOfTwoEditorsIsTold(t *testing.T) {
	s := newShop(t)
	first := s.inForce()
	mine, theirs := sold(price799, noTax, premium(`{"currency": "USD", "amount": 999, "from": "2026-03-01"}`)), sold(price799, noTax, premium(price799))
	version, err := s.Engine.Replace(t.Context(), operator, first.Version, theirs, s.parse)
	if err != nil || version != first.Version+1 || s.inForce().Body != theirs {
		t.Fatalf("Replace = %d, %v", version, err)
	}
	if _, err := s.Engine.Replace(t.Context(), operator, first.Version, mine, s.parse); !errors.Is(err, engine.ErrCatalogChanged) || s.inForce().Body != theirs {
		t.Errorf("Replace of what is replaced = %v, want %v", err, engine.ErrCatalogChanged)
	}
	if _, err := s.Engine.Replace(t.Context(), member("m"), version, theirs, s.parse); !errors.Is(err, access.ErrDenied) {
		t.Errorf("Replace by a member: %v", err)
	}
}

func premium(prices string) string {
	return `, {"id": "premium", "prices": [` + prices + `]}`
}

// TestAFileLeftBehindStaysReplaced: a server that starts with the text of an older version goes on by the newer,
// which others decide by already; one that never was in force is put in force.
func TestAFileLeftBehindStaysReplaced(t *testing.T) {
	s := newShop(t)
	old, newer, newest := sold(price799, noTax, ""), sold(price799, noTax, premium(price799)), sold(price799, noTax, premium(price799)+` `)
	must(t, s.apply(old))
	must(t, s.apply(newer))
	for _, test := range []struct {
		body    string
		adopted bool
		inForce string
	}{{old, false, newer}, {newer, true, newer}, {newest, true, newest}, {newer, false, newest}} {
		server := enginetest.Another(s.World)
		adopted, err := server.Adopt(t.Context(), operator, test.body, s.parse)
		if err != nil || adopted != test.adopted || s.inForce().Body != test.inForce {
			t.Errorf("Adopt(%.40s) = %t, %v, want %t", test.body, adopted, err, test.adopted)
		}
		if _, err := server.Terms().Catalog.Price("premium", usd, calendar.Must("2026-03-01")); err != nil {
			t.Errorf("the server goes by an older one: %v", err)
		}
	}
}
