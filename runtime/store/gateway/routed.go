package gateway

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A course is the way of one frame through several objects: what can go together is
// gathered, one list for each object, and sent when something comes that must wait
// for it.
type course struct {
	s       *Session
	r       *router
	cmds    []resp.Command
	replies []resp.Reply
	done    int // commands that have their reply
	lists   []list
}

// list is commands for one object.
type list struct {
	o    *object
	at   []int // their places
	cmds []resp.Command
}

// routed runs commands where there are several objects.
func (s *Session) routed(ctx context.Context, r *router, scratch *resp.Scratch, cmds []resp.Command) ([]resp.Reply, error) {
	w := &course{s: s, r: r, cmds: cmds, replies: scratch.Replies(len(cmds))[:len(cmds)]}
	for i := 0; i < len(cmds); {
		n, err := w.step(ctx, i)
		if err != nil {
			return nil, partly(err, w.replies[:w.done])
		}
		i += n
	}
	if err := w.flush(ctx); err != nil {
		return nil, partly(err, w.replies[:w.done])
	}
	return w.replies, nil
}

// step takes the command at a place, or the transaction that begins or goes on there.
// It returns how many commands that was.
func (w *course) step(ctx context.Context, i int) (int, error) {
	cmd := w.cmds[i]
	if isNamed(cmd, "multi") || w.s.inTransaction() {
		if err := w.flush(ctx); err != nil {
			return 0, err
		}
		return w.transaction(ctx, i)
	}
	if fan := fanOf(cmd); fan != nil {
		if err := w.flush(ctx); err != nil {
			return 0, err
		}
		r, err := fan(ctx, w, cmd)
		if err == nil {
			w.set(i, r)
		}
		return 1, err
	}
	o, bad := w.r.target(keysOf(cmd))
	switch {
	case bad != "":
		w.set(i, resp.NewError(bad))
		return 1, nil
	case o == nil:
		o = w.r.all[0]
	}
	if watch := isNamed(cmd, "watch"); watch || isNamed(cmd, "unwatch") {
		switch tied := w.s.tiedTo(); {
		case tied != nil && !watch:
			o = tied
		case tied != nil && tied != o:
			w.set(i, resp.NewError(crossSlot))
			return 1, nil
		}
	}
	if traitsOfCommand(cmd)&(blocks|telling) != 0 {
		if err := w.flush(ctx); err != nil {
			return 0, err
		}
		w.add(o, i)
		return 1, w.flush(ctx)
	}
	w.add(o, i)
	return 1, nil
}

func (w *course) set(i int, r resp.Reply) {
	w.replies[i] = r
	w.done++
}

func (w *course) add(o *object, i int) {
	for n := range w.lists {
		if l := &w.lists[n]; l.o == o {
			l.at, l.cmds = append(l.at, i), append(l.cmds, w.cmds[i])
			return
		}
	}
	w.lists = append(w.lists, list{o: o, at: []int{i}, cmds: w.cmds[i : i+1 : i+1]})
}

// flush sends what was gathered, to all objects at once, and waits for it.
func (w *course) flush(ctx context.Context) error {
	lists := w.lists
	w.lists = nil
	errs := make([]error, len(lists))
	run := func(i int) {
		l := &lists[i]
		var replies []resp.Reply
		replies, errs[i] = w.s.on(ctx, l.o, nil, l.cmds, allTraits(l.cmds))
		for n, r := range replies {
			w.replies[l.at[n]] = r
		}
	}
	var wait sync.WaitGroup
	for i := 1; i < len(lists); i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			run(i)
		}(i)
	}
	if len(lists) > 0 {
		run(0)
	}
	wait.Wait()
	var first error
	for i, err := range errs {
		if err == nil {
			w.done += len(lists[i].cmds)
		} else if first == nil {
			first = err
		}
	}
	return first
}

func allTraits(cmds []resp.Command) (all traits) {
	for _, cmd := range cmds {
		all |= traitsOfCommand(cmd)
	}
	return all
}

