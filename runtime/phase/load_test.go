package phase

import (
	"context"
	"errors"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A bucket's middle is within a fifth of each duration in it.
func TestDurationsAreToldApart(t *testing.T) {
	rnd := rand.New(rand.NewSource(*seed))
	for i := 0; i < 10_000; i++ {
		d := time.Duration(rnd.Int63n(1 << uint(10+rnd.Intn(40))))
		got := middle(bucket(d))
		if apart := got - d; apart > d/5+time.Microsecond || -apart > d/5+time.Microsecond {
			t.Fatalf("%v is told as %v", d, got)
		}
	}
	if bucket(-time.Second) != 0 || bucket(1<<62) >= len(loads{}.took) {
		t.Error("a duration has no bucket")
	}
}

// What a process says of its load is since the last time, and the record has it.
func TestTheRecordHasEachProgramsLoad(t *testing.T) {
	w := newTwo(t)
	p := w.process()
	p.TellFaults(func() (uint64, uint64, string) { return 7, 5, "half-open" })
	s := newSession(t, p)
	load := func() *Load {
		t.Helper()
		p.loads.mu.Lock()
		p.loads.since = time.Now().Add(-time.Second)
		p.loads.mu.Unlock()
		if err := p.member.renew(context.Background()); err != nil {
			t.Fatal(err)
		}
		state, err := p.record.State(context.Background())
		if err != nil || len(state.Processes) != 1 || state.Processes[0].Load == nil {
			t.Fatal(state, err)
		}
		return state.Processes[0].Load
	}
	load() // what there was before
	for i := 0; i < 10; i++ {
		must(t, s, "SET k 1")
	}
	if _, err := run(s, "LPUSH", "k", "1"); err == nil {
		t.Fatal("LPUSH on a string")
	}
	must(t, s, "BLPOP none 0.05") // is not timed
	p.loads.ran(1, 500*time.Millisecond, nil, errors.New("not answered"))
	l := load()
	if l.Over < time.Second || l.Over > time.Minute || l.P50 > 100*time.Millisecond || l.P99 < 400*time.Millisecond || l.P99 > 600*time.Millisecond {
		t.Errorf("%+v", l)
	}
	l.Over, l.P50, l.P99 = 0, 0, 0
	if want := (&Load{Commands: 13, Failed: 2, Breaker: "half-open"}); !reflect.DeepEqual(l, want) {
		t.Errorf("%+v, not %+v", l, want)
	}
	if l = load(); l.Commands != 0 || l.P50 != 0 || l.Retries != 0 {
		t.Errorf("nothing was run: %+v", l)
	}
	if text := p.loads.say(time.Hour, 0, nil); text != "" {
		t.Error("too soon:", text)
	}
	for _, bad := range []string{"", "x", "1 2 3 4 5 6 7"} {
		if readLoad(bad) != nil {
			t.Errorf("%q is read", bad)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	record, err := w.end(w.store)(0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Do(context.Background(), []resp.Command{{"HKEYS", RecordKey}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r[0].Elems {
		if len(e.Str) > 1 && e.Str[:2] == "s:" {
			t.Error("a program that has left has a load:", e.Str)
		}
	}
}
