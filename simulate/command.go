package simulate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Form is how a result is written.
type Form string

// The forms.
const (
	AsJSON  Form = "json"
	AsTable Form = "table"
)

// The exit statuses of a command.
const (
	exitDone     = 0
	exitFailed   = 1 // the result could not be written
	exitMistaken = 2 // the file cannot be read, or holds a mistake
)

// standardInput is the file name that stands for it.
const standardInput = "-"

// Command is `scrip simulate FILE`.
type Command struct {
	File           string // - for standard input
	Form           Form
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run reads the file, lives its scenario and writes what follows, and gives the exit status. A file
// with a mistake is told in one line on standard error, and nothing is written on standard output.
func (c Command) Run() int {
	scenario, err := c.read()
	if err != nil {
		return c.fail(exitMistaken, fmt.Errorf("%s: %w", printable(c.name()), err))
	}
	result, err := Run(scenario)
	if err != nil {
		return c.fail(exitFailed, fmt.Errorf("%s: %w", printable(c.name()), err))
	}
	if err := c.write(scenario, result); err != nil {
		return c.fail(exitFailed, fmt.Errorf("the result could not be written: %w", err))
	}
	return exitDone
}

func (c Command) name() string {
	if c.File == standardInput {
		return "standard input"
	}
	return c.File
}

func (c Command) read() (Scenario, error) {
	if c.File == standardInput {
		return Read(c.Stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return Scenario{}, unreadable(err)
	}
	defer file.Close()
	scenario, err := Read(file)
	return scenario, unreadable(err)
}

// unreadable says what to do where a file could not be read; the file's name stands before it.
func unreadable(err error) error {
	failure, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("the file cannot be read: %w; give the path of a scenario file that you may read, or - for standard input", failure.Err)
}

func (c Command) write(scenario Scenario, result Result) error {
	switch c.Form {
	case AsTable:
		return WriteTable(c.Stdout, scenario, result)
	case AsJSON:
	}
	return WriteJSON(c.Stdout, result)
}

// fail tells an error in one line. Where even standard error cannot be written, the status tells it.
func (c Command) fail(status int, err error) int {
	line := strings.Join(strings.Fields(err.Error()), " ")
	_, _ = fmt.Fprintln(c.Stderr, "scrip simulate: "+line)
	return status
}
