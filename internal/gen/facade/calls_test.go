package facade_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/runtime"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// commandMethods are the served methods that send one command and answer with
// it.
func commandMethods() []*spec.Row {
	var out []*spec.Row
	for _, r := range spec.Rows() {
		onClient := r.Types == "" || strings.Contains(","+r.Types+",", ",Client,") && r.Args != ""
		if r.Verdict == spec.Served && onClient && strings.HasSuffix(r.Result, "Cmd") {
			out = append(out, r)
		}
	}
	return out
}

// call makes a call with sample arguments; sole replaces a variadic
// []interface{} by one argument.
func call(method reflect.Value, row *spec.Row, seed int, sole *interface{}) []reflect.Value {
	typ := method.Type()
	names := paramNames(row)
	args := make([]reflect.Value, typ.NumIn())
	for i := range args {
		args[i] = values{seed + i}.of(typ.In(i), names[i])
		if sole != nil && typ.IsVariadic() && i == typ.NumIn()-1 {
			args[i] = reflect.ValueOf([]interface{}{*sole})
		}
	}
	if typ.IsVariadic() {
		return method.CallSlice(args)
	}
	return method.Call(args)
}

func paramNames(r *spec.Row) []string {
	names := []string{"ctx"}
	for _, p := range strings.Split(r.Params, ", ") {
		name, _, _ := strings.Cut(p, " ")
		names = append(names, name)
	}
	return names
}

// quiet keeps the clients' log lines about short durations out of the output.
func quiet(t *testing.T) {
	goredis.SetLogger(&runtime.VoidLogger{})
	runtime.Disable()
	t.Cleanup(runtime.Enable)
}

func TestEveryServedMethodSendsWhatGoRedisSends(t *testing.T) {
	quiet(t)
	rows := commandMethods()
	if len(rows) < 190 {
		t.Fatalf("only %d methods are served", len(rows))
	}
	for _, row := range rows {
		t.Run(row.Method, func(t *testing.T) {
			for seed := 0; seed < 16; seed++ {
				compareWords(t, row, seed, nil)
			}
			if strings.HasSuffix(row.Params, "...interface{}") {
				for i := range single {
					compareWords(t, row, 0, &single[i])
				}
			}
		})
	}
}

// try calls a method that may panic: JSONSetMode does at a mode that there is not.
func try(method reflect.Value, row *spec.Row, seed int, sole *interface{}) (out []reflect.Value, panicked interface{}) {
	defer func() { panicked = recover() }()
	return call(method, row, seed, sole), nil
}

