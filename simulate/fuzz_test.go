package simulate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"scrip/simulate"
	"scrip/simulate/scenariotest"
	"scrip/strict"
)

// longestRun bounds how long a small scenario takes, on a machine that has other things to do.
const longestRun = 10 * time.Second

// FuzzRead: a file is refused in one line, or it is JSON, runs, and says the same once it was written
// anew, its fields in another order.
func FuzzRead(f *testing.F) {
	for _, file := range scenariotest.Files(f) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(withoutExpect(f, data))
	}
	f.Add([]byte(valid))
	for _, c := range malformed {
		f.Add([]byte(strings.Replace(valid, c.old, c.new, 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := simulate.Read(bytes.NewReader(data))
		if err != nil {
			mistake, ok := errors.AsType[*strict.Mistake](err)
			if !ok {
				t.Fatalf("Read = %v, want a mistake", err)
			}
			checkMistake(t, mistake)
			return
		}
		if !json.Valid(data) {
			t.Fatalf("Read took what is not JSON: %q", data)
		}
		again, err := simulate.Read(bytes.NewReader(writtenAnew(t, data)))
		if err != nil {
			t.Fatalf("Read of %q, written anew: %v", data, err)
		}
		if !reflect.DeepEqual(s, again) {
			t.Fatalf("Read of %q = %+v, and written anew %+v", data, s, again)
		}
		checkRun(t, s)
	})
}

// checkRun wants a scenario to run in bounded time, and its result to be JSON and a table.
func checkRun(t *testing.T, s simulate.Scenario) {
	t.Helper()
	begun := time.Now()
	result, err := simulate.Run(s)
	if err != nil {
		t.Fatalf("Run = %v", err)
	}
	if took := time.Since(begun); took > longestRun {
		t.Fatalf("Run took %s", took)
	}
	var text, table bytes.Buffer
	if err := simulate.WriteJSON(&text, result); err != nil || !json.Valid(text.Bytes()) {
		t.Fatalf("WriteJSON: %v, %q", err, text.String())
	}
	result.Timeline = result.Timeline[:min(len(result.Timeline), 100)]
	if err := simulate.WriteTable(&table, s, result); err != nil || strings.ContainsAny(table.String(), "\x1b\a\r\t") {
		t.Fatalf("WriteTable: %v, %q", err, table.String())
	}
}

// writtenAnew is a JSON text with each object's fields in alphabetical order, and other white space and
// escapes.
func writtenAnew(t testing.TB, data []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withoutExpect leaves a scenario's larger half out, which is ignored, so that a fuzzer spends its time
// on the other.
func withoutExpect(t testing.TB, data []byte) []byte {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "expect")
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
