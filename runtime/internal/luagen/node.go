// Package luagen makes random Lua programs for the tests that compare how two
// implementations run them, and makes a program that shows a difference smaller.
// A program's answer says all that it saw: values with their types, the order of
// pairs, the texts of errors.
package luagen

import "strings"

// A node is a piece of a program: text and further pieces. A list of statements
// may lose any of them; an expression may be replaced by one of its own parts or
// by a constant.
type node struct {
	kind  kind
	parts []any // string or *node
}

type kind uint8

const (
	expression kind = iota
	statement
	list // of statements
	fixed
)

func (n *node) write(b *strings.Builder) {
	for _, p := range n.parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case *node:
			p.write(b)
			if n.kind == list {
				b.WriteByte('\n')
			}
		}
	}
}

func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

// atoms are what an expression may shrink to.
var atoms = []string{"nil", "1", "''", "{}"}

// A Program is a random program.
type Program struct{ root *node }

// Text is the program.
func (p *Program) Text() string { return p.root.String() }

// Shrink removes what it can from a program for which differs reports true, and
// returns the smaller one. It asks at most tries times.
func (p *Program) Shrink(differs func(text string) bool, tries int) {
	for again := true; again && tries > 0; {
		again = p.root.shrink(func() bool {
			tries--
			return tries >= 0 && differs(p.root.String())
		})
	}
}

// shrink tries each smaller form of the node and of those in it, and keeps those
// for which still holds.
func (n *node) shrink(still func() bool) (smaller bool) {
	if n.kind == list {
		for i := 0; i < len(n.parts); {
			all := n.parts
			n.parts = append(append([]any(nil), all[:i]...), all[i+1:]...)
			if still() {
				smaller = true
				continue
			}
			n.parts = all
			i++
		}
	}
	for i, p := range n.parts {
		child, ok := p.(*node)
		if !ok {
			continue
		}
		if child.kind == expression && n.replace(i, child, still) {
			smaller = true
		}
		if child, ok := n.parts[i].(*node); ok && child.shrink(still) {
			smaller = true
		}
	}
	return smaller
}

// replace puts something simpler in the place of an expression.
func (n *node) replace(i int, child *node, still func() bool) bool {
	var simpler []any
	if len(child.parts) > 1 || len(child.parts) == 1 && !isAtom(child.parts[0]) {
		for _, a := range atoms {
			simpler = append(simpler, &node{expression, []any{a}})
		}
	}
	for _, p := range child.parts {
		if part, ok := p.(*node); ok && part.kind == expression {
			simpler = append(simpler, part)
		}
	}
	for _, s := range simpler {
		n.parts[i] = s
		if still() {
			return true
		}
	}
	n.parts[i] = child
	return false
}

func isAtom(p any) bool {
	s, ok := p.(string)
	if !ok {
		return false
	}
	for _, a := range atoms {
		if s == a {
			return true
		}
	}
	return false
}
