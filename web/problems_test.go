package web

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/engine"
	"scrip/giftcode"
	"scrip/locale"
	"scrip/timeline"
)

// notAsked are refusals of what no page asks: charges against the balance alone are for the service's own biller.
var notAsked = []string{"too_many_authorizations", "insufficient_balance", "unknown_authorization", "already_captured",
	"already_released", "authorization_expired", "amount_too_large"}

func TestEveryRefusalIsTold(t *testing.T) {
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for reason, refusal := range timeline.Refusals() {
		if slices.Contains(notAsked, reason) {
			continue
		}
		if got := problemOf(fmt.Errorf("wrapped: %w", refusal)); got.Reason != reason || got.Status < 400 || got.Status > 499 {
			t.Errorf("problemOf(%v) = %+v, want %s", refusal, got, reason)
		}
	}
	for reason, told := range problems {
		for _, part := range []string{"title", "why", "do"} {
			if key := "problem." + reason + "." + part; !bundle.English().Has(key) {
				t.Errorf("no message %s", key)
			}
		}
		if !ownPath(told.Next) || !bundle.English().Has(told.NextLabel) {
			t.Errorf("%s leads to %q, %q", reason, told.Next, told.NextLabel)
		}
	}
	for _, reason := range helped {
		if _, known := problems[reason]; !known {
			t.Errorf("the help page explains %s, which is no problem", reason)
		}
	}
}

// notMet are exported errors of these packages that no page can meet: those of keys, of serial numbers,
// of what operators alone do, of shops' files and payments, of charges against the balance alone, and of webhooks. Whose
// session has ended is led to the sign-in page.
var notMet = []string{"ErrCatalogPast", "ErrCatalogChanged", "ErrNoCatalog", "ErrUnknownProduct", "ErrCount", "ErrBatchTaken", "ErrBatchWhole", "ErrNoRetailer", "ErrNoTills", "ErrTransactionReused", "ErrTransactionID", "ErrNothingToActivate", "ErrKeyUnknown", "ErrKeyName", "ErrKeyRetailer", "ErrGrant", "ErrDuty", "ErrPerson", "ErrNoStaff", "ErrExternalIDTaken", "ErrNobody", "ErrZone",
	"ErrChanged", "ErrNoBatch", "ErrKeyID", "ErrFormat", "ErrUsedElsewhere", "ErrOtherCard", "ErrKeySecret", "ErrManyKeys", "ErrKeyRepeated", "ErrNoKey",
	"ErrAmount", "ErrReference", "ErrDays", "ErrNoAuthorization", "ErrNoCharge", "ErrPastDate", "ErrSandbox", "ErrReal", "ErrNoSandbox", "ErrNoClock", "ErrClockMoves", "ErrClockBack", "ErrNoEndpoint", "ErrManyEndpoints", "ErrNoEvent",
	"ErrNotSettled", "ErrNoBreak", "ErrNameless", "ErrPaymentReused", "ErrPayment", "ErrHoldsCode", "ErrNoFiles", "ErrDayNotOver", "ErrOtherFile", "ErrBreaksResolved", "ErrSignedOut"}

func TestEveryErrorIsTold(t *testing.T) {
	source, err := os.ReadFile("problems.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"engine", "access", "giftcode"} {
		for _, found := range exportedErrors(t, "../"+name) {
			if !slices.Contains(notMet, found) && !strings.Contains(string(source), name+"."+found) {
				t.Errorf("problems.go does not tell %s.%s", name, found)
			}
		}
	}
	for _, err := range []error{&engine.TooManyTries{Until: time.Now()}, &giftcode.CharacterError{}, &giftcode.LengthError{}} {
		if problemOf(err).Reason == ourFault {
			t.Errorf("%T is told as our fault", err)
		}
	}
	if got := problemOf(fs.ErrInvalid); got.Status != 500 {
		t.Errorf("an unknown error has the status %d, want 500", got.Status)
	}
}

func exportedErrors(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range tree.Decls {
			general, is := declared.(*ast.GenDecl)
			if !is || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// pageKeys are the sections of the message files that belong to the pages.
var pageKeys = regexp.MustCompile(`^(account|action|billing|cancel|cards|charge|demo|help|landing|open|page|payment|pending|plan|problem|redeem|sign_in|source|staff|start)\.[a-z_.0-9]+$`)

// made are keys that the program puts together, or that its configuration names.
var made = regexp.MustCompile(`^(problem\.[a-z_]+\.(title|why|do)|payment\.method\.[a-z_0-9]+|demo\.card\.[a-z_]+|staff\.(confirm|deed|did|duty|payer|state|told)\.[a-z_.]+)$`)

func TestEveryMessageExistsAndIsUsed(t *testing.T) {
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") || !strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, ".templ") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`"([a-z_]+\.[a-z_.0-9]+)"`).FindAllStringSubmatch(string(text), -1) {
			if key := found[1]; pageKeys.MatchString(key) {
				used[key] = true
				for _, language := range bundle.Languages() {
					if !language.Has(key) {
						t.Errorf("%s: %s has no message %s", file, language, key)
					}
				}
			}
		}
	}
	for _, key := range bundle.Keys() {
		if pageKeys.MatchString(key) && !made.MatchString(key) && !used[key] {
			t.Errorf("no page shows the message %s", key)
		}
	}
}
