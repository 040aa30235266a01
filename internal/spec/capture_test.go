package spec

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

func init() { redis.SetLogger(&logging.VoidLogger{}) } // durations below a second are logged

// The tests of this file call go-redis's own methods on a pipeline that is
// never executed, and compare the commands that they queue with what the rows
// say: the template, the key parameters, the Redis command and its flags.

// filler makes argument values: every string is different, so that a key can be
// told from a member.
type filler struct {
	n    int
	zero bool // optional values stay zero; keys and the like do not
}

func (f *filler) text() string { f.n++; return fmt.Sprintf("text%d", f.n) }

func (f *filler) value(typ reflect.Type, key bool) reflect.Value {
	v := reflect.New(typ).Elem()
	switch {
	case typ == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1900000000, 123e6)))
		return v
	case typ == reflect.TypeFor[redis.Vector]():
		v.Set(reflect.ValueOf(&redis.VectorRef{Name: f.text()}))
		return v
	}
	switch typ.Kind() {
	case reflect.String:
		if !f.zero || key {
			v.SetString(f.text())
		}
	case reflect.Bool:
		v.SetBool(!f.zero)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if typ == reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(90 * time.Second))
		} else if f.n++; !f.zero {
			v.SetInt(int64(1 + f.n%100))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if !f.zero {
			v.SetUint(7)
		}
	case reflect.Float32, reflect.Float64:
		if !f.zero {
			v.SetFloat(1.5)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(f.text()))
	case reflect.Pointer:
		v.Set(reflect.New(typ.Elem()))
		v.Elem().Set(f.value(typ.Elem(), key))
	case reflect.Slice:
		n := 2
		if typ.Elem().Kind() == reflect.Interface {
			n = 6 // pairs and triples both
		}
		if f.zero && !key {
			n = 0
		}
		for range n {
			v.Set(reflect.Append(v, f.value(typ.Elem(), key)))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(typ))
		v.SetMapIndex(f.value(typ.Key(), key), f.value(typ.Elem(), false))
	case reflect.Struct:
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				name := typ.Field(i).Name
				isKey := key && (strings.Contains("Key Keys Stream Streams Key1 Key2", name) || name == "Store")
				v.Field(i).Set(f.value(typ.Field(i).Type, isKey || typ.Name() == "Z"))
			}
		}
	}
	return v
}

// captured is one call: the arguments by parameter name, and the command.
type captured struct {
	args map[string]reflect.Value
	cmd  []any
}

func (c captured) words() []string {
	var out []string
	for _, a := range c.cmd {
		out = append(out, fmt.Sprint(a))
	}
	return out
}

// capture calls a row's method with made-up arguments. It returns false for
// methods that go-redis does not implement and for arguments that it refuses.
func capture(r *Row, fill *filler, change func(name string, v *reflect.Value)) (c captured, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	pipe := client.Pipeline()
	m := reflect.ValueOf(pipe).MethodByName(r.Method)
	in := []reflect.Value{}
	c.args = map[string]reflect.Value{}
	names := orderedParams(r.Params)
	for i := range m.Type().NumIn() {
		if i == 0 && !r.NoCtx {
			in = append(in, reflect.ValueOf(context.Background()))
			continue
		}
		name := names[len(c.args)]
		key := slices.ContainsFunc(r.Keys.Params, func(p string) bool { return p == name || strings.HasPrefix(p, name+".") })
		v := fill.value(m.Type().In(i), key)
		if change != nil {
			change(name, &v)
		}
		c.args[name] = v
		in = append(in, v)
	}
	if m.Type().IsVariadic() {
		m.CallSlice(in)
	} else {
		m.Call(in)
	}
	cmds := pipe.Cmds()
	if len(cmds) != 1 || len(cmds[0].Args()) == 0 {
		return c, false
	}
	c.cmd = cmds[0].Args()
	return c, true
}

