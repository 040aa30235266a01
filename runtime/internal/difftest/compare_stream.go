package difftest

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Reopener is a subject that reads its state anew from time to time. What
// redis-server does with how entries of a stream are packed, and the sign of a
// score of zero, is not compared then: encodings are not part of the state.
type Reopener interface{ Reopens() bool }

// level brings what the clock made of a stream's reply to redis-server's value
// where the two are as near as two clocks are.
func level(cmd resp.Command, want, got resp.Reply, reopens bool) resp.Reply {
	switch name := cmd.Name(); {
	case name == "XPENDING" && len(cmd) > 3:
		return levelElems(want, got, func(_ int, want, got resp.Reply) resp.Reply {
			return levelElems(want, got, func(i int, want, got resp.Reply) resp.Reply {
				if i == 2 {
					return nearTime(want, got)
				}
				return got
			})
		})
	case name == "XINFO" && len(cmd) > 1:
		return levelInfo("", want, got, reopens)
	}
	return got
}

// levelInfo walks a reply of XINFO. name is the field that it is the value of.
func levelInfo(name string, want, got resp.Reply, reopens bool) resp.Reply {
	switch {
	case name == "idle" || name == "seen-time":
		return nearTime(want, got)
	case reopens && strings.HasPrefix(name, "radix-tree-"):
		return want
	case name == "pending" && want.Kind == resp.Int:
		return got
	case name == "pending":
		return levelElems(want, got, func(_ int, want, got resp.Reply) resp.Reply {
			return levelElems(want, got, func(_ int, want, got resp.Reply) resp.Reply {
				return nearStamp(want, got)
			})
		})
	}
	return levelElems(want, got, func(i int, w, g resp.Reply) resp.Reply {
		field := ""
		if i%2 == 1 && i < len(want.Elems) && want.Elems[i-1].Kind == resp.Bulk {
			field = want.Elems[i-1].Str
		}
		return levelInfo(field, w, g, reopens)
	})
}

// nearTime is want where got is an integer that is near to it.
func nearTime(want, got resp.Reply) resp.Reply {
	if d := want.Int - got.Int; want.Kind == resp.Int && got.Kind == resp.Int && d <= tolerance && -d <= tolerance {
		return want
	}
	return got
}

// nearStamp is nearTime for what is a point in time and not a count.
func nearStamp(want, got resp.Reply) resp.Reply {
	if want.Int > 1e11 {
		return nearTime(want, got)
	}
	return got
}

func levelElems(want, got resp.Reply, each func(i int, want, got resp.Reply) resp.Reply) resp.Reply {
	if len(want.Elems) != len(got.Elems) || len(got.Elems) == 0 {
		return got
	}
	elems := make([]resp.Reply, len(got.Elems))
	for i := range elems {
		elems[i] = each(i, want.Elems[i], got.Elems[i])
	}
	got.Elems = elems
	return got
}
