package lua

import (
	"fmt"
	"strings"
)

// Lua 5.1's limits.
const (
	maxCalls   = 20000 // calls of functions at a time
	maxGoCalls = 200   // of them, those that use Go's stack
	maxGoStack = 8000  // values that a function of Go may have on the stack
)

// A Thread is a coroutine, or the one that runs outside coroutines.
type Thread struct {
	g       *State
	stack   []Value
	top     int // behind the last argument or result that a function of Go has pushed
	frame   *frame
	first   frame // the host's own
	calls   int
	goCalls int   // calls on Go's stack
	baseGo  int   // of them, those that a yield does not cross
	handler Value // called with errors where they are raised, as for xpcall
	charged int   // slots of the stack that the budget has paid for
	deepest int   // calls that it has paid for
	status  status
	yield   int // values that a coroutine yields
	id      uint32
}

// A frame is a call that has not returned.
type frame struct {
	fn         *Function
	at         int // of the function on the stack, where results go
	base       int // of its registers or arguments
	pc         int
	want       int // results that the caller wants, -1: all
	extra      int // arguments behind the parameters, below base
	tail       int // callers that tail calls replaced
	stop       bool
	prev, next *frame
}

func (g *State) newThread() *Thread {
	g.ids++
	t := &Thread{g: g, stack: make([]Value, 64), id: g.ids}
	t.frame = &t.first
	return t
}

// reset forgets what a program left on the stack.
func (t *Thread) reset() {
	if len(t.stack) > 4096 {
		t.stack = make([]Value, 64)
		t.first.next = nil
	} else {
		clear(t.stack[:min(t.charged, len(t.stack))])
	}
	for f := t.first.next; f != nil; f = f.next {
		f.fn = nil
	}
	t.top, t.frame, t.calls, t.goCalls, t.handler, t.charged, t.deepest = 0, &t.first, 0, 0, Nil, 0, 0
}

// State is the state that the thread belongs to.
func (t *Thread) State() *State { return t.g }

// room makes sure that the stack has slots up to a place.
func (t *Thread) room(to int) {
	if to > t.charged {
		t.g.Grow(valueBytes * (to - t.charged))
		t.charged = to
	}
	if to > len(t.stack) {
		s := make([]Value, max(to, 2*len(t.stack)))
		copy(s, t.stack)
		t.stack = s
	}
}

// enter adds a frame.
func (t *Thread) enter(fn *Function, at, want int) *frame {
	if t.calls++; t.calls >= maxCalls {
		t.tooDeep()
	}
	if t.calls > t.deepest {
		t.g.Grow(frameBytes)
		t.deepest = t.calls
	}
	prev := t.frame
	f := prev.next
	if f == nil {
		f = &frame{prev: prev}
		prev.next = f
	}
	f.fn, f.at, f.base, f.want, f.pc, f.extra, f.tail, f.stop = fn, at, at+1, want, 0, 0, 0, false
	t.frame = f
	return f
}

const frameBytes = 96

// tooDeep raises the error of a stack overflow, or ends the thread's program
// when handling that error calls too deep.
func (t *Thread) tooDeep() {
	t.calls--
	if t.calls > maxCalls+maxCalls/8 {
		panic(&raised{v: Text("error in error handling"), t: t})
	}
	if t.calls == maxCalls-1 {
		t.calls++
		t.RuntimeError("stack overflow")
	}
	t.calls++
}

// enterLua begins a call of a function of Lua whose arguments are on the stack
// up to top.
func (t *Thread) enterLua(fn *Function, at, want int) *frame {
	p := fn.proto
	args := t.top - at - 1
	f := t.enter(fn, at, want)
	if !p.vararg {
		t.room(at + 1 + p.registers)
		for i := args; i < p.params; i++ {
			t.stack[at+1+i] = Nil
		}
		return f
	}
	// The parameters move behind the arguments, of which they leave the rest.
	base := at + 1 + max(args, 0)
	t.room(base + p.registers)
	for i := 0; i < p.params; i++ {
		if i < args {
			t.stack[base+i] = t.stack[at+1+i]
			t.stack[at+1+i] = Nil
		} else {
			t.stack[base+i] = Nil
		}
	}
	f.base, f.extra = base, max(args-p.params, 0)
	if p.arg {
		list := t.g.NewTable(f.extra, 1)
		for i := 0; i < f.extra; i++ {
			list.SetInt(i+1, t.stack[base-f.extra+i])
		}
		list.SetText("n", Int(f.extra))
		t.stack[base+p.params] = list.Value()
	}
	return f
}

