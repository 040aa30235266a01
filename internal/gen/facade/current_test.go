package facade_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/gen/facade"
	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/runtime"
)

const runtimeDir = "../../../runtime"

func TestCommittedFilesAreCurrent(t *testing.T) {
	files, err := facade.Files()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob(filepath.Join(runtimeDir, "*_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if _, ok := files[filepath.Base(path)]; !ok {
			t.Errorf("%s is generated no more: run go generate ./internal/gen", path)
		}
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(runtimeDir, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./internal/gen", name)
		}
	}
}

func methodsOf(t reflect.Type) []string {
	var out []string
	for i := 0; i < t.NumMethod(); i++ {
		out = append(out, t.Method(i).Name)
	}
	return out
}

func iface[T any]() reflect.Type { return reflect.TypeOf((*T)(nil)).Elem() }

// Every interface has those methods of go-redis's that are served, and no other.
func TestInterfacesHaveGoRedisMethods(t *testing.T) {
	for name, pair := range map[string][2]reflect.Type{
		"Cmdable":                   {iface[goredis.Cmdable](), iface[runtime.Cmdable]()},
		"StatefulCmdable":           {iface[goredis.StatefulCmdable](), iface[runtime.StatefulCmdable]()},
		"Pipeliner":                 {iface[goredis.Pipeliner](), iface[runtime.Pipeliner]()},
		"UniversalClient":           {iface[goredis.UniversalClient](), iface[runtime.UniversalClient]()},
		"GenericCmdable":            {iface[goredis.GenericCmdable](), iface[runtime.GenericCmdable]()},
		"StringCmdable":             {iface[goredis.StringCmdable](), iface[runtime.StringCmdable]()},
		"HashCmdable":               {iface[goredis.HashCmdable](), iface[runtime.HashCmdable]()},
		"ListCmdable":               {iface[goredis.ListCmdable](), iface[runtime.ListCmdable]()},
		"SetCmdable":                {iface[goredis.SetCmdable](), iface[runtime.SetCmdable]()},
		"SortedSetCmdable":          {iface[goredis.SortedSetCmdable](), iface[runtime.SortedSetCmdable]()},
		"StreamCmdable":             {iface[goredis.StreamCmdable](), iface[runtime.StreamCmdable]()},
		"GeoCmdable":                {iface[goredis.GeoCmdable](), iface[runtime.GeoCmdable]()},
		"JSONCmdable":               {iface[goredis.JSONCmdable](), iface[runtime.JSONCmdable]()},
		"PubSubCmdable":             {iface[goredis.PubSubCmdable](), iface[runtime.PubSubCmdable]()},
		"BitMapCmdable":             {iface[goredis.BitMapCmdable](), iface[runtime.BitMapCmdable]()},
		"HyperLogLogCmdable":        {iface[goredis.HyperLogLogCmdable](), iface[runtime.HyperLogLogCmdable]()},
		"ScriptingFunctionsCmdable": {iface[goredis.ScriptingFunctionsCmdable](), iface[runtime.ScriptingFunctionsCmdable]()},
		"ClusterCmdable":            {iface[goredis.ClusterCmdable](), iface[runtime.ClusterCmdable]()},
		"ACLCmdable":                {iface[goredis.ACLCmdable](), iface[runtime.ACLCmdable]()},
		"Scripter":                  {iface[goredis.Scripter](), iface[runtime.Scripter]()},
	} {
		var want []string
		for _, m := range methodsOf(pair[0]) {
			if r, ok := spec.Method(name, m); ok && r.Verdict == spec.Served {
				want = append(want, m)
			}
		}
		got := methodsOf(pair[1])
		sort.Strings(got)
		exported := got[:0]
		for _, m := range got {
			if m[0] >= 'A' && m[0] <= 'Z' {
				exported = append(exported, m)
			}
		}
		if !reflect.DeepEqual(want, append([]string(nil), exported...)) {
			t.Errorf("%s: served of go-redis's are %q, the facade's are %q", name, want, exported)
		}
	}
}

// Every option field is there under its name, so that a literal compiles.
func TestOptionTypesHaveGoRedisFields(t *testing.T) {
	for _, pair := range [][2]interface{}{
		{goredis.Options{}, runtime.Options{}}, {goredis.ClusterOptions{}, runtime.ClusterOptions{}},
		{goredis.FailoverOptions{}, runtime.FailoverOptions{}}, {goredis.RingOptions{}, runtime.RingOptions{}},
		{goredis.UniversalOptions{}, runtime.UniversalOptions{}}, {goredis.PoolStats{}, runtime.PoolStats{}},
		{goredis.ZAddArgs{}, runtime.ZAddArgs{}}, {goredis.ZRangeArgs{}, runtime.ZRangeArgs{}}, {goredis.SetArgs{}, runtime.SetArgs{}},
		{goredis.Sort{}, runtime.Sort{}}, {goredis.ClientInfo{}, runtime.ClientInfo{}}, {goredis.LCSQuery{}, runtime.LCSQuery{}},
		{goredis.Message{}, runtime.Message{}}, {goredis.Subscription{}, runtime.Subscription{}}, {goredis.Z{}, runtime.Z{}},
	} {
		theirs, ours := reflect.TypeOf(pair[0]), reflect.TypeOf(pair[1])
		for i := 0; i < theirs.NumField(); i++ {
			f := theirs.Field(i)
			if g, ok := ours.FieldByName(f.Name); f.IsExported() && !ok {
				t.Errorf("%s lacks %s", ours, f.Name)
			} else if f.IsExported() && show(f.Type.String()) != show(g.Type.String()) && f.Type.PkgPath() == "" && f.Type.Kind() != reflect.Pointer {
				t.Errorf("%s.%s is %s, go-redis's is %s", ours, f.Name, g.Type, f.Type)
			}
		}
	}
}

func TestEveryViewHasItsMethods(t *testing.T) {
	views := map[string]reflect.Type{
		"Strings": iface[runtime.Strings](), "HyperLogLogs": iface[runtime.HyperLogLogs](), "Lists": iface[runtime.Lists](),
		"Hashes": iface[runtime.Hashes](), "Sets": iface[runtime.Sets](), "SortedSets": iface[runtime.SortedSets](),
		"Streams": iface[runtime.Streams](), "JSON": iface[runtime.JSON](),
	}
	ops := methodsOf(iface[runtime.KeyOps]())
	if len(ops) < 20 {
		t.Errorf("KeyOps has only %q", ops)
	}
	for _, v := range facade.Views() {
		typ := views[v.Name]
		if typ == nil {
			t.Errorf("no view %s", v.Name)
			continue
		}
		want := append(append([]string(nil), ops...), v.Methods...)
		sort.Strings(want)
		if got := methodsOf(typ); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has %q, want %q", v.Name, got, want)
		}
		for _, m := range want {
			if !facade.InView(v.Type, m) {
				t.Errorf("InView(%s, %s) is false", v.Type, m)
			}
		}
		if !iface[runtime.Cmdable]().Implements(typ) {
			t.Errorf("Cmdable is no %s", v.Name)
		}
	}
	if facade.InView(spec.List, "HSet") || facade.InView(spec.String, "Sort") || facade.InView(spec.Script, "Del") {
		t.Error("a view has a method of another type")
	}
}
