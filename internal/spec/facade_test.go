package spec

import (
	"go/types"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const facade = "github.com/redis2cf/redis2cf/runtime"

// TestServedNamesStandOnTheFacade holds the table's verdicts to the runtime:
// what is served is there, and a method that is not served is not.
func TestServedNamesStandOnTheFacade(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports}, facade)
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) != 1 || len(loaded[0].Errors) > 0 {
		t.Fatalf("loading %s: %v", facade, loaded[0].Errors)
	}
	pkg := loaded[0].Types
	for _, s := range Symbols() {
		if s.Verdict != Served {
			continue
		}
		name, field, isField := strings.Cut(s.Facade, ".")
		o := pkg.Scope().Lookup(name)
		if o == nil {
			t.Errorf("%s %s.%s is served, but the facade has no %s", s.Kind, s.Package, s.Name, s.Facade)
			continue
		}
		if f, _, _ := types.LookupFieldOrMethod(o.Type(), true, pkg, field); isField && f == nil {
			t.Errorf("field %s is served, but the facade's %s has no %s", s.Name, name, field)
		}
	}
	methods := map[string]map[string]*types.Signature{}
	for _, r := range Rows() {
		recvs := []string{"Cmdable", "Client", "Pipeline"}
		if r.Types != "" {
			recvs = strings.Split(r.Types, ",")
		}
		for _, recv := range recvs {
			if methods[recv] == nil && pkg.Scope().Lookup(recv) != nil {
				methods[recv] = methodsOf(t, pkg, recv)
			}
			_, has := methods[recv][r.Method]
			switch {
			case r.Verdict == Served && !has && recv != "AutoPipeliner":
				t.Errorf("%s.%s is served, but the facade does not have it", recv, r.Method)
			case r.Verdict != Served && has:
				t.Errorf("the facade has %s.%s, but the table says %s %s", recv, r.Method, r.Verdict, r.Code)
			}
		}
	}
}
