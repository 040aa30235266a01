package ci

import (
	"io"
	"os"
	"testing"

	"github.com/rhysd/actionlint"
)

// TestTheWorkflowIsValid has it read by a linter that knows GitHub's syntax, its
// expressions and contexts, and the inputs of the actions that are used.
func TestTheWorkflowIsValid(t *testing.T) {
	const name = "github-actions.yml"
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
	if err != nil {
		t.Fatal(err)
	}
	found, err := l.Lint(name, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		t.Error(e)
	}
}
