package difftest

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A rule says how the replies of a command are compared.
type rule uint8

const (
	exact     rule = iota
	unordered      // elements in any order
	pairs          // name and value in turn, the pairs in any order
	shapeOnly      // kinds and lengths alone
	page           // a cursor and elements, cut where the implementation likes
	scanned        // a cursor and elements in any order
	scanPairs      // a cursor and pairs in any order
	counted        // a kind and a length alone
	clock          // an integer that depends on the clock
	payload        // each side's own bytes
	code           // an error's text up to the first colon
	nested         // elements in any order, those of elements, too
)

// rules names the commands that are not compared exactly.
var rules = map[string]rule{
	"SMEMBERS": unordered, "SINTER": unordered, "SUNION": unordered, "SDIFF": unordered,
	"KEYS": unordered, "HKEYS": unordered, "HVALS": unordered, "HGETALL": pairs,
	"RANDOMKEY": shapeOnly, "SRANDMEMBER": shapeOnly, "HRANDFIELD": shapeOnly, "ZRANDMEMBER": shapeOnly,
	"SCAN": scanned, "SSCAN": scanned, "HSCAN": scanPairs, "ZSCAN": scanPairs,
	"DUMP": payload, "FUNCTION DUMP": payload, "RESTORE": code, "FUNCTION RESTORE": code, "FUNCTION LIST": nested,
	"PUBSUB CHANNELS": unordered, "PUBSUB SHARDCHANNELS": unordered,
	"OBJECT IDLETIME": clock, "MEMORY USAGE": shapeOnly,
	// An encoding tells what a collection has been through, too.
	"OBJECT ENCODING": shapeOnly,
	"HEXPIRETIME":     clock, "HPEXPIRETIME": clock, "HTTL": clock, "HPTTL": clock, "TTL": clock, "PTTL": clock, "EXPIRETIME": clock, "PEXPIRETIME": clock,
}

// ruleOf finds a command's rule.
func ruleOf(cmd resp.Command) rule {
	name := cmd.Name()
	if len(cmd) > 1 {
		if r, ok := rules[name+" "+strings.ToUpper(cmd[1])]; ok {
			return r
		}
	}
	r := rules[name]
	switch {
	case name == "XADD" && slices.Contains(cmd, "*"):
		return shapeOnly
	case name == "SORT" || name == "SORT_RO":
		return sortRule(cmd)
	case name == "SCAN" && len(cmd) > 1 && cmd[1] != "0",
		(r == scanned || r == scanPairs) && name != "SCAN" && len(cmd) > 2 && cmd[2] != "0":
		return page
	}
	return r
}

// sortRule: elements of equal weight come in any order, and so do those of a set
// that is not sorted.
func sortRule(cmd resp.Command) rule {
	var by, alpha, limit bool
	for i, a := range cmd {
		switch strings.ToUpper(a) {
		case "BY":
			by = true
			if i+1 < len(cmd) && !strings.Contains(cmd[i+1], "*") {
				alpha = true
			}
		case "ALPHA":
			alpha = true
		case "LIMIT":
			limit = true
		}
	}
	switch {
	case !by || !alpha:
		return exact
	case limit:
		return counted
	}
	return unordered
}

// tolerance is how far apart two clocks may be read, in milliseconds.
const tolerance = 5000

// same compares the server's reply with the other's, as a command's rule says.
func same(r rule, want, got resp.Reply) bool {
	if r == code && want.Kind == resp.Error && got.Kind == resp.Error {
		w, _, _ := strings.Cut(want.Str, ":")
		g, _, _ := strings.Cut(got.Str, ":")
		// Of several libraries, either may be the first that exists already.
		return w == g || strings.HasPrefix(w, "ERR Library") && strings.HasSuffix(w, "already exists") && strings.HasSuffix(g, "already exists")
	}
	if want.Kind == resp.Error || got.Kind == resp.Error {
		return want.Kind == got.Kind && want.Str == got.Str
	}
	switch r {
	case unordered:
		return sameKind(want, got) && equalStrings(flat(want, 1), flat(got, 1))
	case pairs:
		return sameKind(want, got) && equalStrings(flat(want, 2), flat(got, 2))
	case page:
		return sameKind(want, got) && len(want.Elems) == 2 && sameShape(want.Elems[0], got.Elems[0]) && want.Elems[1].Kind == got.Elems[1].Kind
	case scanned, scanPairs:
		if len(want.Elems) != 2 || len(got.Elems) != 2 {
			return equal(want, got)
		}
		if want.Elems[0].Str != "0" || got.Elems[0].Str != "0" {
			return true // pages are cut where the implementation likes
		}
		step := 1
		if r == scanPairs {
			step = 2
		}
		return equalStrings(compact(flat(want.Elems[1], step)), compact(flat(got.Elems[1], step)))
	case counted:
		return sameKind(want, got)
	case shapeOnly:
		return sameShape(want, got)
	case payload:
		return want.Kind == got.Kind
	case nested:
		return nestedText(want) == nestedText(got)
	case clock:
		if len(want.Elems) > 0 && sameKind(want, got) {
			for i := range want.Elems {
				if !same(clock, want.Elems[i], got.Elems[i]) {
					return false
				}
			}
			return true
		}
		d := want.Int - got.Int
		return want.Kind == got.Kind && d <= tolerance && -d <= tolerance && (want.Int < 0) == (got.Int < 0)
	}
	return equal(want, got)
}

