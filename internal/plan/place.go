package plan

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// kvExpiry is the shortest expiry that KV keeps (Cloudflare's limits, 2026-07).
const kvExpiry = 60 * time.Second

// The prices are Cloudflare's of 2026-07, per million, on the paid plan and
// beyond what is included.
const (
	priceKV = "5.00 $ a million writes, 0.50 $ a million reads"
	priceD1 = "1.00 $ a million rows written, 0.001 $ a million rows read"
	priceDO = "1.00 $ a million rows written, 0.15 $ a million requests"
	priceR2 = "4.50 $ a million writes, 0.36 $ a million reads"
)

// aboutKeys are the commands that work on every type and decide nothing.
var aboutKeys = setOf("DEL", "UNLINK", "EXISTS", "TOUCH", "TYPE", "DUMP", "RESTORE", "OBJECT", "KEYS", "SCAN",
	"EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "PERSIST", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME",
	"RENAME", "COPY", "HSCAN", "SSCAN", "ZSCAN", "SORT", "SORT_RO")

// primaryOnly are the commands that a family with `store: kv` and
// `consistency: primary` may use: what KV itself can answer.
var primaryOnly = setOf("GET", "MGET", "SET", "SETEX", "DEL")

// rows names the types that D1 follows, for people.
var rows = map[spec.Type]string{spec.List: "lists", spec.Hash: "hashes", spec.Set: "sets", spec.ZSet: "sorted sets"}

