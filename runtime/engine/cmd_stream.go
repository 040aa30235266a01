package engine

import (
	"math"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var streamHandlers = map[string]handler{
	"xadd": cmdXAdd, "xlen": cmdXLen, "xrange": cmdXRange, "xrevrange": cmdXRevRange,
	"xdel": cmdXDel, "xtrim": cmdXTrim, "xsetid": cmdXSetID, "xread": cmdXRead,
	"xgroup|create": cmdXGroupCreate, "xgroup|setid": cmdXGroupSetID, "xgroup|destroy": cmdXGroupDestroy,
	"xgroup|createconsumer": cmdXGroupCreateConsumer, "xgroup|delconsumer": cmdXGroupDelConsumer,
	"xreadgroup": cmdXReadGroup, "xack": cmdXAck, "xpending": cmdXPending,
	"xclaim": cmdXClaim, "xautoclaim": cmdXAutoClaim,
	"xinfo|stream": cmdXInfoStream, "xinfo|groups": cmdXInfoGroups, "xinfo|consumers": cmdXInfoConsumers,
	// The containers themselves, for their arity.
	"xgroup": cmdContainer, "xinfo": cmdContainer,
}

// stream finds a stream. ok is false when the key holds another type; s is nil
// when there is no such key.
func (c *call) stream(key string) (ent *entry, s *stream, ok bool) {
	ent, ok = c.find(key, TypeStream)
	if ent == nil || !ok {
		return nil, nil, ok
	}
	return ent, c.e.object(ent).(*stream), true
}

func (c *call) newStream(key string) (*entry, *stream) {
	s := newStream(!c.e.volatile)
	ent := c.e.add(c.s.db, key, TypeStream, 0)
	ent.obj = s
	return ent, s
}

// reply is the entry as Redis answers it: its id and its fields.
func (e *streamEntry) reply() resp.Reply {
	_, fields := unpackEntry(e.value)
	return resp.NewArray(e.id.reply(), resp.Bulks(fields))
}

// entries are the replies of up to count entries between two ids; 0 means all.
func (s *stream) entries(from, to streamID, count int64, reverse bool) []resp.Reply {
	elems := []resp.Reply{}
	s.walk(from, to, reverse, func(e *streamEntry) bool {
		elems = append(elems, e.reply())
		return count == 0 || int64(len(elems)) < count
	})
	return elems
}

// xaddArgs are the arguments of XADD, and of XTRIM where they are the same.
type xaddArgs struct {
	trim       streamTrim
	trims      bool
	noMkStream bool
	id         streamID
	given      bool // an id was given
	auto       bool // of the id only the milliseconds were given
	at         int  // of the id among the arguments
}

// streamDefaultLimit is how many entries trimming with ~ looks at unless told.
const streamDefaultLimit = 100 * streamNodeEntries

// xaddArgs reads the options and, for XADD, the id.
func (c *call) xaddArgs(xadd bool) (a xaddArgs, bad resp.Reply) {
	limited := false
	i := 2
args:
	for ; i < len(c.args); i++ {
		more := len(c.args) - 1 - i
		switch opt := strings.ToUpper(c.args[i]); {
		case xadd && opt == "*":
			break args
		case (opt == "MAXLEN" || opt == "MINID") && more > 0:
			if a.trims {
				return a, resp.NewError("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
			}
			if next := c.args[i+1]; more >= 2 && (next == "~" || next == "=") {
				a.trim.approx = next == "~"
				i++
			}
			i++
			a.trims, a.trim.byID = true, opt == "MINID"
			var ok bool
			switch {
			case a.trim.byID:
				if a.trim.minID, ok = strictID(c.args[i]); !ok {
					return a, errStreamID
				}
			default:
				if a.trim.maxLen, ok = parseInt(c.args[i]); !ok {
					return a, errNotInt
				}
				if a.trim.maxLen < 0 {
					return a, resp.NewError("ERR The MAXLEN argument must be >= 0.")
				}
			}
		case opt == "LIMIT" && more > 0:
			i++
			n, ok := parseInt(c.args[i])
			if !ok {
				return a, errNotInt
			}
			if n < 0 {
				return a, resp.NewError("ERR The LIMIT argument must be >= 0.")
			}
			a.trim.limit, limited = n, true
		case xadd && opt == "NOMKSTREAM":
			a.noMkStream = true
		case xadd:
			var ok bool
			if a.id, a.auto, ok = (idForm{star: true}).parse(c.args[i]); !ok {
				return a, errStreamID
			}
			a.given = true
			break args
		default:
			return a, errSyntax
		}
	}
	a.at = i
	switch {
	case a.trim.limit != 0 && !a.trims:
		return a, resp.NewError("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
	case !xadd && !a.trims:
		return a, resp.NewError("ERR syntax error, XTRIM must be called with a trimming strategy")
	case limited && !a.trim.approx:
		return a, resp.NewError("ERR syntax error, LIMIT cannot be used without the special ~ option")
	case !limited && a.trim.approx:
		a.trim.limit = streamDefaultLimit
	}
	return a, resp.Reply{}
}

func cmdXAdd(c *call) resp.Reply {
	a, bad := c.xaddArgs(true)
	if bad.Kind == resp.Error {
		return bad
	}
	var fields []string
	if a.at < len(c.args) {
		fields = c.args[a.at+1:]
	}
	if len(fields) < 2 || len(fields)%2 == 1 {
		return errArity("xadd")
	}
	if a.given && !a.auto && a.id == (streamID{}) {
		return resp.NewError("ERR The ID specified in XADD must be greater than 0-0")
	}
	ent, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil && a.noMkStream:
		return nilReply
	case s == nil:
		ent, s = c.newStream(c.args[1])
	}
	if s.state.last == maxStreamID {
		return resp.NewError("ERR The stream has exhausted the last possible ID, unable to add more items")
	}
	id := s.nextID(a, uint64(c.e.nowMs))
	if !s.state.last.less(id) {
		return resp.NewError("ERR The ID specified in XADD is equal or smaller than the target stream top item")
	}
	s.add(id, fields)
	if a.trims {
		s.trim(a.trim)
	}
	c.e.touch(ent)
	return id.reply()
}

// nextID is the id that an entry gets; one that is not greater than the last is
// refused.
func (s *stream) nextID(a xaddArgs, nowMs uint64) streamID {
	last := s.state.last
	switch {
	case a.given && !a.auto:
		return a.id
	case a.given && a.id.ms == last.ms:
		if last.seq == math.MaxUint64 {
			return streamID{}
		}
		return streamID{last.ms, last.seq + 1}
	case a.given:
		return a.id
	case nowMs > last.ms:
		return streamID{ms: nowMs}
	}
	id, _ := last.next()
	return id
}

func cmdXLen(c *call) resp.Reply {
	_, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil:
		return intReply(0)
	}
	return intReply(int64(s.length()))
}

func cmdXRange(c *call) resp.Reply    { return c.xrange(c.args[2], c.args[3], false) }
func cmdXRevRange(c *call) resp.Reply { return c.xrange(c.args[3], c.args[2], true) }

func (c *call) xrange(start, end string, reverse bool) resp.Reply {
	from, to, bad := idBounds(start, end)
	if bad.Kind == resp.Error {
		return bad
	}
	count := int64(-1)
	for i := 4; i < len(c.args); i += 2 {
		if i+1 == len(c.args) || strings.ToUpper(c.args[i]) != "COUNT" {
			return errSyntax
		}
		n, ok := parseInt(c.args[i+1])
		if !ok {
			return errNotInt
		}
		count = max(n, 0)
	}
	_, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil:
		return emptyArray
	case count == 0:
		return nilArray
	}
	return resp.Reply{Kind: resp.Array, Elems: s.entries(from, to, max(count, 0), reverse)}
}

