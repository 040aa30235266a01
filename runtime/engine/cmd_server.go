package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var serverHandlers = map[string]handler{
	"ping": cmdPing, "echo": cmdEcho, "time": cmdTime, "hello": cmdHello, "quit": cmdQuit, "reset": cmdReset,
	"client|id": cmdClientID, "client|setname": cmdClientSetName, "client|getname": cmdClientGetName,
	"client|setinfo": cmdClientSetInfo, "client|list": cmdClientList, "client|info": cmdClientInfo,
	"client|no-evict": cmdClientOK,
	"command":         cmdCommand, "command|count": cmdCommandCount, "command|list": cmdCommandList, "command|info": cmdCommandInfo,
	"info": cmdInfo, "config|get": cmdConfigGet, "lastsave": cmdLastSave, "memory|usage": cmdMemoryUsage,
	"object|encoding": cmdObjectEncoding, "object|refcount": cmdObjectRefCount, "object|idletime": cmdObjectIdleTime,
	"object|freq": cmdObjectFreq,
	// The containers themselves, for their arity.
	"client": cmdContainer, "config": cmdContainer, "memory": cmdContainer, "object": cmdContainer, "pubsub": cmdContainer,
}

// cmdContainer is never run: a container has at least one argument, which names
// the sub-command.
func cmdContainer(c *call) resp.Reply { return errArity(c.cmd.name) }

// Version is the version of Redis whose behaviour the engine has.
const Version = "7.0.15"

func cmdPing(c *call) resp.Reply {
	if len(c.args) > 2 {
		return errArity("ping")
	}
	message := "PONG"
	if len(c.args) == 2 {
		message = c.args[1]
	}
	if c.s.proto == 2 && len(c.s.topics)+len(c.s.globs)+len(c.s.shards) > 0 {
		if len(c.args) == 1 {
			message = ""
		}
		return resp.NewArray(resp.NewBulk("pong"), resp.NewBulk(message))
	}
	if len(c.args) == 1 {
		return resp.NewStatus(message)
	}
	return resp.NewBulk(message)
}

func cmdEcho(c *call) resp.Reply { return resp.NewBulk(c.args[1]) }

func cmdTime(c *call) resp.Reply {
	return resp.NewArray(
		resp.NewBulk(strconv.FormatInt(c.e.now/1e6, 10)),
		resp.NewBulk(strconv.FormatInt(c.e.now%1e6, 10)))
}

// cmdHello switches the protocol. Passwords are the front's business: it has
// checked AUTH before the engine sees the command.
func cmdHello(c *call) resp.Reply {
	proto := c.s.proto
	if len(c.args) > 1 {
		n, ok := parseInt(c.args[1])
		if !ok {
			return resp.NewError("ERR Protocol version is not an integer or out of range")
		}
		if n != 2 && n != 3 {
			return resp.NewError("NOPROTO unsupported protocol version")
		}
		proto = int(n)
		for i := 2; i < len(c.args); i++ {
			switch opt := strings.ToUpper(c.args[i]); {
			case opt == "AUTH" && i+2 < len(c.args):
				i += 2
			case opt == "SETNAME" && i+1 < len(c.args):
				i++
				if !validName(c.args[i]) {
					return errClientName
				}
				c.s.name = c.args[i]
			default:
				return resp.NewError(fmt.Sprintf("ERR Syntax error in HELLO option '%s'", oneLine(clip(c.args[i]))))
			}
		}
	}
	c.s.proto = proto
	return resp.Reply{Kind: resp.Map, Elems: []resp.Reply{
		resp.NewBulk("server"), resp.NewBulk("redis"),
		resp.NewBulk("version"), resp.NewBulk(Version),
		resp.NewBulk("proto"), intReply(int64(proto)),
		resp.NewBulk("id"), intReply(int64(c.s.id)),
		resp.NewBulk("mode"), resp.NewBulk("standalone"),
		resp.NewBulk("role"), resp.NewBulk("master"),
		resp.NewBulk("modules"), emptyArray,
	}}
}

func cmdQuit(c *call) resp.Reply { return resp.OK }

func cmdReset(c *call) resp.Reply {
	c.s.endMulti()
	c.e.unwatch(c.s)
	c.e.topics.leave(c.s)
	c.s.db, c.s.proto, c.s.name = 0, 2, ""
	return resp.NewStatus("RESET")
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
	c.s.lib[i] = c.args[3]
	return resp.OK
}

// line is a client's line in CLIENT LIST. What the engine does not know (the
// address, the buffers) is left out.
func (e *Engine) line(s *session) string {
	multi := -1
	if s.multi {
		multi = len(s.queue)
	}
	return fmt.Sprintf("id=%d name=%s age=%d db=%d sub=%d psub=%d ssub=%d multi=%d watch=%d resp=%d lib-name=%s lib-ver=%s\n",
		s.id, s.name, (e.nowMs-s.since)/1000, s.db, len(s.topics), len(s.globs), len(s.shards), multi, len(s.watched), s.proto, s.lib[0], s.lib[1])
}

