package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// asset is a file under /static/. Its name holds its content's hash, so that it may be kept for long.
type asset struct {
	name    string // hashed
	content []byte
}

type assets map[string]asset // by plain name

// newAssets are the embedded files, and the brand's colours.
func newAssets(brand Brand) assets {
	made := assets{}
	files, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, file := range files {
		content, err := staticFiles.ReadFile("static/" + file.Name())
		if err != nil {
			panic("web: " + err.Error())
		}
		made.add(file.Name(), bytes.ReplaceAll(content, []byte("ACCENT"), []byte(brand.Accent)))
	}
	made.add("brand.css", []byte(brand.css()))
	return made
}

func (a assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	base, kind, _ := strings.Cut(name, ".")
	a[name] = asset{base + "." + hex.EncodeToString(sum[:6]) + "." + kind, content}
}

// path is where a file is served.
func (a assets) path(name string) string { return "/static/" + a[name].name }

// isStatic reports whether a request is for a file of ours, which needs no session.
func (s *site) isStatic(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && s.assets.find(r.URL.Path) != nil
}

// find is the file that is served at a path, or nil.
func (a assets) find(at string) *asset {
	name, is := strings.CutPrefix(at, "/static/")
	if !is {
		return nil
	}
	for _, file := range a {
		if file.name == name {
			return &file
		}
	}
	return nil
}

func (s *site) static(w http.ResponseWriter, r *http.Request) {
	file := s.assets.find(r.URL.Path)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if path.Ext(file.name) == ".svg" {
		w.Header().Set("Content-Type", "image/svg+xml")
	}
	http.ServeContent(w, r, file.name, time.Time{}, bytes.NewReader(file.content))
}
