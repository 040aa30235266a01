package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// noteClass is a set of classes of keyspace notifications, or of the two
// channels that they are published on.
type noteClass uint16

const (
	noteKeyspace noteClass = 1 << iota // K
	noteKeyevent                       // E
	noteGeneric                        // g
	noteString                         // $
	noteList                           // l
	noteSet                            // s
	noteHash                           // h
	noteZSet                           // z
	noteExpired                        // x
	noteEvicted                        // e: never happens, what leaves memory stays in the store
	noteStream                         // t
	noteModule                         // d
	noteNew                            // n
	noteMiss                           // m

	noteAll = noteGeneric | noteString | noteList | noteSet | noteHash | noteZSet | noteExpired | noteEvicted | noteStream | noteModule
)

// noteLetters are the letters of the classes in the order in which Redis writes them.
var noteLetters = []struct {
	letter byte
	class  noteClass
}{
	{'g', noteGeneric}, {'$', noteString}, {'l', noteList}, {'s', noteSet}, {'h', noteHash}, {'z', noteZSet},
	{'x', noteExpired}, {'e', noteEvicted}, {'t', noteStream}, {'d', noteModule}, {'n', noteNew},
	{'K', noteKeyspace}, {'E', noteKeyevent}, {'m', noteMiss},
}

// String is the value of notify-keyspace-events.
func (n noteClass) String() string {
	var b strings.Builder
	all := n&noteAll == noteAll
	if all {
		b.WriteByte('A')
	}
	for _, l := range noteLetters {
		if n&l.class != 0 && !(all && (noteAll|noteNew)&l.class != 0) {
			b.WriteByte(l.letter)
		}
	}
	return b.String()
}

func setNotify(e *Engine, value string) string {
	var n noteClass
next:
	for i := 0; i < len(value); i++ {
		if value[i] == 'A' {
			n |= noteAll
			continue
		}
		for _, l := range noteLetters {
			if l.letter == value[i] {
				n |= l.class
				continue next
			}
		}
		return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
	}
	e.admin.notify = n
	return ""
}

// A note says that the running command did something to a key.
type note struct {
	dbKey
	ent  *entry
	what noteKind
}

type noteKind uint8

const (
	keyChanged noteKind = iota
	keyExpired          // its time was over
	keyAdded
	keyMissed
)

// note is called by the keyspace for each change of a key, while somebody wants
// to be told: see keyspace.go.
func (e *Engine) note(ent *entry) {
	what := keyChanged
	if ent.gone && ent.expired(e.nowMs) {
		what = keyExpired
	}
	e.addNote(note{dbKey: dbKey{ent.db, ent.key}, ent: ent, what: what})
}

// addNote adds a note that does not stand there yet. A key that was removed and is
// there again is not a new one.
func (e *Engine) addNote(n note) {
	for _, other := range e.admin.notes {
		if other.dbKey == n.dbKey && (other.what == n.what || n.what == keyAdded && other.what == keyChanged) {
			return
		}
	}
	e.admin.notes = append(e.admin.notes, n)
}

// A noteRule says which events a command's changes are.
type noteRule struct {
	class noteClass
	event string
	// only says that a key which the change removed has the event "del" alone.
	only bool
}

