package lua

// An opcode is an instruction of the machine. R is a register, K a constant, RK
// one or the other.
type opcode uint8

const (
	opMove      opcode = iota // R[a] = R[b]
	opLoadK                   // R[a] = K[b]
	opLoadNil                 // R[a], … b of them = nil
	opLoadBool                // R[a] = b != 0; skip the next if c
	opGetUp                   // R[a] = upvalue b
	opSetUp                   // upvalue a = RK[b]
	opNewCell                 // R[a] becomes a shared variable
	opGetCell                 // R[a] = shared variable R[b]
	opSetCell                 // shared variable R[a] = RK[b]
	opGetGlobal               // R[a] = global K[b]
	opSetGlobal               // global K[c] = RK[b]
	opGetTable                // R[a] = R[b][RK[c]]
	opGetField                // R[a] = R[b][K[c]], a string
	opSetTable                // R[a][RK[b]] = RK[c]
	opSelf                    // R[a+1] = R[b]; R[a] = R[b][K[c]]
	opNewTable                // R[a] = {}, with room for a list of b and c other keys
	opSetList                 // R[a][c+i] = R[a+i] for i to b; to the top if b is 0
	opAdd                     // R[a] = RK[b] + RK[c], …
	opSub
	opMul
	opDiv
	opMod
	opPow
	opUnm // R[a] = -R[b], …
	opNot
	opLen
	opConcat // R[a] = R[b] .. … .. R[c]
	opJump   // to b
	opTest   // to b if R[a] is as true as c
	opEq     // to the next's b if (RK[b] == RK[c]) is a, …
	opLt
	opLe
	opCall     // R[a], … c-1 = R[a](R[a+1], … b-1); all for c, up to the top for b, if 0
	opTailCall // return R[a](R[a+1], … b-1)
	opReturn   // return R[a], … b-1; up to the top if 0
	opForPrep  // prepare the loop at R[a], to b
	opForLoop  // next turn of the loop at R[a], to b
	opTForLoop // R[a+3], … c = R[a](R[a+1], R[a+2]); to b unless nil
	opClosure  // R[a] = function b
	opVararg   // R[a], … b-1 = ...; all if 0
)

// An instr is one instruction.
type instr struct {
	op   opcode
	a    uint8
	b, c int32
}

// firstK is where the constants begin in an RK.
const firstK = 256

// A Proto is a compiled function. It belongs to no State.
type Proto struct {
	chunk, source string
	line          int
	code          []instr
	lines         []int32
	consts        []Value
	protos        []*Proto
	upvalues      []upvalueSource
	notes         []note
	params        int
	registers     int
	vararg        bool
	arg           bool // the rest of the arguments is a table, too
}

// An upvalueSource is where a new closure finds a shared variable: in a register
// of the function around it or among its upvalues.
type upvalueSource struct {
	local bool
	index int
}

// A role is what a value is to an instruction, for messages.
type role uint8

const (
	roleCall role = iota
	roleTable
	roleLeft
	roleRight
	rolePart // of a concatenation, with those behind it
)

// A note is what the text calls a value that an instruction uses: the kind of
// variable and its name.
type note struct {
	pc   int32
	role role
	kind string
	name string
}

// Compile compiles a program. A source of @ and a name is what messages call it
// by; of another source they quote the beginning.
func Compile(text, source string) (*Proto, error) {
	return compile(text, source, nil, 0)
}

func compile(text, source string, m *meter, depth int) (*Proto, error) {
	chunk := chunkName(source, maxSyntaxName)
	if len(text) > 0 && text[0] == '\x1b' {
		return nil, &SyntaxError{chunk + ": bad header in precompiled chunk"}
	}
	fn, err := parse(text, chunk, m, depth)
	if err != nil {
		return nil, err
	}
	return generate(fn, chunkName(source, maxRuntimeName), source)
}
