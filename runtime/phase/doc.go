// Package phase lets a program run on Redis and on a store at the same time while its
// data moves: one of the two is the truth at a time, and the other follows.
//
// # Phases
//
// In phase "redis" every command goes to Redis, in phase "cloudflare" to the store; a
// follower brings the state of the keys that were written to the other side. In phase
// "only" Redis is not used any more. The phase is kept in the store (see [Record]), and
// [Switch] changes it for all processes at once.
//
// Families of keys may be in different phases: then each key has its truth, and each side
// follows the other for some of them. Commands, transactions and scripts whose keys are at
// both sides are refused.
//
// # Why not write to both
//
// Two sides that are written by several processes cannot be kept equal, whatever the
// order: INCR on one side and INCR on the other may see different numbers, and a process
// that ends in between leaves them so. So the truth alone takes the write, after a mark
// at the truth that says which key is about to change; the follower reads the marks, and
// brings value and expiry of those keys as they are. What command changed the key does
// not matter: SPOP, XADD with *, scripts and relative expiries need no case of their own.
//
// # What is promised
//
// The truth is exact: what was answered is stored there. The other side has the state of
// each key some time after the last write to it, [Stats.Lag] says how long. When a phase
// changes, no process writes until both sides are equal, and whoever's lease is over
// (see [Record]) is refused, so that no write is lost behind a switch.
//
// # What is not followed
//
// Keys that a script writes without announcing them in KEYS, evictions, and messages of
// pub/sub, which go to the truth alone. SCRIPT and FUNCTION commands go to both sides.
// SWAPDB is refused. FLUSHDB and FLUSHALL remove keys in steps and not at once, and are refused
// in transactions, as is SELECT. A command
// that waits loses its place in the line when the phase changes.
package phase

import (
	"fmt"
	"strings"
)

// A Phase says which side is the truth.
type Phase string

const (
	Redis      Phase = "redis"      // Redis is the truth, the store follows
	Cloudflare Phase = "cloudflare" // the store is the truth, Redis follows
	Only       Phase = "only"       // the store alone
)

// Phases are all of them, in the order of a move.
var Phases = []Phase{Redis, Cloudflare, Only}

// Parse reads the name of a phase.
func Parse(s string) (Phase, error) {
	for _, p := range Phases {
		if string(p) == s {
			return p, nil
		}
	}
	return "", fmt.Errorf("%q is no phase: redis, cloudflare or only", s)
}

// prefix begins the names of the keys that the phases need themselves, on both sides.
// They are never brought.
const prefix = "redis2cf:"

// OwnKeys are the names of the keys that the phases keep in a database.
var OwnKeys = []string{RecordKey, marksKey}

// Own tells whether a key is one of the phases' own: copies and comparisons leave it out.
func Own(key string) bool { return strings.HasPrefix(key, prefix) }