// noteRules are the events of the commands that change keys. What is not here
// publishes nothing but that keys were added, removed and expired. The commands
// with two keys of different fates, or with events by their options, are in
// noteEvents.
var noteRules = map[string]noteRule{
	"set": {noteString, "set", false}, "setex": {noteString, "set", false}, "psetex": {noteString, "set", false},
	"setnx": {noteString, "set", false}, "getset": {noteString, "set", false}, "mset": {noteString, "set", false}, "msetnx": {noteString, "set", false},
	"setrange": {noteString, "setrange", false}, "append": {noteString, "append", false},
	"incr": {noteString, "incrby", false}, "decr": {noteString, "incrby", false}, "incrby": {noteString, "incrby", false}, "decrby": {noteString, "incrby", false},
	"incrbyfloat": {noteString, "incrbyfloat", false}, "setbit": {noteString, "setbit", false}, "bitfield": {noteString, "setbit", false},
	"bitop": {noteString, "set", true}, "pfadd": {noteString, "pfadd", false}, "pfmerge": {noteString, "pfadd", false},

	"expire": {noteGeneric, "expire", true}, "pexpire": {noteGeneric, "expire", true},
	"expireat": {noteGeneric, "expire", true}, "pexpireat": {noteGeneric, "expire", true},
	"persist": {noteGeneric, "persist", false}, "restore": {noteGeneric, "restore", true}, "copy": {noteGeneric, "copy_to", false},
	"sort": {noteList, "sortstore", true},

	"lpush": {noteList, "lpush", false}, "lpushx": {noteList, "lpush", false}, "rpush": {noteList, "rpush", false}, "rpushx": {noteList, "rpush", false},
	"lpop": {noteList, "lpop", false}, "rpop": {noteList, "rpop", false}, "blpop": {noteList, "lpop", false}, "brpop": {noteList, "rpop", false},
	"linsert": {noteList, "linsert", false}, "lset": {noteList, "lset", false}, "lrem": {noteList, "lrem", false}, "ltrim": {noteList, "ltrim", false},

	"sadd": {noteSet, "sadd", false}, "srem": {noteSet, "srem", false}, "spop": {noteSet, "spop", false},
	"sinterstore": {noteSet, "sinterstore", true}, "sunionstore": {noteSet, "sunionstore", true}, "sdiffstore": {noteSet, "sdiffstore", true},

	"hset": {noteHash, "hset", false}, "hmset": {noteHash, "hset", false}, "hsetnx": {noteHash, "hset", false},
	"hincrby": {noteHash, "hincrby", false}, "hincrbyfloat": {noteHash, "hincrbyfloat", false}, "hdel": {noteHash, "hdel", false},
	"hexpire": {noteHash, "hexpire", false}, "hpexpire": {noteHash, "hexpire", false}, "hexpireat": {noteHash, "hexpire", false}, "hpexpireat": {noteHash, "hexpire", false},
	"hpersist": {noteHash, "hpersist", false}, "hgetdel": {noteHash, "hdel", false}, "hgetex": {noteHash, "hexpire", false}, "hsetex": {noteHash, "hset", false},

	"zadd": {noteZSet, "zadd", false}, "geoadd": {noteZSet, "zadd", false}, "zincrby": {noteZSet, "zincr", false}, "zrem": {noteZSet, "zrem", false},
	"zremrangebyscore": {noteZSet, "zremrangebyscore", false}, "zremrangebyrank": {noteZSet, "zremrangebyrank", false}, "zremrangebylex": {noteZSet, "zremrangebylex", false},
	"zpopmin": {noteZSet, "zpopmin", false}, "zpopmax": {noteZSet, "zpopmax", false}, "bzpopmin": {noteZSet, "zpopmin", false}, "bzpopmax": {noteZSet, "zpopmax", false},
	"zunionstore": {noteZSet, "zunionstore", true}, "zinterstore": {noteZSet, "zinterstore", true}, "zdiffstore": {noteZSet, "zdiffstore", true},
	"zrangestore": {noteZSet, "zrangestore", true}, "geosearchstore": {noteZSet, "geosearchstore", true},
	"georadius": {noteZSet, "georadiusstore", true}, "georadiusbymember": {noteZSet, "georadiusstore", true},

	"xadd": {noteStream, "xadd", false}, "xdel": {noteStream, "xdel", false}, "xtrim": {noteStream, "xtrim", false}, "xsetid": {noteStream, "xsetid", false},
	"xgroup|create": {noteStream, "xgroup-create", false}, "xgroup|setid": {noteStream, "xgroup-setid", false}, "xgroup|destroy": {noteStream, "xgroup-destroy", false},
	"xgroup|createconsumer": {noteStream, "xgroup-createconsumer", false}, "xgroup|delconsumer": {noteStream, "xgroup-delconsumer", false},
}

