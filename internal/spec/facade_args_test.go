package spec

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	cf "github.com/redis2cf/redis2cf/runtime"
)

// TestFacadeQueuesWhatGoRedisQueues calls every served method of Cmdable on a
// pipeline of go-redis and on one of the facade, with the same arguments, and
// compares the commands. It covers the methods without a template too.
func TestFacadeQueuesWhatGoRedisQueues(t *testing.T) {
	client := cf.NewClient(&cf.Options{Addr: "memory://spec"})
	defer client.Close()
	compared := 0
	for _, r := range Rows() {
		if r.On != OnCmdable || r.Verdict != Served || r.Redis == "" {
			continue
		}
		for name, call := range facadeCalls(r) {
			want, ok := call()
			if !ok {
				continue
			}
			got, err := queue(client.Pipeline(), r, want.args)
			if err != nil {
				t.Errorf("%s (%s): %v", r.Method, name, err)
				continue
			}
			compared++
			if !reflect.DeepEqual(got, want.cmd) {
				t.Errorf("%s (%s): the facade queues %v, go-redis %v", r.Method, name, got, want.cmd)
			}
		}
	}
	t.Logf("%d calls compared", compared)
	if compared < 800 {
		t.Errorf("only %d calls were compared", compared)
	}
}

// facadeCalls are the argument sets that a method is compared with.
func facadeCalls(r *Row) map[string]func() (captured, bool) {
	return map[string]func() (captured, bool){
		"full":    func() (captured, bool) { return capture(r, &filler{}, valid(r)) },
		"zero":    func() (captured, bool) { return capture(r, &filler{zero: true}, valid(r)) },
		"flat":    func() (captured, bool) { return capture(r, &filler{}, oneSlice) },
		"short":   func() (captured, bool) { return capture(r, &filler{}, durations(1500*time.Microsecond)) },
		"millis":  func() (captured, bool) { return capture(r, &filler{}, durations(1500*time.Millisecond)) },
		"none":    func() (captured, bool) { return capture(r, &filler{}, durations(0)) },
		"keepttl": func() (captured, bool) { return capture(r, &filler{}, durations(redis.KeepTTL)) },
		"map":     func() (captured, bool) { return capture(r, &filler{}, oneMap) },
		"struct":  func() (captured, bool) { return capture(r, &filler{}, oneStruct) },
	}
}

func init() { cf.SetLogger(&cf.VoidLogger{}) } // as for go-redis

func durations(d time.Duration) func(string, *reflect.Value) {
	return func(_ string, v *reflect.Value) {
		if v.Type() == reflect.TypeFor[time.Duration]() {
			*v = reflect.ValueOf(d)
		}
	}
}

func oneMap(_ string, v *reflect.Value) {
	if v.Type() == reflect.TypeFor[[]any]() {
		*v = reflect.ValueOf([]any{map[string]any{"a": 1}})
	}
}

func oneStruct(_ string, v *reflect.Value) {
	if v.Type() == reflect.TypeFor[[]any]() {
		*v = reflect.ValueOf([]any{struct {
			Name  string `redis:"name"`
			Empty string `redis:"empty,omitempty"`
			Age   int    `redis:"age"`
			Skip  int    `redis:"-"`
			Plain int
		}{Name: "n", Age: 3}})
	}
}

// queue calls a method of the facade and gives the command that it queued.
func queue(pipe cf.Pipeliner, r *Row, args map[string]reflect.Value) (cmd []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the facade panics: %v", p)
		}
	}()
	m := reflect.ValueOf(pipe).MethodByName(r.Method)
	if !m.IsValid() {
		return nil, fmt.Errorf("the facade has no such method")
	}
	var in []reflect.Value
	names := orderedParams(r.Params)
	for i := range m.Type().NumIn() {
		if i == 0 && !r.NoCtx {
			in = append(in, reflect.ValueOf(context.Background()))
			continue
		}
		in = append(in, translate(args[names[len(in)-1]], m.Type().In(i)))
	}
	if m.Type().IsVariadic() {
		m.CallSlice(in)
	} else {
		m.Call(in)
	}
	cmds := pipe.Cmds()
	if len(cmds) != 1 {
		return nil, fmt.Errorf("the facade queued %d commands", len(cmds))
	}
	return cmds[0].Args(), nil
}

// translate copies a value of go-redis's types into the facade's.
func translate(v reflect.Value, to reflect.Type) reflect.Value {
	if v.Type() == to || to.Kind() == reflect.Interface {
		return v
	}
	out := reflect.New(to).Elem()
	switch to.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(to.Elem()))
			out.Elem().Set(translate(v.Elem(), to.Elem()))
		}
	case reflect.Slice:
		for i := range v.Len() {
			out.Set(reflect.Append(out, translate(v.Index(i), to.Elem())))
		}
	case reflect.Struct:
		for i := range to.NumField() {
			if f := v.FieldByName(to.Field(i).Name); f.IsValid() && to.Field(i).IsExported() {
				out.Field(i).Set(translate(f, to.Field(i).Type))
			}
		}
	default:
		out.Set(v.Convert(to))
	}
	return out
}
