package difftest

import (
	"slices"
	"strconv"
	"strings"
)

// streamShapes are the commands of streams. Ids ascend through a round, so that
// most entries are taken; what the clock makes is only added to the keys of the
// group auto, whose ids are not compared.
var streamShapes = []shape{
	{"stream", 30, everywhere, "XADD k ( | | | NOMKSTREAM ) xid m,v+"},
	{"stream", 4, everywhere, "XADD k xid 'a v 'b v 'c v"},
	{"stream", 2, everywhere, "XADD k xid m,v*"},
	{"stream", 2, everywhere, "XADD k ( MAXLEN n | MAXLEN = n | MINID id | MINID = id | MAXLEN n LIMIT n | LIMIT n | MAXLEN n MINID id | MAXLEN ) xid m v"},
	{"stream", 2, everywhere, "XADD k ( MAXLEN ~ n | MINID ~ id | MAXLEN ~ n LIMIT n | MINID ~ id LIMIT n ) xid m v"},
	{"stream", 2, everywhere, "XTRIM k ( MAXLEN n | MAXLEN = n | MINID id | MAXLEN n LIMIT n | FOO )"},
	{"stream", 2, everywhere, "XTRIM k ( MAXLEN ~ n | MINID ~ id | MAXLEN ~ n LIMIT n | MAXLEN ~ 0 | LIMIT n MINID ~ id )"},
	{"stream", 1, everywhere, "XLEN k"},
	{"stream", 4, everywhere, "XRANGE k iv iv ( | | COUNT n | COUNT n COUNT n | FOO )"},
	{"stream", 3, everywhere, "XREVRANGE k iv iv ( | | COUNT n )"},
	{"stream", 2, everywhere, "XREVRANGE k + - ( | COUNT n )"},
	{"stream", 4, everywhere, "XDEL k id+"},
	{"stream", 2, everywhere, "XSETID k id ( | | ENTRIESADDED n | MAXDELETEDID id | ENTRIESADDED n MAXDELETEDID id | FOO )"},
	{"stream", 3, everywhere, "XREAD ( | COUNT n ) STREAMS k sid"},
	{"stream", 2, everywhere, "XREAD ( | COUNT n ) STREAMS k k sid sid"},
	{"stream", 1, everywhere, "XREAD ( STREAMS k | STREAMS k k sid | GROUP grp con STREAMS k id | NOACK STREAMS k id | COUNT n | STREAMS k > )"},
	{"stream", 2, inside, "XREAD ( | COUNT n ) BLOCK ms STREAMS k sid"},
	{"stream", 5, everywhere, "XGROUP :CREATE k grp sid ( | | MKSTREAM | ENTRIESREAD n | MKSTREAM ENTRIESREAD n | ENTRIESREAD n MKSTREAM MKSTREAM | FOO )"},
	{"stream", 2, everywhere, "XGROUP :SETID k grp ( sid | - | + ) ( | | ENTRIESREAD n | MKSTREAM )"},
	{"stream", 1, everywhere, "XGROUP :DESTROY k grp"},
	{"stream", 1, everywhere, "XGROUP :CREATECONSUMER k grp con"},
	{"stream", 1, everywhere, "XGROUP :DELCONSUMER k grp con"},
	{"stream", 12, everywhere, "XREADGROUP GROUP grp con ( | COUNT n ) ( | | NOACK ) STREAMS k >"},
	{"stream", 5, everywhere, "XREADGROUP GROUP grp con ( | COUNT n ) ( | | NOACK ) STREAMS k gid"},
	{"stream", 2, everywhere, "XREADGROUP GROUP grp con ( | COUNT n ) STREAMS k k gid gid"},
	{"stream", 1, everywhere, "XREADGROUP ( GROUP grp con STREAMS k $ | COUNT 1 NOACK NOACK STREAMS k k > > | GROUP grp con STREAMS k k > )"},
	{"stream", 2, inside, "XREADGROUP GROUP grp con BLOCK ms STREAMS k gid"},
	{"stream", 5, everywhere, "XACK k grp id+"},
	{"stream", 2, everywhere, "XPENDING k grp"},
	{"stream", 4, everywhere, "XPENDING k grp ( | | IDLE idle ) iv iv n ( | con )"},
	{"stream", 3, everywhere, "XPENDING k grp ( | | IDLE idle ) - + 1000 ( | con )"},
	{"stream", 5, everywhere, "XCLAIM k grp con idle id+ ( | IDLE idle | TIME past | TIME idle ) ( | RETRYCOUNT n ) ( | FORCE ) ( | JUSTID ) ( | LASTID id )"},
	{"stream", 3, everywhere, "XCLAIM k grp con 0 id+ ( FORCE | FORCE JUSTID IDLE idle | FORCE TIME past )"},
	{"stream", 1, everywhere, "XCLAIM k grp con 0 id+ ( FOO | id FORCE id | IDLE | LASTID $ )"},
	{"stream", 5, everywhere, "XAUTOCLAIM k grp con idle iv ( | COUNT n | COUNT n JUSTID | JUSTID | FOO )"},
	{"stream", 3, everywhere, "XINFO :STREAM k ( | FULL | FULL COUNT n | FOO | FULL FOO n | FULL COUNT )"},
	{"stream", 3, everywhere, "XINFO :GROUPS k"},
	{"stream", 3, everywhere, "XINFO :CONSUMERS k grp"},
	{"auto", 3, everywhere, "XADD k ( | | MAXLEN n | MAXLEN = n | NOMKSTREAM ) * m,v+"},
	{"auto", 1, everywhere, "XLEN k"},
	{"auto", 1, everywhere, "XTRIM k MAXLEN n"},
}