func sameKind(want, got resp.Reply) bool {
	return want.Kind == got.Kind && len(want.Elems) == len(got.Elems)
}

// equal compares two replies, a double with its text in RESP2 included.
func equal(want, got resp.Reply) bool {
	if got.Kind == resp.Double {
		return sameDouble(got.Float(), want)
	}
	if !sameKind(want, got) || want.Str != got.Str || want.Int != got.Int {
		return false
	}
	for i := range want.Elems {
		if !equal(want.Elems[i], got.Elems[i]) {
			return false
		}
	}
	return true
}

func sameShape(want, got resp.Reply) bool {
	if got.Kind == resp.Double {
		return want.Kind == resp.Double || want.Kind == resp.Bulk
	}
	if !sameKind(want, got) {
		return false
	}
	for i := range want.Elems {
		if !sameShape(want.Elems[i], got.Elems[i]) {
			return false
		}
	}
	return true
}

// flat is the sorted elements as text, step of them together.
func flat(r resp.Reply, step int) []string {
	var all []string
	for i := 0; i < len(r.Elems); i += step {
		var b strings.Builder
		for _, e := range r.Elems[i:min(i+step, len(r.Elems))] {
			b.WriteString(Show(e) + " ")
		}
		all = append(all, b.String())
	}
	sort.Strings(all)
	return all
}

// nestedText is a reply with its elements, and theirs, in order.
func nestedText(r resp.Reply) string {
	if r.Elems == nil {
		return Show(r)
	}
	all := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		all[i] = nestedText(e)
	}
	sort.Strings(all)
	return "[" + strings.Join(all, ", ") + "]"
}

func compact(all []string) []string {
	var out []string
	for i, s := range all {
		if i == 0 || s != all[i-1] {
			out = append(out, s)
		}
	}
	return out
}

func equalStrings(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Show writes a reply on one line.
func Show(r resp.Reply) string {
	switch r.Kind {
	case resp.Nil:
		return "(nil)"
	case resp.NilArray:
		return "(nil array)"
	case resp.Status:
		return "+" + r.Str
	case resp.Error:
		return "(error) " + r.Str
	case resp.Int:
		return fmt.Sprintf("(integer) %d", r.Int)
	case resp.Bool:
		return fmt.Sprintf("(bool) %d", r.Int)
	case resp.Double:
		return fmt.Sprintf("(double) %.17g", r.Float())
	case resp.Bulk:
		return quote(r.Str)
	case resp.BigNumber, resp.Verbatim:
		return "(text) " + quote(r.Str)
	}
	name := map[resp.Kind]string{resp.Array: "", resp.Set: "set", resp.Map: "map", resp.Push: "push", resp.Pairs: "pairs"}[r.Kind]
	parts := make([]string, 0, len(r.Elems))
	for i, e := range r.Elems {
		if i == 40 {
			parts = append(parts, fmt.Sprintf("… %d more", len(r.Elems)-i))
			break
		}
		parts = append(parts, Show(e))
	}
	return name + "[" + strings.Join(parts, ", ") + "]"
}

// Line writes a command as redis-cli reads it.
func Line(cmd resp.Command) string {
	parts := make([]string, len(cmd))
	for i, a := range cmd {
		parts[i] = a
		if a == "" || strings.IndexFunc(a, func(c rune) bool { return c <= ' ' || c >= 127 || strings.ContainsRune(`"'\`, c) }) >= 0 {
			parts[i] = quote(a)
		}
	}
	return strings.Join(parts, " ")
}

// quote is redis-cli's notation of a string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 127:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// plainScores is a reply of ZSCAN whose scores are written in one way. Redis
// writes them as the encoding that a sorted set has grown into keeps them.
func plainScores(r resp.Reply) resp.Reply {
	elems := make([]resp.Reply, len(r.Elems))
	for i, e := range r.Elems {
		elems[i] = e
		if e.Elems != nil {
			elems[i] = plainScores(e)
		} else if f, err := strconv.ParseFloat(e.Str, 64); err == nil && i%2 == 1 && e.Kind == resp.Bulk {
			elems[i] = resp.NewBulk(strconv.FormatFloat(f, 'g', -1, 64))
		}
	}
	r.Elems = elems
	return r
}

// plainZeros is a reply in which scores of -0 are 0. Whether Redis shows the sign
// depends on the encoding that a sorted set has grown into, which rows do not
// carry: a set that was read anew may have the compact one again.
func plainZeros(r resp.Reply) resp.Reply {
	switch {
	case r.Kind == resp.Double && r.Float() == 0:
		return resp.NewDouble(0)
	case r.Kind == resp.Bulk && r.Str == "-0":
		return resp.NewBulk("0")
	case r.Elems == nil:
		return r
	}
	elems := make([]resp.Reply, len(r.Elems))
	for i, e := range r.Elems {
		elems[i] = plainZeros(e)
	}
	r.Elems = elems
	return r
}
