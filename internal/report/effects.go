package report

import (
	"fmt"
	"slices"
	"sort"

	"github.com/redis2cf/redis2cf/internal/plan"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// An Effect is one way in which a family is worse off than with Redis.
type Effect struct {
	Kind string `json:"kind"` // staler, slower or dearer
	Text string `json:"text"` // one sentence
}

// Kinds of effects.
const (
	Staler = "staler"
	Slower = "slower"
	Dearer = "dearer"
)

var kinds = []string{Staler, Slower, Dearer}

// effectsOf says what changes for whoever reads and writes a family. What holds
// for every command (a round trip to the object, as to a Redis on another
// machine) is not repeated for each.
func effectsOf(f *plan.Family, p *plan.Plan) []Effect {
	var out []Effect
	add := func(kind, format string, args ...any) {
		out = append(out, Effect{kind, fmt.Sprintf(format, args...)})
	}
	switch {
	case f.Store == plan.StoreKV && f.Consistency == plan.Primary:
		add(Staler, "Other clients' writes are seen after up to 60 s; the program's own at once.")
		add(Slower, "A key takes one write a second: further ones wait and are joined into one.")
		add(Dearer, "Each write is a KV write: 5.00 $ a million.")
	case f.Store == plan.StoreKV:
		add(Staler, "At the edge KV answers with what was true up to 60 s ago; this program reads the object and is never behind.")
		add(Dearer, "Each change is also a KV write, 5.00 $ a million; without readers at the edge write store: do.")
	case f.Store == plan.StoreD1 && f.Consistency == plan.Sync:
		add(Slower, "A write waits until D1 has it too.")
		add(Dearer, "Each element is also a row in D1, 1.00 $ a million.")
	case f.Store == plan.StoreD1:
		add(Staler, "SQL over D1 is 100 ms behind, a second under load; this program reads the object and is never behind.")
		add(Dearer, "Each element is also a row in D1, 1.00 $ a million; without SQL over it write store: do.")
	case f.Store == plan.StoreR2:
		add(Slower, "A value above 64 KB takes a second round trip, to R2.")
		add(Dearer, "Such a value is an upload, 4.50 $ a million.")
	}
	seen := func(commands ...string) string {
		for _, c := range commands {
			if slices.Contains(f.Commands, c) {
				return c
			}
		}
		return ""
	}
	if c := blocking(f.Commands); c != "" {
		add(Dearer, "%s keeps the object awake while it waits, which is billed by the second beyond one object all month.", c)
	}
	if c := seen("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"); c != "" {
		add(Slower, "%s runs in WebAssembly, within a budget; nothing else of the object runs meanwhile.", c)
	}
	for _, g := range p.Groups {
		if g.Name == f.Group && g.Shards > 1 {
			add(Slower, "Commands over several hash tags are refused: the group has %d shards.", g.Shards)
		}
	}
	return out
}

// A worseFor is an effect with the families that have it.
type worseFor struct {
	Effect
	Families []string // patterns
}

// worse puts families with the same effect together: what gets staler first, then what
// gets slower, then what gets dearer.
func worse(families []*Family) []worseFor {
	index := map[Effect]int{}
	var out []worseFor
	for _, f := range families {
		for _, e := range f.Effects {
			i, ok := index[e]
			if !ok {
				i = len(out)
				index[e] = i
				out = append(out, worseFor{Effect: e})
			}
			out[i].Families = append(out[i].Families, f.Pattern)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return slices.Index(kinds, out[i].Kind) < slices.Index(kinds, out[j].Kind) })
	return out
}

// blocking is the first of the commands that waits for data.
func blocking(commands []string) string {
	for _, c := range commands {
		if cmd, ok := spec.CommandOf([]string{c}); ok && cmd.Block {
			return c
		}
	}
	return ""
}
