package simulate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"scrip/simulate"
	"scrip/simulate/scenariotest"
)

func TestScenariosOnTheRules(t *testing.T) {
	scenariotest.Run(t, func(t *testing.T, s simulate.Scenario) ([]json.RawMessage, simulate.End) {
		result, err := simulate.Run(s)
		if err != nil {
			t.Fatal(err)
		}
		return scenariotest.Lines(t, result.Timeline), result.End
	})
}

// What the command prints, compacted, is what the file expects, compacted.
func TestScenariosThroughTheCommand(t *testing.T) {
	for _, file := range scenariotest.Files(t) {
		var stdout, stderr bytes.Buffer
		if exit := (simulate.Command{File: file, Stdout: &stdout, Stderr: &stderr}).Run(); exit != 0 {
			t.Errorf("%s: exit %d, %s", file, exit, stderr.String())
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want struct{ Expect json.RawMessage }
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if got, want := compact(t, stdout.Bytes()), compact(t, want.Expect); got != want {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
	}
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		t.Fatal(err)
	}
	return line.String()
}
