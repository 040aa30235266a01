package object

import "github.com/redis2cf/redis2cf/runtime/internal/frame"

// Settle makes rows of what the journal has, for tests that look at them.
func (o *Object) Settle() error { return o.rows.settle() }

// TimeOut ends a blocked command as if its time were up.
func (o *Object) TimeOut(id frame.SessionID, ticket uint64) []byte {
	o.begin(o.now, 0)
	o.step.reset()
	out := o.eng.TimeOut(o.now, o.random(), o.sessions[id].blocked[ticket].engine)
	o.step.absorb(&out)
	if err := o.commit(&o.self, 0, nil); err != nil {
		panic(err)
	}
	return o.end()
}
