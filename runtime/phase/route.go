package phase

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Keys at both sides: the first word of the errors of commands that no side could run.
const crossPhase = "CROSSPHASE"

// sideOf is the side that is the truth in a phase: Redis or Cloudflare.
func sideOf(p Phase) Phase {
	if p == Redis {
		return Redis
	}
	return Cloudflare
}

// route takes a segment apart by the sides that are the truth of its keys, for one passage
// through the gate. What is in phase only has no keys to mark.
func (s *session) route(d *division, seg *segment) []*segment {
	one := *seg
	one.division, one.side = d, sideOf(d.rest)
	if d.all(Only) { // there is one side
		one.keys, one.more, one.both, one.refused = nil, nil, false, ""
	}
	s.mu.Lock()
	s.rest = sideOf(d.rest)
	watched, open, aborted := s.watchSide, s.multi, s.aborted
	switch {
	case open:
		watched = s.multiSide
	case s.lost:
		watched = "" // EXEC will say so, wherever the keys are
	}
	s.mu.Unlock()
	switch {
	case aborted != "":
		one.aborted = true
		return []*segment{&one}
	case one.breaksTransaction(open):
		if open {
			one.side = watched
		}
		return []*segment{&one}
	case d.find == nil, seg.refused != "", seg.flush != "", seg.both:
		return []*segment{&one}
	case open || seg.cmds[0].Name() == "MULTI":
		one.transact(d, watched)
		return []*segment{&one}
	}
	var out []*segment
	for _, cmd := range seg.cmds {
		side, cross := d.sideFor(cmd, watched)
		next := &segment{cmds: []resp.Command{cmd}, side: side, division: d, wait: seg.wait}
		switch {
		case cross != "" && !next.spreads():
			next.refused = cross
		case cross == "" && cmd.Name() == "WATCH" && watched != "" && watched != side:
			next.refused = crossPhase + " a session watches keys at one side, and those in another phase are at the other (" + d.String() + ")"
		case cross == "":
			if cmd.Name() == "WATCH" {
				watched = side
			}
			next.mark(cmd)
			if n := len(out); n > 0 && out[n-1].side == side && out[n-1].plain() {
				out[n-1].cmds = append(out[n-1].cmds, cmd)
				out[n-1].keys = append(out[n-1].keys, next.keys...)
				out[n-1].more = append(out[n-1].more, next.more...)
				continue
			}
		}
		out = append(out, next)
	}
	return out
}

// breaksTransaction refuses a transaction with a command that would be run by itself outside
// of one: FLUSHDB would remove what the phases keep, and behind SELECT keys are of another
// database than their marks. In phase only there are no marks.
func (seg *segment) breaksTransaction(open bool) bool {
	what := seg.outside
	if open && what == "" && (seg.flush != "" || seg.cmds[0].Name() == "SELECT") {
		what = seg.cmds[0].Name()
	}
	if what == "" || what == "SELECT" && seg.division.all(Only) {
		return false
	}
	seg.abort = "MOVE " + what + " cannot be run in a transaction of a store that data moves to or has moved to; send it by itself"
	return true
}

// plain tells whether more commands may run at one go with those of a segment.
func (seg *segment) plain() bool {
	return seg.wait == nil && seg.refused == "" && seg.spread == nil
}

// mark notes what a command may change, as far as the other side follows it.
func (seg *segment) mark(cmd resp.Command) {
	for _, k := range engine.WrittenKeys(cmd) {
		if seg.division.of(k) != Only {
			seg.keys = append(seg.keys, k)
		}
	}
	if p, ok := elsewhere(cmd); ok && seg.division.of(p.key) != Only {
		seg.more = append(seg.more, p)
	}
}

// sideFor is the side that runs a command: the one that is the truth of its keys. One
// without keys runs where the keys are that are in no family, or where something is
// watched. cross is the error of a command whose keys are at both.
func (d *division) sideFor(cmd resp.Command, watched Phase) (side Phase, cross string) {
	keys := engine.Keys(cmd)
	for i, k := range keys {
		p := d.of(k)
		if i == 0 {
			side = sideOf(p)
		} else if side != sideOf(p) {
			return side, fmt.Sprintf(crossPhase+" %s has keys at both sides while their families are in different phases (%s); switch those families together", cmd.Name(), d)
		}
	}
	if len(keys) > 0 {
		return side, ""
	}
	switch cmd.Name() {
	case "UNWATCH", "DISCARD", "EXEC":
		if watched != "" {
			return watched, ""
		}
	case "SCAN", "KEYS", "DBSIZE", "RANDOMKEY":
		// Both sides have all keys, those of the other truth a little later. Redis has no
		// more those of a family in phase only.
		if d.has(Only) {
			return Cloudflare, ""
		}
	}
	return sideOf(d.rest), ""
}