func setOf(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// seen is what the sites of one family have shown.
type seen struct {
	typ      spec.Type
	commands map[string]bool
	blocking string // first command that waits for data
	script   string // first command that runs a script
	watched  bool
	atomic   string // first command, or method of one, on a string that reads and writes at once
	lock     string // first method or command that writes a string where there was none
	ttls     map[time.Duration]bool
	unknown  bool // some expiry is not a constant
	forever  bool // some write sets no expiry
	refresh  bool // a constant expiry is set by a command of its own
	sites    int
	tests    int
	unproven []string // why some sites cannot do without the object
}

// note adds the command of one site. What stands in the arguments of Do is
// known by the command's own row, not by the method's.
func (s *seen) note(site *analyzer.Site, command string) {
	word, _, _ := strings.Cut(command, " ")
	s.commands[command] = true
	write, block, group := site.Row.Write, site.Row.Block, site.Row.Group
	if site.Shape == analyzer.ShapeDo {
		if c, ok := spec.CommandOf(strings.Fields(command)); ok {
			write, block, group = c.Write, c.Block, c.Group
		}
	}
	if why := unproven(site, command); why != "" && !slices.Contains(s.unproven, why) {
		s.unproven = append(s.unproven, why)
	}
	switch {
	case block:
		s.blocking = first(s.blocking, command)
	case group == "script" || site.Type == spec.Script:
		s.script = first(s.script, command)
	case word == "WATCH":
		s.watched = true
	case site.Type == spec.String && write && !spec.WholeValue(command, site.Row.Method):
		name := command
		if site.Shape != analyzer.ShapeDo && spec.WholeValue(command, "") {
			name = site.Row.Method // SetNX sends SET
		}
		s.atomic = first(s.atomic, name)
		if word == "SETNX" || name == "SetNX" {
			s.lock = first(s.lock, name)
		}
	}
}

// unproven says why a site of one of the commands of primaryOnly needs more than KV; empty
// when it does not, and for other commands.
func unproven(site *analyzer.Site, command string) string {
	switch {
	case !primaryOnly[command]:
	case site.Tx != "":
		return command + " stands in a transaction"
	case site.Shape == analyzer.ShapeDo && (command == "SET" || command == "DEL"):
		return fmt.Sprintf("%s is sent by %s, whose words and reply are not known", command, site.Row.Method)
	case command == "SET" && !spec.WholeValue(command, site.Row.Method):
		return site.Row.Method + " may read before it writes"
	case site.KeepTTL:
		return site.Row.Method + " keeps the expiry that was there"
	case command == "DEL" && !site.Unread:
		return site.Row.Method + " is asked how many keys there were, which KV does not know"
	}
	return ""
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// noteTTL adds the expiry of one site, as the analyzer words it.
func (s *seen) noteTTL(ttl, command string) {
	switch ttl {
	case "":
	case "none":
		s.forever = true
	case "varies":
		s.unknown = true
	default:
		d, err := time.ParseDuration(ttl)
		if err != nil {
			s.unknown = true
			return
		}
		s.ttls[d] = true
		if aboutKeys[command] {
			s.refresh = true
		}
	}
}

// ttl is the expiry of the family in one word.
func (s *seen) ttl() string {
	switch {
	case len(s.ttls) == 1 && !s.unknown && (!s.forever || s.refresh):
		for d := range s.ttls {
			return d.String()
		}
	case len(s.ttls) > 0 || s.unknown:
		return "varies"
	case s.forever:
		return "none"
	}
	return ""
}

// shortest is the smallest constant expiry, 0 when there is none.
func (s *seen) shortest() time.Duration {
	var min time.Duration
	for d := range s.ttls {
		if min == 0 || d < min {
			min = d
		}
	}
	return min
}

// place decides the store by the first rule that fits, and says why and what
// the other choice would cost.
func place(f *Family, s *seen) {
	f.Store = StoreDO
	f.Alternative = alsoIn(s.typ)
	switch {
	case f.IsDefault():
		f.Reason = "keys are known only at run time"
		f.Alternative = "kv for values, d1 for rows, when their patterns are named in " + FileName + ": " + priceKV + "; D1 " + priceD1
	case s.script != "":
		f.Reason = "a script (" + s.script + ") works on these keys, and only the object runs it in one piece"
	case s.blocking != "":
		f.Reason = s.blocking + " waits for data, and only the object can wake it"
	case s.watched:
		f.Reason = "WATCH compares these keys at EXEC: one place must order the writes"
	case s.typ == spec.Stream:
		f.Reason = "streams keep their groups and pending entries in the object"
	case s.lock != "" && (len(s.ttls) > 0 || s.unknown):
		f.Reason = s.lock + " with an expiry takes a lock: one place must say who has it"
	case s.atomic != "":
		f.Reason = s.atomic + " reads and writes in one step"
	case s.typ == spec.HyperLogLog:
		f.Reason = "a HyperLogLog is changed in place"
	case s.typ == spec.String || s.typ == spec.JSON && s.onlyWholeJSON():
		if d := s.shortest(); d > 0 && d < kvExpiry {
			f.Reason = fmt.Sprintf("an expiry of %s is seen, and KV keeps nothing shorter than %s", d, kvExpiry)
			f.Alternative = "kv if they lived for longer: " + priceKV
			break
		}
		f.Store = StoreKV
		f.Reason = "plain values that are read and written whole: KV follows for readers at the edge"
		f.Alternative = "do, without reads at the edge: " + priceDO
		if s.within(primaryOnly) && s.unproven == nil && s.typ == spec.String {
			f.Alternative = "kv with consistency: primary, no object in the way and reads up to 60 s old: " + priceKV
		}
		if s.typ == spec.String {
			f.Alternative += "; r2 in place of kv where values are above 64 KB: " + priceR2
		}
	case s.typ == spec.JSON:
		f.Reason = "JSON documents are changed by path, in place"
	case rows[s.typ] != "":
		f.Store = StoreD1
		f.Reason = fmt.Sprintf("%s are rows that SQL can query: D1 follows within 100 ms", rows[s.typ])
		f.Alternative = "do, without SQL over the rows: " + priceDO + "; D1 adds " + priceD1
	default:
		f.Reason = "only commands that fit every type were seen"
	}
}

// alternative is the other choice for a family whose store the file says: what would
// be chosen by what is seen now, or the other choice beside it.
func alternative(f *Family, s *seen) string {
	if s.sites == 0 {
		return ""
	}
	now := *f
	place(&now, s)
	switch {
	case f.Consistency == Primary:
		return "kv with consistency: follow, the object in between and nothing stale for this program: " + priceDO
	case now.Store != f.Store:
		return fmt.Sprintf("%s by what is seen now: %s", now.Store, now.Reason)
	}
	return now.Alternative
}

// alsoIn is the other choice where the object alone is the first: it stays the
// truth, and a store follows it.
func alsoIn(typ spec.Type) string {
	switch {
	case typ == spec.String || typ == spec.JSON:
		return "kv too, for reads at the edge that may be 60 s old: " + priceKV
	case rows[typ] != "":
		return "d1 too, for SQL over the rows: D1 adds " + priceD1
	}
	return ""
}

// onlyWholeJSON tells whether documents are only set and got.
func (s *seen) onlyWholeJSON() bool {
	for c := range s.commands {
		if !aboutKeys[c] && c != "JSON.SET" && c != "JSON.GET" && c != "JSON.MGET" {
			return false
		}
	}
	return true
}

func (s *seen) within(allowed map[string]bool) bool {
	for c := range s.commands {
		if !allowed[c] {
			return false
		}
	}
	return len(s.commands) > 0
}

func (s *seen) sorted() []string {
	out := make([]string, 0, len(s.commands))
	for c := range s.commands {
		out = append(out, c)
	}
	sort.Strings(out)
	return out
}
