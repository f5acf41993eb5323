package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scrip/access"
	"scrip/feed"
)

const about = `Gift cards, prepaid balances and memberships of a subscription service.

Amounts are whole minor units with their currency, times are RFC 3339, dates ISO 8601. Every change takes an
Idempotency-Key, but for those of tills, which a shop's own transaction has happen once. Whatever is refused is a problem (RFC 9457) of a type that does not change.`

// documentOf is the OpenAPI document of operations.
func documentOf(table []operation) ([]byte, error) {
	d := drawing{schema{}, map[string]reflect.Type{}}
	paths := schema{}
	for _, o := range table {
		item, there := paths[o.Path].(schema)
		if !there {
			item = schema{}
			paths[o.Path] = item
		}
		item[strings.ToLower(o.Method)] = d.operation(o)
	}
	problemSchema := d.schema(reflect.TypeFor[told]())
	return json.MarshalIndent(schema{
		"openapi": "3.1.0",
		"info": schema{"title": "Scrip", "version": "1", "description": about,
			"contact": schema{"name": "Whoever runs this server"}, "license": schema{"name": "See the repository"}},
		"servers":  []schema{{"url": "/"}},
		"security": []schema{{"key": []string{}}},
		"tags":     tagsOf(table),
		"paths":    paths,
		"components": schema{
			"securitySchemes": schema{"key": schema{"type": "http", "scheme": "bearer", "description": "An API key, made by scrip keys api new."}},
			"schemas":         d.schemas,
			"responses": schema{"Problem": schema{"description": "Refused, or wrong.", "headers": headers("Request-Id"),
				"content": schema{"application/problem+json": schema{"schema": problemSchema}}}},
		},
	}, "", " ")
}

func tagsOf(table []operation) (tags []schema) {
	for _, o := range table {
		if tag := (schema{"name": o.Tag, "description": tagSays[o.Tag]}); !slices.ContainsFunc(tags, func(s schema) bool { return s["name"] == o.Tag }) {
			tags = append(tags, tag)
		}
	}
	return tags
}

var tagSays = map[string]string{
	"cards":       "Gift cards and their batches.",
	"accounts":    "Accounts, what they hold and what they were charged.",
	"memberships": "Who subscribes to what, and who pays.",
	"charges":     "What your own biller charges to a balance, and why a charge was what it was.",
	"test clocks": "In a sandbox: the time of the accounts that are bound to them.",
	"tills":       "Cards sold in shops, and taken back.",
	"settlements": "What retailers owe, by their files of a day and by their tills.",
	"catalogue":   "What is sold.",
	"events":      "What has happened, as a list.",
	"endpoints":   "Where events are delivered, by webhooks.",
	"audit":       "Who changed what.",
}

// drawing draws schemas of types, each once, under a name that no other has.
type drawing struct {
	schemas schema
	drawn   map[string]reflect.Type
}

func (d drawing) operation(o operation) schema {
	drawn := schema{"operationId": o.ID, "summary": firstSentence(o.Says), "description": o.Says + "\n\nScopes: " + strings.Join(scopesOf(o.Scope), ", ") + ".",
		"tags": []string{o.Tag}, "responses": d.responses(o)}
	parameters, body, must := []schema{}, schema{}, []string{}
	for _, p := range places(o.in, reflect.Value{}) {
		if p.in != "json" {
			parameters = append(parameters, schema{"name": p.name, "in": p.in, "required": p.must, "schema": p.schema(), "description": orRemedy(p)})
			continue
		}
		body[p.name] = described(p.schema(), p.says)
		if p.must {
			must = append(must, p.name)
		}
	}
	if parameters = append(parameters, headerParameters(o)...); len(parameters) > 0 {
		drawn["parameters"] = parameters
	}
	if len(body) > 0 {
		object := schema{"type": "object", "properties": body, "additionalProperties": false}
		if len(must) > 0 {
			object["required"] = must
		}
		drawn["requestBody"] = schema{"required": true, "content": schema{"application/json": schema{"schema": object}}}
	}
	return drawn
}

func orRemedy(p place) string {
	if p.says != "" {
		return p.says
	}
	return strings.ToUpper(p.kind.remedy[:1]) + p.kind.remedy[1:] + "."
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}

