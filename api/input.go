package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"scrip/strict"
)

// maxBody bounds every body that is read, but for a few operations'.
const maxBody = 16 << 10

// inputError says what is wrong with a request, where, and what to do. It never holds a value that was sent, nor a
// name that is not ours: either may be a code.
type inputError struct {
	In     string `json:"in" enum:"body,query,path,header"`
	Field  string `json:"field,omitzero" says:"The field, parameter or header."`
	Line   int    `json:"line,omitzero" says:"In the body, or in the file that it holds."`
	Column int    `json:"column,omitzero"`
	Says   string `json:"says" says:"What to do."`
}

func (e *inputError) Error() string { return fmt.Sprintf("%s %s: %s", e.In, e.Field, e.Says) }

// place is where a field of an input stands.
type place struct {
	in, name string
	must     bool
	many     bool // a list of such values
	kind     kind
	value    reflect.Value // of the field; the zero Value where only the type is looked at
	says     string
}

// places are the fields of an input, those of embedded structs among them.
func places(of reflect.Type, value reflect.Value) (all []place) {
	for at := range of.NumField() {
		field := of.Field(at)
		var part reflect.Value
		if value.IsValid() {
			part = value.Field(at)
		}
		if field.Anonymous {
			all = append(all, places(field.Type, part)...)
			continue
		}
		known, there := kinds[field.Type]
		many := !there && field.Type.Kind() == reflect.Slice
		if many {
			known, there = kinds[field.Type.Elem()]
		}
		if !there || known.parse == nil {
			panic(fmt.Sprintf("api: %v.%s is of a type that cannot be read", of, field.Name))
		}
		for _, in := range []string{"path", "query", "json"} {
			if tag, tagged := field.Tag.Lookup(in); tagged {
				name, option, _ := strings.Cut(tag, ",")
				must := in == "path" || in == "json" && option != "omitzero" || option == "required"
				all = append(all, place{in, name, must, many, known, part, field.Tag.Get("says")})
			}
		}
	}
	return all
}

// schema is what the document says of a field.
func (p place) schema() schema {
	if p.many {
		return schema{"type": "array", "items": p.kind.schema}
	}
	return p.kind.schema
}

// read reads a request's input.
func read[In any](c *call) (in In, err error) {
	return in, readPlaces(c.w, c.Request, places(reflect.TypeFor[In](), reflect.ValueOf(&in).Elem()), cmp.Or(c.op.Most, maxBody))
}

func readPlaces(w http.ResponseWriter, r *http.Request, all []place, most int) error {
	if err := readPath(r, all); err != nil {
		return err
	}
	if err := readQuery(r, all); err != nil {
		return err
	}
	return readBody(w, r, all, most)
}

func (p place) set(text string) error {
	value, err := p.kind.parse(text)
	if err != nil {
		return &inputError{In: p.in, Field: p.name, Says: p.kind.remedy}
	}
	if p.many {
		p.value.Set(reflect.Append(p.value, reflect.ValueOf(value)))
		return nil
	}
	p.value.Set(reflect.ValueOf(value))
	return nil
}

func readPath(r *http.Request, all []place) error {
	for _, p := range all {
		if p.in == "path" {
			if err := p.set(r.PathValue(p.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func readQuery(r *http.Request, all []place) error {
	given, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &inputError{In: "query", Says: "write name=value, with & between and the rest escaped"}
	}
	known := 0
	for _, p := range all {
		if p.in != "query" {
			continue
		}
		values, there := given[p.name]
		if there {
			known++
		}
		switch {
		case len(values) > 1:
			return &inputError{In: "query", Field: p.name, Says: "keep one of those that stand here"}
		case there:
			if err := p.set(values[0]); err != nil {
				return err
			}
		case p.must:
			return &inputError{In: "query", Field: p.name, Says: "add it: " + p.kind.remedy}
		}
	}
	if known < len(given) {
		return &inputError{In: "query", Says: "take out what is no parameter here: there are " + namesIn("query", all)}
	}
	return nil
}

func namesIn(in string, all []place) string {
	var names []string
	for _, p := range all {
		if p.in == in {
			names = append(names, p.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strict.Enumerated(names, "and")
}

// readBody reads the fields of a body. Where there are none, it may be left out.
func readBody(w http.ResponseWriter, r *http.Request, all []place, most int) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(most)))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return errTooLarge
	}
	if err != nil {
		return &inputError{In: "body", Says: "send it whole"}
	}
	wanted := namesIn("json", all) != "none"
	if len(body) == 0 && !wanted {
		return nil
	}
	if r.Method == http.MethodGet {
		return &inputError{In: "body", Says: "a GET request has none"}
	}
	if kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" ||
		parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8") {
		return errNotJSON
	}
	_, err = strict.Whole(bytes.NewReader(body), most, "body: an object with "+namesIn("json", all), func(r *strict.Reader) (bool, error) {
		_, err := r.Record(fieldsOf(r, all)...)
		return true, err
	})
	return asInputError(err)
}

// fieldsOf are the fields of a body as they are read.
func fieldsOf(r *strict.Reader, all []place) (fields []strict.Field) {
	for _, p := range all {
		if p.in != "json" {
			continue
		}
		add := strict.Optional
		if p.must {
			add = strict.Required
		}
		one := func() error {
			text, err := p.literal(r)
			if err != nil || p.set(text) == nil {
				return err
			}
			return r.Mistake(r.At(), "", p.kind.remedy)
		}
		if !p.many {
			fields = append(fields, add(p.name, one))
			continue
		}
		fields = append(fields, add(p.name, func() error { return r.List("write a list", one) }))
	}
	return fields
}

// literal is a value of a body as it is written, its escapes resolved.
func (p place) literal(r *strict.Reader) (string, error) {
	switch p.kind.schema["type"] {
	case "integer":
		return r.Number(p.kind.remedy)
	case "boolean":
		truth, err := r.Truth()
		return strconv.FormatBool(truth), err
	}
	return r.Text(p.kind.remedy)
}

// asInputError takes of a mistake what may be told.
func asInputError(err error) error {
	mistake, is := errors.AsType[*strict.Mistake](err)
	if !is {
		return err
	}
	told := &inputError{In: "body", Field: mistake.Path, Line: mistake.Line, Column: mistake.Column, Says: mistake.Remedy}
	if mistake.Strange {
		told.Field = ""
	}
	return told
}