// everywhere runs one command in several objects.
func (w *course) everywhere(ctx context.Context, objects []*object, cmd resp.Command) ([]resp.Reply, error) {
	c := &course{s: w.s, r: w.r, replies: make([]resp.Reply, len(objects))}
	for i, o := range objects {
		c.lists = append(c.lists, list{o: o, at: []int{i}, cmds: []resp.Command{cmd}})
	}
	err := c.flush(ctx)
	return c.replies, partly(err, c.replies[:c.done])
}

// inTransaction reports whether MULTI was sent and EXEC was not.
func (s *Session) inTransaction() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loose != nil || s.tied != nil && s.tied.tx.multi
}

// tiedTo is the object in which the session watches keys or has a transaction, nil
// when there is none.
func (s *Session) tiedTo() *object {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tied == nil {
		return nil
	}
	return s.tied.l.o
}

// elsewhere is sent in the place of a command whose keys are in another object than
// its transaction: no object has it, so that EXEC is refused as it is when a command
// was.
var elsewhere = resp.Command{"redis2cf.elsewhere"}

// transaction runs commands from MULTI, or in an open transaction, to its end or the
// end of the frame. Its object is that of the first key in it.
func (w *course) transaction(ctx context.Context, from int) (int, error) {
	n := 0
	for open := true; open && from+n < len(w.cmds); n++ {
		cmd := w.cmds[from+n]
		open = !isNamed(cmd, "exec") && !isNamed(cmd, "discard")
	}
	part := w.cmds[from : from+n]
	ended := isNamed(part[n-1], "exec") || isNamed(part[n-1], "discard")
	w.s.mu.Lock()
	waiting := slices.Clone(w.s.loose) // were answered already
	w.s.mu.Unlock()

	all := append(waiting, part...)
	o := w.s.tiedTo()
	bad := map[int]string{} // by the place in all
	for i, cmd := range all {
		t, why := w.r.target(keysOf(cmd))
		if why == "" && t != nil && o == nil {
			o = t
		}
		if why == "" && t != nil && t != o {
			why = crossSlot
		}
		if why != "" {
			bad[i] = why
		}
	}
	if o == nil && !ended {
		return n, w.s.loosen(w, from, part)
	}
	if o == nil {
		o = w.r.all[0]
	}
	if len(bad) > 0 {
		all = slices.Clone(all)
		for i := range bad {
			all[i] = elsewhere
		}
	}
	w.s.mu.Lock()
	w.s.loose = nil
	w.s.mu.Unlock()
	replies, err := w.s.on(ctx, o, nil, all, allTraits(all))
	if err != nil {
		return 0, err
	}
	for i := range part {
		r := replies[len(waiting)+i]
		if why := bad[len(waiting)+i]; why != "" {
			r = resp.NewError(why)
		}
		w.set(from+i, r)
	}
	return n, nil
}

// loosen answers the beginning of a transaction of which no key is known yet.
func (s *Session) loosen(w *course, from int, part []resp.Command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, cmd := range part {
		switch {
		case isNamed(cmd, "multi") && len(s.loose) > 0:
			w.set(from+i, resp.NewError("ERR MULTI calls can not be nested"))
			continue
		case isNamed(cmd, "multi"):
			w.set(from+i, resp.OK)
		default:
			w.set(from+i, resp.NewStatus("QUEUED"))
		}
		s.loose = append(s.loose, slices.Clone(cmd))
	}
	return nil
}

// nameOf is a command's name in lower case, of a container with the sub-command: "script load".
func nameOf(cmd resp.Command) string {
	if len(cmd) == 0 {
		return ""
	}
	name := strings.ToLower(cmd[0])
	switch name {
	case "script", "function", "config", "client", "slowlog", "pubsub", "memory", "latency":
		if len(cmd) > 1 {
			name += " " + strings.ToLower(cmd[1])
		}
	}
	return name
}
