package spec

import (
	"slices"
	"testing"
)

func TestEveryCodeHasAnEffort(t *testing.T) {
	for _, c := range Codes() {
		if !slices.Contains(Efforts, c.Effort) {
			t.Errorf("%s has the effort %q", c.Code, c.Effort)
		}
	}
}

func TestEffortsGrow(t *testing.T) {
	for i, e := range Efforts[1:] {
		if e.Hours() <= Efforts[i].Hours() {
			t.Errorf("%s takes %v hours, no more than %s", e, e.Hours(), Efforts[i])
		}
	}
}
