package gateway

import (
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/objectserver"
	"github.com/redis2cf/redis2cf/runtime/internal/torment"
)

// faultTime is how long each kind of fault goes on.
func faultTime() time.Duration {
	if testing.Short() {
		return 300 * time.Millisecond
	}
	return 1500 * time.Millisecond
}

// Whatever happens to connections, messages and the object's engine: no write is lost
// that was acknowledged, none is applied twice, no popped element is lost, and a
// transaction whose keys changed does not run.
func TestNothingIsLostOrDoubledWhateverFails(t *testing.T) {
	type fault struct {
		query string
		proxy func(t testing.TB, target string, d *torment.Dice) (url string, calm func())
		opt   func(d *torment.Dice) objectserver.Options
	}
	none := func(*torment.Dice) objectserver.Options { return objectserver.Options{} }
	straight := func(_ testing.TB, target string, _ *torment.Dice) (string, func()) { return target, func() {} }
	reopening := func(d *torment.Dice) objectserver.Options {
		return objectserver.Options{Before: func(s *objectserver.Server) {
			switch d.Intn(30) {
			case 0, 1:
				s.Trap()
			case 2:
				s.Cut()
			case 3:
				s.Deploy()
			case 4:
				s.Overload(1)
			}
		}}
	}
	for name, f := range map[string]fault{
		"sockets cut": {proxy: func(t testing.TB, u string, d *torment.Dice) (string, func()) { return torment.Cutter(t, u, d, 8000) }, opt: none},
		"messages lost, repeated, late and cut short": {proxy: func(t testing.TB, u string, d *torment.Dice) (string, func()) { return torment.Garbler(t, u, d, 25) }, opt: none},
		"the object opened anew":                      {proxy: straight, opt: reopening},
		"all of it":                                   {proxy: func(t testing.TB, u string, d *torment.Dice) (string, func()) { return torment.Cutter(t, u, d, 20000) }, opt: reopening},
		"HTTP requests cut":                           {query: "?transport=http", proxy: func(t testing.TB, u string, d *torment.Dice) (string, func()) { return torment.Cutter(t, u, d, 4000) }, opt: reopening},
	} {
		t.Run(name, func(t *testing.T) {
			d := torment.NewDice(t, *seed)
			r := newRig(t, f.opt(d), "")
			u, calm := f.proxy(t, r.url, d)
			torment.Run(t, torment.Options{
				Over: open(t, u+f.query), Safe: r.b, Calm: calm, Outcome: ErrOutcome,
				Counter: "counter", Cell: "cell", Queue: "queue", Pair: "pair",
				Run: func(acknowledged func() int64) {
					time.Sleep(faultTime())
					until(t, "what is enough to be counted", func() bool { return acknowledged() >= 200 })
				},
			})
		})
	}
}
