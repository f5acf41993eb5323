package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"scrip/cardfile"
)

// rejects are the rows that are not taken in: in a file, or, where none is named, the first of them on the terminal.
type rejects struct {
	file  *os.File
	out   *bufio.Writer
	table *csv.Writer
	shown io.Writer
	left  int
}

// rejectsHeader is by which a file of rejects is known.
var rejectsHeader = []string{"line", "reason", "remedy"}

// newRejects writes over nothing but what an import has left: the same command, meant after a trial, has the same file.
func newRejects(path string, read *os.File, shown io.Writer) (*rejects, error) {
	if path == "" {
		return &rejects{shown: shown, left: shownRejects}, nil
	}
	reading, err := read.Stat()
	if there, missing := os.Stat(path); err == nil && missing == nil && os.SameFile(reading, there) {
		err = errors.New("--rejects names the file that is imported: name another")
	}
	if err == nil {
		err = replaceable(path)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(file)
	r := &rejects{file: file, out: out, table: csv.NewWriter(out)}
	return r, r.table.Write(rejectsHeader)
}

// replaceable fails where a file is neither missing nor empty nor one of rejects.
func replaceable(path string) error {
	about, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && (!about.Mode().IsRegular() || about.Size() == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	header, err := csv.NewReader(file).Read()
	if err != nil || !slices.Equal(header, rejectsHeader) {
		err = errors.New("--rejects names a file that holds something else: name another")
	}
	return errors.Join(err, file.Close())
}

func (r *rejects) write(mistakes []cardfile.Mistake) error {
	for _, mistake := range mistakes {
		switch {
		case r.file != nil:
			if err := r.table.Write([]string{strconv.Itoa(mistake.Line), mistake.Reason, mistake.Remedy}); err != nil {
				return err
			}
		case r.left > 0:
			r.left--
			more := ""
			if r.left == 0 {
				more = " (further ones are not shown: name a file with --rejects)"
			}
			if _, err := fmt.Fprintf(r.shown, "scrip: %v%s\n", &mistake, more); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	r.table.Flush()
	return errors.Join(r.table.Error(), r.out.Flush(), r.file.Close())
}
