package verify

import (
	"go/ast"
	"go/types"
	"reflect"
	"unsafe"
)

func usesCgo(files []*ast.File) bool {
	for _, f := range files {
		for _, imp := range f.Imports {
			if imp.Path.Value == `"C"` {
				return true
			}
		}
	}
	return false
}

// checkCgo has a package checked with what cgo declares for it, a file that
// stands among its own: C.int is the type that it has there. The field is not
// exported; go/packages, which has loaded these files, sets it the same way.
func checkCgo(conf *types.Config) bool {
	f := reflect.ValueOf(conf).Elem().FieldByName("go115UsesCgo")
	if !f.IsValid() || f.Kind() != reflect.Bool {
		return false
	}
	*(*bool)(unsafe.Pointer(f.UnsafeAddr())) = true
	return true
}
