package api

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/engine"
)

// TestTheDocumentsTablesAreTheCodes: docs/api.md says of each operation who may do it, and of each problem what it is.
func TestTheDocumentsTablesAreTheCodes(t *testing.T) {
	written, err := os.ReadFile("../docs/api.md")
	must(t, err)
	for _, table := range []string{scopeTable(), problemTable()} {
		if !strings.Contains(string(written), table) {
			t.Errorf("docs/api.md must have this table:\n%s", table)
		}
	}
}

func TestEveryRefusalIsTold(t *testing.T) {
	for reason, refusal := range engine.Refusals() {
		if p, told := problems[reason]; !told || reasonOf(fmt.Errorf("wrapped: %w", refusal)) != reason || p.Status < 400 || p.Status > 499 {
			t.Errorf("%s is told as %s, %+v", reason, reasonOf(refusal), p)
		}
	}
	for _, known := range reasons {
		if _, told := problems[known.reason]; !told {
			t.Errorf("%s is no problem of the table", known.reason)
		}
	}
	if got := reasonOf(fs.ErrInvalid); got != ourFault {
		t.Errorf("an unknown error is told as %s", got)
	}
	if got := reasonOf(&engine.TooManyTries{Until: time.Now()}); got != "too_many_tries" {
		t.Errorf("too many tries are told as %s", got)
	}
}

// notMet are exported errors that no request can meet: those of the pages' sign-in, of staff, of operators alone, and of what
// is read at the door, where inputError tells them.
var notMet = []string{"ErrWrongDigits", "ErrSignInExpired", "ErrSignedOut", "ErrSandbox", "ErrReal", "ErrCatalogPast", "ErrCatalogChanged", "ErrNoCatalog", "ErrUnknownProduct", "ErrCount", "ErrBatchTaken", "ErrBatchWhole", "ErrNothingToActivate", "ErrKeyName", "ErrKeyRetailer", "ErrGrant", "ErrEmail",
	"ErrNoCheckout", "ErrNoOrder", "ErrDuty", "ErrPerson", "ErrEnrolment", "ErrNoStaff", "ErrNoPasskey"}

func TestEveryErrorIsTold(t *testing.T) {
	source, err := os.ReadFile("problem.go")
	must(t, err)
	told := string(source)
	for _, name := range []string{"engine", "access", "feed", "webhook"} {
		for _, found := range exportedErrors(t, "../"+name) {
			refusal := slices.Contains([]string{"ErrAddressTaken", "ErrExternalIDTaken", "ErrNoRetailer"}, found) // engine.Refusals has them
			if !refusal && !slices.Contains(notMet, found) && !strings.Contains(told, name+"."+found) {
				t.Errorf("problem.go does not tell %s.%s", name, found)
			}
		}
	}
}

func exportedErrors(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	must(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		must(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, is := node.(*ast.ValueSpec); is {
				for _, name := range spec.Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatalf("no errors were found in %s", folder)
	}
	return names
}

// scopeTable is who may do what, as docs/api.md has it.
func scopeTable() string {
	var table strings.Builder
	table.WriteString("| operation | request | read | redeem | manage | retail | admin |\n|---|---|---|---|---|---|---|\n")
	for _, o := range operations() {
		fmt.Fprintf(&table, "| %s | `%s %s` |", o.ID, o.Method, o.Path)
		scopes := scopesOf(o.Scope)
		for _, grant := range access.Grants {
			if slices.Contains(scopes, string(grant)) {
				table.WriteString(" yes |")
			} else {
				table.WriteString(" – |")
			}
		}
		table.WriteString("\n")
	}
	return table.String()
}

// problemTable is all problems, as docs/api.md has them.
func problemTable() string {
	var table strings.Builder
	table.WriteString("| type | status | title | what to do |\n|---|---|---|---|\n")
	for _, name := range problemNames() {
		p := problems[name]
		fmt.Fprintf(&table, "| `%s%s` | %d | %s | %s |\n", problemPath, name, p.Status, p.Title, p.Detail)
	}
	return table.String()
}

// TestTheExamplesAreRight: what the page shows as a body can be sent, but for a code, which no page has.
func TestTheExamplesAreRight(t *testing.T) {
	for _, o := range operations() {
		for _, p := range inputsOf(o) {
			if p.in != "json" || p.name == "code" {
				continue
			}
			var value any
			if err := json.Unmarshal([]byte(samples[p.name]), &value); err != nil {
				t.Errorf("%s: the page has no example of %s: %v", o.ID, p.name, err)
				continue
			}
			if list, many := value.([]any); many {
				value = list[0]
			}
			if _, err := p.kind.parse(fmt.Sprint(value)); err != nil {
				t.Errorf("%s: the example of %s does not read: %v", o.ID, p.name, err)
			}
		}
	}
}
