// Package lint tests that the API's document lints clean.
package lint

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// longest bounds what npm and the linter take together.
const longest = 5 * time.Minute

// TestTheDocumentLintsClean under all of spectral's rules for OpenAPI, of which none is switched off; and that it is
// looked at is seen by a document that lacks something. It needs Node.js and npm, which bring spectral at the version
// of package-lock.json.
func TestTheDocumentLintsClean(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	document := served(t, clienttest.New(t).URL+"/v1/openapi.json")
	if said, err := lint(t, ctx, document); err != nil {
		t.Errorf("spectral: %v\n%s", err, said)
	}
	if said, err := lint(t, ctx, strings.Replace(document, `"operationId": "checkCard",`, "", 1)); err == nil || !strings.Contains(said, "operation-operationId") {
		t.Errorf("spectral finds nothing wrong with a document that lacks an operationId: %v\n%s", err, said)
	}
}

func served(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %d, %v", address, response.StatusCode, err)
	}
	return string(text)
}

// lint lints a document, and fails on hints, too.
func lint(t *testing.T, ctx context.Context, document string) (said string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(ctx, "node", "node_modules/@stoplight/spectral-cli/dist/index.js", "lint", path, "--ruleset", "rules.yaml", "--fail-severity", "hint").CombinedOutput()
	return string(out), err
}
