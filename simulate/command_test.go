package simulate_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"scrip/simulate"
	"scrip/simulate/scenariotest"
)

func TestCommandReadsStandardInput(t *testing.T) {
	var stdout, stderr bytes.Buffer
	exit := simulate.Command{File: "-", Stdin: strings.NewReader(written(redeemed(1, 100), "2000-01-31")), Stdout: &stdout, Stderr: &stderr}.Run()
	want := `{"timeline": [
  {"on":"2000-01-01","event":"redeemed","card":"card 0","amount":100,"balance":100},
  {"on":"2000-01-01","event":"started","plan":"basic"},
  {"on":"2000-01-01","event":"charged","plan":"basic","period":["2000-01-01","2000-02-01"],"total":100,"tax":0,"prorated":false,"lines":[{"source":"card 0","amount":100}],"balance":0},
  {"on":"2000-01-25","event":"reminder","runs_out":"2000-02-01","balance":0}
], "end": {"status":"active","balance":0,"paid_until":"2000-02-01","runs_out":"2000-02-01"}}
`
	if exit != 0 || stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("exit %d\n got %s\nwant %s\nstandard error %q", exit, stdout.String(), want, stderr.String())
	}
}

func TestCommandOfAMistakeInStandardInput(t *testing.T) {
	var stdout, stderr bytes.Buffer
	exit := simulate.Command{File: "-", Stdin: strings.NewReader("{"), Stdout: &stdout, Stderr: &stderr}.Run()
	if exit != 2 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "scrip simulate: standard input: line 1, column 2: ") {
		t.Errorf("exit %d, %q, %q", exit, stdout.String(), stderr.String())
	}
}

// A file that cannot be read is told in one line, whatever its name holds.
func TestCommandOfAFileThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	for _, file := range []string{folder, filepath.Join(folder, "none.json"), filepath.Join(folder, "a\nb\x1b[31m.json"), ""} {
		var stdout, stderr bytes.Buffer
		exit := simulate.Command{File: file, Stdout: &stdout, Stderr: &stderr}.Run()
		line, rest, _ := strings.Cut(stderr.String(), "\n")
		if exit != 2 || stdout.Len() > 0 || rest != "" || !strings.Contains(line, "cannot be read") || strings.Contains(line, "\x1b") {
			t.Errorf("%q: exit %d, %q, %q", file, exit, stdout.String(), stderr.String())
		}
	}
}

// full is a disk on which nothing can be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestCommandOnAFullDisk(t *testing.T) {
	file := scenariotest.Files(t)[0]
	for _, form := range []simulate.Form{simulate.AsJSON, simulate.AsTable} {
		var stderr bytes.Buffer
		exit := simulate.Command{File: file, Form: form, Stdout: full{}, Stderr: &stderr}.Run()
		if want := "scrip simulate: the result could not be written: no space left\n"; exit != 1 || stderr.String() != want {
			t.Errorf("%s: exit %d, %q, want 1, %q", form, exit, stderr.String(), want)
		}
	}
	if exit := (simulate.Command{File: "none.json", Stdout: io.Discard, Stderr: full{}}).Run(); exit != 2 {
		t.Errorf("exit %d, want 2", exit)
	}
}
