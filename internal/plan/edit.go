package plan

import (
	"bytes"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An editor changes a YAML file by replacing and inserting text, so that what
// it does not touch keeps every byte. It trusts nothing: Encode reads the
// result again and compares.
type editor struct {
	src   []byte
	lines []int // offset of each line's first byte
	eol   string
	edits []textEdit
	added []string // what was inserted or replaced, for a message
}

type textEdit struct {
	start, end int
	text       string
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func (e *editor) edit(start, end int, text string) {
	e.added = append(e.added, text)
	e.edits = append(e.edits, textEdit{start, end, strings.ReplaceAll(text, "\n", e.eol)})
}

func (e *editor) apply() []byte {
	sort.SliceStable(e.edits, func(i, j int) bool { return e.edits[i].start < e.edits[j].start })
	var out bytes.Buffer
	at := 0
	for _, ed := range e.edits {
		if ed.start < at {
			continue // overlapping spans: the comparison afterwards refuses the result
		}
		out.Write(e.src[at:ed.start])
		if ed.start == len(e.src) && out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
			out.WriteString(e.eol)
		}
		out.WriteString(ed.text)
		at = ed.end
	}
	out.Write(e.src[at:])
	return out.Bytes()
}

func (e *editor) plan(p, was *Plan, doc *document) {
	e.fields(doc.root, changed(planFields, p, was))
	oldGroups := map[string]int{}
	for i, g := range was.Groups {
		oldGroups[g.Name] = i
	}
	var groups []string
	for i := range p.Groups {
		g := &p.Groups[i]
		j, ok := oldGroups[g.Name]
		switch {
		case !ok:
			groups = append(groups, item("", groupFields, g, nil))
		case j < len(doc.group):
			e.fields(doc.group[j], changed(groupFields, g, &was.Groups[j]))
		}
	}
	e.list(doc.root, doc.groups, "groups", groups, "")

	oldClients := map[string]int{}
	for i, c := range was.Clients {
		oldClients[c.Addr] = i
	}
	var clients []string
	for i := range p.Clients {
		c := &p.Clients[i]
		if j, ok := oldClients[c.Addr]; ok {
			e.fields(doc.client[j], changed(clientFields, c, &was.Clients[j]))
		} else {
			clients = append(clients, item("", clientFields, c, nil))
		}
	}
	e.list(doc.root, doc.clients, "clients", clients, "")

	old := map[string]int{}
	for i, f := range was.Families {
		old[f.Pattern] = i
	}
	var families []string
	for i := range p.Families {
		f := &p.Families[i]
		j, ok := old[f.Pattern]
		if !ok {
			families = append(families, item("", familyFields, f, skipFamily(p)))
			continue
		}
		e.fields(doc.family[j], changed(familyFields, f, &was.Families[j]))
	}
	e.list(doc.root, doc.families, "families", families, "\n")
}

// A change is a field's new value.
type change struct{ key, value string }

func changed[T any](fields []field[T], now, was *T) []change {
	var out []change
	for _, f := range fields {
		if v := f.get(now); v != f.get(was) {
			out = append(out, change{f.key, v})
		}
	}
	return out
}

// fields sets values in a mapping: in place where the key is there, behind the
// last line of the mapping where it is not.
func (e *editor) fields(mapping *yaml.Node, changes []change) {
	for _, c := range changes {
		if v := valueOf(mapping, c.key); v != nil {
			start, end, ok := e.span(v)
			if ok {
				e.edit(start, end, quote(c.key, c.value))
			}
			continue
		}
		if len(mapping.Content) == 0 || c.value == "" {
			continue
		}
		first := mapping.Content[0]
		indent := strings.Repeat(" ", first.Column-1)
		text := indent + c.key + ": " + quote(c.key, c.value) + "\n"
		if first.Column == 1 { // the plan itself: before its first key
			e.edit(e.lines[first.Line-1], e.lines[first.Line-1], text)
			continue
		}
		at := e.endOfBlock(e.lastLine(mapping), first.Column-1)
		e.edit(at, at, text)
	}
}

// list adds entries, written without indentation, to the end of a list.
func (e *editor) list(root, n *yaml.Node, key string, entries []string, between string) {
	if len(entries) == 0 {
		return
	}
	if n == nil { // the key is missing
		e.edit(len(e.src), len(e.src), "\n"+key+":\n"+indented("  ", entries, between, false))
		return
	}
	if len(n.Content) == 0 {
		line := n.Line
		if n.Kind == yaml.SequenceNode { // []
			at := e.offset(n)
			if end := bytes.IndexByte(e.src[at:], ']'); end >= 0 && e.src[at] == '[' {
				for at > 0 && e.src[at-1] == ' ' {
					at--
				}
				e.edit(at, e.offset(n)+end+1, "")
			}
		} else {
			for i := 0; i+1 < len(root.Content); i += 2 {
				if root.Content[i].Value == key {
					line = root.Content[i].Line
				}
			}
		}
		at := e.afterLine(line)
		e.edit(at, at, indented("  ", entries, between, false))
		return
	}
	last := n.Content[len(n.Content)-1]
	text := e.line(last.Line)
	dash := len(text) - len(strings.TrimLeft(text, " "))
	at := e.endOfBlock(e.lastLine(last), dash+1)
	e.edit(at, at, indented(text[:dash], entries, between, true))
}

// indented puts the entries below each other. lead asks for the separator
// before the first one too.
func indented(indent string, entries []string, between string, lead bool) string {
	var b strings.Builder
	for i, entry := range entries {
		if i > 0 || lead {
			b.WriteString(between)
		}
		for _, line := range strings.SplitAfter(entry, "\n") {
			if line != "" {
				b.WriteString(indent + line)
			}
		}
	}
	return b.String()
}

// line gives the text of a line, counted from 1, without its end.
func (e *editor) line(n int) string {
	if n < 1 || n > len(e.lines) {
		return ""
	}
	s := e.src[e.lines[n-1]:]
	if i := bytes.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSuffix(string(s), "\r")
}

// afterLine is the offset behind a line and its end.
func (e *editor) afterLine(n int) int {
	if n < len(e.lines) {
		return e.lines[n]
	}
	return len(e.src)
}

// lastLine is the last line on which a part of the node begins.
func (e *editor) lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, e.lastLine(c))
	}
	return last
}

