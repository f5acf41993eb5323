// Package tidy checks what the compiler doesn't: the import map, and what must not stand in the rules.
// To change the layout, change the map here first.
package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rules are the packages of values in and values out, each above all that it may be imported by.
var rules = []string{"access", "money", "calendar", "giftcode", "ledger", "prepaid", "catalog", "membership",
	"giftcard", "retail", "settlement", "purchase", "history", "feed", "billing", "forecast", "notice", "timeline", "audit"}

// pure is what the rules may take from the standard library: nothing of it reads a clock, the world or
// a random source, but for time, of which forbidden names are below.
var pure = []string{"cmp", "encoding/json", "errors", "fmt", "iter", "maps", "math", "math/bits", "slices",
	"strconv", "strings", "time", "unicode"}

// purePlus is what single rule packages may take besides, and why.
var purePlus = map[string][]string{
	"access":     {"net/mail"},        // reads an e-mail address
	"feed":       {"encoding/base64"}, // of a cursor
	"purchase":   {"unicode/utf8"},    // a text's length in characters
	"settlement": {"unicode/utf8"},    // whether a file is UTF-8
	"giftcode": {
		"crypto/hmac", "crypto/sha256", "encoding/base64", "encoding/binary", "unique", // digests of values
		"io",       // the random source is handed in as an io.Reader
		"log/slog", // LogValue, so that a code cannot be logged
	},
}

// impure are names of pure packages that are not: they read a clock, wait, or write and read a stream.
var impure = map[string][]string{
	"time": {"Now", "Since", "Until", "Local", "LoadLocation", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"fmt":  {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"slog": {"Debug", "Info", "Warn", "Error", "Log", "Default", "New"},
}

type source struct {
	folder, path string
	file         *ast.File
	positions    *token.FileSet
}

// sources are the project's files, without tests.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && (name[0] == '.' || name[0] == '_' || name == "testdata" || name == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel("..", filepath.Dir(path))
		all = append(all, source{filepath.ToSlash(folder), path, file, positions})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheRulesImportOnlyWhatStandsAboveThem(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		place := slices.Index(rules, s.folder)
		if place < 0 {
			continue
		}
		seen[s.folder] = true
		for _, spec := range s.file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			name, ours := strings.CutPrefix(path, "scrip/")
			switch {
			case ours && !slices.Contains(rules[:place], name):
				t.Errorf("%s: %s stands above %s, and may not import it", s.path, s.folder, name)
			case !ours && !slices.Contains(pure, path) && !slices.Contains(purePlus[s.folder], path):
				t.Errorf("%s: a rule may not import %q", s.path, path)
			}
		}
	}
	for _, name := range rules {
		if !seen[name] {
			t.Errorf("the map names %s, which is no package", name)
		}
	}
}

func TestTheRulesArePure(t *testing.T) {
	for _, s := range sources(t) {
		if !slices.Contains(rules, s.folder) {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if why := impurity(node); why != "" {
				t.Errorf("%v: a rule holds %s", s.positions.Position(node.Pos()), why)
			}
			return true
		})
	}
}

// impurity tells what a node of a rule may not be.
func impurity(node ast.Node) string {
	switch node := node.(type) {
	case *ast.GoStmt:
		return "a goroutine"
	case *ast.ChanType, *ast.SelectStmt:
		return "a channel"
	case *ast.BasicLit:
		if node.Kind == token.FLOAT || node.Kind == token.IMAG {
			return "the floating-point number " + node.Value
		}
	case *ast.Ident:
		if slices.Contains([]string{"float32", "float64", "complex64", "complex128"}, node.Name) {
			return node.Name
		}
	case *ast.SelectorExpr:
		if from, plain := node.X.(*ast.Ident); plain && slices.Contains(impure[from.Name], node.Sel.Name) {
			return from.Name + "." + node.Sel.Name
		}
	case *ast.FuncDecl:
		if node.Recv == nil && node.Name.Name == "init" {
			return "an init"
		}
	}
	return ""
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]int{}
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		said[s.folder] += 0
		if strings.TrimSpace(s.file.Doc.Text()) != "" {
			said[s.folder]++
		}
	}
	for folder, comments := range said {
		if comments != 1 {
			t.Errorf("package %s has %d package comments, want one", folder, comments)
		}
	}
}

func TestEveryErrorIsDocumented(t *testing.T) {
	for _, s := range sources(t) {
		for _, declaration := range s.file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				for _, name := range value.Names {
					if strings.HasPrefix(name.Name, "Err") && value.Doc.Text() == "" && group.Doc.Text() == "" {
						t.Errorf("%v: %s is not documented", s.positions.Position(name.Pos()), name.Name)
					}
				}
			}
		}
	}
}
