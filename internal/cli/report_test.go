package cli

import (
	"reflect"
	"slices"
	"testing"

	"github.com/redis2cf/redis2cf/rewrite"
)

// Each list of a rewrite that carries reason codes reaches the report. A field that comes
// later and has codes too fails here until it does.
func TestEveryReasonOfARewriteReachesTheReport(t *testing.T) {
	stay := func(code string) rewrite.Stay { return rewrite.Stay{Code: code, Group: -1} }
	res := &result{Result: &rewrite.Result{
		Stayed:    []rewrite.Stay{stay("Stayed")},
		Problems:  []rewrite.Stay{stay("Problems")},
		TakenBack: []rewrite.TakenBack{{Code: "TakenBack"}},
		Cuts:      []rewrite.Cut{{Code: "Cuts", Because: stay("Because")}},
	}}
	var got []string
	for _, b := range res.blockers() {
		got = append(got, b.Code)
	}
	for _, c := range res.cuts() {
		got = append(got, c.Code, c.Reason)
	}
	if !slices.Contains(got, "Because") {
		t.Error("what lies behind a cut does not reach the report")
	}
	elsewhere := []string{"Fates", "Groups"} // by outcome; and what is in a group is its blockers and calls
	for f := range reflect.TypeFor[rewrite.Result]().Fields() {
		if f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct || slices.Contains(elsewhere, f.Name) {
			continue
		}
		if _, ok := f.Type.Elem().FieldByName("Code"); ok && !slices.Contains(got, f.Name) {
			t.Errorf("%s does not reach the report", f.Name)
		}
	}
}