// yielded is what a function of Go returns that stops its coroutine.
const yielded = -1

// callGo calls a function of Go and moves its results to where it was. It
// reports whether the coroutine has to stop.
func (t *Thread) callGo(fn *Function, at, want int) bool {
	t.enter(fn, at, want)
	n := fn.run(t)
	if n == yielded {
		return true
	}
	t.leave(t.top-n, n)
	return false
}

// leave ends the call of a frame with n results at a place.
func (t *Thread) leave(from, n int) {
	f := t.frame
	t.frame = f.prev
	t.calls--
	t.results(f.at, from, n, f.want)
}

// results moves n results and makes them as many as are wanted.
func (t *Thread) results(at, from, n, want int) {
	if want < 0 {
		t.room(at + n)
		copy(t.stack[at:at+n], t.stack[from:from+n])
		t.top = at + n
		return
	}
	t.room(at + want)
	if n > want {
		n = want
	}
	copy(t.stack[at:at+n], t.stack[from:from+n])
	for i := n; i < want; i++ {
		t.stack[at+i] = Nil
	}
	t.top = at + want
}

// call calls the value at a place with the arguments behind it, on Go's stack.
func (t *Thread) call(at, want int) {
	if t.goCalls++; t.goCalls >= maxGoCalls {
		if t.goCalls == maxGoCalls {
			t.RuntimeError("C stack overflow")
		} else if t.goCalls >= maxGoCalls+maxGoCalls/8 {
			t.goCalls--
			panic(&raised{v: Text("error in error handling"), t: t})
		}
	}
	fn := t.callable(at)
	if fn.proto == nil {
		t.callGo(fn, at, want)
	} else {
		t.enterLua(fn, at, want).stop = true
		t.execute()
	}
	t.goCalls--
}

// generator is the name of what a loop calls for each turn.
const generator = "(for generator)"

// callable is the function at a place; for another value its metamethod, whose
// first argument it becomes.
func (t *Thread) callable(at int) *Function {
	v := t.stack[at]
	if fn, ok := v.o.(*Function); ok {
		return fn
	}
	fn, ok := t.metaOf(v, eventCall).o.(*Function)
	if !ok {
		name := t.nameAt(roleCall)
		if strings.Contains(name, generator) {
			name = "" // Lua calls a copy of it, which has no name
		}
		t.typeError(v, "call", name)
	}
	t.room(t.top + 1)
	copy(t.stack[at+1:t.top+1], t.stack[at:t.top])
	t.top++
	t.stack[at] = fn.Value()
	return fn
}

// raised is an error on its way to who catches it.
type raised struct {
	v Value
	t *Thread
}

// Throw raises a value.
func (t *Thread) Throw(v Value) {
	if t.handler.o != nil {
		fn, ok := t.handler.o.(*Function)
		if !ok {
			panic(&raised{v: Text("error in error handling"), t: t})
		}
		at := t.top
		if f := t.frame; f.fn != nil && f.fn.proto != nil {
			at = max(at, f.base+f.fn.proto.registers)
		}
		t.top = at
		t.Push(fn.Value())
		t.Push(v)
		t.call(at, 1)
		v = t.stack[at]
	}
	panic(&raised{v: v, t: t})
}

// protect runs something and catches what it raises. The thread is as before
// then, apart from what is on the stack behind top.
func (t *Thread) protect(handler Value, run func()) (err *raised) {
	frame, calls, goCalls, top, outer := t.frame, t.calls, t.goCalls, t.top, t.handler
	t.handler = handler
	defer func() {
		t.handler = outer
		p := recover()
		if p == nil {
			return
		}
		r, ok := p.(*raised)
		if !ok {
			panic(p)
		}
		t.frame, t.calls, t.goCalls, t.top = frame, calls, goCalls, top
		t.g.Walk(caughtSteps)
		err = r
	}()
	run()
	return nil
}

// caughtSteps is what catching an error counts as: it costs far more than an
// instruction.
const caughtSteps = 100

// RuntimeError raises a message with the place of the running Lua function
// before it.
func (t *Thread) RuntimeError(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	t.g.Grow(len(msg))
	if f := t.frame; f.fn != nil && f.fn.proto != nil {
		msg = fmt.Sprintf("%s:%d: %s", f.fn.proto.chunk, f.line(), msg)
	}
	t.Throw(Text(msg))
}
