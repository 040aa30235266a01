package cli

import (
	"strings"

	"github.com/redis2cf/redis2cf/internal/explain"
)

func runExplain(e *env, o *options) (int, error) {
	if len(o.args) == 0 {
		return exitDone, explain.Table(e.stdout)
	}
	name := strings.Join(o.args, " ")
	if c, ok := explain.Find(name); ok {
		return exitDone, explain.Write(e.stdout, c)
	}
	err := &usageError{
		message: "there is no reason code " + name,
		hint:    "redis2cf explain lists the codes.",
	}
	if near := explain.Near(name); len(near) > 0 {
		err.hint = "Meant was perhaps " + strings.Join(near, ", ") + ". " + err.hint
	}
	return exitError, err
}

func helpExplain() string {
	return `Usage: redis2cf explain [CODE]

Explains a reason code of the report: why redis2cf stops there, what to do, how much
work it is, and a few lines of code that give it. Without a code it lists them all.
docs/reason-codes.md has the same in one page.

Examples:
  redis2cf explain
  redis2cf explain KEY_UNKNOWN
  redis2cf explain key-unknown       case, blanks and dashes do not count
`
}
