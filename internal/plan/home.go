package plan

import (
	"unicode"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// settle finds the family of each pattern, and gives the patterns that become
// families of their own. Most do. One that says nothing new joins another, which
// always holds more keys than it, so that joining ends.
func (b *builder) settle() (fresh []*use) {
	b.home = map[string]string{}
	joins := map[string]string{}
	for _, pattern := range b.patterns {
		u := b.uses[pattern]
		if home := b.inPlan(u); home != "" {
			b.home[pattern] = home
		} else if to := b.joins(u); to != "" {
			joins[pattern] = to
		} else {
			b.home[pattern] = pattern
			fresh = append(fresh, u)
		}
	}
	for pattern := range joins {
		to := joins[pattern]
		for b.home[to] == "" {
			to = joins[to]
		}
		b.home[pattern] = b.home[to]
	}
	return fresh
}

// joins gives the pattern that a new one belongs to; empty when it stands for
// itself.
func (b *builder) joins(u *use) string {
	switch {
	case u.pattern == DefaultPattern:
		return ""
	case b.emptied(u):
		return u.pattern + "*"
	case b.testOnly(u.refs):
		return b.wider(u)
	}
	typ := b.typeOf(u.refs)
	if typ == spec.Any {
		return b.covered(u)
	}
	return b.example(u, typ)
}

// inPlan gives the existing family that takes the pattern: the one with this
// very pattern, or a wider one of a type that fits. The second is what lets a
// person merge two families by deleting the narrower.
func (b *builder) inPlan(u *use) string {
	for _, f := range b.plan.Families[:b.kept] {
		if f.Pattern == u.pattern {
			return f.Pattern
		}
	}
	typ := b.typeOf(u.refs)
	best, bestLen := "", 0
	for _, f := range b.plan.Families[:b.kept] {
		g, err := parseGlob(f.Pattern)
		if err != nil || f.IsDefault() || !g.contains(u.glob) || !fits(f.Type, typ) {
			continue
		}
		if n := g.literals(); n > bestLen {
			best, bestLen = f.Pattern, n
		}
	}
	return best
}

// wider gives the pattern of the program that holds every key of a pattern seen
// only in tests: the literal keys of tests are examples of families, not
// families. Empty when the pattern stands for itself.
func (b *builder) wider(u *use) string {
	if !b.testOnly(u.refs) {
		return ""
	}
	typ := b.typeOf(u.refs)
	best, bestLen := "", 0
	for _, pattern := range b.patterns {
		w := b.uses[pattern]
		if w == u || pattern == DefaultPattern || !w.glob.contains(u.glob) || !fits(b.typeOf(w.refs), typ) {
			continue
		}
		if b.testOnly(w.refs) && !u.glob.constant() {
			continue
		}
		if n := w.glob.literals(); n > bestLen {
			best, bestLen = pattern, n
		}
	}
	return best
}

// emptied tells whether the pattern is another one with nothing in its last hole:
// "seen:*:" of "seen:*:*". Code that puts what may be empty behind a separator
// makes both, and the keys are of one kind. Two types are two kinds.
func (b *builder) emptied(u *use) bool {
	w := b.uses[u.pattern+"*"]
	if w == nil || !fits(b.typeOf(w.refs), b.typeOf(u.refs)) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(u.pattern)
	return last != '*' && last != ']' && (unicode.IsPunct(last) || unicode.IsSymbol(last))
}

// covered gives the pattern with a known type that holds every key of one that is
// only deleted, expired or looked for: the data is that of whoever writes it. Empty
// when nobody does, or when two that fit equally well have different types.
func (b *builder) covered(u *use) string {
	best, bestLen, same := "", 0, true
	for _, pattern := range b.patterns {
		w := b.uses[pattern]
		if w == u || pattern == DefaultPattern || len(w.glob.words()) == 0 || b.testOnly(w.refs) ||
			!w.glob.contains(u.glob) || b.typeOf(w.refs) == spec.Any {
			continue
		}
		switch n := w.glob.literals(); {
		case n > bestLen:
			best, bestLen, same = pattern, n, true
		case n == bestLen:
			same = same && b.typeOf(w.refs) == b.typeOf(b.uses[best].refs)
		}
	}
	if !same {
		return ""
	}
	return best
}

// example gives the pattern that this one is an example of, with words where that has
// holes: "queue:default" and "queue:{critical}:*" are queues where "queue:*" and
// "queue:{*}:*" have their type. Empty when there is none.
func (b *builder) example(u *use, typ spec.Type) string {
	best, bestLen := "", 0
	for _, pattern := range b.patterns {
		w := b.uses[pattern]
		if w == u || b.testOnly(w.refs) || b.typeOf(w.refs) != typ || !w.glob.exampled(u.glob) {
			continue
		}
		if n := w.glob.literals(); n > bestLen {
			best, bestLen = pattern, n
		}
	}
	return best
}
