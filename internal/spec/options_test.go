package spec

import (
	"go/types"
	"testing"
)

// TestEveryOptionHasAVerdict goes by go-redis's own structs: a field that a newer
// go-redis brings fails until somebody says what becomes of it. That the facade
// does what the table says is tested beside it, in runtime/options_test.go.
func TestEveryOptionHasAVerdict(t *testing.T) {
	pkgs := goRedis(t)
	fields := 0
	for _, opt := range optionTypes {
		obj, ok := pkgs[opt.pkg].Scope().Lookup(opt.name).(*types.TypeName)
		if !ok {
			t.Errorf("go-redis has no %s.%s", opt.pkg, opt.name)
			continue
		}
		st := obj.Type().Underlying().(*types.Struct)
		for i := range st.NumFields() {
			if !st.Field(i).Exported() {
				continue
			}
			fields++
			name := opt.name + "." + st.Field(i).Name()
			s, ok := SymbolOf(opt.pkg, name)
			if !ok {
				t.Errorf("%s has no row", name)
				continue
			}
			switch s.Use {
			case "used", "ignored":
				if s.Verdict != Served {
					t.Errorf("%s is %s, and not on the facade", name, s.Use)
				}
			case "error":
				if _, ok := CodeOf(s.Code); !ok || s.Advice == "" {
					t.Errorf("%s is an error without a code or advice: %q, %q", name, s.Code, s.Advice)
				}
			default:
				t.Errorf("%s: nobody says what becomes of it: %q", name, s.Use)
			}
		}
	}
	if fields < 200 {
		t.Errorf("only %d fields were looked at", fields)
	}
}