func compareWords(t *testing.T, row *spec.Row, seed int, sole *interface{}) {
	t.Helper()
	tw := newTwins(t, 3, resp.NewError("ERR sample"))
	defer tw.close()
	theirs, panicked := try(reflect.ValueOf(tw.real).MethodByName(row.Method), row, seed, sole)
	ours, also := try(reflect.ValueOf(tw.facade).MethodByName(row.Method), row, seed, sole)
	if panicked != nil || also != nil {
		if fmt.Sprint(panicked) != fmt.Sprint(also) {
			t.Errorf("seed %d: go-redis panics with %v, the facade with %v", seed, panicked, also)
		}
		return
	}
	if len(tw.theirs) != len(tw.ours) || len(tw.ours) > 0 && !reflect.DeepEqual(tw.theirs, tw.ours) {
		t.Errorf("seed %d: go-redis sends %q, the facade %q", seed, tw.theirs, tw.ours)
	}
	a, b := theirs[0].Interface().(goredis.Cmder), ours[0].Interface().(runtime.Cmder)
	if x, y := show(fmt.Sprint(a.Args())), show(fmt.Sprint(b.Args())); x != y {
		t.Errorf("seed %d: Args of go-redis %s, of the facade %s", seed, x, y)
	}
	if x, y := errText(a.Err()), errText(b.Err()); x != y {
		t.Errorf("seed %d: error of go-redis %q, of the facade %q", seed, x, y)
	}
	if a.Name() != b.Name() || a.FullName() != b.FullName() {
		t.Errorf("seed %d: names %q %q and %q %q", seed, a.Name(), a.FullName(), b.Name(), b.FullName())
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func bulk(s string) resp.Reply { return resp.NewBulk(s) }

// samples are replies of every kind and of every shape that a command answers
// with, the wrong ones for most commands.
var samples = []resp.Reply{
	{}, {Kind: resp.NilArray}, resp.OK, resp.NewStatus("hello"), resp.NewStatus("12"), resp.NewError("ERR wrong"),
	resp.NewError("WRONGTYPE Operation against a key holding the wrong kind of value"),
	resp.NewInt(0), resp.NewInt(1), resp.NewInt(-1), resp.NewInt(-2), resp.NewInt(1 << 40),
	bulk(""), bulk("text"), bulk("12"), bulk("3.25"), bulk("1"), bulk("true"), bulk("2026-11-23T07:00:00Z"),
	resp.NewDouble(3.1), resp.NewDouble(2), resp.NewDouble(math.Inf(1)), resp.NewDouble(math.Inf(-1)),
	resp.NewBool(true), resp.NewBool(false),
	{Kind: resp.BigNumber, Str: "12345678901234567890"}, {Kind: resp.BigNumber, Str: "77"},
	{Kind: resp.Verbatim, Str: "txt:id=3 addr=1.2.3.4:5 name= age=7 idle=1 flags=xb db=2 user=default\n"},
	{Kind: resp.Verbatim, Str: "txt:# Server\r\nredis_version:7.0\r\n\r\n# Modules\r\nmodule:name=x,ver=1\r\n# Keys\r\ndb0:keys=1\r\n"},
	resp.NewArray(), resp.NewArray(bulk("a")), resp.NewArray(bulk("a"), bulk("b")), resp.NewArray(bulk("a"), resp.Reply{}, bulk("c")),
	resp.NewArray(resp.NewInt(1), resp.NewInt(0)), resp.NewArray(resp.NewInt(1), resp.Reply{}, resp.NewInt(3)),
	resp.NewArray(resp.NewInt(1700000000), resp.NewInt(123456)), resp.NewArray(bulk("1700000000"), bulk("123456")),
	resp.NewArray(resp.NewDouble(1.5), resp.Reply{}, bulk("2.5")), resp.NewArray(resp.NewError("ERR inside"), bulk("x")),
	resp.NewArray(bulk("a"), bulk("1"), bulk("b"), bulk("2.5")),
	resp.NewArray(resp.NewArray(bulk("a"), resp.NewDouble(1)), resp.NewArray(bulk("b"), resp.NewDouble(2.5))),
	resp.NewArray(resp.NewArray(bulk("a"), bulk("x")), resp.NewArray(bulk("b"), bulk("y"))),
	resp.NewArray(bulk("0"), resp.NewArray(bulk("k1"), bulk("k2"))), resp.NewArray(bulk("17"), resp.NewArray()),
	resp.NewArray(bulk("key"), bulk("member"), resp.NewDouble(1.25)), resp.NewArray(resp.NewInt(3), resp.NewDouble(1.25)),
	resp.NewArray(bulk("key"), resp.NewArray(resp.NewArray(bulk("m"), resp.NewDouble(1)))),
	resp.NewArray(bulk("key"), resp.Reply{Kind: resp.Pairs, Elems: []resp.Reply{bulk("m"), resp.NewDouble(1)}}),
	resp.NewArray(resp.NewArray(bulk("k"), resp.NewArray(bulk("RW"), bulk("access")))),
	{Kind: resp.Map, Elems: []resp.Reply{bulk("f"), bulk("v"), bulk("g"), bulk("w")}},
	{Kind: resp.Map, Elems: []resp.Reply{bulk("f"), resp.NewInt(4)}}, {Kind: resp.Map},
	{Kind: resp.Map, Elems: []resp.Reply{bulk("f"), {}, bulk("g"), resp.NewError("ERR in map")}},
	{Kind: resp.Map, Elems: []resp.Reply{resp.NewInt(1), resp.NewArray(bulk("x"), resp.NewBool(true)), resp.NewDouble(1.5), resp.NewDouble(2.5)}},
	{Kind: resp.Set, Elems: []resp.Reply{bulk("x"), bulk("y")}}, {Kind: resp.Set},
	{Kind: resp.Pairs, Elems: []resp.Reply{bulk("a"), resp.NewDouble(1), bulk("b"), resp.NewDouble(0.1)}}, {Kind: resp.Pairs},
	{Kind: resp.Pairs, Elems: []resp.Reply{bulk("f"), bulk("v")}},
	{Kind: resp.Map, Elems: []resp.Reply{bulk("matches"), resp.NewArray(resp.NewArray(
		resp.NewArray(resp.NewInt(2), resp.NewInt(3)), resp.NewArray(resp.NewInt(0), resp.NewInt(1)), resp.NewInt(2))), bulk("len"), resp.NewInt(6)}},
	resp.NewArray(resp.NewArray(bulk("get"), resp.NewInt(2), resp.NewArray(resp.NewStatus("readonly"), resp.NewStatus("fast")),
		resp.NewInt(1), resp.NewInt(1), resp.NewInt(1), resp.NewArray(resp.NewStatus("@read")),
		resp.NewArray(), resp.NewArray(), resp.NewArray())),
	resp.NewArray(resp.NewArray(bulk("x"), resp.NewInt(-3), resp.NewArray(resp.NewStatus("write")), resp.NewInt(0), resp.NewInt(0), resp.NewInt(0))),
}

// representative picks one method of each result type: methods of one type
// read replies alike.
func representative() []*spec.Row {
	var out []*spec.Row
	seen := map[string]bool{}
	for _, r := range commandMethods() {
		if key := r.Result; !seen[key] || r.Method == "SetNX" || r.Result == "*LCSCmd" {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

func TestEveryResultTypeReadsWhatGoRedisReads(t *testing.T) {
	quiet(t)
	for _, row := range representative() {
		for proto := 2; proto <= 3; proto++ {
			t.Run(fmt.Sprintf("%s_resp%d", row.Method, proto), func(t *testing.T) {
				replies := samples
				if row.Group == "stream" {
					replies = append(streamSamples[:len(streamSamples):len(streamSamples)], samples...)
				}
				for i, reply := range replies {
					compareResults(t, row, 1, proto, i, reply)
					if row.Result == "*LCSCmd" { // its arguments say how the reply is read
						compareResults(t, row, 2, proto, i, reply)
						compareResults(t, row, 3, proto, i, reply)
					}
				}
			})
		}
	}
}

func compareResults(t *testing.T, row *spec.Row, seed, proto, i int, reply resp.Reply) {
	t.Helper()
	if row.Result == "*SliceCmd" && !lists[reply.Kind] {
		return // go-redis takes the number of any line for a length, and panics at -1
	}
	if row.Result == "*InfoCmd" && strings.Contains(reply.Str, ":") && !strings.Contains(reply.Str, "#") {
		return // go-redis panics when a value stands before the first section
	}
	tw := newTwins(t, proto, reply)
	defer tw.close()
	theirs := call(reflect.ValueOf(tw.real).MethodByName(row.Method), row, seed, nil)[0]
	ours := call(reflect.ValueOf(tw.facade).MethodByName(row.Method), row, seed, nil)[0]
	wire := fmt.Sprintf("%q", resp.AppendReply(nil, proto, reply))
	a, b := theirs.Interface().(goredis.Cmder), ours.Interface().(runtime.Cmder)
	if errors.Is(a.Err(), io.EOF) {
		return // go-redis wants more than the reply has
	}
	if (a.Err() == nil) != (b.Err() == nil) || a.Err() != nil && isReply(a.Err()) && a.Err().Error() != b.Err().Error() {
		t.Errorf("sample %d %s: error of go-redis %v, of the facade %v", i, wire, a.Err(), b.Err())
		return
	}
	if isReply(a.Err()) != isOurReply(b.Err()) || errors.Is(a.Err(), goredis.Nil) != errors.Is(b.Err(), runtime.Nil) {
		t.Errorf("sample %d %s: kinds of %v and %v differ", i, wire, a.Err(), b.Err())
	}
	whole := replyErrors[reply.Kind]
	if a.Err() != nil && !whole {
		return // how a wrong reply is worded, and what was read of it, is nobody's interface
	}
	if x, y := show(a.String()), show(b.String()); x != y {
		t.Errorf("sample %d %s: String of go-redis %s, of the facade %s", i, wire, x, y)
	}
	for m := 0; m < theirs.NumMethod(); m++ {
		name := theirs.Type().Method(m).Name
		if theirs.Method(m).Type().NumIn() > 0 || skipAccessor[name] {
			continue
		}
		x, y := accessor(theirs, name), accessor(ours, name)
		if x != y {
			t.Errorf("sample %d %s: %s of go-redis %s, of the facade %s", i, wire, name, x, y)
		}
	}
}

// lists are the kinds that an array is read from.
var lists = map[resp.Kind]bool{resp.Array: true, resp.Set: true, resp.Push: true, resp.Nil: true, resp.NilArray: true, resp.Error: true}

// replyErrors are the kinds that are an error as a whole.
var replyErrors = map[resp.Kind]bool{resp.Nil: true, resp.NilArray: true, resp.Error: true}

// skipAccessor: not on the facade, or compared above.
var skipAccessor = map[string]bool{"Clone": true, "String": true, "Iterator": true, "Args": true, "GetCmdType": true}

func accessor(v reflect.Value, name string) string {
	m := v.MethodByName(name)
	if !m.IsValid() {
		return "missing"
	}
	var out []string
	for _, r := range m.Call(nil) {
		if err, ok := r.Interface().(error); ok {
			out = append(out, "error:"+show(err.Error()))
			continue
		}
		out = append(out, show(fmt.Sprintf("%#v", r.Interface())))
	}
	return strings.Join(out, ", ")
}

var pointers = regexp.MustCompile(`\(?0x[0-9a-f]+\)?`)

// show makes the two packages' names and all pointers equal.
func show(s string) string {
	s = strings.NewReplacer("runtime.redisError", "redis.RedisError", "runtime.", "redis.", "redisError", "RedisError", "proto.", "redis.").Replace(s)
	return pointers.ReplaceAllString(s, "PTR")
}

func isReply(err error) bool {
	var e goredis.Error
	return errors.As(err, &e)
}

func isOurReply(err error) bool {
	var e runtime.Error
	return errors.As(err, &e)
}
