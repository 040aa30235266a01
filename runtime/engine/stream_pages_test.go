package engine_test

import (
	"fmt"
	"math/rand"
	"strconv"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/difftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store/memory"
)

// TestIdsThatXSETIDGivesAgainInRows deletes at the end of a stream, sets the last
// id back and adds again what was deleted, in frames and in scripts that are
// undone.
func TestIdsThatXSETIDGivesAgainInRows(t *testing.T) {
	for round := int64(0); round < 40; round++ {
		rnd := rand.New(rand.NewSource(*seed + round))
		var pair [2]*pagedSubject
		for i, most := range []int{1 << 20, 20} {
			s := &pagedSubject{t: t, name: strconv.Itoa(most), rows: memory.NewRows(), opt: engine.Options{ResidentRows: most, ScriptSteps: 60_000}}
			s.open()
			pair[i] = s
		}
		both := func(cmds ...resp.Command) {
			t.Helper()
			a, b := pair[0].run(pagedNow, 1, cmds...), pair[1].run(pagedNow, 1, cmds...)
			for i := range a {
				if x, y := difftest.Show(unpackedReply(a[i])), difftest.Show(unpackedReply(b[i])); x != y {
					t.Fatalf("seed %d, %v: in memory %s, in rows %s", *seed+round, cmds, x, y)
				}
			}
		}
		for i := 1; i <= 60; i++ {
			both(resp.Command{"XADD", "x", fmt.Sprint(i, "-0"), "n", strconv.Itoa(i)})
		}
		top := 60
		for i := 0; i < 30; i++ {
			if rnd.Intn(3) == 0 {
				pair[1].open()
			} else if rnd.Intn(2) == 0 {
				pair[1].e.Shed(func() (bool, bool) { return true, false })
			}
			var cmds []resp.Command
			back, n := top, 1+rnd.Intn(4)
			for ; n > 0; n-- {
				cmds = append(cmds, resp.Command{"XDEL", "x", fmt.Sprint(back, "-0")})
				back--
			}
			cmds = append(cmds, resp.Command{"XSETID", "x", fmt.Sprint(back, "-0")})
			for n = rnd.Intn(3); n >= 0; n-- {
				back++
				cmds = append(cmds, resp.Command{"XADD", "x", fmt.Sprint(back, "-0"), "again", strconv.Itoa(i)})
			}
			if rnd.Intn(2) == 0 {
				cmds = append(cmds, resp.Command{"XDEL", "x", fmt.Sprint(back, "-0")})
			}
			look := []resp.Command{{"XLEN", "x"}, {"XRANGE", "x", "-", "+"}, {"XREVRANGE", "x", "+", "-", "COUNT", "3"}, {"XINFO", "STREAM", "x"}}
			if rnd.Intn(2) == 0 {
				script := resp.Command{"EVAL", endless, "0"}
				for _, cmd := range cmds {
					script = append(append(script, strconv.Itoa(len(cmd))), cmd...)
				}
				both(script)
			} else {
				if rnd.Intn(2) == 0 {
					cmds = append(cmds, look...)
				}
				both(cmds...)
				top = back
			}
			if rnd.Intn(3) > 0 {
				both(look...)
			}
		}
	}
}
