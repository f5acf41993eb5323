package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/client"
	"scrip/client/clienttest"
)

// schema is what of a JSON schema the API's document uses.
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 any               `json:"type"`
	Format               string            `json:"format"`
	Properties           map[string]schema `json:"properties"`
	Items                *schema           `json:"items"`
	AdditionalProperties any               `json:"additionalProperties"`
}

// document is the API's document, as the server gives it.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []struct{ Name, In string }
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		}
		Responses map[string]struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }
}

func readDocument(t *testing.T, url string) (d document) {
	t.Helper()
	response, err := http.Get(url + "/v1/openapi.json")
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	must(t, json.Unmarshal(text, &d))
	return d
}

// TestTheClientIsComplete: each operation of the document has a method of its name, that asks its address and gives all
// the fields of its answer, each of a type that can hold it; and there is no method that the document has not.
func TestTheClientIsComplete(t *testing.T) {
	w := clienttest.New(t)
	d := readDocument(t, w.URL)
	methods, named := reflect.TypeFor[*client.Client](), map[string]bool{}
	for path, item := range d.Paths {
		for _, o := range item {
			name := strings.ToUpper(o.OperationID[:1]) + o.OperationID[1:]
			named[name] = true
			method, there := methods.MethodByName(name)
			if !there {
				t.Errorf("there is no method %s", name)
				continue
			}
			answer := o.Responses["200"].Content["application/json"].Schema
			if created, is := o.Responses["201"]; is {
				answer = created.Content["application/json"].Schema
			}
			given := method.Type.Out(0)
			if given.Kind() == reflect.Func { // a list, of which each row or each page is given
				given = given.In(0).In(0)
				if given != reflect.TypeFor[client.EventPage]() {
					answer = *d.follow(answer).Properties["data"].Items
				}
			}
			for _, wrong := range d.differences(given, answer) {
				t.Errorf("%s of %s: %s", name, path, wrong)
			}
			for in := range method.Type.Ins() {
				body := o.RequestBody.Content["application/json"].Schema
				if in.Kind() == reflect.Struct && len(body.Properties) > 0 && in != reflect.TypeFor[client.Amount]() && in != reflect.TypeFor[time.Time]() {
					for field := range body.Properties {
						if !slices.Contains(fieldsOf(in), field) {
							t.Errorf("%s cannot say %s", name, field)
						}
					}
				}
			}
		}
	}
	for method := range methods.Methods() {
		if !named[method.Name] {
			t.Errorf("the document has nothing of %s", method.Name)
		}
	}
	if len(named) < 40 {
		t.Errorf("%d operations were found", len(named))
	}
}

func (d document) follow(s schema) schema {
	if s.Ref != "" {
		return d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

func fieldsOf(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// differences tells where a type does not hold what a schema describes.
func (d document) differences(of reflect.Type, s schema) (wrong []string) {
	s = d.follow(s)
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case of == reflect.TypeFor[json.RawMessage]():
	case of == reflect.TypeFor[time.Time]():
		if s.Format != "date-time" {
			wrong = append(wrong, "an instant for "+s.Format)
		}
	case of.Kind() == reflect.Struct:
		names := fieldsOf(of)
		for name, field := range s.Properties {
			at := slices.IndexFunc(reflect.VisibleFields(of), func(f reflect.StructField) bool {
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				return tag == name
			})
			if at < 0 {
				wrong = append(wrong, "no field for "+name)
				continue
			}
			for _, inner := range d.differences(of.Field(at).Type, field) {
				wrong = append(wrong, name+": "+inner)
			}
		}
		for _, name := range names {
			if _, there := s.Properties[name]; !there {
				wrong = append(wrong, "the document has no "+name)
			}
		}
	case of.Kind() == reflect.Slice && s.Items != nil:
		wrong = d.differences(of.Elem(), *s.Items)
	default:
		kinds := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
			reflect.Map: "object", reflect.Slice: "array"}
		if s.Type != kinds[of.Kind()] || s.Format == "date" && of != reflect.TypeFor[client.Date]() || s.Format == "date-time" {
			wrong = append(wrong, of.String()+" for another type")
		}
	}
	return wrong
}
