package arg

import (
	"encoding"
	"net"
	"reflect"
	"strings"
	"time"
)

// Flatten appends the variadic arguments of a command. A single argument that
// is a slice, a map or a struct stands for its elements, its pairs or its
// tagged fields; several arguments are taken as they are.
func Flatten(dst, src []interface{}) []interface{} {
	if len(src) != 1 {
		return append(dst, src...)
	}
	switch v := src[0].(type) {
	case string, []byte, int, int64, float64, bool:
		return append(dst, src[0])
	case []string:
		for _, s := range v {
			dst = append(dst, s)
		}
		return dst
	case []interface{}:
		return append(dst, v...)
	case map[string]interface{}:
		for k, e := range v {
			dst = append(dst, k, e)
		}
		return dst
	case map[string]string:
		for k, e := range v {
			dst = append(dst, k, e)
		}
		return dst
	case nil:
		return dst
	case time.Time, time.Duration, encoding.BinaryMarshaler, net.IP:
		return append(dst, src[0])
	}
	v := reflect.ValueOf(src[0])
	if v.Kind() == reflect.Ptr {
		if v.IsNil() {
			return dst
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		return fields(dst, v)
	}
	return append(dst, src[0])
}

// fields appends name and value of every field with a `redis` tag.
func fields(dst []interface{}, v reflect.Value) []interface{} {
	typ := v.Type()
	for i := 0; i < typ.NumField(); i++ {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("redis"), ",")
		if name == "" || name == "-" && options == "" {
			continue
		}
		field := v.Field(i)
		if !field.CanInterface() || hasOption(options, "omitempty") && isEmpty(field) {
			continue
		}
		dst = append(dst, name, field.Interface())
	}
	return dst
}

func hasOption(options, name string) bool {
	for options != "" {
		var o string
		o, options, _ = strings.Cut(options, ",")
		if o == name {
			return true
		}
	}
	return false
}

// isEmpty is what omitempty leaves out. Of structs that is only the zero
// time.Time; arrays count by their length, as in encoding/json.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		t, ok := v.Interface().(time.Time)
		return ok && t.IsZero()
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return false
	}
	return v.IsZero()
}
