package bridge

import (
	"reflect"

	"github.com/redis2cf/redis2cf/runtime"
)

// ClientIn finds the client of the runtime that a value is, unwraps to or embeds, at
// whatever depth; nil is none. Embedded fields that are hidden from this package are
// not looked into.
func ClientIn(v interface{}) runtime.UniversalClient {
	const deepest = 16 // a value that unwraps to itself has none
	return clientIn(v, deepest)
}

func clientIn(v interface{}, depth int) runtime.UniversalClient {
	switch c := v.(type) {
	case nil:
		return nil
	case *runtime.Client:
		return c
	case *runtime.ClusterClient:
		return c
	case *runtime.Ring:
		return c
	}
	if depth == 0 {
		return nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return nil
	}
	if w, ok := v.(interface {
		Unwrap() runtime.UniversalClient
	}); ok {
		return clientIn(w.Unwrap(), depth-1)
	}
	if r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return nil
	}
	for i := 0; i < r.NumField(); i++ {
		f := r.Field(i)
		if !r.Type().Field(i).Anonymous || !f.CanInterface() {
			continue
		}
		if f.CanAddr() && f.Kind() == reflect.Struct {
			f = f.Addr()
		}
		if c := clientIn(f.Interface(), depth-1); c != nil {
			return c
		}
	}
	return nil
}
