package kvprimary

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A frame is commands on their way to reads and writes. All reads come first: a read
// behind a write of the same key is answered by the write.
type frame struct {
	ctx    context.Context
	client *Client
	db     int
	now    time.Time

	reads   []string
	readAt  map[string]int
	writes  []Write
	writeAt map[string]int // the last write of a name
}

// A step is what one command answers, once reads and writes are done.
type step struct {
	fixed  resp.Reply
	values []value // GET, MGET: in place of fixed
	single bool    // GET
	writes []int   // that must be stored
}

// value is one value that a step answers with.
type value struct {
	known bool // data and found say it, if the write it comes from is stored
	Value
	write int // -1: none
	read  int
}

// expiryFlags are the words of SET that set an expiry: the unit, and whether the number
// is a point in time.
var expiryFlags = map[string]struct {
	unit time.Duration
	at   bool
}{
	"EX": {time.Second, false}, "PX": {time.Millisecond, false},
	"EXAT": {time.Second, true}, "PXAT": {time.Millisecond, true},
}

// reading are the words of SET that ask what was there before.
var reading = map[string]bool{"NX": true, "XX": true, "GET": true, "KEEPTTL": true, "IFEQ": true, "IFNE": true, "IFDEQ": true, "IFDNE": true}

// errorStep is a command that was not run.
func errorStep(format string, args ...interface{}) step {
	return step{fixed: resp.NewError("ERR " + fmt.Sprintf(format, args...))}
}

func badArity(name string) step {
	return errorStep("wrong number of arguments for '%s' command", strings.ToLower(name))
}

func compileGet(f *frame, args []string) step {
	if len(args) != 2 {
		return badArity("get")
	}
	v, err := f.read(args[1])
	if err != nil {
		return errorStep("%v", err)
	}
	return step{values: []value{v}, single: true}
}

func compileMGet(f *frame, args []string) step {
	if len(args) < 2 {
		return badArity("mget")
	}
	s := step{values: make([]value, 0, len(args)-1)}
	for _, key := range args[1:] {
		v, err := f.read(key)
		if err != nil {
			return errorStep("%v", err)
		}
		s.values = append(s.values, v)
	}
	return s
}

func compileSet(f *frame, args []string) step {
	if len(args) < 3 {
		return badArity("set")
	}
	w := Write{Data: args[2]}
	expiry, unit := 0, "" // where the number stands, and of what it is
	for i := 3; i < len(args); i++ {
		word := strings.ToUpper(args[i])
		_, ok := expiryFlags[word]
		switch {
		case reading[word]:
			return errorStep("unsupported option %s of 'set': a family in KV alone (consistency: primary) writes without reading first", word)
		case !ok || i+1 == len(args) || unit != "" && unit != word: // of two of one unit the last counts
			return errorStep("syntax error")
		}
		i++
		expiry, unit = i, word
	}
	if expiry > 0 { // as Redis does, once all words are known
		flag := expiryFlags[unit]
		if err := f.expiry(&w, args[expiry], flag.unit, flag.at, "set"); err != nil {
			return errorStep("%v", err)
		}
	}
	return f.write(args[1], w)
}

func compileSetEx(f *frame, args []string) step {
	if len(args) != 4 {
		return badArity("setex")
	}
	w := Write{Data: args[3]}
	if err := f.expiry(&w, args[2], time.Second, false, "setex"); err != nil {
		return errorStep("%v", err)
	}
	return f.write(args[1], w)
}