// notify publishes what the command did to keys, and forgets it.
func (c *call) notify() {
	e := c.e
	notes := e.admin.notes
	e.admin.notes = nil
	moves := c.cmd.name == "rename" || c.cmd.name == "renamenx" || c.cmd.name == "move"
	for _, n := range notes {
		switch {
		case n.what == keyExpired:
			e.announce(noteExpired, "expired", n.dbKey)
		case n.what == keyMissed && c.cmd.reads() && (c.cmd.flags&flagReadonly != 0 || c.cmd.name == "pfmerge" || !changes(notes, n.dbKey)):
			e.announce(noteMiss, "keymiss", n.dbKey)
		case n.what == keyChanged && (moves || c.cmd.name == "copy" && !added(notes)) && e.entry(n.dbKey) != nil:
			e.announce(noteNew, "new", n.dbKey)
		}
	}
	for _, n := range c.inOrder(notes) {
		gone := e.entry(n.dbKey) == nil
		switch {
		case n.what == keyAdded:
			e.announce(noteNew, "new", n.dbKey)
			continue
		case n.what != keyChanged || gone && expired(notes, n.dbKey):
			continue
		}
		for _, r := range c.noteEvents(n.dbKey, gone) {
			e.announce(r.class, r.event, n.dbKey)
		}
		switch {
		case gone && c.cmd.name == "set": // with a time that is over
			e.announce(noteExpired, "expired", n.dbKey)
		case gone && !moves && !strings.HasPrefix(c.cmd.name, "json."): // a module's removal is its own event
			e.announce(noteGeneric, "del", n.dbKey)
		}
	}
}

// entry finds a key as it stands, its time over or not.
func (e *Engine) entry(k dbKey) *entry {
	if ks := e.dbs[k.db]; ks != nil {
		return ks.find(KeyHash(k.key), k.key)
	}
	return nil
}

// reads reports whether the command looks keys up to read them, which counts as
// hits and misses.
func (cmd *command) reads() bool {
	if cmd.flags&flagReadonly != 0 {
		return true
	}
	switch cmd.name {
	case "getdel", "bitop", "sort", "pfmerge", "zrangestore", "zunionstore", "zinterstore", "zdiffstore", "geosearchstore":
		return true
	}
	return false
}

func expired(notes []note, k dbKey) bool {
	return slices.ContainsFunc(notes, func(n note) bool { return n.what == keyExpired && n.dbKey == k })
}

// changes reports whether a key is added or changed in some notes.
func changes(notes []note, k dbKey) bool {
	return slices.ContainsFunc(notes, func(n note) bool { return (n.what == keyAdded || n.what == keyChanged) && n.dbKey == k })
}

func added(notes []note) bool {
	return slices.ContainsFunc(notes, func(n note) bool { return n.what == keyAdded })
}

// inOrder brings the keys of commands that move an element or a key into the
// order in which Redis tells of them.
func (c *call) inOrder(notes []note) []note {
	first := 0
	switch c.cmd.name {
	case "rename", "renamenx", "smove":
		first = 1
	case "lmove", "blmove", "rpoplpush", "brpoplpush":
		first = 2
	}
	if first == 0 {
		return notes
	}
	var sorted []note
	for _, mine := range []bool{true, false} {
		for _, n := range notes {
			if (n.key == c.args[first]) == mine {
				sorted = append(sorted, n)
			}
		}
	}
	return sorted
}

