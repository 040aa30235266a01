package engine

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// What clients fill memory with beside the data, of all clients together. The sizes
// are about what Go's structures take.

const (
	// watchBytes is about how many bytes a watched key takes beside its name: its place
	// in two lists and in the map of watchers.
	watchBytes = 160
	// wordBytes is how many bytes a word of a queued command takes beside its text.
	wordBytes = 16
)

var (
	errWatched = resp.NewError("ERR max memory for watched keys reached: EXEC, DISCARD or UNWATCH first, or watch fewer keys at once")
	errQueued  = resp.NewError("ERR max memory for queued commands reached: send fewer commands, or smaller ones, in one transaction")
)

// mayWatch reports whether there is room for more watched keys.
func (e *Engine) mayWatch(keys []string) bool {
	if e.opt.MaxWatched <= 0 {
		return true
	}
	bytes := e.watchedBytes
	for _, key := range keys {
		bytes += watchBytes + len(key)
	}
	return bytes <= e.opt.MaxWatched
}

// queuedBytes is about what a command takes between MULTI and EXEC.
func queuedBytes(args resp.Command) int {
	n := wordBytes
	for _, a := range args {
		n += wordBytes + len(a)
	}
	return n
}

// mayQueue counts a command that is queued, unless there is no room for it.
func (e *Engine) mayQueue(s *session, args resp.Command) bool {
	if e.opt.MaxQueued <= 0 {
		return true
	}
	n := queuedBytes(args)
	if e.queuedBytes+n > e.opt.MaxQueued {
		return false
	}
	e.queuedBytes += n
	s.queuedBytes += n
	return true
}

// endMulti ends a session's transaction.
func (e *Engine) endMulti(s *session) {
	e.queuedBytes -= s.queuedBytes
	s.multi, s.spoiled, s.queue, s.queuedBytes = false, false, nil, 0
}

// longName is the error of a name that a client gives itself: CLIENT SETNAME, SETINFO.
func (e *Engine) longName(name string) (bad resp.Reply) {
	if most := e.opt.MaxName; most > 0 && len(name) > most {
		return resp.NewError(fmt.Sprintf("ERR a name of %d bytes is longer than the %d that a client's name may have", len(name), most))
	}
	return bad
}

// shedScripts drops the programs of loaded scripts when there are too many: the store
// has their texts, if nothing is held back from it.
func (e *Engine) shedScripts() {
	s := &e.scripts
	if most := e.opt.MaxScripts; most > 0 && s.loadedBytes > most && e.opt.KeepScripts && !e.volatile && len(e.ops) == 0 {
		s.loaded, s.loadedBytes = nil, 0
		s.texts, s.bytes = nil, 0
	}
}

// mayRun is the error of a script that must not begin, because those before it took
// what the scripts of one commit may take.
func (e *Engine) mayRun() (bad resp.Reply) {
	if most := e.opt.FrameSteps; most > 0 && e.scripts.steps >= most {
		return resp.NewError(fmt.Sprintf("ERR not run: the scripts before it took %d steps, and all that are sent together may take %d: send fewer at once, each in a pipeline of its own",
			e.scripts.steps, most))
	}
	return bad
}

// roomForLibraries is the error of libraries whose code is more than all may have.
func (e *Engine) roomForLibraries(bytes int) (bad resp.Reply) {
	if most := e.opt.MaxScripts; most > 0 && bytes > most {
		return resp.NewError(fmt.Sprintf("ERR max size of libraries reached: all together would have %d bytes of code, and may have %d: FUNCTION DELETE some first", bytes, most))
	}
	return bad
}