// headerParameters are the headers that an operation reads.
func headerParameters(o operation) (all []schema) {
	if o.Change {
		all = append(all, schema{"name": "Idempotency-Key", "in": "header", "required": true, "schema": schema{"type": "string", "pattern": "^[!-~]{1,64}$"},
			"description": "A new random text for each change; the same one repeats it, and gives the same answer for good."})
	}
	if o.Guard {
		all = append(all, schema{"name": "If-Match", "in": "header", "schema": schema{"type": "string"},
			"description": "The ETag of the account as it was read: the change is refused where the account has changed since."})
	}
	if o.Cached {
		all = append(all, schema{"name": "If-None-Match", "in": "header", "schema": schema{"type": "string"},
			"description": "The ETag of the answer that the caller has: where it still holds, 304 says so."})
	}
	return all
}

// statuses are those of problems that every operation may have; those that change something have more.
var (
	statuses       = []int{400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503}
	changeStatuses = []int{402, 412, 422}
)

func (d drawing) responses(o operation) schema {
	names := []string{"Request-Id", "RateLimit-Limit", "RateLimit-Remaining", resetHeader}
	if o.Change || o.Sale {
		names = append(names, "Idempotency-Replayed")
	}
	success := schema{"description": "Done.", "headers": headers(names...), "content": schema{"application/json": schema{"schema": d.schema(o.out)}}}
	all := schema{strconv.Itoa(o.Status): success}
	if o.Later {
		later := maps.Clone(success)
		later["description"] = "Not done yet, as a payment method is being asked, or a clock is on its way: ask again with the same key and body."
		all["202"] = later
	}
	if o.Cached {
		all["304"] = schema{"description": "The same as the caller has, by If-None-Match."}
	}
	for _, status := range statuses {
		all[strconv.Itoa(status)] = schema{"$ref": "#/components/responses/Problem"}
	}
	if o.Change || o.Sale {
		for _, status := range changeStatuses {
			all[strconv.Itoa(status)] = schema{"$ref": "#/components/responses/Problem"}
		}
	}
	return all
}

func headers(names ...string) schema {
	all := schema{}
	for _, name := range names {
		all[name] = schema{"schema": schema{"type": "string"}}
	}
	return all
}

func described(s schema, says string) schema {
	if says == "" {
		return s
	}
	s = maps.Clone(s)
	s["description"] = says
	return s
}

// schema draws a type.
func (d drawing) schema(of reflect.Type) schema {
	if known, there := kinds[of]; there {
		return known.schema
	}
	switch of.Kind() {
	case reflect.Pointer:
		return d.schema(of.Elem())
	case reflect.Slice:
		return schema{"type": "array", "items": d.schema(of.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": d.schema(of.Elem())}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Struct:
		return d.object(of)
	}
	panic(fmt.Sprintf("api: %v cannot be drawn", of))
}

// object draws a struct once, under its name.
func (d drawing) object(of reflect.Type) schema {
	name := schemaName(of)
	if other, drawn := d.drawn[name]; drawn && other != of {
		panic(fmt.Sprintf("api: %v and %v are both called %s", of, other, name))
	} else if !drawn {
		d.drawn[name] = of
		properties, must := schema{}, []string{}
		object := schema{"type": "object", "properties": properties, "additionalProperties": false}
		d.schemas[name] = object
		for _, field := range reflect.VisibleFields(of) {
			if field.Anonymous || !field.IsExported() {
				continue
			}
			tag, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			property := d.schema(field.Type)
			if words := field.Tag.Get("enum"); words != "" {
				property = schema{"type": "string", "enum": strings.Split(words, ",")}
			}
			properties[tag] = described(property, field.Tag.Get("says"))
			if option == "" {
				must = append(must, tag)
			}
		}
		object["required"] = must
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

var listName = regexp.MustCompile(`^list\[(?:.*\.)?(\w+)\]$`)

// schemaNames are the names of types that are called otherwise in the code.
var schemaNames = map[reflect.Type]string{reflect.TypeFor[told](): "problem", reflect.TypeFor[feed.Data](): "eventData", reflect.TypeFor[feed.Line](): "eventLine"}

func schemaName(of reflect.Type) string {
	name := of.Name()
	if other, named := schemaNames[of]; named {
		name = other
	}
	if item := listName.FindStringSubmatch(name); item != nil {
		name = item[1] + "List"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// scopesOf are the scopes of keys that may do what a scope of access names.
func scopesOf(scope access.Scope) (names []string) {
	for _, grant := range access.Grants {
		if access.KeyHolder("", []access.Grant{grant}, "", "").May(scope, "") == nil {
			names = append(names, string(grant))
		}
	}
	return names
}

// openAPI serves the document.
func (s *site) openAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	s.write(w, r, s.document)
}