func cmdClientList(c *call) resp.Reply {
	ids := make([]uint64, 0, len(c.e.sessions))
	for id := range c.e.sessions {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(c.e.line(c.e.sessions[id]))
	}
	return resp.NewBulk(b.String())
}

func cmdClientInfo(c *call) resp.Reply { return resp.NewBulk(c.e.line(c.s)) }

func cmdClientOK(c *call) resp.Reply { return resp.OK }

func (cmd *command) reply() resp.Reply {
	flags := []resp.Reply{}
	for _, f := range []struct {
		flag cmdFlag
		name string
	}{
		{flagWrite, "write"}, {flagReadonly, "readonly"}, {flagDenyOOM, "denyoom"}, {flagAdmin, "admin"},
		{flagPubSub, "pubsub"}, {flagNoScript, "noscript"}, {flagBlocking, "blocking"}, {flagFast, "fast"},
		{flagNoMulti, "no_multi"}, {flagMovable, "movablekeys"},
	} {
		if cmd.flags&f.flag != 0 {
			flags = append(flags, resp.NewStatus(f.name))
		}
	}
	return resp.NewArray(
		resp.NewBulk(cmd.name), intReply(int64(cmd.arity)), resp.Reply{Kind: resp.Set, Elems: flags},
		intReply(int64(cmd.first)), intReply(int64(cmd.last)), intReply(int64(cmd.step)),
		resp.Reply{Kind: resp.Set, Elems: []resp.Reply{}}, emptyArray, emptyArray, emptyArray)
}