// transact routes a transaction, or a part of one that is open: to where something is
// watched, or to where its keys are.
func (seg *segment) transact(d *division, side Phase) {
	seg.keys, seg.more = nil, nil
	for _, cmd := range seg.cmds {
		where, cross := d.sideFor(cmd, side)
		if len(engine.Keys(cmd)) > 0 {
			if side == "" {
				side = where
			}
			if cross != "" || where != side {
				seg.abort = crossPhase + " a transaction has keys at both sides while their families are in different phases (" + d.String() + "); switch those families together"
				break
			}
		}
		seg.mark(cmd)
	}
	if side == "" {
		side = sideOf(d.rest)
	}
	seg.side = side
}

// spread is a command that is run by each side for its own keys.
type spread struct {
	parts []*segment
	at    [][]int // for each, where its keys stand among those of the command
	keys  int
}

// spreads takes a command apart that Redis would run for each of its keys anyhow. Nothing
// else is: MSET, for example, sets all of its keys at once.
func (seg *segment) spreads() bool {
	cmd := seg.cmds[0]
	switch cmd.Name() {
	case "DEL", "UNLINK", "EXISTS", "TOUCH", "MGET":
	default:
		return false
	}
	s := &spread{keys: len(cmd) - 1}
	for _, side := range []Phase{Redis, Cloudflare} {
		p := &segment{side: side, division: seg.division}
		line, at := resp.Command{cmd[0]}, []int(nil)
		for i, k := range cmd[1:] {
			if sideOf(seg.division.of(k)) == side {
				line, at = append(line, k), append(at, i)
			}
		}
		p.cmds = []resp.Command{line}
		p.mark(line)
		s.parts, s.at = append(s.parts, p), append(s.at, at)
		seg.keys = append(seg.keys, p.keys...)
	}
	seg.spread = s
	return true
}

// join makes the reply of the whole command.
func (s *spread) join(replies []resp.Reply) resp.Reply {
	sum := resp.Reply{Kind: resp.Int}
	elems := make([]resp.Reply, s.keys)
	for n, r := range replies {
		switch r.Kind {
		case resp.Error:
			return r
		case resp.Int:
			sum.Int += r.Int
		default:
			for i, e := range r.Elems {
				elems[s.at[n][i]] = e
			}
			sum = resp.Reply{Kind: r.Kind}
		}
	}
	if sum.Kind != resp.Int {
		sum.Elems = elems
	}
	return sum
}

// runSpread runs the parts of a command that was taken apart.
func (s *session) runSpread(ctx context.Context, seg *segment) ([]resp.Reply, error) {
	var replies []resp.Reply
	for _, p := range seg.spread.parts {
		r, err := s.run(ctx, p)
		if err != nil {
			return nil, err
		}
		replies = append(replies, r...)
	}
	return []resp.Reply{seg.spread.join(replies)}, nil
}

// abortTransaction answers a transaction that cannot be run, as a server does whose
// queue was refused a command: EXEC says so.
func (s *session) abortTransaction(ctx context.Context, seg *segment) ([]resp.Reply, error) {
	s.mu.Lock()
	if seg.abort != "" {
		s.aborted = seg.abort
		s.settleMarks()
		if inner := s.inner[seg.side]; s.multi && inner != nil {
			s.mu.Unlock() // a message that comes meanwhile needs it
			_, err := inner.Execute(ctx, []resp.Command{{"DISCARD"}})
			s.mu.Lock()
			if err != nil {
				s.mu.Unlock()
				return nil, err
			}
		}
		s.multi = true
	}
	why := s.aborted
	s.mu.Unlock()
	out := make([]resp.Reply, len(seg.cmds))
	for i, cmd := range seg.cmds {
		switch cmd.Name() {
		case "MULTI", "DISCARD":
			out[i] = resp.OK
		case "EXEC":
			_, text, _ := strings.Cut(why, " ")
			out[i] = resp.NewError("EXECABORT Transaction discarded because " + text)
		default:
			out[i] = resp.NewStatus("QUEUED")
		}
		if name := cmd.Name(); name == "EXEC" || name == "DISCARD" {
			s.mu.Lock()
			s.aborted, s.multi, s.watching, s.lost, s.watchSide, s.multiSide = "", false, false, false, "", ""
			s.mu.Unlock()
		}
	}
	return out, nil
}