// orderedParams lists the names of parameters.
func orderedParams(params string) []string {
	var out []string
	for _, m := range paramName.FindAllStringSubmatch(params, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestTemplatesSendWhatGoRedisSends evaluates every template and compares it,
// value by value, with the command that go-redis makes of the same arguments.
func TestTemplatesSendWhatGoRedisSends(t *testing.T) {
	compared := 0
	for _, r := range Rows() {
		if r.Args == "" || r.On != OnCmdable {
			continue
		}
		terms, err := ParseArgs(r.Args)
		if err != nil {
			t.Error(err)
			continue
		}
		calls := map[string]func() (captured, bool){
			"full": func() (captured, bool) { return capture(r, &filler{}, nil) },
			"zero": func() (captured, bool) { return capture(r, &filler{zero: true}, nil) },
			"flat": func() (captured, bool) { return capture(r, &filler{}, oneSlice) },
			"short": func() (captured, bool) {
				return capture(r, &filler{}, func(_ string, v *reflect.Value) {
					if v.Type() == reflect.TypeFor[time.Duration]() {
						*v = reflect.ValueOf(1500 * time.Microsecond)
					}
				})
			},
		}
		for name, call := range calls {
			c, ok := call()
			if !ok {
				continue
			}
			compared++
			got := evalTerms(t, terms, c.args)
			if !reflect.DeepEqual(got, c.cmd) {
				t.Errorf("%s (%s): the template gives %v, go-redis sends %v", r.Method, name, got, c.cmd)
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d calls were compared", compared)
	}
}

// oneSlice gives a variadic parameter of any type exactly one element, a slice.
func oneSlice(_ string, v *reflect.Value) {
	if v.Type() == reflect.TypeFor[[]any]() {
		*v = reflect.ValueOf([]any{[]string{"a", "b"}})
	}
}

// TestKeyParametersAreWhatRedisTakesForKeys compares a row's key parameters with
// the key positions of the Redis command that the method sends, and the row's
// flags and arity with the command's.
func TestKeyParametersAreWhatRedisTakesForKeys(t *testing.T) {
	compared := 0
	for _, r := range Rows() {
		if r.On != OnCmdable || r.Redis == "" {
			continue
		}
		c, ok := capture(r, &filler{}, valid(r))
		if !ok {
			continue
		}
		words := c.words()
		want := keyValues(r, c.args)
		cmd, known := CommandOf(words)
		if known && cmd.Name != r.Redis && strings.HasPrefix(r.Redis, cmd.Name+" ") {
			known = false // a sub-command that Redis's COMMAND does not list
		}
		if !known || cmd.Name == "MSETEX" || r.Newer && cmd.Since == "" {
			for _, k := range want {
				if !slices.Contains(words, k) {
					t.Errorf("%s: key %s is not in %v", r.Method, k, words)
				}
			}
			continue
		}
		compared++
		if cmd.Name != r.Redis && r.Method != "SetNX" {
			t.Errorf("%s sends %s, its row says %s", r.Method, cmd.Name, r.Redis)
		}
		if !cmd.takes(len(words)) {
			t.Errorf("%s sends %v, which the arity %d of %s refuses", r.Method, words, cmd.Arity, cmd.Name)
		}
		if cmd.Block != r.Block && cmd.Since != "later" {
			t.Errorf("%s: row says blocking %v, Redis %v", r.Method, r.Block, cmd.Block)
		}
		if script := strings.HasPrefix(r.Redis, "EVAL") || strings.HasPrefix(r.Redis, "FCALL"); cmd.Write != r.Write && !script {
			t.Errorf("%s: row says writing %v, Redis %v", r.Method, r.Write, cmd.Write)
		}
		if r.Keys.Kind == KeysPattern || r.Keys.Kind == KeysChannels {
			continue
		}
		var got []string
		for _, i := range Keys(words) {
			got = append(got, words[i])
		}
		sort.Strings(got)
		sort.Strings(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: row has keys %v, Redis %v in %v", r.Method, want, got, words)
		}
	}
	if compared < 500 {
		t.Errorf("only %d methods were compared", compared)
	}
}

// valid mends made-up arguments that go-redis refuses.
func valid(r *Row) func(string, *reflect.Value) {
	return func(name string, v *reflect.Value) {
		switch {
		case v.Type() == reflect.TypeFor[[][]any](): // key, time, value
			for i := range v.Len() {
				v.Index(i).Set(v.Index(i).Slice(0, 3))
			}
		case (r.Method == "BitPos" || strings.HasPrefix(r.Method, "ZPop") || r.Method == "MemoryUsage") && v.Kind() == reflect.Slice:
			*v = v.Slice(0, 1)
		case v.Type() == reflect.TypeFor[*redis.GeoRadiusQuery]():
			q := v.Interface().(*redis.GeoRadiusQuery)
			if !r.Write {
				q.Store, q.StoreDist = "", ""
			} else {
				q.WithCoord, q.WithDist, q.WithGeoHash = false, false, false
				q.Store = "" // Redis lets the last one win
			}
		case v.Type() == reflect.TypeFor[*redis.XReadArgs]():
			a := v.Interface().(*redis.XReadArgs)
			a.MaxCount, a.MaxSize = 0, 0 // newer than Redis 7.0
		case v.Type() == reflect.TypeFor[*redis.XReadGroupArgs]():
			a := v.Interface().(*redis.XReadGroupArgs)
			a.MaxCount, a.MaxSize, a.Claim = 0, 0, 0
		case v.Type() == reflect.TypeFor[*redis.BitCount]():
			v.Interface().(*redis.BitCount).Unit = redis.BitCountIndexByte
		}
	}
}

// keyValues are the keys among the arguments, by the row's key parameters.
func keyValues(r *Row, args map[string]reflect.Value) []string {
	var out []string
	for _, p := range r.Keys.Params {
		name, field, isField := strings.Cut(p, ".")
		var vs []reflect.Value
		for _, v := range elements(args[name], isField) {
			if isField {
				vs = append(vs, elements(reflect.Indirect(v).FieldByName(field), false)...)
			} else {
				vs = append(vs, v)
			}
		}
		step := 1
		switch r.Keys.Kind {
		case KeysPairs:
			step = 2
		case KeysTriples:
			step = 3
		case KeysFirstHalf:
			if id := reflect.Indirect(args[name]); id.Kind() != reflect.Struct || !id.FieldByName("ID").IsValid() || id.FieldByName("ID").IsZero() {
				vs = vs[:len(vs)/2]
			}
		}
		for i := 0; i < len(vs); i += step {
			v := vs[i]
			if r.Keys.Kind == KeysFirstOfEach {
				v = v.Index(0)
			}
			if s := fmt.Sprint(v.Interface()); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// elements are those of a slice, the keys of a map, or the value itself.
func elements(v reflect.Value, structs bool) []reflect.Value {
	switch {
	case v.Kind() == reflect.Slice && (!structs || reflect.Indirect(reflect.New(v.Type().Elem())).Kind() == reflect.Struct):
		var out []reflect.Value
		for i := range v.Len() {
			out = append(out, v.Index(i))
		}
		return out
	case v.Kind() == reflect.Map:
		return v.MapKeys()
	}
	return []reflect.Value{v}
}