// endOfBlock is the offset behind the last line that belongs to a block whose
// lines are indented by at least indent, blank lines at its end left out.
func (e *editor) endOfBlock(line, indent int) int {
	end := line
	for n := line + 1; n <= len(e.lines); n++ {
		text := e.line(n)
		trimmed := strings.TrimLeft(text, " ")
		if trimmed == "" {
			continue
		}
		if len(text)-len(trimmed) < indent {
			break
		}
		end = n
	}
	return e.afterLine(end)
}

// offset is where a node begins. The library counts columns in characters.
func (e *editor) offset(n *yaml.Node) int {
	at := e.lines[min(n.Line, len(e.lines))-1]
	column := 1
	for i := range e.line(n.Line) {
		if column == n.Column {
			return at + i
		}
		column++
	}
	return at + len(e.line(n.Line))
}

// span is where a scalar on one line stands, quotes included. It does not know
// block scalars and those of several lines.
func (e *editor) span(n *yaml.Node) (start, end int, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Anchor != "" {
		return 0, 0, false
	}
	start = e.offset(n)
	text := e.line(n.Line)[start-e.lines[n.Line-1]:]
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0, 0, false
	case strings.HasPrefix(text, `"`):
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return start, start + i + 1, true
			}
		}
		return 0, 0, false
	case strings.HasPrefix(text, "'"):
		for i := 1; i < len(text); i++ {
			if text[i] != '\'' {
				continue
			}
			if i+1 < len(text) && text[i+1] == '\'' {
				i++
				continue
			}
			return start, start + i + 1, true
		}
		return 0, 0, false
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	return start, start + len(strings.TrimRight(text, " \t")), true
}
