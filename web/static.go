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

func (s *site) static(w http.ResponseWriter, r *http.Request) {
	for _, file := range s.assets {
		if file.name != r.PathValue("file") {
			continue
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		if path.Ext(file.name) == ".svg" {
			w.Header().Set("Content-Type", "image/svg+xml")
		}
		http.ServeContent(w, r, file.name, time.Time{}, bytes.NewReader(file.content))
		return
	}
	http.NotFound(w, r)
}
