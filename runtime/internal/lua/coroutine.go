package lua

// A status is what a coroutine is doing.
type status uint8

const (
	suspended status = iota
	running
	normal // it has resumed another one
	dead
)

var statusNames = [...]string{"suspended", "running", "normal", "dead"}

func (g *State) openCoroutine() {
	lib := g.NewTable(0, 8)
	g.Register(lib, []string{"create", "resume", "running", "status", "wrap", "yield"}, map[string]func(*Thread) int{
		"create": func(t *Thread) int {
			t.Push(Value{o: t.newCoroutine()})
			return 1
		},
		"resume": coResume,
		"yield":  coYield,
		"wrap":   coWrap,
		"status": func(t *Thread) int {
			t.Push(Text(statusNames[t.checkThread().status]))
			return 1
		},
		"running": func(t *Thread) int {
			if t == t.g.main {
				t.Push(Nil)
			} else {
				t.Push(Value{o: t})
			}
			return 1
		},
	})
	g.Globals.SetText("coroutine", lib.Value())
	g.main.status = running
}

func (t *Thread) checkThread() *Thread {
	co, ok := t.Arg(1).o.(*Thread)
	if !ok {
		t.BadArg(1, "coroutine expected")
	}
	return co
}

// threadBytes is what a coroutine takes beside its stack.
const threadBytes = 400

func (t *Thread) newCoroutine() *Thread {
	fn, ok := t.Arg(1).o.(*Function)
	if !ok || fn.proto == nil {
		t.BadArg(1, "Lua function expected")
	}
	t.g.Grow(threadBytes + 64*valueBytes)
	co := t.g.newThread()
	co.Push(fn.Value())
	return co
}

// resume runs a coroutine until it yields or ends. The values are on its stack
// then, n of them below the top; ok is false when it failed and v is why.
func (t *Thread) resume(co *Thread, args []Value) (n int, v Value, ok bool) {
	if co.status != suspended {
		return 0, Text("cannot resume " + statusNames[co.status] + " coroutine"), false
	}
	if t.goCalls+1 >= maxGoCalls {
		return 0, Text("C stack overflow"), false
	}
	t.g.Walk(callSteps)
	t.status, co.status = normal, running
	co.goCalls = t.goCalls + 1
	co.baseGo = co.goCalls
	defer func() {
		t.status = running
		p := recover()
		if p == nil {
			return
		}
		co.status = dead
		r, mine := p.(*raised)
		if !mine {
			panic(p)
		}
		t.g.Walk(caughtSteps)
		n, v, ok = 0, r.v, false
	}()
	from := co.top
	for _, a := range args {
		co.Push(a)
	}
	if co.frame == &co.first { // not started
		co.enterLua(co.stack[0].o.(*Function), 0, -1).stop = true
	} else {
		co.leave(from, len(args))
	}
	co.yield = -1
	co.execute()
	if co.yield >= 0 {
		co.status = suspended
		return co.yield, Nil, true
	}
	co.status = dead
	return co.top, Nil, true
}

// callSteps is what entering a coroutine counts as.
const callSteps = 30

// take moves n values from a coroutine to who resumed it.
func (t *Thread) take(co *Thread, n int) {
	t.room(t.top + n)
	for _, v := range co.stack[co.top-n : co.top] {
		t.Push(v)
	}
	co.top -= n
}

func coYield(t *Thread) int {
	if t == t.g.main || t.goCalls > t.baseGo {
		t.RuntimeError("attempt to yield across metamethod/C-call boundary")
	}
	t.yield = t.Args()
	return yielded
}

// rest are the arguments behind the first.
func (t *Thread) rest(first int) []Value {
	return append([]Value(nil), t.stack[t.frame.base+first:t.top]...)
}

func coResume(t *Thread) int {
	co := t.checkThread()
	n, v, ok := t.resume(co, t.rest(1))
	if !ok {
		t.Push(False)
		t.Push(v)
		return 2
	}
	t.Push(True)
	t.take(co, n)
	return n + 1
}

func coWrap(t *Thread) int {
	co := t.newCoroutine()
	t.Push(t.g.Func(func(t *Thread) int {
		n, v, ok := t.resume(co, t.rest(0))
		if !ok {
			if s, text := v.ToString(); text {
				v = Text(t.Where(1) + s)
			}
			t.Throw(v)
		}
		t.take(co, n)
		return n
	}).Value())
	return 1
}