func init() { shapes = append(shapes, streamShapes...) }

// WithoutNodes leaves out the commands whose effect depends on how a stream's
// entries are packed into nodes, for subjects that read their state anew.
func (g *Gen) WithoutNodes() {
	g.shapes = slices.DeleteFunc(g.shapes, func(p parsed) bool {
		if !strings.Contains(p.text, " ~ ") {
			return false
		}
		g.total -= p.weight
		return true
	})
}

// newID is the id of an entry that is added, most often greater than all before.
func (g *Gen) newID() string {
	switch n := g.rnd.Intn(100); {
	case n < 3:
		return g.oldID()
	case n < 5:
		return pickOf(g.rnd, "0-0", "0", "-", "+", "a", "1-", "-1", "18446744073709551616-1", "5-a", "5-*", "0-*", "5-1-1", "")
	case n < 60:
		g.streamSeq++
	default:
		g.streamMs, g.streamSeq = g.streamMs+1+int64(g.rnd.Intn(3)), int64(g.rnd.Intn(2))
		if g.chance(2) {
			g.streamMs += 100_000
		}
	}
	ms := strconv.FormatInt(g.streamMs, 10)
	if g.chance(10) {
		return ms + "-*"
	}
	return ms + "-" + strconv.FormatInt(g.streamSeq, 10)
}

// oldID is an id near those that were added.
func (g *Gen) oldID() string {
	back := 60
	if g.chance(30) {
		back = 5
	}
	ms := strconv.FormatInt(max(g.streamMs-int64(g.rnd.Intn(back)), 0), 10)
	if g.chance(15) {
		return ms
	}
	return ms + "-" + strconv.Itoa(g.rnd.Intn(5))
}

// entryID is an id for the commands that want one.
func (g *Gen) entryID() string {
	if g.chance(98) {
		return g.oldID()
	}
	return pickOf(g.rnd, "0", "0-0", "-", "+", "a", "", "$", ">", "18446744073709551615", "18446744073709551615-18446744073709551615", "01-01", "+1- 1", "1--1")
}

func (g *Gen) interval() string {
	switch n := g.rnd.Intn(100); {
	case n < 40:
		return pickOf(g.rnd, "-", "+")
	case n < 60:
		return "(" + g.entryID()
	case n < 62:
		return pickOf(g.rnd, "(", "(-", "(+", "(18446744073709551615-18446744073709551615", "(0-0", "[1")
	}
	return g.entryID()
}

func init() {
	for name, make := range map[string]func(g *Gen) string{
		"xid": (*Gen).newID, "id": (*Gen).entryID, "iv": (*Gen).interval,
		"sid": func(g *Gen) string {
			if g.chance(15) {
				return "$"
			}
			return pickOf(g.rnd, "0", g.entryID())
		},
		"gid": func(g *Gen) string { return pickOf(g.rnd, ">", "0", g.entryID()) },
		"grp": func(g *Gen) string { return pickOf(g.rnd, "g1", "g1", "g1", "g2", "g\x00\xff", "") },
		"con": func(g *Gen) string { return pickOf(g.rnd, "c1", "c1", "c2", "c 3", "") },
		// Nothing is as old as this unless XCLAIM says so.
		"idle": func(g *Gen) string {
			return pickOf(g.rnd, "0", "0", "5000000", "20000000", "90000000", "-1", "a", "9223372036854775807")
		},
		"past": func(g *Gen) string { return strconv.FormatInt(g.nowMs-int64(1+g.rnd.Intn(9))*10_000_000, 10) },
		"ms": func(g *Gen) string {
			if g.among {
				return pickOf(g.rnd, "0", "0", "0", "0", "0", "0", "0", "-1", "a", "1.5")
			}
			return pickOf(g.rnd, "0", "1", "100", "-1", "a", "1.5", "9223372036854775807")
		},
	} {
		makers[name] = make
	}
}
