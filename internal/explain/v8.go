package explain

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// V8Page is docs/go-redis-v8.md.
func V8Page() []byte {
	var b strings.Builder
	b.WriteString(v8Head)
	b.WriteString("\n| go-redis v8 | becomes | by rule | what differs |\n|---|---|---|---|\n")
	uses := spec.V8Uses()
	for i := 0; i < len(uses); {
		u, names := uses[i], []string{}
		for ; i < len(uses) && uses[i].Rule == u.Rule && uses[i].Why == u.Why && uses[i].Arg == u.Arg && alike(uses[i], u); i++ {
			names = append(names, "`"+uses[i].Name+"`")
		}
		to := u.To
		if to == "" || u.Rule == spec.V8Values {
			to = ""
		} else {
			to = "`" + to + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(names, " "), to, ruleName(u.Rule), u.Why)
	}
	b.WriteString("| `NewClient` and its kin | the same | resp2 | v8 spoke RESP2 |\n")
	b.WriteString("\n## The rules\n\n| rule | writes | stays where |\n|---|---|---|\n")
	for _, t := range spec.V8RuleTexts {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", ruleName(t.Rule), t.Does, t.Stays)
	}
	b.WriteString(v8Tail)
	return []byte(b.String())
}

// alike tells whether two uses fit into one line of the table.
func alike(a, b *spec.V8Use) bool { return a.To == b.To || a.Rule == spec.V8Values }

func ruleName(r spec.V8Rule) string {
	if r == spec.V8Only {
		return "none"
	}
	return string(r)
}

const v8Head = `<!-- Written from internal/spec by the tests of internal/explain (-update); DO NOT EDIT. -->
# go-redis v8

A module on ` + "`github.com/go-redis/redis/v8`" + ` is migrated like one on v9, and one that has both in
one run. The facade has v9's names and signatures; most of v8's are the same. What differs
is edited by the rules below, which say the same in v9's words. Where a use has a form that
its rule does not cover, the code stays on go-redis with the reason V8_FORM, and compiles; so
does all that is tied to it. A test compares the table with v8's own types.

A client that goes to a library of v8, or comes from one, goes over a bridge as one of v9
does (` + "`cfstore.GoRedisV8`, `cfstore.FromGoRedisV8`" + `): a genuine client of v8 over the same store, within
the process. In a program that has bridges to both versions the sentinel errors of the facade are v9's,
so that code which compares v8's across a bridge stays there.
`

const v8Tail = `
## What is different afterwards

The facade behaves as go-redis v9 does, where the two differ:

- **Contexts.** v8 ended a command at the deadline of its context. v9 does so with
  ContextTimeoutEnabled only; the facade always does, as v8.
- **Replies of Do.** See resp2 above. Clients that the program makes later speak RESP3 unless
  their options say otherwise; typed commands and scripts answer the same in both.
- **Pipelines** may be filled by several goroutines, as in v8. One that was closed, or whose
  Pipelined has returned, answered ` + "`redis: client is closed`" + ` in v8; here it can be used again.
- **Pools and retries.** v8 closed idle connections after 5 minutes, v9 after 30; there are
  none here, and the options of the pool are taken and ignored. MaxRetries has
  the same default in both; the facade repeats only what was not run.
- **Defaults of options** are v9.22.0's: 5 s for ReadTimeout and WriteTimeout and 10 ms to 1 s
  for the backoff, where v8 and v9 before that had 3 s and 8 to 512 ms. A program that reads
  ` + "`Options()`" + ` back sees them.
- **Errors.** ` + "`redis.Nil`, `redis.TxFailedErr`" + ` and ` + "`redis.ErrClosed`" + ` have the same texts. The first two were
  constants in v8 and are variables in v9: a program that needs them as constants stays.
- **ParseURL** takes v8's parameters beside v9's.
- **Structs** have more fields in v9. Literals without field names do not compile then, and stay.
`
