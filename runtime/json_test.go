package runtime_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
)

func TestJSONThroughTheFacade(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		c := client(t, &runtime.Options{Addr: fmt.Sprint("memory://json", proto), Protocol: proto})
		type user struct {
			Name string   `json:"name"`
			Tags []string `json:"tags"`
			Age  float64  `json:"age"`
		}
		if err := c.JSONSet(ctx, "u", "$", user{"Ann", []string{"a", "b"}, 40}).Err(); err != nil {
			t.Fatal(err)
		}
		two, stop := int64(2), 0
		var numbers interface{} = []interface{}{41.0}
		if proto == 3 {
			numbers = []interface{}{int64(41)} // as RedisJSON answers and go-redis reads it
		}
		ints := func(n ...*int64) []*int64 { return n }
		expanded := func(v interface{}, err error) interface{} { return v }
		for i, test := range []struct{ got, want interface{} }{
			{c.JSONGet(ctx, "u").Val(), `{"name":"Ann","tags":["a","b"],"age":40}`},
			{c.JSONGet(ctx, "u", "$.name").Val(), `["Ann"]`},
			{expanded(c.JSONGet(ctx, "u", "$.tags[1]").Expanded()), []interface{}{"b"}},
			{c.JSONGetWithArgs(ctx, "u", &runtime.JSONGetArgs{Indent: " ", Newline: "\n", Space: " "}, "$.tags").Val(), "[\n [\n  \"a\",\n  \"b\"\n ]\n]"},
			{c.JSONArrAppend(ctx, "u", "$.tags", `"c"`).Val(), []int64{3}},
			{c.JSONArrIndexWithArgs(ctx, "u", "$.tags", &runtime.JSONArrIndexArgs{Start: 1, Stop: &stop}, `"c"`).Val(), []int64{2}},
			{c.JSONArrPop(ctx, "u", "$.tags", -1).Val(), []string{`"c"`}},
			{expanded(c.JSONNumIncrBy(ctx, "u", "$.age", 1).Expanded()), numbers},
			{c.JSONNumIncrBy(ctx, "u", "$.age", 0.5).Val(), "[41.5]"},
			{c.JSONStrLen(ctx, "u", "$.*").Val(), ints(ptr(3), nil, nil)},
			{c.JSONObjLen(ctx, "u", "$").Val(), ints(ptr(3))},
			{c.JSONSetMode(ctx, "u", "$.name", `"Bo"`, "nx").Err(), error(runtime.Nil)},
			{c.JSONMSetArgs(ctx, []runtime.JSONSetArgs{{Key: "v", Path: "$", Value: `{"name":"Cy"}`}}).Val(), "OK"},
			{c.JSONMGet(ctx, "$.name", "u", "v", "none").Val(), []interface{}{`["Ann"]`, `["Cy"]`, nil}},
			{c.JSONMerge(ctx, "v", "$", `{"age":1}`).Val(), "OK"},
			{c.JSONDel(ctx, "v", "$.name").Val(), int64(1)},
			{c.JSONGet(ctx, "v").Val(), `{"age":1}`},
			{c.JSONGet(ctx, "none").Err(), error(runtime.Nil)},
			{c.JSONArrTrim(ctx, "u", "$.tags").Err().Error(), "ERR wrong number of arguments for 'json.arrtrim' command"},
			{c.JSONArrTrimWithArgs(ctx, "u", "$.tags", &runtime.JSONArrTrimArgs{Start: 0, Stop: &stop}).Val(), []int64{1}},
			{c.Type(ctx, "u").Val(), "ReJSON-RL"},
			{len(c.JSONType(ctx, "u", "$.age").Val()), 1},
			{*c.JSONStrAppend(ctx, "u", "$.name", `"e"`).Val()[0], two + 2},
		} {
			if !reflect.DeepEqual(test.got, test.want) {
				t.Errorf("RESP%d, %d: got %#v, want %#v", proto, i, test.got, test.want)
			}
		}
		if err := c.JSONSet(ctx, "u", "$", func() {}).Err(); err == nil || errors.Is(err, runtime.Nil) {
			t.Errorf("a function was stored: %v", err)
		}
	}
}

func ptr(n int64) *int64 { return &n }
