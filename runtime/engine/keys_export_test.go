package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func TestWrittenKeys(t *testing.T) {
	for line, want := range map[string]string{
		"GET a":                                "",
		"SET a 1":                              "a",
		"MSET a 1 b 2":                         "a b",
		"DEL a b":                              "a b",
		"COPY a b":                             "b",
		"RENAME a b":                           "a b",
		"ZUNIONSTORE a 2 b c":                  "a",
		"SINTERSTORE a b c":                    "a",
		"SORT a STORE b":                       "b",
		"SORT a":                               "",
		"GEORADIUS a 1 1 1 m STORE b":          "b",
		"LMOVE a b LEFT RIGHT":                 "a b",
		"BLMPOP 0 2 a b LEFT":                  "a b",
		"XREADGROUP GROUP g c STREAMS a b > >": "a b",
		"XREAD STREAMS a 0":                    "",
		"XGROUP CREATE a g $":                  "a",
		"XINFO STREAM a":                       "",
		"EVAL x 2 a b c":                       "a b",
		"EVAL_RO x 2 a b c":                    "",
		"EVALSHA x 1 a":                        "a",
		"FCALL f 1 a":                          "a",
		"PFCOUNT a":                            "",
		"PFMERGE a b":                          "a",
		"GETEX a PERSIST":                      "a",
		"JSON.SET a $ 1":                       "a",
		"FLUSHALL":                             "",
		"PUBLISH a b":                          "",
		"OBJECT ENCODING a":                    "",
		"NOSUCH a":                             "",
	} {
		got := WrittenKeys(resp.Command(strings.Fields(line)))
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s writes %q, not %q", line, got, want)
		}
	}
}
