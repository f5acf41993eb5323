// Package scenariotest plays the scenarios of testdata/scenarios on a back end: on the rules alone, on
// the engine and its database, through the server. Whatever plays them must tell the same timeline, to
// the byte.
package scenariotest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scrip/history"
	"scrip/simulate"
)

// fewest is how many scenarios there are at least, so that a folder that was not found is no success.
const fewest = 47

// Play lives a scenario and gives what was told, an event each, and how the account stands in the end.
type Play func(t *testing.T, s simulate.Scenario) (timeline []json.RawMessage, end simulate.End)

// expectation is what a scenario's file expects.
type expectation struct {
	Expect struct {
		Timeline []json.RawMessage
		End      json.RawMessage
	}
}

// Run has every scenario played, and compares what was told with what its file expects.
func Run(t *testing.T, play Play) {
	t.Helper()
	files := Files(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			scenario, err := simulate.Read(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("Read: %v", err)
			}
			timeline, end := play(t, scenario)
			ending, err := json.Marshal(end)
			if err != nil {
				t.Fatal(err)
			}
			var want expectation
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			compare(t, "timeline", timeline, want.Expect.Timeline)
			compare(t, "end", []json.RawMessage{ending}, []json.RawMessage{want.Expect.End})
		})
	}
}

// Files are the scenarios' files.
func Files(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(moduleRoot(t), "testdata", "scenarios", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < fewest {
		t.Fatalf("%d scenarios in testdata/scenarios, want at least %d", len(files), fewest)
	}
	return files
}

// Lines are a timeline's events as they are told.
func Lines(t testing.TB, timeline []history.Event) []json.RawMessage {
	t.Helper()
	lines := make([]json.RawMessage, len(timeline))
	for i, event := range timeline {
		line, err := event.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = line
	}
	return lines
}

func compare(t *testing.T, what string, got, want []json.RawMessage) {
	t.Helper()
	if diff := cmp.Diff(compacted(t, want), compacted(t, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// compacted are JSON texts without their white space, so that they compare to the byte.
func compacted(t *testing.T, texts []json.RawMessage) []string {
	t.Helper()
	lines := make([]string, len(texts))
	for i, text := range texts {
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			t.Fatalf("%s is not JSON: %v", text, err)
		}
		lines[i] = line.String()
	}
	return lines
}

// moduleRoot is the folder above the test's own that holds go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("no go.mod above the test's folder")
		}
		folder = parent
	}
}