// commandNames lists the names of the commands that the engine serves, sorted.
func commandNames() []string {
	names := []string{}
	for name, cmd := range commands {
		if name == cmd.name && !strings.Contains(name, "|") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func cmdCommand(c *call) resp.Reply {
	elems := []resp.Reply{}
	for _, name := range commandNames() {
		elems = append(elems, commands[name].reply())
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

func cmdCommandCount(c *call) resp.Reply { return intReply(int64(len(commandNames()))) }

func cmdCommandList(c *call) resp.Reply {
	names := commandNames()
	if len(c.args) == 2 {
		return resp.Bulks(names)
	}
	if len(c.args) != 5 || strings.ToUpper(c.args[2]) != "FILTERBY" {
		return errSyntax
	}
	kept := []string{}
	switch strings.ToUpper(c.args[3]) {
	case "PATTERN":
		for _, name := range names {
			if match(c.args[4], name, true) {
				kept = append(kept, name)
			}
		}
	case "MODULE", "ACLCAT": // there are neither modules nor ACL categories
	default:
		return errSyntax
	}
	return resp.Bulks(kept)
}

func cmdCommandInfo(c *call) resp.Reply {
	if len(c.args) == 2 {
		return cmdCommand(c)
	}
	elems := make([]resp.Reply, 0, len(c.args)-2)
	for _, name := range c.args[2:] {
		if cmd := findCommand(name); cmd != nil {
			elems = append(elems, cmd.reply())
		} else {
			elems = append(elems, nilArray)
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// cmdInfo answers what the engine knows; it invents no figures.
func cmdInfo(c *call) resp.Reply {
	e := c.e
	want := map[string]bool{}
	for _, a := range c.args[1:] {
		want[strings.ToLower(a)] = true
	}
	all := len(want) == 0 || want["all"] || want["default"] || want["everything"]
	var b strings.Builder
	section := func(name string, lines func()) {
		if !all && !want[strings.ToLower(name)] {
			return
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "# %s\r\n", name)
		lines()
	}
	line := func(key string, value any) { fmt.Fprintf(&b, "%s:%v\r\n", key, value) }
	section("Server", func() {
		line("redis_version", Version)
		line("redis_mode", "standalone")
		line("server_name", "redis2cf")
		line("run_id", e.opt.RunID)
		line("server_time_usec", e.now)
		line("uptime_in_seconds", (e.now-e.started)/1e6)
	})
	section("Clients", func() {
		line("connected_clients", len(e.sessions))
		line("blocked_clients", len(e.tickets))
	})
	section("Persistence", func() {
		line("loading", 0)
		line("volatile", boolInt(e.volatile).Int)
		line("last_change", e.seq)
	})
	section("Stats", func() {
		line("total_connections_received", e.stats.connections)
		line("total_commands_processed", e.stats.commands)
		line("expired_keys", e.stats.expired)
		line("keyspace_hits", e.stats.hits)
		line("keyspace_misses", e.stats.misses)
		line("pubsub_channels", len(e.topics.channels))
		line("pubsub_patterns", len(e.topics.patterns))
	})
	section("Replication", func() {
		line("role", "master")
		line("connected_slaves", 0)
	})
	section("Cluster", func() { line("cluster_enabled", 0) })
	section("Keyspace", func() {
		for db := 0; db < e.opt.Databases; db++ {
			ks := e.dbs[uint32(db)]
			if ks == nil || ks.len() == 0 {
				continue
			}
			expires := 0
			for _, ent := range e.expiry {
				if ent.db == uint32(db) {
					expires++
				}
			}
			fmt.Fprintf(&b, "db%d:keys=%d,expires=%d,avg_ttl=0\r\n", db, ks.len(), expires)
		}
	})
	return resp.Reply{Kind: resp.Verbatim, Str: "txt:" + b.String()}
}

// settings are the parameters that CONFIG GET knows: those that hold here.
func (e *Engine) settings() [][2]string {
	return [][2]string{
		{"appendonly", map[bool]string{true: "no", false: "yes"}[e.volatile]},
		{"databases", strconv.Itoa(e.opt.Databases)},
		{"maxmemory", "0"},
		{"maxmemory-policy", "noeviction"},
		{"notify-keyspace-events", ""},
		{"proto-max-bulk-len", strconv.Itoa(maxString)},
		{"save", ""},
		{"timeout", "0"},
	}
}

func cmdConfigGet(c *call) resp.Reply {
	elems := []resp.Reply{}
	for _, s := range c.e.settings() {
		for _, pattern := range c.args[2:] {
			if match(pattern, s[0], true) {
				elems = append(elems, resp.NewBulk(s[0]), resp.NewBulk(s[1]))
				break
			}
		}
	}
	return resp.Reply{Kind: resp.Map, Elems: elems}
}

// cmdLastSave answers now: what was acknowledged is saved.
func cmdLastSave(c *call) resp.Reply { return intReply(c.e.now / 1e6) }

// cmdMemoryUsage estimates the bytes that a key takes in memory.
func cmdMemoryUsage(c *call) resp.Reply {
	for i := 3; i < len(c.args); i += 2 {
		if i+1 == len(c.args) || !strings.EqualFold(c.args[i], "samples") {
			return errSyntax
		}
		if n, ok := parseInt(c.args[i+1]); !ok {
			return errNotInt
		} else if n < 0 {
			return errSyntax
		}
	}
	ent := c.e.peek(c.s.db, c.args[2])
	if ent == nil {
		return nilReply
	}
	const perKey, perElement = 160, 64
	n := int64(perKey + len(ent.key))
	if ent.typ == TypeString {
		return intReply(n + int64(ent.textLen()))
	}
	items := c.e.items(ent)
	for _, it := range items {
		n += int64(perElement + len(it.Field) + len(it.Value))
	}
	if len(items) == 0 { // a stream or a document, of which only the number is known
		n += perElement * int64(c.e.object(ent).length())
	}
	return intReply(n)
}

func (c *call) object(answer func(*entry) resp.Reply) resp.Reply {
	ent := c.e.peek(c.s.db, c.args[2])
	if ent == nil {
		return nilReply
	}
	return answer(ent)
}

func cmdObjectEncoding(c *call) resp.Reply {
	return c.object(func(ent *entry) resp.Reply { return resp.NewBulk(c.e.encoding(ent)) })
}

// encoding is the name of the encoding that Redis would choose for the value.
func (e *Engine) encoding(ent *entry) string {
	switch ent.typ {
	case TypeString:
		if ent.buf == nil && len(ent.str) <= 20 {
			if _, ok := parseInt(ent.str); ok {
				return "int"
			}
		}
		if ent.buf != nil || len(ent.str) > 44 {
			return "raw"
		}
		return "embstr"
	case TypeList:
		return "quicklist"
	case TypeStream:
		return "stream"
	}
	if enc, ok := e.object(ent).(interface{ encoding() string }); ok {
		return enc.encoding()
	}
	return ent.typ.String()
}

func (h *hash) encoding() string {
	if h.large != nil {
		return "hashtable"
	}
	for _, f := range h.small {
		if len(f.key) > 64 || len(f.value) > 64 {
			return "hashtable"
		}
	}
	return "listpack"
}

func (z *zset) encoding() string {
	if z.length() > 128 {
		return "skiplist"
	}
	compact := true
	z.each(func(k zkey) bool {
		compact = len(k.m.key) <= 64
		return compact
	})
	if compact {
		return "listpack"
	}
	return "skiplist"
}

func cmdObjectRefCount(c *call) resp.Reply {
	return c.object(func(*entry) resp.Reply { return intReply(1) })
}

func cmdObjectIdleTime(c *call) resp.Reply {
	return c.object(func(ent *entry) resp.Reply { return intReply(max(c.e.nowMs-ent.access, 0) / 1000) })
}

func cmdObjectFreq(c *call) resp.Reply {
	return c.object(func(*entry) resp.Reply {
		return resp.NewError("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	})
}
