package lua

// line is the line of the instruction that runs.
func (f *frame) line() int {
	pc := max(f.pc-1, 0)
	return int(f.fn.proto.lines[pc])
}

// noteAt is what the text calls an operand of the running instruction.
func (f *frame) noteAt(as role) (kind, name string) {
	if f.fn == nil || f.fn.proto == nil {
		return "", ""
	}
	for _, n := range f.fn.proto.notes {
		if int(n.pc) == f.pc-1 && n.role == as {
			return n.kind, n.name
		}
	}
	return "", ""
}

// nameAt is how a message calls an operand of the running instruction: its kind
// and name, or nothing.
func (t *Thread) nameAt(as role) string {
	if as == noRole {
		return ""
	}
	kind, name := t.frame.noteAt(as)
	if kind == "" {
		return ""
	}
	return kind + " '" + name + "'"
}

// nameAtFirst is nameAt for the first of a chain of tables; the others have no
// name.
func (t *Thread) nameAtFirst(as role, i int) string {
	if i > 0 {
		return ""
	}
	return t.nameAt(as)
}

func (t *Thread) typeError(v Value, op, name string) {
	if name != "" {
		t.RuntimeError("attempt to %s %s (a %s value)", op, name, v.Type())
	}
	t.RuntimeError("attempt to %s a %s value", op, v.Type())
}

// callerName is what the caller of the running function calls it.
func (t *Thread) callerName() (kind, name string) {
	if t.frame.prev == nil {
		return "", ""
	}
	return t.frame.prev.noteAt(roleCall)
}
