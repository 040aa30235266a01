package spec

import "strings"

// foreign are the commands that go-redis has methods for and Redis 7.0 does not
// know: newer ones and those of modules. They are in no engine and not among
// Commands; CommandOf finds them so that a raw command gets the reason that
// its method would get.
var foreign map[string]*Command

// loadForeign makes foreign out of the rows, once loadRows and the table of
// commands are there.
func loadForeign() {
	loadRows()
	foreign = map[string]*Command{}
	for _, r := range rows {
		if r.Redis == "" || foreign[r.Redis] != nil {
			continue
		}
		if _, ok := commandByName[r.Redis]; ok {
			continue
		}
		c := &Command{
			Name: r.Redis, Arity: -1, Group: r.Group, Type: r.Type, Write: r.Write, Block: r.Block,
			Verdict: r.Verdict, Code: r.Code, Advice: r.Advice, Since: "later",
		}
		if len(r.Keys.Params) > 0 {
			at := 1 + strings.Count(r.Redis, " ")
			c.FirstKey, c.LastKey, c.Step = at, at, 1
		}
		if k, ok := foreignKeys[r.Redis]; ok {
			c.FirstKey, c.LastKey, c.Step, c.Movable = k.first, k.last, k.step, k.movable
		}
		foreign[r.Redis] = c
	}
}

// foreignKeys are the positions of keys that do not stand alone behind the
// command's name.
var foreignKeys = map[string]struct {
	first, last, step int
	movable           Movable
}{
	"BLMOVEM":       {1, 2, 1, MovableNone},
	"CMS.MERGE":     {1, 1, 1, MovableNum2},
	"LMOVEM":        {1, 2, 1, MovableNone},
	"MSETEX":        {0, 0, 0, MovableNone}, // numkeys, then pairs: no Movable says it
	"SDIFFCARD":     {0, 0, 0, MovableNum1},
	"SUNIONCARD":    {0, 0, 0, MovableNum1},
	"TDIGEST.MERGE": {1, 1, 1, MovableNum2},
	"TS.CREATERULE": {1, 2, 1, MovableNone},
	"TS.DELETERULE": {1, 2, 1, MovableNone},
	"TS.MADD":       {1, -1, 3, MovableNone},
	"TS.NRANGE":     {0, 0, 0, MovableNum1},
	"TS.NREVRANGE":  {0, 0, 0, MovableNum1},
}
