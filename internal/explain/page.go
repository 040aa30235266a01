package explain

import (
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// Page is docs/reason-codes.md.
func Page() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Written from internal/spec by the tests of internal/explain (go generate); DO NOT EDIT. -->
# Reason codes

redis2cf gives a code for each call that does not move, that moves without the view of
its family, or that somebody should look at in a program that has moved. Codes are
stable: reports, ` + "`redis2cf.yaml`" + `, CI budgets and people's notes name them. They stand in
the text of the report, in ` + "`-json`" + ` and ` + "`-sarif`" + `, and as the category of the diagnostics
of ` + "`go vet -vettool=$(which redis2cf)`" + `. ` + "`redis2cf explain CODE`" + ` says the same as this page.

Effort is that of one place: none; minutes (a line); small (a function and its test);
medium (a type, a library or an interface); large (a part of the design).

| code | what | effort |
|---|---|---|
`)
	for _, c := range spec.Codes() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", c.Code, strings.ToLower(c.Code), c.Title, c.Effort)
	}
	for _, c := range spec.Codes() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n\n", c.Code, upperFirst(c.Title), c.Why)
		fmt.Fprintf(&b, "What to do: %s\n\n", c.Do)
		fmt.Fprintf(&b, "```%s\n%s\n```\n", language(Example(c)), Example(c))
	}
	return []byte(b.String())
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// language is what an example is shown as: examples of plans and of commands are not Go.
func language(example string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(example), "\n")
	switch {
	case strings.HasPrefix(first, "redis2cf "):
		return "sh"
	case strings.HasPrefix(first, "- "), strings.HasSuffix(first, ":"):
		return "yaml"
	}
	return "go"
}
