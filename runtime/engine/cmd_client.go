package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var clientHandlers = map[string]handler{
	"client|id": cmdClientID, "client|setname": cmdClientSetName, "client|getname": cmdClientGetName,
	"client|setinfo": cmdClientSetInfo, "client|list": cmdClientList, "client|info": cmdClientInfo,
	"client|no-evict": cmdClientNoEvict, "client|no-touch": cmdClientOnOff, "client|reply": cmdClientReply,
	"client|kill": cmdClientKill, "client|unblock": cmdClientUnblock,
	"client|pause": cmdClientPause, "client|unpause": cmdClientUnpause,
	"client|tracking": cmdClientTracking, "client|trackinginfo": cmdClientTrackingInfo,
	"client|caching": cmdClientCaching, "client|getredir": cmdClientGetRedir,
	"client": cmdContainer,
}

var errClientName = resp.NewError("ERR Client names cannot contain spaces, newlines or special characters.")

// validName reports whether a client name is made of printable bytes.
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return true
}

func cmdClientID(c *call) resp.Reply { return intReply(int64(c.s.id)) }

func cmdClientSetName(c *call) resp.Reply {
	if !validName(c.args[2]) {
		return errClientName
	}
	if bad := c.e.longName(c.args[2]); bad.Kind == resp.Error {
		return bad
	}
	c.s.name = c.args[2]
	return resp.OK
}

func cmdClientGetName(c *call) resp.Reply {
	if c.s.name == "" {
		return nilReply
	}
	return resp.NewBulk(c.s.name)
}

func cmdClientSetInfo(c *call) resp.Reply {
	var i int
	switch strings.ToUpper(c.args[2]) {
	case "LIB-NAME":
	case "LIB-VER":
		i = 1
	default:
		return resp.NewError(fmt.Sprintf("ERR Unrecognized option '%s'", oneLine(clip(c.args[2]))))
	}
	if !validName(c.args[3]) {
		return resp.NewError(fmt.Sprintf("ERR %s cannot contain spaces, newlines or special characters.", strings.ToLower(c.args[2])))
	}
	if bad := c.e.longName(c.args[3]); bad.Kind == resp.Error {
		return bad
	}
	c.s.lib[i] = c.args[3]
	return resp.OK
}

// cmdClientOnOff takes a hint that means nothing here.
func cmdClientOnOff(c *call) resp.Reply {
	if on := c.args[2]; !strings.EqualFold(on, "ON") && !strings.EqualFold(on, "OFF") {
		return errSyntax
	}
	return resp.OK
}

// cmdClientNoEvict keeps the flag for CLIENT LIST: no client is ever evicted.
func cmdClientNoEvict(c *call) resp.Reply {
	r := cmdClientOnOff(c)
	if r.Kind == resp.Status {
		c.s.noEvict = strings.EqualFold(c.args[2], "ON")
	}
	return r
}

// cmdClientReply answers as a front that holds replies back lets it: see
// respserver, which does that.
func cmdClientReply(c *call) resp.Reply {
	switch strings.ToUpper(c.args[2]) {
	case "ON":
		return resp.OK
	case "OFF", "SKIP":
		return resp.Reply{Kind: resp.None}
	}
	return errSyntax
}

// The engine is in the program, or sends nobody what changed: there is nothing
// to invalidate, so tracking stays off.

func cmdClientTracking(c *call) resp.Reply {
	switch {
	case strings.EqualFold(c.args[2], "OFF") && len(c.args) == 3:
		return resp.OK
	case strings.EqualFold(c.args[2], "ON"):
		return unserved("client|tracking")
	}
	return errSyntax
}

func cmdClientTrackingInfo(*call) resp.Reply {
	return resp.Reply{Kind: resp.Map, Elems: []resp.Reply{
		resp.NewBulk("flags"), {Kind: resp.Set, Elems: []resp.Reply{resp.NewBulk("off")}},
		resp.NewBulk("redirect"), intReply(-1),
		resp.NewBulk("prefixes"), emptyArray,
	}}
}

