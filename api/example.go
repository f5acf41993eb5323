package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// samples are what the page writes for a field of a body, in JSON. A code is never a well-formed one.
var samples = map[string]string{
	"account": `"ext:user-42"`, "amount": `2500`, "at": `"2026-01-31T12:00:00Z"`, "code": `"the code as it is printed"`,
	"country": `"US"`, "currency": `"USD"`, "days": `7`, "email": `"member@example.com"`,
	"event": `"evt_01890a5d-ac96-774b-bcce-b302099a8057_7_0"`, "external_id": `"user-42"`, "language": `"en"`, "name": `"A year in the life"`,
	"overlap_hours": `24`, "partial": `true`, "payer": `"self"`, "plan": `"standard"`, "reference": `"invoice 2026-0042"`,
	"retailer": `"cornerway"`, "serial": `"1234-5678-9012-3"`, "store": `"0042"`, "terminal": `"3"`, "transaction": `"10077"`,
	"day": `"2026-01-31"`, "file": `"H,cornerway,2026-01-31\nstore,till,receipt,time,type,card,amount\nT,0,0.00\n"`, "reason": `"their receipt shows 20.00"`, "replaces": `true`,
	"resolution": `"ours"`,
	"since":      `"2026-01-31T12:00:00Z"`, "test_clock": `"01890a5d-ac96-774b-bcce-b302099a8057"`, "time_zone": `"America/New_York"`,
	"to": `"2026-02-28T12:00:00Z"`, "token": `"pm_1"`, "types": `["balance.changed"]`, "url": `"https://hooks.example.com/scrip"`,
}

// bodyOf is an example of an operation's body, with what must be in it, and with all that can be where nothing must;
// empty where it has none.
func bodyOf(o operation) string {
	var all, must []string
	for _, p := range inputsOf(o) {
		if p.in != "json" {
			continue
		}
		line := `  "` + p.name + `": ` + samples[p.name]
		if all = append(all, line); p.must {
			must = append(must, line)
		}
	}
	if len(must) > 0 {
		all = must
	}
	if len(all) == 0 {
		return ""
	}
	return "{\n" + strings.Join(all, ",\n") + "\n}"
}

// answered is a field of what an operation answers.
type answered struct{ name, kind, says string }

// answerOf are the fields of an operation's answer; those of an object in it stand behind its name and a point.
func answerOf(o operation) []answered {
	d := drawing{schema{}, map[string]reflect.Type{}}
	return d.fields("", d.schema(o.out), 2)
}

// fields are an object's fields, and those of objects in it down to a depth.
func (d drawing) fields(prefix string, of schema, depth int) (all []answered) {
	properties, _ := d.drawnAs(of)["properties"].(schema)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		property, _ := properties[name].(schema)
		says, _ := property["description"].(string)
		kind := d.kindOf(property)
		all = append(all, answered{prefix + name, kind, says})
		if items, many := property["items"].(schema); many {
			property, name = items, name+"[]"
		}
		if depth > 1 {
			all = append(all, d.fields(prefix+name+".", property, depth-1)...)
		}
	}
	return all
}

// drawnAs is a schema, or the one that it refers to.
func (d drawing) drawnAs(of schema) schema {
	name, refers := of["$ref"].(string)
	if !refers {
		return of
	}
	named, _ := d.schemas[strings.TrimPrefix(name, "#/components/schemas/")].(schema)
	return named
}

// kindOf is a value's type in a word or two.
func (d drawing) kindOf(of schema) string {
	if items, many := of["items"].(schema); many {
		return "list of " + d.kindOf(items)
	}
	if words := of["enum"]; words != nil {
		text, err := json.Marshal(words)
		if err == nil {
			return strings.ReplaceAll(strings.Trim(string(text), "[]"), ",", " or ")
		}
	}
	kind, _ := d.drawnAs(of)["type"].(string)
	if format, has := of["format"].(string); has {
		return format
	}
	return kind
}
