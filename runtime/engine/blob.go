package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A Ref is the place of a string's bytes that do not lie in the rows but in R2. Its
// entry has the reference for a value, and its row (Header.Packed) too. The engine
// never sees the bytes: it answers a reply of the kind resp.Blob, and who receives it
// fetches them.
//
// The bytes come first and the row after, and nobody counts references: COPY shares
// one, and what no row refers to is found by listing the bucket. That this never
// removes what is needed rests on one rule: a reference comes into the engine from
// outside within RefLife of its upload, or never. After OrphanAge an object that no
// row refers to has none for ever.
type Ref struct {
	ID   string // a UUID of version 7 without dashes, as the Worker made it
	Size int64  // bytes
}

const (
	// RefLife is for how long after its upload a value can be given to a key, in
	// milliseconds.
	RefLife = 30 * 60 * 1000
	// OrphanAge is after how long what no row refers to may be removed, in milliseconds.
	OrphanAge = 2 * RefLife
	// MinRef is the least size of a value in R2, in bytes. Strings of this size are
	// no numbers and no HyperLogLogs, so that INCR and PFADD answer as Redis does.
	MinRef = 16 << 10
)

// BlobCommand is the first word of a command of which values are references: the
// command follows, and before each of its values stands a letter. With
// Options.Blobs clients reach it, and nothing that stands in the place of a name or a value
// in any other command, transaction or script is taken for it.
const BlobCommand = "\x00blob"

// What stands before a value of such a command.
const (
	tagInline = 'v' // the value follows
	tagRef    = 'r' // the reference follows
)

const refDigits = 32

// String is the form of a reference in commands and rows: the id, a colon, the size.
func (r Ref) String() string { return r.ID + ":" + strconv.FormatInt(r.Size, 10) }

// ParseRef reads what String wrote.
func ParseRef(s string) (Ref, bool) {
	if len(s) < refDigits+2 || s[refDigits] != ':' || !ValidRefID(s[:refDigits]) {
		return Ref{}, false
	}
	n, ok := parseInt(s[refDigits+1:])
	return Ref{s[:refDigits], n}, ok && n >= MinRef && n <= maxString
}

// ValidRefID reports whether a string has the form of a Ref's ID.
func ValidRefID(s string) bool {
	return len(s) == refDigits && strings.Trim(s, "0123456789abcdef") == ""
}