func cmdClientCaching(*call) resp.Reply {
	return resp.NewError("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
}

func cmdClientGetRedir(*call) resp.Reply { return intReply(-1) }

// clients are the sessions in the order in which they came.
func (e *Engine) clients() []*session {
	list := make([]*session, 0, len(e.sessions))
	for _, s := range e.sessions {
		if !s.killed {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *session) int { return int(int64(a.id) - int64(b.id)) })
	return list
}

// clientType reads a class of clients; there are no masters and no replicas.
func clientType(name string) (kind string, bad resp.Reply) {
	switch kind = strings.ToLower(name); kind {
	case "slave":
		kind = "replica"
	case "normal", "pubsub", "master", "replica":
	default:
		return "", resp.NewError(fmt.Sprintf("ERR Unknown client type '%s'", oneLine(clip(name))))
	}
	return kind, resp.Reply{}
}

// kind is the class of the client.
func (s *session) kind() string {
	if s.subscribed() {
		return "pubsub"
	}
	if s.monitor {
		return "replica" // as Redis counts them
	}
	return "normal"
}

// subscribed reports whether the client listens to anything.
func (s *session) subscribed() bool { return len(s.topics)+len(s.globs)+len(s.shards) > 0 }

// flags are the letters of CLIENT LIST.
func (e *Engine) flags(s *session) string {
	var b strings.Builder
	add := func(is bool, letter byte) {
		if is {
			b.WriteByte(letter)
		}
	}
	add(s.monitor, 'O')
	add(s.subscribed(), 'P')
	add(s.multi, 'x')
	add(e.waits(s) != nil, 'b')
	add(s.failed, 'd')
	add(s.noEvict, 'e')
	if b.Len() == 0 {
		return "N"
	}
	return b.String()
}

// waits finds the session's blocked command.
func (e *Engine) waits(s *session) *waiter {
	for _, w := range e.tickets {
		if w.session == s {
			return w
		}
	}
	return nil
}

// line is a client's line in CLIENT LIST. The buffers are the front's and stand
// as 0; a client in the program has no address.
func (e *Engine) line(s *session) string {
	multi, last := -1, "NULL"
	if s.multi {
		multi = len(s.queue)
	}
	if s.last != nil {
		last = s.last.name
	}
	age, idle := int64(0), int64(0)
	if s.since != 0 {
		age, idle = max(e.nowMs-s.since, 0)/1000, max(e.nowMs-s.seen, 0)/1000
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=%d multi=%d"+
		" qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=%s user=%s redir=-1 resp=%d lib-name=%s lib-ver=%s\n",
		s.id, s.peer.Addr, s.peer.LocalAddr, s.name, age, idle, e.flags(s), s.db,
		len(s.topics), len(s.globs), len(s.shards), multi, last, s.user(), s.proto, s.lib[0], s.lib[1])
}

func cmdClientInfo(c *call) resp.Reply { return verbatim(c.e.line(c.s)) }

func cmdClientList(c *call) resp.Reply {
	var b strings.Builder
	switch args := c.args[2:]; {
	case len(args) == 2 && strings.EqualFold(args[0], "TYPE"):
		kind, bad := clientType(args[1])
		if bad.Kind == resp.Error {
			return bad
		}
		for _, s := range c.e.clients() {
			if s.kind() == kind {
				b.WriteString(c.e.line(s))
			}
		}
	case len(args) > 1 && strings.EqualFold(args[0], "ID"):
		for _, a := range args[1:] {
			id, ok := parseInt(a)
			if !ok {
				return resp.NewError("ERR Invalid client ID")
			}
			if s := c.e.sessions[uint64(id)]; s != nil {
				b.WriteString(c.e.line(s))
			}
		}
	case len(args) == 0:
		for _, s := range c.e.clients() {
			b.WriteString(c.e.line(s))
		}
	default:
		return errSyntax
	}
	return verbatim(b.String())
}
