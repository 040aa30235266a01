package plan

import (
	"fmt"
	"go/token"
	"strings"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/spec"
)

// Promises tells whether the plan asks for something that only the program's code can
// allow, see Build: a family in KV alone or in R2, several groups, shards.
func (p *Plan) Promises() bool {
	for _, g := range p.Groups {
		if g.Shards > 1 {
			return true
		}
	}
	for i := range p.Families {
		f := &p.Families[i]
		if f.Consistency == Primary || f.Store == StoreR2 || f.Group != p.Families[0].Group {
			return true
		}
	}
	return false
}

// promises checks what the plan asks of the stores.
func (b *builder) promises() {
	for i := range b.plan.Families {
		f := &b.plan.Families[i]
		if f.Sites == 0 {
			continue
		}
		b.holds(i)
		if f.Store != StoreKV {
			continue
		}
		if d := b.seen[i].shortest(); d > 0 && d < kvExpiry {
			at := b.siteOf(i, func(s *analyzer.Site) bool { return s.TTL == d.String() })
			// A follower leaves such keys to the object; without one they are lost.
			b.problems = append(b.problems, Problem{Code: spec.KVExpiryTooShort, Family: f.Pattern, Pos: b.positions(at), Fatal: f.Consistency == Primary,
				Message: fmt.Sprintf("family %s (%q) sets an expiry of %s%s, and KV keeps nothing shorter than %s: use store: do in %s, or a longer expiry",
					f.Name, f.Pattern, d, b.in(at), kvExpiry, FileName)})
		}
		if f.Consistency == Primary {
			b.primary(i)
		}
	}
}

// holds reports a store that does not take what the family has. Nothing is lost then:
// the object keeps everything.
func (b *builder) holds(family int) {
	f := &b.plan.Families[family]
	things := rows[f.Type]
	switch f.Type {
	case spec.Stream:
		things = "streams"
	case spec.HyperLogLog:
		things = "HyperLogLogs"
	case spec.JSON:
		things = "JSON documents"
	}
	unfit := func(at int, format string, args ...any) {
		b.problems = append(b.problems, Problem{Code: spec.StoreUnfit, Family: f.Pattern, Pos: b.positions(at),
			Message: fmt.Sprintf("family %s (%q) has store: %s, and ", f.Name, f.Pattern, f.Store) + fmt.Sprintf(format, args...)})
	}
	ofType := func(s *analyzer.Site) bool { return s.Type == f.Type }
	switch {
	case f.Store == StoreKV && things != "" && f.Type != spec.JSON && f.Consistency != Primary:
		unfit(b.siteOf(family, ofType), "KV takes strings and JSON documents, not %s: they stay in the object alone: use store: do in %s%s", things, FileName, d1For(f.Type))
	case f.Store == StoreR2 && things != "":
		unfit(b.siteOf(family, ofType), "R2 takes the values of strings, not %s: they stay in the object: use store: do in %s%s", things, FileName, d1For(f.Type))
	case f.Store == StoreR2:
		computes := func(s *analyzer.Site) bool {
			return s.Type == spec.Script || s.Type == spec.String && !wholeInR2[strings.ToUpper(s.Command)]
		}
		if at := b.siteOf(family, computes); at >= 0 {
			unfit(at, "%s%s works on the bytes in the object, where those of a value above 64 KB are not: it answers an error for such a value",
				b.sites[at].Row.Method, b.in(at))
		}
	}
}

// wholeInR2 are the commands that read, write and measure a string wherever its bytes are.
var wholeInR2 = setOf("GET", "MGET", "SET", "MSET", "MSETNX", "SETNX", "SETEX", "PSETEX", "GETSET", "GETDEL", "GETEX", "GETRANGE", "SUBSTR", "STRLEN")

func d1For(typ spec.Type) string {
	if rows[typ] != "" {
		return ", or d1 for SQL over them"
	}
	return ""
}

// A refusal is one reason why KV alone cannot serve a family, and the site that gives
// it, -1 for none.
type refusal struct {
	why string
	at  int
}

// primary reports all that stands against keeping a family in KV alone.
func (b *builder) primary(family int) {
	f := &b.plan.Families[family]
	var whys []string
	var pos []token.Position
	for _, r := range b.notPrimary(family) {
		whys = append(whys, r.why+b.in(r.at))
		pos = append(pos, b.positions(r.at)...)
	}
	if len(whys) == 0 {
		return
	}
	last := len(whys) - 1
	why := whys[last]
	if last > 0 {
		why = strings.Join(whys[:last], ", ") + ", and " + why
	}
	b.problems = append(b.problems, Problem{Code: spec.KVPrimaryRefused, Family: f.Pattern, Pos: pos, Fatal: true,
		Message: fmt.Sprintf("family %s (%q) cannot have consistency: primary, because %s: use consistency: follow in %s",
			f.Name, f.Pattern, why, FileName)})
}

// notPrimary lists why KV alone cannot serve a family.
func (b *builder) notPrimary(family int) (out []refusal) {
	f := &b.plan.Families[family]
	if f.IsDefault() {
		return []refusal{{"its keys are known only at run time, and may be any", -1}}
	}
	for _, c := range f.Commands {
		if !primaryOnly[c] {
			out = append(out, refusal{"it uses " + c, b.siteOf(family, func(s *analyzer.Site) bool { return strings.ToUpper(s.Command) == c })})
		}
	}
	if f.Type != spec.String {
		ofType := func(s *analyzer.Site) bool { return s.Type == f.Type }
		out = append(out, refusal{fmt.Sprintf("its type is %s, and KV has strings", f.Type), b.siteOf(family, ofType)})
	}
	for _, other := range f.Meets {
		out = append(out, refusal{"it meets " + other + " in one transaction, script or command", b.met[family][other]})
	}
	for _, why := range b.seen[family].unproven {
		out = append(out, refusal{why, b.siteOf(family, func(s *analyzer.Site) bool { return unproven(s, strings.ToUpper(s.Command)) == why })})
	}
	return out
}

// siteOf is the first site of a family that fits, outside of tests where there is one;
// -1 when none does.
func (b *builder) siteOf(family int, fits func(*analyzer.Site) bool) int {
	found := -1
	for _, r := range b.refs[family] {
		if s := &b.sites[r.site]; fits(s) && (found < 0 || b.sites[found].Test && !s.Test) {
			found = r.site
		}
	}
	return found
}

// in says where a site is, for a sentence.
func (b *builder) in(site int) string {
	if site < 0 {
		return ""
	}
	return " (" + short(b.sites[site].Position) + ")"
}

func (b *builder) positions(site int) []token.Position {
	if site < 0 {
		return nil
	}
	return []token.Position{b.sites[site].Position}
}
