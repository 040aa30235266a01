package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// streamBlockedCount is how many entries a command that waited answers at most
// when it names no COUNT.
const streamBlockedCount = 1000

// xreadArgs are the arguments of XREAD and XREADGROUP.
type xreadArgs struct {
	group, consumer string
	grouped         bool
	noAck           bool
	blocks          bool
	until           int64
	count           int64 // 0: all
	first           int   // of the keys among the arguments
	keys, ids       []string
}

func (c *call) xreadArgs(reader bool) (a xreadArgs, bad resp.Reply) {
	for i := 1; i < len(c.args) && a.first == 0; i++ {
		more := len(c.args) - i - 1
		switch opt := strings.ToUpper(c.args[i]); {
		case opt == "BLOCK" && more > 0:
			if c.script {
				return a, resp.NewError("ERR " + c.args[0] + " command is not allowed with BLOCK option from scripts")
			}
			i++
			if a.until, bad = c.timeoutMs(c.args[i]); bad.Kind == resp.Error {
				return a, bad
			}
			a.blocks = true
		case opt == "COUNT" && more > 0:
			i++
			n, ok := parseInt(c.args[i])
			if !ok {
				return a, errNotInt
			}
			a.count = max(n, 0)
		case opt == "STREAMS" && more > 0:
			a.first = i + 1
			if more%2 != 0 {
				return a, resp.NewError("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
			}
			a.keys, a.ids = c.args[i+1:i+1+more/2], c.args[i+1+more/2:]
		case opt == "GROUP" && more >= 2:
			if !reader {
				return a, resp.NewError("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
			}
			a.group, a.consumer, a.grouped = c.args[i+1], c.args[i+2], true
			i += 2
		case opt == "NOACK":
			if !reader {
				return a, resp.NewError("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
			}
			a.noAck = true
		default:
			return a, errSyntax
		}
	}
	if a.first == 0 {
		return a, errSyntax
	}
	if reader && !a.grouped {
		return a, resp.NewError("ERR Missing GROUP option for XREADGROUP")
	}
	return a, resp.Reply{}
}

// timeoutMs reads a timeout in milliseconds and returns the time at which it
// ends, 0 for never.
func (c *call) timeoutMs(s string) (until int64, bad resp.Reply) {
	n, ok := parseInt(s)
	switch {
	case !ok:
		return 0, resp.NewError("ERR timeout is not an integer or out of range")
	case n < 0:
		return 0, errTimeoutNeg
	case n == 0 || n > 1e15: // 30,000 years
		return 0, resp.Reply{}
	}
	return c.e.now + n*1000, resp.Reply{}
}

// A streamSource is one stream of an XREAD or XREADGROUP.
type streamSource struct {
	key   string
	ent   *entry
	s     *stream
	group *streamGroup
	after streamID
	fresh bool // ">": what nobody of the group was given
}

// sources finds the streams and the ids after which they are read.
func (c *call) sources(a *xreadArgs, reader bool) ([]streamSource, resp.Reply) {
	all := make([]streamSource, len(a.keys))
	for i, key := range a.keys {
		src := &all[i]
		var ok bool
		src.key = key
		if src.ent, src.s, ok = c.stream(key); !ok {
			return nil, errWrongType
		}
		if reader {
			if src.s != nil {
				src.group = src.s.groups[a.group]
			}
			if src.group == nil {
				return nil, resp.NewError(oneLine(fmt.Sprintf("NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option", cString(key), cString(a.group))))
			}
		}
		switch id, _, _ := strings.Cut(a.ids[i], "\x00"); {
		case id == "$" && reader:
			return nil, resp.NewError("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.")
		case id == "$":
			if src.s != nil {
				src.after = src.s.state.last
			}
		case id == ">" && !reader:
			return nil, resp.NewError("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
		case id == ">":
			src.fresh = true
		default:
			if src.after, ok = strictID(a.ids[i]); !ok {
				return nil, errStreamID
			}
			src.fresh = reader && src.after == maxStreamID
		}
	}
	return all, resp.Reply{}
}

func cmdXRead(c *call) resp.Reply      { return c.xread(false) }
func cmdXReadGroup(c *call) resp.Reply { return c.xread(true) }

func (c *call) xread(reader bool) resp.Reply {
	a, bad := c.xreadArgs(reader)
	if bad.Kind == resp.Error {
		return bad
	}
	if c.woken != nil {
		return c.xreadWoken(a, reader)
	}
	sources, bad := c.sources(&a, reader)
	if bad.Kind == resp.Error {
		return bad
	}
	replies := []resp.Reply{}
	for i := range sources {
		src := &sources[i]
		if src.s == nil {
			continue
		}
		last := src.s.edge(true)
		switch {
		case reader && !src.fresh:
			replies = append(replies, resp.NewBulk(src.key), c.history(&a, src))
		case reader:
			src.after = src.group.last
			fallthrough
		default:
			if last != nil && src.after.less(last.id) {
				replies = append(replies, resp.NewBulk(src.key), c.news(&a, src, a.count))
			}
		}
	}
	if len(replies) > 0 {
		return c.streamsReply(replies)
	}
	if !a.blocks {
		return nilArray
	}
	r := c.waitFor(a.keys, a.until, nilArray)
	if c.wait != nil && !reader {
		c.wait.args = slices.Clone(c.args)
		for i, src := range sources { // $ is the last id of now
			c.wait.args[a.first+len(a.keys)+i] = src.after.String()
		}
	}
	return r
}

// xreadWoken answers a command that waited, from the stream that changed.
func (c *call) xreadWoken(a xreadArgs, reader bool) resp.Reply {
	i := slices.Index(a.keys, c.woken.key)
	src := streamSource{key: c.woken.key, fresh: true}
	var ok bool
	if src.ent, src.s, ok = c.stream(src.key); !ok || src.s == nil {
		if reader {
			return resp.NewError("UNBLOCKED the stream key no longer exists")
		}
		return c.waitFor(a.keys, a.until, nilArray)
	}
	if reader {
		if src.group = src.s.groups[a.group]; src.group == nil {
			return resp.NewError("NOGROUP the consumer group this client was blocked on no longer exists")
		}
		src.after = src.group.last
	} else {
		src.after, _ = strictID(a.ids[i])
	}
	if !src.after.less(src.s.state.last) {
		return c.waitFor(a.keys, a.until, nilArray)
	}
	if a.count == 0 {
		a.count = streamBlockedCount
	}
	return c.streamsReply([]resp.Reply{resp.NewBulk(src.key), c.news(&a, &src, a.count)})
}

// streamsReply is the reply of keys and entries in turn: a map with RESP3.
func (c *call) streamsReply(flat []resp.Reply) resp.Reply {
	if c.s.proto == 3 {
		return resp.Reply{Kind: resp.Map, Elems: flat}
	}
	elems := make([]resp.Reply, 0, len(flat)/2)
	for i := 0; i < len(flat); i += 2 {
		elems = append(elems, resp.NewArray(flat[i], flat[i+1]))
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// news reads entries after an id and, for a group, gives them to the consumer.
func (c *call) news(a *xreadArgs, src *streamSource, count int64) resp.Reply {
	from, _ := src.after.next()
	if src.group == nil {
		return resp.Reply{Kind: resp.Array, Elems: src.s.entries(from, maxStreamID, count, false)}
	}
	s, g := src.s, src.group
	con := s.consumer(g, a.consumer, c.e.nowMs)
	elems := []resp.Reply{}
	s.walk(from, maxStreamID, false, func(e *streamEntry) bool {
		s.advance(g, e.id)
		if !a.noAck {
			s.deliver(g, con, e.id, c.e.nowMs)
		}
		elems = append(elems, e.reply())
		return count == 0 || int64(len(elems)) < count
	})
	c.e.noted(src.ent)
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// history reads what a consumer was given and did not acknowledge.
func (c *call) history(a *xreadArgs, src *streamSource) resp.Reply {
	s, g := src.s, src.group
	con := s.consumer(g, a.consumer, c.e.nowMs)
	from, _ := src.after.next()
	count := a.count
	if count == 0 {
		count = int64(con.pending.n)
	}
	elems := []resp.Reply{}
	for _, p := range con.pending.page(from, maxStreamID, count, nil) {
		e := s.find(p.id)
		if e == nil { // removed since
			elems = append(elems, resp.NewArray(p.id.reply(), nilArray))
			continue
		}
		s.assign(g, p, con, c.e.nowMs, p.count+1)
		elems = append(elems, e.reply())
	}
	c.e.noted(src.ent)
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// cString is what C's %s writes of a string.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
