package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A mapReply collects the fields of a map reply.
type mapReply []resp.Reply

func (m *mapReply) put(name string, value resp.Reply) {
	*m = append(*m, resp.NewBulk(name), value)
}

func (m mapReply) reply() resp.Reply { return resp.Reply{Kind: resp.Map, Elems: m} }

// known is a count, null when it cannot be told.
func known(n int64, ok bool) resp.Reply {
	if !ok {
		return nilReply
	}
	return intReply(n)
}

// xinfo finds the stream of an XINFO command.
func (c *call) xinfo() (*stream, resp.Reply) {
	_, s, ok := c.stream(c.args[2])
	switch {
	case !ok:
		return nil, errWrongType
	case s == nil:
		return nil, errNoSuchKey
	}
	return s, resp.Reply{}
}

func cmdXInfoStream(c *call) resp.Reply {
	s, bad := c.xinfo()
	if s == nil {
		return bad
	}
	count := int64(10)
	opt := c.args[3:]
	switch {
	case len(opt) == 0:
	case len(opt) != 1 && len(opt) != 3 || strings.ToUpper(opt[0]) != "FULL":
		return c.errSubcommand()
	case len(opt) == 3:
		if strings.ToUpper(opt[1]) != "COUNT" {
			return c.errSubcommand()
		}
		n, ok := parseInt(opt[2])
		if !ok {
			return errNotInt
		}
		if count = n; n < 0 {
			count = 10
		}
	}
	var m mapReply
	keys := make([]string, len(s.nodes))
	for i, n := range s.nodes {
		keys[i] = n.first.bytes()
	}
	m.put("length", intReply(int64(s.length())))
	// Entries in the rows are in no node: they count as full ones, each a branch.
	inRows := (s.length() - s.n + streamNodeEntries - 1) / streamNodeEntries
	m.put("radix-tree-keys", intReply(int64(len(keys)+inRows)))
	m.put("radix-tree-nodes", intReply(int64(radixNodes(keys)+inRows)))
	m.put("last-generated-id", s.state.last.reply())
	m.put("max-deleted-entry-id", s.state.deleted.reply())
	m.put("entries-added", intReply(s.state.added))
	m.put("recorded-first-entry-id", s.firstID().reply())
	if len(opt) == 0 {
		m.put("groups", intReply(int64(len(s.groups))))
		for _, last := range []bool{false, true} {
			r := nilReply
			if e := s.edge(last); e != nil {
				r = e.reply()
			}
			m.put(map[bool]string{false: "first-entry", true: "last-entry"}[last], r)
		}
		return m.reply()
	}
	m.put("entries", resp.Reply{Kind: resp.Array, Elems: s.entries(streamID{}, maxStreamID, count, false)})
	groups := []resp.Reply{}
	for _, name := range sortedNames(s.groups) {
		groups = append(groups, s.fullGroup(s.groups[name], count))
	}
	m.put("groups", resp.Reply{Kind: resp.Array, Elems: groups})
	return m.reply()
}

// fullGroup is a group in XINFO STREAM … FULL.
func (s *stream) fullGroup(g *streamGroup, count int64) resp.Reply {
	if count == 0 {
		count = pendingAll
	}
	var m mapReply
	m.put("name", resp.NewBulk(g.name))
	m.put("last-delivered-id", g.last.reply())
	m.put("entries-read", known(g.read, g.read != unknownRead))
	m.put("lag", known(s.lag(g)))
	m.put("pel-count", intReply(int64(g.pending.n)))
	pending := []resp.Reply{}
	for _, p := range g.pending.page(streamID{}, maxStreamID, count, nil) {
		pending = append(pending, resp.NewArray(p.id.reply(), resp.NewBulk(p.consumer.name), intReply(p.at), intReply(p.count)))
	}
	m.put("pending", resp.Reply{Kind: resp.Array, Elems: pending})
	consumers := []resp.Reply{}
	for _, name := range sortedNames(g.consumers) {
		con := g.consumers[name]
		pending := []resp.Reply{}
		for _, p := range con.pending.page(streamID{}, maxStreamID, count, nil) {
			pending = append(pending, resp.NewArray(p.id.reply(), intReply(p.at), intReply(p.count)))
		}
		var m mapReply
		m.put("name", resp.NewBulk(name))
		m.put("seen-time", intReply(con.seen))
		m.put("pel-count", intReply(int64(con.pending.n)))
		m.put("pending", resp.Reply{Kind: resp.Array, Elems: pending})
		consumers = append(consumers, m.reply())
	}
	m.put("consumers", resp.Reply{Kind: resp.Array, Elems: consumers})
	return m.reply()
}

func cmdXInfoGroups(c *call) resp.Reply {
	s, bad := c.xinfo()
	if s == nil {
		return bad
	}
	elems := []resp.Reply{}
	for _, name := range sortedNames(s.groups) {
		g := s.groups[name]
		var m mapReply
		m.put("name", resp.NewBulk(name))
		m.put("consumers", intReply(int64(len(g.consumers))))
		m.put("pending", intReply(int64(g.pending.n)))
		m.put("last-delivered-id", g.last.reply())
		m.put("entries-read", known(g.read, g.read != unknownRead))
		m.put("lag", known(s.lag(g)))
		elems = append(elems, m.reply())
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdXInfoConsumers(c *call) resp.Reply {
	s, bad := c.xinfo()
	if s == nil {
		return bad
	}
	g := s.groups[c.args[3]]
	if g == nil {
		return errNoSuchGroup(c.args[3], c.args[2])
	}
	elems := []resp.Reply{}
	for _, name := range sortedNames(g.consumers) {
		con := g.consumers[name]
		var m mapReply
		m.put("name", resp.NewBulk(name))
		m.put("pending", intReply(int64(con.pending.n)))
		m.put("idle", intReply(max(c.e.nowMs-con.seen, 0)))
		elems = append(elems, m.reply())
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}
