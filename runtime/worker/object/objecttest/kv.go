package objecttest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"
	"unicode/utf8"
)

// A KV is a namespace of Workers KV that carries out the tasks of follower 2 as the
// Worker's JavaScript does, with KV's limits, on a clock that the test moves.
type KV struct {
	Now int64 // Unix microseconds
	// Fail is asked before each operation and names KV's error; it may be nil. After is
	// asked when it was done, and has it reported as failed.
	Fail, After func(name string) error
	Page        int // names of one page of a list; 0: 1000

	Puts, Deletes, Lists int
	TooOften             int // writes that came within a second of another one to their name
	entries              map[string]KVEntry
	written              map[string]int64
}

// A KVEntry is what a name has.
type KVEntry struct {
	Value    string
	Expires  int64 // Unix seconds; 0: never
	Metadata string
}

// KVMetadata is what the metadata say.
type KVMetadata struct {
	Expires int64  `json:"expires"`
	Seq     uint64 `json:"seq"`
	Object  string `json:"object"`
}

// Names are the names that have not expired, in order.
func (k *KV) Names() (names []string) {
	for name, e := range k.entries {
		if e.Expires == 0 || e.Expires*1_000_000 > k.Now {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// Get is what a name has.
func (k *KV) Get(name string) (KVEntry, bool) {
	e, ok := k.entries[name]
	return e, ok && (e.Expires == 0 || e.Expires*1_000_000 > k.Now)
}

// Store puts something as somebody else might.
func (k *KV) Store(name string, e KVEntry) {
	if k.entries == nil {
		k.entries, k.written = map[string]KVEntry{}, map[string]int64{}
	}
	k.entries[name] = e
}

// Carry carries a task out and returns its receipt. A task to wait has none: until is
// its time then, in Unix microseconds, 0 for none.
func (k *KV) Carry(task []byte) (receipt []byte, until int64) {
	if task[0] == 0 {
		return nil, int64(math.Float64frombits(binary.LittleEndian.Uint64(task[1:])))
	}
	r := &reader{task[1:]}
	n := r.u32()
	receipt = binary.LittleEndian.AppendUint32(nil, uint32(n))
	for ; n > 0; n-- {
		op := r.b[0]
		r.b = r.b[1:]
		name := kvText(r)
		var text string
		var err error
		switch op {
		case 1:
			e := KVEntry{Value: kvText(r)}
			e.Expires = int64(math.Float64frombits(binary.LittleEndian.Uint64(r.b)))
			r.b = r.b[8:]
			e.Metadata = kvText(r)
			if err = k.allowed(name, &e); err == nil {
				if err = k.write(name); err == nil {
					k.Puts++
					k.entries[name] = e
				}
			}
		case 2:
			if err = k.allowed(name, nil); err == nil {
				if err = k.write(name); err == nil {
					k.Deletes++
					delete(k.entries, name)
				}
			}
		case 3:
			text, err = k.list(name, kvText(r))
		default:
			err = fmt.Errorf("no operation %d", op)
		}
		if err == nil && op != 3 && k.After != nil {
			err = k.After(name)
		}
		if err != nil {
			text = err.Error()
			receipt = append(receipt, 1)
		} else {
			receipt = append(receipt, 0)
		}
		receipt = append(binary.LittleEndian.AppendUint32(receipt, uint32(len(text))), text...)
	}
	return receipt, 0
}

func kvText(r *reader) string {
	n := r.u32()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (k *KV) allowed(name string, e *KVEntry) error {
	switch {
	case name == "" || name == "." || name == ".." || len(name) > 512 || !utf8.ValidString(name):
		return fmt.Errorf("KV PUT failed: 414 UTF-8 encoded length of %d exceeds key length limit of 512.", len(name))
	case e == nil:
		return nil
	case len(e.Value) > 25<<20:
		return errors.New("KV PUT failed: 413 Value length exceeds limit of 26214400.")
	case len(e.Metadata) > 1024 || !json.Valid([]byte(e.Metadata)):
		return errors.New("KV PUT failed: 413 Metadata length exceeds limit of 1024.")
	case e.Expires > math.MaxInt32:
		return errors.New("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).")
	case e.Expires != 0 && e.Expires*1_000_000 < k.Now+60_000_000:
		return errors.New("KV PUT failed: 400 Invalid expiration. Expiration times must be at least 60 seconds in the future.")
	}
	return nil
}

func (k *KV) write(name string) error {
	if k.entries == nil {
		k.entries, k.written = map[string]KVEntry{}, map[string]int64{}
	}
	if k.Fail != nil {
		if err := k.Fail(name); err != nil {
			return err
		}
	}
	if at, ok := k.written[name]; ok && k.Now < at+1_000_000 {
		k.TooOften++
		return errors.New("KV PUT failed: 429 Too Many Requests")
	}
	k.written[name] = k.Now
	return nil
}

func (k *KV) list(prefix, cursor string) (string, error) {
	k.Lists++
	type entry struct {
		Name     string          `json:"name"`
		Metadata json.RawMessage `json:"metadata,omitempty"`
	}
	page := struct {
		Keys     []entry `json:"keys"`
		Complete bool    `json:"list_complete"`
		Cursor   string  `json:"cursor,omitempty"`
	}{Keys: []entry{}, Complete: true}
	most := k.Page
	if most == 0 {
		most = 1000
	}
	for _, name := range k.Names() {
		if !strings.HasPrefix(name, prefix) || name <= cursor && cursor != "" {
			continue
		}
		if len(page.Keys) == most {
			page.Complete, page.Cursor = false, page.Keys[most-1].Name
			break
		}
		e := entry{Name: name}
		if m := k.entries[name].Metadata; m != "" {
			e.Metadata = json.RawMessage(m)
		}
		page.Keys = append(page.Keys, e)
	}
	b, err := json.Marshal(page)
	return string(b), err
}
