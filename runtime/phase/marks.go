package phase

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/value"
)

// marksKey is a sorted set in each database of the truth: which keys are about to change,
// or have changed and were not brought. A member is the process, the number of the frame
// and the key, so that each frame has its own; the score is the time of the mark in Unix
// milliseconds while the frame runs, and settled afterwards.
//
// One set for a database: the follower asks for it all the time, and on Cloudflare each
// request costs.
const marksKey = prefix + "marks"

// Marks are how many marks a database of the truth has, those of frames under way among
// them: changes that the other side may not have.
func Marks(ctx context.Context, truth value.End) (int64, error) {
	v, err := value.One(ctx, truth, "ZCARD", marksKey)
	return v.Int, err
}

// settled is the score of a mark whose frame has ended. It comes before all others.
const settled = "0"

// A member is a mark's name.
func member(frame, key string) string { return frame + "\x00" + key }

// split takes a mark's name apart.
func split(member string) (process, key string, ok bool) {
	frame, key, ok := strings.Cut(member, "\x00")
	if !ok {
		return "", "", false
	}
	process, _, ok = strings.Cut(frame, ".")
	return process, key, ok
}

// zadd is the command that gives members a score.
func zadd(score string, members []string) resp.Command {
	cmd := make(resp.Command, 0, 2+2*len(members))
	cmd = append(cmd, "ZADD", marksKey)
	for _, m := range members {
		cmd = append(cmd, score, m)
	}
	return cmd
}

// A segment is a part of a frame that runs at one go.
type segment struct {
	cmds    []resp.Command
	keys    []string // that it may change
	more    []place  // those in other databases
	wait    *wait    // it is one command that waits for data
	refused string   // it cannot be run; the error is its reply
	both    bool     // it goes to the other side as well
	flush   string   // FLUSHDB or FLUSHALL
	outside string   // a command of its transaction that has to be sent outside of one

	// What route says.
	side     Phase // that runs it: Redis or Cloudflare
	division *division
	spread   *spread
	abort    string // it is of a transaction that cannot be run; EXEC says why
	aborted  bool   // it is of one that could not be
}

// A place is a key of another database.
type place struct {
	db  int
	key string
}

// A wait is how a command says how long it waits.
type wait struct {
	at   int   // the word that has the time
	unit int64 // of it, in nanoseconds
	ids  int   // of XREAD: the first id's place; 0 has none
}

// waits says whether a command waits for data, and how its time is written.
func waits(cmd resp.Command) *wait {
	const sec, ms = 1e9, 1e6
	switch cmd.Name() {
	case "BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BZPOPMIN", "BZPOPMAX":
		return &wait{at: len(cmd) - 1, unit: sec}
	case "BLMPOP", "BZMPOP":
		if len(cmd) > 1 {
			return &wait{at: 1, unit: sec}
		}
	case "XREAD", "XREADGROUP":
		w := &wait{unit: ms}
		for i := 1; i < len(cmd); i++ {
			switch {
			case w.at == 0 && strings.EqualFold(cmd[i], "BLOCK") && i+1 < len(cmd):
				w.at = i + 1
			case strings.EqualFold(cmd[i], "STREAMS"):
				if w.at == 0 {
					return nil
				}
				w.ids = i + 1 + (len(cmd)-i-1)/2
				return w
			}
		}
	}
	return nil
}

// segments takes a frame apart: what waits, what moves to another database and what the
// phases treat otherwise runs by itself, everything between at one go. Transactions stay
// whole.
func segments(cmds []resp.Command) []*segment {
	var out []*segment
	var run *segment
	alone := func(cmd resp.Command) *segment {
		run = nil
		s := &segment{cmds: []resp.Command{cmd}}
		out = append(out, s)
		return s
	}
	inside := false
	for _, cmd := range cmds {
		name := cmd.Name()
		switch {
		case name == "SWAPDB":
			alone(cmd).refused = "ERR SWAPDB cannot be followed while data moves between Redis and a store; finish the move first"
			continue
		case !engine.Known(cmd):
			alone(cmd).refused = "ERR unknown command '" + strings.ToLower(name) + "' for the store: while data moves, commands that only one side has are refused"
			continue
		case inside:
		case name == "MULTI": // a transaction may have to be answered by itself
			run = nil
		case name == "FLUSHDB", name == "FLUSHALL":
			alone(cmd).flush = name
			continue
		case name == "SCRIPT", name == "FUNCTION":
			alone(cmd).both = changesScripts(cmd)
			continue
		case name == "SELECT":
			alone(cmd)
			continue
		default:
			if w := waits(cmd); w != nil {
				s := alone(cmd)
				s.wait, s.keys = w, engine.WrittenKeys(cmd)
				continue
			}
		}
		switch name {
		case "MULTI":
			inside = true
		case "EXEC", "DISCARD":
			inside = false
		}
		if run == nil {
			run = &segment{}
			out = append(out, run)
		}
		switch name {
		case "FLUSHDB", "FLUSHALL", "SELECT": // others run by themselves
			run.outside = name
		}
		run.cmds = append(run.cmds, cmd)
		run.keys = append(run.keys, engine.WrittenKeys(cmd)...)
		if p, ok := elsewhere(cmd); ok {
			run.more = append(run.more, p)
		}
		if name == "EXEC" || name == "DISCARD" {
			run = nil
		}
	}
	return out
}

// changesScripts tells whether a command changes which scripts or functions there are.
func changesScripts(cmd resp.Command) bool {
	if len(cmd) < 2 {
		return false
	}
	switch strings.ToUpper(cmd[1]) {
	case "LOAD", "FLUSH", "DELETE", "RESTORE":
		return true
	}
	return false
}

// elsewhere is the key of another database that a command writes.
func elsewhere(cmd resp.Command) (place, bool) {
	db, key := "", ""
	switch {
	case cmd.Name() == "MOVE" && len(cmd) == 3:
		db, key = cmd[2], cmd[1]
	case cmd.Name() == "COPY":
		for i := 3; i+1 < len(cmd); i++ {
			if strings.EqualFold(cmd[i], "DB") {
				db, key = cmd[i+1], cmd[2]
			}
		}
	}
	n, err := strconv.Atoi(db)
	return place{n, key}, err == nil
}
