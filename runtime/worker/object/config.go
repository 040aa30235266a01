package object

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/worker"
)

// ParseConfig reads a worker.Config. It is written by hand because encoding/json
// brings 200 KB into a program that has little room.
func ParseConfig(text []byte) (cfg worker.Config, err error) {
	p := &jsonReader{s: string(text)}
	v := p.value(0)
	p.space()
	if p.err == nil && p.s != "" {
		p.fail()
	}
	if p.err != nil {
		return cfg, fmt.Errorf("object: the project's settings: %w", p.err)
	}
	top, ok := v.(map[string]any)
	if !ok {
		return cfg, errors.New("object: the project's settings are no JSON object")
	}
	num := func(m map[string]any, name string) int64 { f, _ := m[name].(float64); return int64(f) }
	str := func(m map[string]any, name string) string { s, _ := m[name].(string); return s }
	cfg.Version, cfg.Module, cfg.MemoryBytes = int(num(top, "version")), str(top, "module"), num(top, "memoryBytes")
	families, _ := top["families"].([]any)
	for _, f := range families {
		m, _ := f.(map[string]any)
		cfg.Families = append(cfg.Families, worker.Family{
			Pattern: str(m, "pattern"), Name: str(m, "name"), Type: str(m, "type"), Store: str(m, "store"),
			Consistency: str(m, "consistency"), Group: str(m, "group"), Client: str(m, "client"),
		})
	}
	groups, _ := top["groups"].([]any)
	for _, g := range groups {
		m, _ := g.(map[string]any)
		cfg.Groups = append(cfg.Groups, worker.Group{Name: str(m, "name"), Shards: int(num(m, "shards"))})
	}
	return cfg, nil
}

// A jsonReader reads JSON into maps, slices, strings, float64s, bools and nil.
type jsonReader struct {
	s   string
	err error
}

func (p *jsonReader) fail() any {
	if p.err == nil {
		p.err = fmt.Errorf("this is no JSON: %q", clip(p.s))
		p.s = ""
	}
	return nil
}

func (p *jsonReader) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

// eat takes a byte if it comes next.
func (p *jsonReader) eat(c byte) bool {
	p.space()
	if p.s == "" || p.s[0] != c {
		return false
	}
	p.s = p.s[1:]
	return true
}

func (p *jsonReader) value(depth int) any {
	p.space()
	if p.s == "" || depth > 64 {
		return p.fail()
	}
	switch p.s[0] {
	case '{':
		p.s = p.s[1:]
		m := map[string]any{}
		if p.eat('}') {
			return m
		}
		for p.err == nil {
			p.space()
			name := p.string()
			if !p.eat(':') {
				return p.fail()
			}
			m[name] = p.value(depth + 1)
			if p.eat('}') {
				return m
			}
			if !p.eat(',') {
				return p.fail()
			}
		}
	case '[':
		p.s = p.s[1:]
		list := []any{}
		if p.eat(']') {
			return list
		}
		for p.err == nil {
			list = append(list, p.value(depth+1))
			if p.eat(']') {
				return list
			}
			if !p.eat(',') {
				return p.fail()
			}
		}
	case '"':
		return p.string()
	default:
		n := strings.IndexAny(p.s, ",]} \t\r\n")
		if n < 0 {
			n = len(p.s)
		}
		word := p.s[:n]
		p.s = p.s[n:]
		switch word {
		case "true":
			return true
		case "false":
			return false
		case "null":
			return nil
		}
		f, err := strconv.ParseFloat(word, 64)
		if err != nil {
			p.s = word + p.s
			return p.fail()
		}
		return f
	}
	return nil
}

// string reads a string with its quotes.
func (p *jsonReader) string() string {
	if p.s == "" || p.s[0] != '"' {
		p.fail()
		return ""
	}
	var b strings.Builder
	for i := 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.s = p.s[i+1:]
			return b.String()
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(p.s):
			i++
			switch e := p.s[i]; e {
			case '"', '\\', '/':
				b.WriteByte(e)
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case 'b':
				b.WriteByte('\b')
			case 'f':
				b.WriteByte('\f')
			case 'u':
				n, ok := p.hex(i + 1)
				if !ok {
					p.fail()
					return ""
				}
				i += 4
				if low, ok := p.hex(i + 3); ok && n >= 0xd800 && n < 0xdc00 && strings.HasPrefix(p.s[i+1:], `\u`) {
					n = 0x10000 + (n-0xd800)<<10 + (low - 0xdc00)
					i += 6
				}
				b.Write(utf8.AppendRune(nil, rune(n)))
			default:
				p.fail()
				return ""
			}
		}
	}
	p.fail()
	return ""
}

func (p *jsonReader) hex(at int) (int64, bool) {
	if at+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseInt(p.s[at:at+4], 16, 32)
	return n, err == nil
}
