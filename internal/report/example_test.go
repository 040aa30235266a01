package report

import (
	"go/token"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// at is a position in a file of the module in /m.
func at(file string, line, column int) token.Position {
	return token.Position{Filename: "/m/" + file, Line: line, Column: column}
}

// row is the table's row of a command.
func row(t testing.TB, method string) *spec.Row {
	t.Helper()
	r, ok := spec.Method("Client", method)
	if !ok {
		t.Fatalf("no row has the method %s", method)
	}
	return r
}

func call(t testing.TB, file string, line int, method string, keys ...string) analyzer.Site {
	r := row(t, method)
	s := analyzer.Site{
		Position: at(file, line, 7), Package: "example.com/shop", Row: r, Command: r.Redis, Type: r.Type,
		Shape: analyzer.ShapeCall, Recv: "*redis.Client", ViewOK: true,
	}
	for _, k := range keys {
		s.Keys = append(s.Keys, analyzer.Key{Patterns: []string{k}})
	}
	return s
}

// exampleInput has one site of each status, and work of several sizes.
func exampleInput(t testing.TB) Input {
	sites := []analyzer.Site{
		call(t, "a.go", 3, "Get", "session:*"),
		call(t, "a_test.go", 9, "LPush", "messages:*"),
		call(t, "b.go", 4, "Get"),
		call(t, "b.go", 8, "ConfigGet"),
		call(t, "b.go", 12, "HGet", "order:*"),
	}
	sites[1].Test = true
	sites[2].Keys = []analyzer.Key{{Code: spec.KeyFromData, Why: "reply of LPop"}}
	for i := 0; i < 5; i++ {
		sites = append(sites, call(t, "c.go", i+1, "Del", "session:*", "messages:*"))
	}
	sites[0].Keys[0].Assumed = "WithPrefix may set another one"
	outcomes := []Outcome{
		{Status: StatusView}, {Status: StatusDone}, {Status: StatusPlain, Code: spec.KeyFromData},
		{Status: StatusStays, Code: spec.ServerAdmin, Detail: "Client.ConfigGet: there is no such process", Group: 1},
		{Status: StatusStays, Code: spec.ServerAdmin, Detail: "Client.ConfigGet: there is no such process (b.go:8)", Group: 1},
	}
	p := &plan.Plan{
		Version: 1, Module: "example.com/shop", Package: "internal/cfstore", Groups: []plan.Group{{Name: "main", Shards: 1}},
		Families: []plan.Family{
			{Pattern: "session:*", Name: "Session", Type: spec.String, Store: plan.StoreKV, Consistency: plan.Follow, TTL: "24h0m0s", Sites: 6,
				Commands: []string{"DEL", "GET", "SET"}, Reason: "plain strings that expire", Group: "main"},
			{Pattern: "messages:*", Name: "Messages", Type: spec.List, Store: plan.StoreD1, Consistency: plan.Follow, Sites: 6, Commands: []string{"BLPOP", "LPUSH"},
				Reason: "rows in order", Alternative: "do, when nobody queries it", Group: "main"},
			{Pattern: "order:*", Name: "Keys", Type: spec.Hash, Store: plan.StoreD1, Consistency: plan.Follow, Sites: 1, Commands: []string{"HGET"}, Reason: "rows in order", Group: "main", TestOnly: true},
			{Pattern: "*", Name: "Default", Type: spec.Any, Store: plan.StoreDO, Sites: 1, Reason: "keys are known only at run time", Group: "main"},
		},
	}
	return Input{
		Root: "/m", Module: "example.com/shop", GoRedis: []Dep{{Path: "github.com/redis/go-redis/v9", Version: "v9.17.3"}}, Plan: p, Sites: sites,
		Servers: []analyzer.Server{{Names: []string{"redis.internal:6379"}}},
		Blockers: []Blocker{
			{Pos: at("b.go", 8, 7), Code: spec.ServerAdmin, Text: "Client.ConfigGet: there is no such process", Group: 1},
			{Pos: at("d.go", 20, 3), Code: spec.ForeignAPI, Text: "the client goes into lib.New", Group: 2},
			{Pos: at("e.go", 5, 1), Code: spec.KeepComment, Text: "a keep comment", Group: 3},
		},
		Cuts: []CutAt{
			{Pos: at("lock.go", 12, 15), Code: spec.CutLibrary, Bridge: "GoRedis", Reason: spec.ForeignAPI, Text: "passed to example.com/lock.New"},
			{Pos: at("lock.go", 30, 2), Code: spec.CutErrors, Reason: spec.Search, Text: "errors of both sides"},
		},
		Problems: []plan.Problem{
			{Code: spec.FamilyConflict, Family: "session:*", Message: "is a string here and a list there", Pos: []token.Position{at("a.go", 3, 7), at("b.go", 4, 7)}},
			{Code: spec.FamilyConflict, Family: "session:*", Message: "shares keys", Pos: []token.Position{at("a.go", 3, 7), at("c.go", 1, 7)}},
		},
		Outcome: func(i int) Outcome {
			if i < len(outcomes) {
				return outcomes[i]
			}
			return Outcome{Status: StatusPlain, Code: spec.SeveralFamilies}
		},
	}
}

func example(t testing.TB) *Report { return New(exampleInput(t)) }
