package engine

// seen finds out which changes a frame's replies depend on, so that the host
// need not hold a reply back until changes are stored that have nothing to do
// with it. A key knows the last change that wrote it. A command that does not
// only look keys up, one by one and with find, depends on every change.
type seen struct {
	frame uint64 // what the running frame depends on, the number of a change
	gone  uint64 // the last change that removed a key: what is missing may have been there before
	all   uint64 // the last change of a whole database, on which every frame depends
}

func (s *seen) entry(ent *entry) { s.frame = max(s.frame, ent.seq) }
func (s *seen) missing()         { s.frame = max(s.frame, s.gone) }

// keyed reports whether a command depends on nothing but keys that it finds.
func (cmd *command) keyed() bool {
	return cmd.first > 0 && cmd.flags&(flagReadonly|flagWrite) != 0 && cmd.flags&flagNoScript == 0
}
