package engine_test

import (
	"math/rand"
	"reflect"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestSameFramesSameChanges runs the same random frames twice: replies, changes,
// messages and wakes are the same, value for value and in the same order.
func TestSameFramesSameChanges(t *testing.T) {
	const start = int64(1_700_000_000_000_000)
	frames := 6000
	if testing.Short() {
		frames = 1000
	}
	for round, opt := range []engine.Options{{}, {MaxBytes: 3000, ResidentRows: 8}} {
		var engines [2]*engine.Engine
		var rows [2]*memory.Rows
		var gens [2]*difftest.Gen
		for i := range engines {
			rows[i] = memory.NewRows()
			var err error
			if engines[i], err = engine.Open(rows[i], opt); err != nil {
				t.Fatal(err)
			}
			if gens[i], err = difftest.NewGen(*seed+int64(round), start/1000, engine.Served); err != nil {
				t.Fatal(err)
			}
			for s := 0; s < 4; s++ {
				engines[i].NewSession(s%2, 2+s%2, "")
			}
		}
		rnd := rand.New(rand.NewSource(*seed))
		now := start
		for n := 0; n < frames; n++ {
			now += int64(rnd.Intn(50_000))
			bits, session, tick := rnd.Uint64(), uint64(1+rnd.Intn(4)), rnd.Intn(10) == 0
			var outs [2]engine.Outcome
			var line string
			for i, e := range engines {
				cmds := gens[i].Next()
				line = difftest.Line(cmds[0])
				if outs[i] = e.Exec(now, bits, engine.Frame{Session: session, Commands: cmds, NoBlock: n%3 > 0}); outs[i].Err != nil {
					t.Fatal(outs[i].Err)
				}
				if ch := outs[i].Change; ch != nil {
					if err := rows[i].Commit(ch); err != nil {
						t.Fatal(err)
					}
				}
			}
			same(t, line, outs)
			if tick {
				for i, e := range engines {
					if outs[i] = e.Tick(now, bits); outs[i].Change != nil {
						if err := rows[i].Commit(outs[i].Change); err != nil {
							t.Fatal(err)
						}
					}
				}
				same(t, "Tick", outs)
			}
		}
	}
}

func same(t *testing.T, what string, outs [2]engine.Outcome) {
	t.Helper()
	if !reflect.DeepEqual(outs[0], outs[1]) {
		if a, b := outs[0].Change, outs[1].Change; !reflect.DeepEqual(a, b) {
			t.Fatalf("%s makes two changes:\n%+v\n%+v", what, a, b)
		}
		t.Fatalf("%s has two outcomes:\n%+v\n%+v", what, outs[0], outs[1])
	}
}
