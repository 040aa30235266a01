package smallre

import "unicode/utf8"

// A Regexp is a compiled expression. It is not safe for concurrent use.
type Regexp struct {
	prog []inst
	now  list
	next list
}

type opcode uint8

const (
	opClass  opcode = iota // a character of set, then to
	opSplit                // to and other
	opAssert               // then to
	opMatch
)

type inst struct {
	op     opcode
	assert byte
	set    *set
	to     int
	other  int
}

// Compile compiles an expression, or says that it is none.
func Compile(expr string) (*Regexp, error) {
	n, err := parse(expr)
	if err != nil {
		return nil, err
	}
	re := &Regexp{}
	if !re.compile(n) {
		return nil, ErrSyntax
	}
	if re.emit(inst{op: opMatch}); len(re.prog) > maxProg {
		return nil, ErrSyntax
	}
	re.now, re.next = newList(len(re.prog)), newList(len(re.prog))
	return re, nil
}

func (re *Regexp) emit(i inst) int {
	re.prog = append(re.prog, i)
	return len(re.prog) - 1
}

// compile appends the instructions of a node, which go on behind them.
func (re *Regexp) compile(n *node) bool {
	if len(re.prog) > maxProg {
		return false
	}
	switch n.kind {
	case nodeClass:
		at := re.emit(inst{op: opClass, set: n.set})
		re.prog[at].to = at + 1
	case nodeAssert:
		at := re.emit(inst{op: opAssert, assert: n.assert})
		re.prog[at].to = at + 1
	case nodeCat:
		for _, s := range n.subs {
			if !re.compile(s) {
				return false
			}
		}
	case nodeAlt:
		var ends []int
		for i, s := range n.subs {
			split := -1
			if i+1 < len(n.subs) {
				split = re.emit(inst{op: opSplit})
				re.prog[split].to = split + 1
			}
			if !re.compile(s) {
				return false
			}
			if split >= 0 {
				ends = append(ends, re.emit(inst{op: opSplit}))
				re.prog[split].other = len(re.prog)
			}
		}
		for _, at := range ends {
			re.prog[at].to, re.prog[at].other = len(re.prog), len(re.prog)
		}
	case nodeRepeat:
		return re.repeat(n)
	}
	return true
}

func (re *Regexp) repeat(n *node) bool {
	sub := n.subs[0]
	for i := 0; i < n.min; i++ {
		if !re.compile(sub) {
			return false
		}
	}
	if n.max < 0 {
		split := re.emit(inst{op: opSplit})
		if !re.compile(sub) {
			return false
		}
		re.emit(inst{op: opSplit, to: split, other: split})
		re.prog[split].to, re.prog[split].other = split+1, len(re.prog)
		return true
	}
	var splits []int
	for i := n.min; i < n.max; i++ {
		splits = append(splits, re.emit(inst{op: opSplit}))
		if !re.compile(sub) {
			return false
		}
	}
	for _, at := range splits {
		re.prog[at].to, re.prog[at].other = at+1, len(re.prog)
	}
	return true
}

// A list is a set of instructions in the order in which they came.
type list struct {
	dense  []int
	sparse []int
}

func newList(n int) list { return list{make([]int, 0, n), make([]int, n)} }

func (l *list) add(pc int) bool {
	if at := l.sparse[pc]; at < len(l.dense) && l.dense[at] == pc {
		return false
	}
	l.sparse[pc] = len(l.dense)
	l.dense = append(l.dense, pc)
	return true
}

// MatchString reports whether a text has a match.
func (re *Regexp) MatchString(s string) bool {
	re.now.dense = re.now.dense[:0]
	before := rune(-1)
	for at := 0; ; {
		r, n := utf8.DecodeRuneInString(s[at:])
		if n == 0 {
			r = -1
		}
		if re.follow(&re.now, 0, before, r) {
			return true
		}
		if n == 0 {
			return false
		}
		re.next.dense = re.next.dense[:0]
		after := rune(-1)
		if k, m := utf8.DecodeRuneInString(s[at+n:]); m > 0 {
			after = k
		}
		for _, pc := range re.now.dense {
			if in := &re.prog[pc]; in.op == opClass && in.set.has(r) && re.follow(&re.next, in.to, r, after) {
				return true
			}
		}
		re.now, re.next = re.next, re.now
		before, at = r, at+n
	}
}

// follow adds an instruction and all that is reached without a character. It reports
// whether that is a match.
func (re *Regexp) follow(l *list, pc int, before, after rune) bool {
	stack := []int{pc}
	for len(stack) > 0 {
		pc = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for l.add(pc) {
			in := &re.prog[pc]
			switch in.op {
			case opMatch:
				return true
			case opSplit:
				if in.other != in.to {
					stack = append(stack, in.other)
				}
				pc = in.to
				continue
			case opAssert:
				if holds(in.assert, before, after) {
					pc = in.to
					continue
				}
			}
			break
		}
	}
	return false
}

// holds reports whether an assertion holds between two characters; -1: there is none.
func holds(assert byte, before, after rune) bool {
	switch assert {
	case 'A':
		return before < 0
	case 'z':
		return after < 0
	case '^':
		return before < 0 || before == '\n'
	case '$':
		return after < 0 || after == '\n'
	}
	edge := word(before) != word(after)
	return edge == (assert == 'b')
}