// RefTime is when what an id names was uploaded, in Unix milliseconds.
func RefTime(id string) int64 {
	n, err := strconv.ParseInt(id[:min(len(id), 12)], 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// valuesAt says at which places the values of a command stand: from the first one,
// each step words. Commands that are not here take no reference.
var valuesAt = map[string]struct{ first, step int }{
	"set": {2, 0}, "setnx": {2, 0}, "getset": {2, 0}, "setex": {3, 0}, "psetex": {3, 0},
	"mset": {2, 2}, "msetnx": {2, 2},
}

// RefPlaces are the places of a command line at which a reference may stand for a value.
func RefPlaces(line resp.Command) []int {
	if len(line) == 0 {
		return nil
	}
	at, ok := valuesAt[line[0]]
	if !ok {
		if len(line[0]) > 8 {
			return nil
		}
		at, ok = valuesAt[strings.ToLower(line[0])]
	}
	switch {
	case !ok || at.first >= len(line):
		return nil
	case at.step == 0:
		return []int{at.first}
	}
	var places []int
	for i := at.first; i < len(line); i += at.step {
		places = append(places, i)
	}
	return places
}

// WithRefs is the command line with references in place of some values, by their
// places, which RefPlaces has. The line itself stays as it is.
func WithRefs(line resp.Command, refs map[int]Ref) resp.Command {
	out := append(make(resp.Command, 0, len(line)+1), BlobCommand)
	out = append(out, line...)
	for _, i := range RefPlaces(line) {
		if r, ok := refs[i]; ok {
			out[i+1] = string(tagRef) + r.String()
		} else {
			out[i+1] = string(tagInline) + line[i]
		}
	}
	return out
}

// refs is what the engine knows of references.
type refs struct {
	moved bool // this frame set, overwrote or removed one
}

// checkRefs is check for a BlobCommand. It returns the command without the first word.
func (e *Engine) checkRefs(args resp.Command) (*command, resp.Command, resp.Reply) {
	args = args[1:]
	base, bad := e.check(args)
	if base == nil {
		return nil, args, bad
	}
	places := RefPlaces(args)
	if places == nil {
		return nil, args, resp.NewError("ERR " + strings.ToUpper(base.name) + " takes no value that is in R2")
	}
	for _, i := range places {
		word := args[i]
		ok := word != "" && word[0] == tagInline
		if word != "" && word[0] == tagRef {
			_, ok = ParseRef(word[1:])
		}
		if !ok {
			return nil, args, resp.NewError("ERR " + strings.ToUpper(base.name) + " has a reference to R2 that is none")
		}
	}
	cmd := *base
	cmd.tagged = true
	cmd.run = func(c *call) resp.Reply {
		if bad := c.stale(places); bad.Kind == resp.Error {
			return bad
		}
		return base.run(c)
	}
	return &cmd, args, resp.Reply{}
}

// stale refuses references whose time is over: their bytes may be gone. They may have
// waited in a transaction.
func (c *call) stale(places []int) resp.Reply {
	for _, i := range places {
		word := c.args[i]
		if word[0] == tagRef && RefTime(word[1:]) < c.e.nowMs-RefLife {
			return resp.NewError(fmt.Sprintf("ERR the value of %s was uploaded to R2 more than %d minutes ago and was not used: send it again",
				strings.ToUpper(c.cmd.name), RefLife/60_000))
		}
	}
	return resp.Reply{}
}

// setArg gives a key the value at a place of the command line.
func (c *call) setArg(ent *entry, key string, place int, expireAt int64) {
	value := c.args[place]
	if !c.cmd.tagged {
		c.setString(ent, key, value, expireAt)
		return
	}
	c.setText(ent, key, value[1:], value[0] == tagRef, expireAt)
}

// value is the reply that brings a string's value: an error when it cannot, after
// which nothing may be changed.
func (c *call) value(ent *entry) resp.Reply {
	if !ent.ref {
		return resp.NewBulk(ent.text())
	}
	r, bad := c.ref(ent)
	if bad.Kind == resp.Error {
		return bad
	}
	return resp.Reply{Kind: resp.Blob, Str: r.ID, Int: r.Size}
}

// part is the reply that brings some of the bytes of a value that is a reference.
func (c *call) part(ent *entry, from, to int64) resp.Reply {
	r, bad := c.ref(ent)
	switch {
	case bad.Kind == resp.Error:
		return bad
	case from == to:
		return resp.NewBulk("")
	}
	return resp.Reply{Kind: resp.Blob, Str: r.ID + "@" + strconv.FormatInt(from, 10), Int: to - from}
}

// ref reads the reference of an entry, unless the reply does not leave the engine.
func (c *call) ref(ent *entry) (Ref, resp.Reply) {
	r, ok := ParseRef(ent.str)
	switch {
	case !ok:
		return r, resp.NewError("ERR the reference to R2 of this key is damaged")
	case c.script:
		return r, errInR2(c.cmd.name, r.Size)
	}
	return r, resp.Reply{}
}

func errInR2(name string, size int64) resp.Reply {
	return resp.NewError(fmt.Sprintf("ERR %s cannot work on a value that is kept in R2 (%d bytes): a script and a command that computes on or changes the bytes "+
		"need it in the object; read it with GET, work on it in the program and SET it again, or keep it in smaller parts", strings.ToUpper(name), size))
}

// errTooLarge refuses an argument that does not fit into a row.
func errTooLarge(cmd *command, bytes, most int) resp.Reply {
	text := fmt.Sprintf("ERR an argument of %s has %d bytes, and a row of this store holds %d", strings.ToUpper(cmd.name), bytes, most)
	if _, ok := valuesAt[cmd.name]; ok {
		text += `: larger values of strings are kept in R2 when the plan has a bucket; write "store: r2" for the family in redis2cf.yaml, run redis2cf worker -o and deploy again`
	} else {
		text += ": only the values of strings (SET, SETEX, MSET …) can be kept in R2; keep it in smaller parts"
	}
	return resp.NewError(text)
}

// refIn is the first of the command's keys whose value is a reference.
func (c *call) refIn() *entry {
	from, to := c.cmd.first, c.cmd.last
	if to < 0 {
		to += len(c.args)
	}
	if c.cmd.name == "bitop" {
		from++ // the first is overwritten
	}
	for ; from <= to && from < len(c.args); from += max(c.cmd.step, 1) {
		if ent := c.e.find(c.s.db, c.args[from]); ent != nil && ent.ref && !ent.expired(c.e.nowMs) {
			return ent
		}
	}
	return nil
}

// onBytes guards a command that works on the bytes of strings: where one is a
// reference it is refused, or answered as Redis would, which knows that a string of
// this size is of no use to it.
func onBytes(run handler, answers ...resp.Reply) handler {
	return func(c *call) resp.Reply {
		if !c.e.opt.Blobs {
			return run(c)
		}
		ent := c.refIn()
		switch {
		case ent == nil:
			return run(c)
		case len(answers) > 0:
			return answers[0]
		}
		return errInR2(c.cmd.name, ent.refSize())
	}
}

// refSize is the size of the value that a reference stands for.
func (ent *entry) refSize() int64 {
	r, _ := ParseRef(ent.str)
	return r.Size
}
