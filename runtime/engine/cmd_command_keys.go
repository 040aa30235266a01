package engine

import (
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// keyUse is a key of a command line: its place, and how the command uses it.
type keyUse struct {
	pos   int
	flags string // as commandDocs writes a set of flags
}

const (
	keyRead      = "<+RO +access>"
	keyReadWrite = "<+RW +access +update>"
	keyOverwrite = "<+OW +update>"
)

func cmdCommandGetKeys(c *call) resp.Reply         { return c.getKeys(false) }
func cmdCommandGetKeysAndFlags(c *call) resp.Reply { return c.getKeys(true) }

// getKeys finds the keys of the command line that stands behind the sub-command.
func (c *call) getKeys(withFlags bool) resp.Reply {
	line := c.args[2:]
	cmd := lineCommand(line)
	switch {
	case cmd == nil:
		return resp.NewError("ERR Invalid command specified")
	case !cmd.hasKeys():
		return resp.NewError("ERR The command has no key arguments")
	case cmd.arity > 0 && cmd.arity != len(line) || len(line) < -cmd.arity:
		return resp.NewError("ERR Invalid number of arguments specified for command")
	}
	keys := cmd.keysOf(line)
	if len(keys) == 0 && !strings.Contains(described(cmd.name).about, "+no_mandatory_keys") {
		return resp.NewError("ERR Invalid arguments specified for command")
	}
	elems := make([]resp.Reply, len(keys))
	for i, k := range keys {
		elems[i] = resp.NewBulk(line[k.pos])
		if withFlags {
			elems[i] = resp.NewArray(elems[i], docValue(k.flags))
		}
	}
	return resp.Reply{Kind: resp.Array, Elems: elems}
}

// keySpecs are the command's key specifications, without those of channels.
func (cmd *command) keySpecs() []resp.Reply {
	var specs []resp.Reply
	for _, spec := range docValue(described(cmd.name).about).Elems[3].Elems {
		if !hasFlag(spec, "not_key") {
			specs = append(specs, spec)
		}
	}
	return specs
}

func hasFlag(spec resp.Reply, name string) bool {
	for _, f := range field(spec, "flags").Elems {
		if f.Str == name {
			return true
		}
	}
	return false
}

// hasKeys reports whether the command may have keys.
func (cmd *command) hasKeys() bool { return len(cmd.keySpecs()) > 0 }

// keysOf finds the keys of a command line as Redis does: by the command's
// specifications where they say all, else by its own rules.
func (cmd *command) keysOf(line resp.Command) []keyUse {
	switch cmd.name {
	case "sort":
		return sortKeys(line)
	case "sort_ro":
		return []keyUse{{1, keyRead}}
	case "set":
		return []keyUse{{1, setUse(line)}}
	case "bitfield":
		return []keyUse{{1, bitfieldUse(line)}}
	}
	var keys []keyUse
	for _, spec := range cmd.keySpecs() {
		found, ok := specKeys(spec, line)
		if !ok {
			return nil
		}
		keys = append(keys, found...)
	}
	return keys
}

// specKeys finds the keys of one specification. It reports false when the line
// does not fit it.
func specKeys(spec resp.Reply, line resp.Command) (keys []keyUse, ok bool) {
	begin, find := field(spec, "begin_search"), field(spec, "find_keys")
	beginArgs, findArgs := field(begin, "spec"), field(find, "spec")
	first := 0
	switch field(begin, "type").Str {
	case "index":
		first = int(field(beginArgs, "index").Int)
	case "keyword":
		if first = behindKeyword(line, field(beginArgs, "keyword").Str, int(field(beginArgs, "startfrom").Int)); first == 0 {
			return nil, true
		}
	default:
		return nil, false
	}
	var last, step int
	switch field(find, "type").Str {
	case "range":
		last, step = int(field(findArgs, "lastkey").Int), int(field(findArgs, "keystep").Int)
		limit := int(field(findArgs, "limit").Int)
		switch {
		case last >= 0:
			last += first
		case limit == 0:
			last += len(line)
		default:
			last += first + (len(line)-first)/limit
		}
	case "keynum":
		at := first + int(field(findArgs, "keynumidx").Int)
		if at >= len(line) {
			return nil, false
		}
		n, isInt := parseInt(line[at])
		if !isInt || n < 0 || n > int64(len(line)) {
			return nil, false
		}
		first += int(field(findArgs, "firstkey").Int)
		last, step = first+int(n)-1, int(field(findArgs, "keystep").Int)
	default:
		return nil, false
	}
	if last >= len(line) || last < first || first >= len(line) {
		return nil, false
	}
	flags := flagsText(field(spec, "flags"))
	for i := first; i <= last; i += step {
		keys = append(keys, keyUse{i, flags})
	}
	return keys, true
}

// behindKeyword is the place behind a keyword, 0 when it is not there. A
// negative start searches from the end. As in Redis, the last word is never the
// keyword, and the first argument is not when the search comes from the end.
func behindKeyword(line resp.Command, keyword string, from int) int {
	end, step := len(line)-1, 1
	if from < 0 {
		from, end, step = from+len(line), 1, -1
	}
	for i := from; i >= 1 && i < len(line) && i != end; i += step {
		if strings.EqualFold(line[i], keyword) {
			return i + 1
		}
	}
	return 0
}

// flagsText writes a set of flags as commandDocs does.
func flagsText(set resp.Reply) string {
	var b strings.Builder
	b.WriteByte('<')
	for i, f := range set.Elems {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("+" + f.Str)
	}
	b.WriteByte('>')
	return b.String()
}

// sortKeys finds SORT's key and the last of its STORE options.
func sortKeys(line resp.Command) []keyUse {
	keys := []keyUse{{1, keyRead}}
	for i := 2; i < len(line); i++ {
		switch strings.ToUpper(line[i]) {
		case "LIMIT":
			i += 2
		case "GET", "BY":
			i++
		case "STORE":
			if i+1 < len(line) {
				keys = append(keys[:1], keyUse{i + 1, keyOverwrite})
			}
		}
	}
	return keys
}

// setUse says how SET uses its key: it reads it when GET is among its options.
func setUse(line resp.Command) string {
	for _, a := range line[3:] {
		if strings.EqualFold(a, "GET") {
			return keyReadWrite
		}
	}
	return keyOverwrite
}

// bitfieldUse says how BITFIELD uses its key: with GET alone it just reads it.
func bitfieldUse(line resp.Command) string {
	for i := 2; i < len(line); i++ {
		switch left := len(line) - i - 1; {
		case strings.EqualFold(line[i], "GET") && left >= 2:
			i += 2
		case strings.EqualFold(line[i], "OVERFLOW") && left >= 1:
			i++
		default:
			return keyReadWrite
		}
	}
	return keyRead
}
