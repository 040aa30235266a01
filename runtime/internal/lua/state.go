package lua

// A State holds the globals of programs and runs them, one at a time.
type State struct {
	meter
	Globals *Table
	main    *Thread
	strings *Table // metatable of strings
	ids     uint32
	events  [eventCount]*String
	random  drand
}

// An event is a metamethod.
type event uint8

const (
	eventIndex event = iota
	eventNewIndex
	eventCall
	eventAdd
	eventSub
	eventMul
	eventDiv
	eventMod
	eventPow
	eventUnm
	eventLen
	eventEq
	eventLt
	eventLe
	eventConcat
	eventMeta
	eventToString
	eventCount
)

var eventNames = [eventCount]string{
	"__index", "__newindex", "__call", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__len",
	"__eq", "__lt", "__le", "__concat", "__metatable", "__tostring",
}

// NewState returns a state whose globals are Lua 5.1's, without what reads files
// or prints.
func NewState() *State {
	g := &State{random: drand{firstRandom}}
	g.stop()
	for i, name := range eventNames {
		g.events[i] = &String{s: name}
		g.events[i].hashOf()
	}
	g.Globals = g.NewTable(0, 2)
	g.main = g.newThread()
	g.openBase()
	g.openCoroutine()
	g.openString()
	g.openTable()
	g.openMath()
	return g
}

// Main is the thread that runs programs outside coroutines.
func (g *State) Main() *Thread { return g.main }

// Func makes a function of Go a value of Lua. It finds its arguments by
// Thread.Arg, pushes its results and returns how many they are.
func (g *State) Func(run func(*Thread) int) *Function {
	g.ids++
	return &Function{run: run, env: g.Globals, id: g.ids}
}

// Load makes a function of a program, with the state's globals.
func (g *State) Load(p *Proto) *Function {
	g.ids++
	return &Function{proto: p, env: g.Globals, id: g.ids}
}

// Reload is Load into a function that nothing uses any more.
func (g *State) Reload(fn *Function, p *Proto) {
	g.ids++
	*fn = Function{proto: p, env: g.Globals, id: g.ids}
}

// Register sets fields of a table to functions of Go.
func (g *State) Register(t *Table, names []string, funcs map[string]func(*Thread) int) {
	for _, name := range names {
		t.SetText(name, g.Func(funcs[name]).Value())
	}
}

// An Error is what a program raised and did not catch.
type Error struct{ Value Value }

func (e *Error) Error() string {
	if s, ok := e.Value.ToString(); ok {
		return s
	}
	return "(error object is a " + e.Value.Type() + " value)"
}

// Run calls a function with a budget, and handler, when it is not nil, with each
// error where it is raised. result gets what the function returns, while the
// budget still counts. Whether the budget was spent is told by Exceeded.
func (g *State) Run(b Budget, handler, fn *Function, args []Value, result func(Value)) (err *Error) {
	t := g.main
	ids := g.ids
	g.start(b)
	defer func() {
		p := recover()
		g.stop()
		t.reset()
		g.ids = ids
		if _, over := p.(spent); p != nil && !over {
			panic(p)
		}
	}()
	t.Push(fn.Value())
	for _, a := range args {
		t.Push(a)
	}
	var h Value
	if handler != nil {
		h = handler.Value()
	}
	if raised := t.protect(h, func() { t.call(0, 1) }); raised != nil {
		return &Error{raised.v}
	}
	result(t.stack[0])
	if g.steps < 0 || g.bytes < 0 {
		g.end()
	}
	return nil
}