// strictIDs reads ids, which must all be right before anything is done.
func strictIDs(args []string) ([]streamID, bool) {
	ids := make([]streamID, len(args))
	for i, a := range args {
		var ok bool
		if ids[i], ok = strictID(a); !ok {
			return nil, false
		}
	}
	return ids, true
}

func cmdXDel(c *call) resp.Reply {
	ent, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil:
		return intReply(0)
	}
	ids, ok := strictIDs(c.args[2:])
	if !ok {
		return errStreamID
	}
	removed, state := int64(0), s.state
	for _, id := range ids {
		if s.remove(id) {
			removed++
			if state.deleted.less(id) {
				state.deleted = id
			}
		}
	}
	s.setState(state)
	if removed > 0 {
		c.e.modified(ent)
	}
	return intReply(removed)
}

func cmdXTrim(c *call) resp.Reply {
	a, bad := c.xaddArgs(false)
	if bad.Kind == resp.Error {
		return bad
	}
	ent, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil:
		return intReply(0)
	}
	removed := s.trim(a.trim)
	if removed > 0 {
		c.e.modified(ent)
	}
	return intReply(removed)
}

func cmdXSetID(c *call) resp.Reply {
	id, ok := strictID(c.args[2])
	if !ok {
		return errStreamID
	}
	added := int64(-1)
	var deleted streamID
	for i := 3; i < len(c.args); i += 2 {
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "ENTRIESADDED" && i+1 < len(c.args):
			if added, ok = parseInt(c.args[i+1]); !ok {
				return errNotInt
			}
			if added < 0 {
				return resp.NewError("ERR entries_added must be positive")
			}
		case opt == "MAXDELETEDID" && i+1 < len(c.args):
			if deleted, ok = strictID(c.args[i+1]); !ok {
				return errStreamID
			}
			if id.less(deleted) {
				return resp.NewError("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
			}
		default:
			return errSyntax
		}
	}
	ent, s, ok := c.stream(c.args[1])
	switch {
	case !ok:
		return errWrongType
	case s == nil:
		return errNoSuchKey
	case !s.empty() && id.less(s.edge(true).id):
		return resp.NewError("ERR The ID specified in XSETID is smaller than the target stream top item")
	case !s.empty() && added != -1 && int64(s.length()) > added:
		return resp.NewError("ERR The entries_added specified in XSETID is smaller than the target stream length")
	}
	state := s.state
	state.last = id
	if added != -1 {
		state.added = added
	}
	if deleted != (streamID{}) {
		state.deleted = deleted
	}
	s.setState(state)
	c.e.noted(ent)
	return resp.OK
}
