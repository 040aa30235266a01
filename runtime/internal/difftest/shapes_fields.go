package difftest

import "strconv"

// fieldShapes are the commands of Redis 7.4 and 8 that give the fields of a hash
// a time of their own. Servers that do not know them are not asked.
var fieldShapes = []shape{
	{"hash", 3, everywhere, "HEXPIRE k sec ( | | NX | XX | GT | LT | FOO ) FIELDS 1 m"},
	{"hash", 2, everywhere, "HPEXPIRE k sec ( | | NX | XX | GT | LT | NX XX ) FIELDS 2 m m"},
	{"hash", 3, everywhere, "HEXPIREAT k fat ( | | NX | XX | GT | LT ) FIELDS 2 m m"},
	{"hash", 3, everywhere, "HPEXPIREAT k fatms ( | | NX | XX | GT | LT ) FIELDS 3 m m m"},
	{"hash", 1, everywhere, "HEXPIREAT k fut FIELDS ( 0 | 'a | 2 | -1 | 1 m ) m"},
	{"hash", 1, everywhere, "HPEXPIREAT k futms ( m FIELDS 1 | FIELDS | FIELDS 1 | FIELDS 1 m NX ) m"},
	{"hash", 2, everywhere, "HTTL k FIELDS 2 m m"},
	{"hash", 2, everywhere, "HPTTL k FIELDS 1 m"},
	{"hash", 2, everywhere, "HEXPIRETIME k FIELDS 2 m m"},
	{"hash", 2, everywhere, "HPEXPIRETIME k FIELDS 3 m m m"},
	{"hash", 1, everywhere, "HPTTL k ( FIELDS 0 m | FIELDS 'a m | m FIELDS 1 | FIELDS 3 m )"},
	{"hash", 2, everywhere, "HPERSIST k FIELDS 2 m m"},
	{"hash", 2, everywhere, "HGETDEL k FIELDS ( 2 m m | 1 m | 0 m | 'a m )"},
	{"hash", 2, everywhere, "HGETEX k ( | PERSIST | EX sec | PX sec | EXAT fat | PXAT fatms | PERSIST EX sec | FOO ) FIELDS 2 m m"},
	{"hash", 2, everywhere, "HSETEX k ( | FNX | FXX | FNX FXX ) ( | KEEPTTL | EX sec | PX sec | EXAT fat | PXAT fatms | KEEPTTL EX sec ) FIELDS 2 m v m v"},
}

func init() {
	makers["fat"] = func(g *Gen) string {
		if g.chance(85) {
			return strconv.Itoa(4_000_000_000 + 1000*g.rnd.Intn(20))
		}
		return pickOf(g.rnd, strconv.FormatInt(g.nowMs/1000-100, 10), "0", "-1", "a", "", "70368744178", "9223372036854775807")
	}
	makers["fatms"] = func(g *Gen) string {
		if g.chance(85) {
			return strconv.Itoa(4_000_000_000_000 + 1000*g.rnd.Intn(20))
		}
		return pickOf(g.rnd, strconv.FormatInt(g.nowMs-100_000, 10), "0", "-1", "a", "", "70368744177664", "9223372036854775807")
	}
	shapes = append(shapes, fieldShapes...)
}
