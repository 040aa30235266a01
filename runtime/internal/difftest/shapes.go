package difftest

import (
	"fmt"
	"strconv"
	"strings"
)

// A shape describes commands of one kind. Words in capitals stand for
// themselves, "( a | b | )" for one of several tails, perhaps an empty one, and
// names in small letters for random values (see makers): k a key of the group,
// o a key of any group. "x+" is one to four of them, "x*" many, "x#"
// thousands, "s,m+" pairs.
type shape struct {
	group  string
	weight int
	where  place
	text   string
}

// A place says where a shape may be used.
type place uint8

const (
	everywhere place = iota
	inside           // a transaction only: it would block
	outside          // not in a transaction: its effect is random
)

// makers are the random values.
var makers = map[string]func(g *Gen) string{
	"k": (*Gen).key,
	"o": func(g *Gen) string {
		group := g.group
		g.group = ""
		k := g.key()
		g.group = group
		return k
	},
	"mm": func(g *Gen) string { return "m" + strconv.Itoa(g.rnd.Intn(6000)) },
	"m":  (*Gen).member, "v": (*Gen).value, "i": (*Gen).integer, "n": (*Gen).small,
	"s": (*Gen).float, "g": (*Gen).score, "f": (*Gen).number, "b": (*Gen).scoreBound, "x": (*Gen).lexBound,
	"sec": (*Gen).seconds, "at": (*Gen).unixSeconds, "atms": (*Gen).unixMs,
	"p": (*Gen).pattern, "bft": (*Gen).bitfieldType,
	"fut":   func(g *Gen) string { return strconv.Itoa(4_000_000_000 + 1000*g.rnd.Intn(20)) },
	"futms": func(g *Gen) string { return strconv.Itoa(4_000_000_000_000 + 1000*g.rnd.Intn(20)) },
	"db":    func(g *Gen) string { return pickOf(g.rnd, "0", "0", "0", "1", "2", "16", "-1", "a", "2147483648") },
	"nk":    func(g *Gen) string { return pickOf(g.rnd, "1", "2", "2", "2", "3", "0", "-1", "a") },
	"count": func(g *Gen) string { return pickOf(g.rnd, "0", "1", "2", "5", "1000", "-1", "-3", "a") },
	"cur": func(g *Gen) string {
		return pickOf(g.rnd, "0", "0", "0", "0", "0", "a", "-", "18446744073709551615", "1", "17", "4503599627370495", "9223372036854775808")
	},
	"big": func(g *Gen) string { return strconv.Itoa(g.rnd.Intn(4000) - 1500) },
	"all": func(*Gen) string { return "100000" },
	"t": func(g *Gen) string {
		switch {
		case g.among && g.chance(90):
			return "0" // no time runs out by itself
		case g.among:
			return pickOf(g.rnd, "-1", "a", "1e400", "inf")
		}
		return pickOf(g.rnd, "0", "1", "0.5", "-1", "a", "1e400", "inf")
	},
	"lua": func(g *Gen) string { return scripts[g.rnd.Intn(len(scripts))] },
	"sha": func(g *Gen) string { return scriptHash(scripts[g.rnd.Intn(len(scripts))]) },
	"bit": func(g *Gen) string { return pickOf(g.rnd, "0", "1", "1", "1", "2", "-1", "a") },
	"off": func(g *Gen) string {
		return pickOf(g.rnd, "0", "1", "7", "8", "9", "63", "100", "1000", "-1", "a", "#1", "#3", "4294967296")
	},
}

// A parsed shape is ready to be filled.
type parsed struct {
	group       string
	weight      int
	name, text  string
	inTx, outTx bool
	nodes       []node
}

// A node is a word, random values or a choice.
type node struct {
	word         string
	make         []func(*Gen) string
	repeat       byte
	alternatives [][]node
}

func parse(s shape) (parsed, error) {
	words := strings.Fields(s.text)
	p := parsed{
		group: s.group, weight: s.weight, name: strings.ToLower(words[0]), text: s.text,
		inTx: s.where == inside, outTx: s.where == outside,
	}
	if len(words) > 1 && strings.HasPrefix(words[1], ":") {
		p.name += "|" + strings.ToLower(words[1][1:])
		words[1] = words[1][1:]
	}
	nodes, rest, err := parseNodes(words)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%q is left over", rest[0])
	}
	if err != nil {
		return p, fmt.Errorf("difftest: shape %q: %w", s.text, err)
	}
	p.nodes = nodes
	return p, nil
}

// parseNodes reads up to a "|" or ")".
func parseNodes(words []string) (nodes []node, rest []string, err error) {
	for len(words) > 0 {
		w := words[0]
		switch {
		case w == "|" || w == ")":
			return nodes, words, nil
		case w == "(":
			n := node{}
			for {
				var alternative []node
				alternative, words, err = parseNodes(words[1:])
				if err != nil {
					return nil, nil, err
				}
				n.alternatives = append(n.alternatives, alternative)
				if len(words) == 0 {
					return nil, nil, fmt.Errorf("a bracket is open")
				}
				if words[0] == ")" {
					break
				}
			}
			nodes = append(nodes, n)
		case w[0] >= 'a' && w[0] <= 'z':
			n := node{}
			if last := w[len(w)-1]; last == '+' || last == '*' || last == '#' {
				n.repeat, w = last, w[:len(w)-1]
			}
			for _, name := range strings.Split(w, ",") {
				make := makers[name]
				if make == nil {
					return nil, nil, fmt.Errorf("no value is called %q", name)
				}
				n.make = append(n.make, make)
			}
			nodes = append(nodes, n)
		default:
			nodes = append(nodes, node{word: strings.TrimPrefix(w, "'")})
		}
		words = words[1:]
	}
	return nodes, nil, nil
}