// noteEvents are the events of one key that the command changed, "del" aside.
func (c *call) noteEvents(k dbKey, gone bool) []noteRule {
	two := func(class noteClass, first, second string) []noteRule {
		if k.key == c.args[1] && k.db == c.s.db {
			return []noteRule{{class, first, false}}
		}
		return []noteRule{{class, second, false}}
	}
	end := func(at int, prefix string) string {
		if strings.EqualFold(c.args[at], "LEFT") {
			return "l" + prefix
		}
		return "r" + prefix
	}
	switch c.cmd.name {
	case "rename", "renamenx":
		return two(noteGeneric, "rename_from", "rename_to")
	case "move":
		return two(noteGeneric, "move_from", "move_to")
	case "smove":
		return two(noteSet, "srem", "sadd")
	case "lmove", "blmove":
		if c.args[1] == c.args[2] {
			return []noteRule{{noteList, end(4, "push"), false}, {noteList, end(3, "pop"), false}}
		}
		return two(noteList, end(3, "pop"), end(4, "push"))
	case "rpoplpush", "brpoplpush":
		if c.args[1] == c.args[2] {
			return []noteRule{{noteList, "lpush", false}, {noteList, "rpop", false}}
		}
		return two(noteList, "rpop", "lpush")
	case "lmpop", "blmpop":
		return []noteRule{{noteList, end(c.direction(), "pop"), false}}
	case "zmpop", "bzmpop":
		return []noteRule{{noteZSet, "zpop" + strings.ToLower(c.args[c.direction()]), false}}
	case "getex", "hgetex":
		switch {
		case gone:
			return nil
		case len(c.args) > 2 && c.cmd.name == "getex" && strings.EqualFold(c.args[2], "PERSIST"):
			return []noteRule{{noteGeneric, "persist", false}}
		case c.cmd.name == "getex":
			return []noteRule{{noteGeneric, "expire", false}}
		}
	case "zadd":
		for _, a := range c.args[2:] {
			if strings.EqualFold(a, "INCR") {
				return []noteRule{{noteZSet, "zincr", false}}
			}
		}
	case "set", "setex", "psetex":
		events := []noteRule{{noteString, "set", false}}
		if ent := c.e.entry(k); gone || c.cmd.name != "set" || ent != nil && ent.expireAt != 0 && !hasWord(c.args[3:], "KEEPTTL") {
			events = append(events, noteRule{noteGeneric, "expire", false})
		}
		return events
	}
	rule, ok := noteRules[c.cmd.name]
	switch {
	case ok && (!gone || !rule.only):
		return []noteRule{rule}
	case c.cmd.name == "json.forget":
		return []noteRule{{noteModule, "json.del", false}}
	case !ok && strings.HasPrefix(c.cmd.name, "json."):
		return []noteRule{{noteModule, c.cmd.name, false}}
	}
	return nil
}

func hasWord(args []string, word string) bool {
	for _, a := range args {
		if strings.EqualFold(a, word) {
			return true
		}
	}
	return false
}

// direction is the place of LEFT, RIGHT, MIN or MAX behind a number of keys.
func (c *call) direction() int {
	at := 1
	if c.cmd.name[0] == 'b' {
		at = 2
	}
	n, _ := strconv.Atoi(c.args[at])
	return at + 1 + n
}

// announce publishes one event on the channels that are asked for.
func (e *Engine) announce(class noteClass, event string, k dbKey) {
	on := e.admin.notify
	if on&class == 0 {
		return
	}
	db := strconv.FormatUint(uint64(k.db), 10)
	if on&noteKeyspace != 0 {
		e.publish("__keyspace@"+db+"__:"+k.key, resp.NewBulk(event))
	}
	if on&noteKeyevent != 0 {
		e.publish("__keyevent@"+db+"__:"+event, resp.NewBulk(k.key))
	}
}

// announceExpired publishes what nobody's command did: keys whose time is over,
// and hashes that lost fields by it.
func (e *Engine) announceExpired() {
	notes := e.admin.notes
	e.admin.notes = nil
	for _, n := range notes {
		switch {
		case n.what == keyExpired:
			e.announce(noteExpired, "expired", n.dbKey)
		case n.what != keyChanged || expired(notes, n.dbKey):
		default:
			e.announce(noteHash, "hexpired", n.dbKey)
			if n.ent.gone {
				e.announce(noteGeneric, "del", n.dbKey)
			}
		}
	}
}
