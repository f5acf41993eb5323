package store

import (
	"fmt"
	"reflect"
	"sync"
)

// columns turns rows into the parameters of a statement on many rows: each of its fields is a column, and
// takes what the rows' fields of the same name have. Where those are pointers, 0 stands for none.
func columns[P, R any](rows []R) P {
	var params P
	into := reflect.ValueOf(&params).Elem()
	from := reflect.ValueOf(rows)
	for at, field := range plan(into.Type(), from.Type().Elem()) {
		column := into.Field(at)
		column.Set(reflect.MakeSlice(column.Type(), len(rows), len(rows)))
		switch slice := column.Addr().Interface().(type) {
		case *[]string:
			for i := range *slice {
				(*slice)[i] = from.Index(i).Field(field).String()
			}
		case *[]int64:
			for i := range *slice {
				(*slice)[i] = number(from.Index(i).Field(field))
			}
		case *[]bool:
			for i := range *slice {
				(*slice)[i] = from.Index(i).Field(field).Bool()
			}
		}
	}
	return params
}

func number(value reflect.Value) int64 {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return 0
		}
		value = value.Elem()
	}
	return value.Int()
}

type shape struct{ params, row reflect.Type }

var plans sync.Map // shape to []int

// plan is, for each field of the parameters, the row's field of its name.
func plan(params, row reflect.Type) []int {
	if known, there := plans.Load(shape{params, row}); there {
		return known.([]int)
	}
	fields := make([]int, params.NumField())
	for at := range fields {
		name := params.Field(at).Name
		field, there := row.FieldByName(name)
		if !there {
			panic(fmt.Sprintf("store: %v has no %s, which %v wants", row, name, params))
		}
		fields[at] = field.Index[0]
	}
	plans.Store(shape{params, row}, fields)
	return fields
}