func compileDel(f *frame, args []string) step {
	if len(args) < 2 {
		return badArity("del")
	}
	s := step{}
	seen := map[string]bool{}
	names := make([]string, 0, len(args)-1)
	for _, key := range args[1:] {
		name, err := Name(f.client.opt.Namespace, f.db, key)
		if err != nil {
			return errorStep("%v", err)
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, name := range names {
		s.writes = append(s.writes, f.put(Write{Name: name, Delete: true}))
	}
	s.fixed = resp.NewInt(int64(len(names)))
	return s
}

// expiry reads the expiry of a write. Milliseconds are rounded up: nothing may be gone
// before its time.
func (f *frame) expiry(w *Write, text string, unit time.Duration, at bool, command string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text { // Redis reads no +60 and no 060
		return errors.New("value is not an integer or out of range")
	}
	most := int64(math.MaxInt64) // milliseconds, as Redis counts
	if !at {
		most -= f.now.UnixMilli()
	}
	if unit == time.Second {
		most /= 1000
	}
	if n <= 0 || n > most {
		return fmt.Errorf("invalid expire time in '%s' command", command)
	}
	seconds := n
	if unit == time.Millisecond {
		seconds = (n-1)/1000 + 1
	}
	left := seconds
	if at {
		left = seconds - f.now.Unix()
	}
	if left < MinExpiry {
		return fmt.Errorf("an expiry of %d s cannot be kept: a family in KV alone (consistency: primary) keeps nothing for less than %d s", left, MinExpiry)
	}
	if left > MaxExpiryAt-f.now.Unix() {
		return fmt.Errorf("an expiry in %d s cannot be kept: KV keeps none after 2038-01-19; write the key without one", left)
	}
	if at {
		w.At = seconds
	} else {
		w.TTL = seconds
	}
	return nil
}

// write is the step of SET and its kin.
func (f *frame) write(key string, w Write) step {
	name, err := Name(f.client.opt.Namespace, f.db, key)
	if err != nil {
		return errorStep("%v", err)
	}
	if len(w.Data) > MaxValue {
		return errorStep("the value has %d bytes, and KV keeps none above %d", len(w.Data), MaxValue)
	}
	w.Name = name
	return step{fixed: resp.OK, writes: []int{f.put(w)}}
}

// put adds a write, in the place of an earlier one of the same name.
func (f *frame) put(w Write) int {
	if f.writeAt == nil {
		f.writeAt = map[string]int{}
	}
	i, ok := f.writeAt[w.Name]
	if !ok {
		i = len(f.writes)
		f.writes = append(f.writes, Write{})
		f.writeAt[w.Name] = i
	}
	f.writes[i] = w
	return i
}

// read finds out where a value comes from: an earlier command of the frame, what the
// client remembers, or KV.
func (f *frame) read(key string) (value, error) {
	name, err := Name(f.client.opt.Namespace, f.db, key)
	if err != nil {
		return value{}, err
	}
	if i, ok := f.writeAt[name]; ok {
		w := f.writes[i]
		return value{known: true, Value: Value{Data: w.Data, Found: !w.Delete}, write: i}, nil
	}
	if v, ok := f.client.remembered(f.ctx, name, f.now); ok {
		return value{known: true, Value: v, write: -1}, nil
	}
	i, ok := f.readAt[name]
	if !ok {
		if f.readAt == nil {
			f.readAt = map[string]int{}
		}
		i = len(f.reads)
		f.reads = append(f.reads, name)
		f.readAt[name] = i
	}
	return value{read: i, write: -1}, nil
}

// answer makes the reply of a step.
func (s *step) answer(read []Value, stored []error) resp.Reply {
	for _, i := range s.writes {
		if err := stored[i]; err != nil {
			return failed(err)
		}
	}
	if s.values == nil {
		return s.fixed
	}
	replies := make([]resp.Reply, len(s.values))
	for i, v := range s.values {
		found := v.Value
		switch {
		case v.write >= 0 && stored[v.write] != nil:
			return failed(stored[v.write])
		case !v.known:
			found = read[v.read]
		}
		switch {
		case found.Err != nil:
			return failed(found.Err)
		case found.Found:
			replies[i] = resp.NewBulk(found.Data)
		}
	}
	if s.single {
		return replies[0]
	}
	return resp.NewArray(replies...)
}

// A ReplyError is an error that is answered as it is.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// failed is the reply of what KV did not do.
func failed(err error) resp.Reply {
	if e, ok := err.(ReplyError); ok {
		return resp.NewError(string(e))
	}
	return resp.NewError("ERR KV: " + strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, err.Error()))
}
