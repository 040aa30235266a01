package cftest

import (
	"sort"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// Redis promises no order where it answers with the members of a set, the fields
// of a hash or with keys; which one comes depends on the encoding and the version.
// miniredis sorts, and tests that were written on it compare with sorted slices.
// So the server sorts too, for clients. What scripts see is the engine's order.
var unordered = map[string]func(resp.Reply){
	"SMEMBERS": sortElems, "SINTER": sortElems, "SUNION": sortElems, "SDIFF": sortElems,
	"HKEYS": sortElems, "HVALS": sortElems, "KEYS": sortElems,
	"HGETALL":         sortPairs,
	"PUBSUB CHANNELS": sortElems,
}

// sortElems sorts an array of strings.
func sortElems(r resp.Reply) {
	sort.SliceStable(r.Elems, func(i, j int) bool { return r.Elems[i].Str < r.Elems[j].Str })
}

// sortPairs sorts an array in which every second element belongs to the one
// before it.
func sortPairs(r resp.Reply) { sort.Stable(pairs(r.Elems)) }

type pairs []resp.Reply

func (p pairs) Len() int           { return len(p) / 2 }
func (p pairs) Less(i, j int) bool { return p[2*i].Str < p[2*j].Str }
func (p pairs) Swap(i, j int) {
	p[2*i], p[2*j] = p[2*j], p[2*i]
	p[2*i+1], p[2*j+1] = p[2*j+1], p[2*i+1]
}

// order sorts the answers of a client's commands where their order is left open,
// those of a transaction included, whose commands it remembers from MULTI on. The
// goroutines of a program share a session: each of their frames is looked at by itself.
func (s *session) order(cmds []resp.Command, replies []resp.Reply) {
	s.peer.sorting.Lock()
	defer s.peer.sorting.Unlock()
	s.sortReplies(cmds, replies)
}

func (s *session) sortReplies(cmds []resp.Command, replies []resp.Reply) {
	for i, r := range replies {
		if i >= len(cmds) || len(cmds[i]) == 0 {
			return
		}
		switch name := cmds[i].Name(); {
		case name == "MULTI" && r.Kind != resp.Error:
			s.queue = []resp.Command{}
		case name == "EXEC" || name == "DISCARD" || name == "RESET":
			if name == "EXEC" && r.Kind == resp.Array {
				queued := s.queue
				s.queue = nil
				s.sortReplies(queued, r.Elems)
			}
			s.queue = nil
		case s.queue != nil:
			if r.Kind != resp.Error {
				s.queue = append(s.queue, cmds[i])
			}
		case r.Kind == resp.Array || r.Kind == resp.Set || r.Kind == resp.Map:
			if len(cmds[i]) > 1 && name == "PUBSUB" {
				name += " " + strings.ToUpper(cmds[i][1])
			}
			if sortReply := unordered[name]; sortReply != nil {
				sortReply(r)
			}
		}
	}
}
