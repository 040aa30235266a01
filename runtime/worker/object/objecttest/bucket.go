package objecttest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sort"
	"sync"
)

// A Bucket is R2 as one object sees it: names without the object's prefix. It may be
// used by several goroutines.
type Bucket struct {
	// Fail, when it is not nil, is asked before each operation ("put", "get", "list",
	// "delete"); its error is R2's.
	Fail func(operation string) error
	// Dropped is told of each name that is removed.
	Dropped func(id string)

	mu      sync.Mutex
	objects map[string]string
	random  uint64
}

// Put stores bytes under a name that the bucket makes as the Worker does; now is Unix
// milliseconds.
func (b *Bucket) Put(now int64, value string) (id string, err error) {
	if b.Fail != nil {
		if err := b.Fail("put"); err != nil {
			return "", err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.random = b.random*6364136223846793005 + 1442695040888963407
	id = fmt.Sprintf("%012x7%03x8%015x", now, b.random>>52, b.random&(1<<60-1))
	if _, there := b.objects[id]; there {
		return "", errors.New("objecttest: a name was drawn twice")
	}
	b.store(id, value)
	return id, nil
}

// Store puts bytes under a name.
func (b *Bucket) Store(id, value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.store(id, value)
}

func (b *Bucket) store(id, value string) {
	if b.objects == nil {
		b.objects = map[string]string{}
	}
	b.objects[id] = value
}

// Remove removes a name as if it had never been there.
func (b *Bucket) Remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, id)
}

// Get finds the bytes of a name.
func (b *Bucket) Get(id string) (value string, found bool, err error) {
	if b.Fail != nil {
		if err := b.Fail("get"); err != nil {
			return "", false, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	value, found = b.objects[id]
	return value, found, nil
}

// Names are all names in order.
func (b *Bucket) Names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]string, 0, len(b.objects))
	for id := range b.objects {
		names = append(names, id)
	}
	sort.Strings(names)
	return names
}

// The kinds of tasks, see worker/doc.go.
const (
	listBlobs = 4
	dropBlobs = 5
)

// Carry carries a task out and returns the receipt. Of a list at most page names come
// at once. A task to wait has no receipt: until is its time then, in Unix microseconds.
func (b *Bucket) Carry(task []byte, page int) (receipt []byte, until int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("objecttest: a task is cut off: %v", p)
		}
	}()
	r := &reader{task[1:]}
	switch task[0] {
	case 0:
		return nil, int64(r.float()), nil
	case listBlobs:
		after := r.text()
		if b.Fail != nil {
			if err := b.Fail("list"); err != nil {
				return failedReceipt(err), 0, nil
			}
		}
		var names []string
		for _, id := range b.Names() {
			if id > after {
				names = append(names, id)
			}
		}
		more := byte(0)
		if len(names) > page {
			names, more = names[:page], 1
		}
		receipt = binary.LittleEndian.AppendUint32([]byte{0, more}, uint32(len(names)))
		for _, id := range names {
			receipt = appendText(receipt, id)
		}
	case dropBlobs:
		if b.Fail != nil {
			if err := b.Fail("delete"); err != nil {
				return failedReceipt(err), 0, nil
			}
		}
		for n := r.u32(); n > 0; n-- {
			id := r.text()
			b.mu.Lock()
			_, there := b.objects[id]
			delete(b.objects, id)
			b.mu.Unlock()
			if there && b.Dropped != nil {
				b.Dropped(id)
			}
		}
		receipt = []byte{0}
	default:
		return nil, 0, fmt.Errorf("objecttest: no task of R2 is of the kind %d", task[0])
	}
	if len(r.b) > 0 {
		return nil, 0, fmt.Errorf("objecttest: %d bytes follow a task", len(r.b))
	}
	return receipt, 0, nil
}

func (r *reader) text() string {
	n := r.u32()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) float() float64 {
	f := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return f
}

// SplitTask cuts what FollowR2 returned into its output and the task behind it.
func SplitTask(b []byte) (output, task []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("objecttest: an output is cut off: %v", p)
		}
	}()
	at := 28
	for n := binary.LittleEndian.Uint32(b[24:]); n > 0; n-- {
		at += 15 + int(binary.LittleEndian.Uint32(b[at+11:]))
	}
	n := int(binary.LittleEndian.Uint32(b[at:]))
	if at+4+n != len(b) {
		return nil, nil, fmt.Errorf("objecttest: a task of %d bytes in %d", n, len(b)-at-4)
	}
	return b[:at], append([]byte(nil), b[at+4:]...), nil
}

func failedReceipt(err error) []byte { return appendText([]byte{1}, err.Error()) }

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}
