// Package typescript tests the client for TypeScript: that its types are those of the document, that it compiles, and
// that it works against a server.
package typescript

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// longest bounds what npm, the compiler and the story take together.
const longest = 5 * time.Minute

// TestTheClient needs Node.js and npm, which bring the compiler at the version of package-lock.json.
func TestTheClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	w, built := clienttest.New(t), t.TempDir()
	run(t, ctx, nil, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")

	types := filepath.Join(built, "schema.d.ts")
	run(t, ctx, nil, "node", "node_modules/openapi-typescript/bin/cli.js", w.URL+"/v1/openapi.json", "-o", types)
	if read(t, types) != read(t, "schema.d.ts") {
		t.Error("schema.d.ts is not that of the document: start 'scrip demo', and run 'SCRIP=http://127.0.0.1:8080 npm run generate' in clients/typescript")
	}

	run(t, ctx, nil, "node", "node_modules/typescript/bin/tsc", "-p", ".", "--outDir", built)
	if err := os.WriteFile(filepath.Join(built, "package.json"), []byte(`{"type": "module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, []string{"SCRIP=" + w.URL, "SCRIP_KEY=" + w.Key, "SCRIP_CODE=" + w.Card("us-25").Code.Reveal()}, "node", filepath.Join(built, "story.js"))
	w.Verify()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run runs a program, and fails with what it printed.
func run(t *testing.T, ctx context.Context, environment []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), environment...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
