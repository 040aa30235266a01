package object

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/smalljson"
)

// ready makes the operations that are due.
func (k *kvFollower) ready(now int64) (ops []kvOp, err error) {
	var due []kvName
	for n, e := range k.keys {
		if !e.busy && e.due <= now {
			due = append(due, n)
		}
	}
	sort.Slice(due, func(i, j int) bool {
		a, b := k.keys[due[i]], k.keys[due[j]]
		if a.due != b.due {
			return a.due < b.due
		}
		if due[i].db != due[j].db {
			return due[i].db < due[j].db
		}
		return due[i].key < due[j].key
	})
	bytes := 0
	for _, n := range due {
		if len(ops) >= kvOps || bytes >= kvBytes {
			break
		}
		if k.f.routes.of(n.key).primary { // it is the clients' by now
			delete(k.keys, n)
			continue
		}
		op, ok, err := k.operation(n, now)
		if err != nil {
			return nil, err
		}
		e := k.keys[n]
		if !ok {
			k.left++
			delete(k.keys, n)
			continue
		}
		if e.drop {
			op = kvOp{op: kvDelete, of: n, name: op.name}
		}
		op.seq, e.busy = e.seq, true
		bytes += len(op.value)
		ops = append(ops, op)
	}
	return ops, nil
}

// operation brings KV to what the object has under a name; ok is false for what KV
// does not take.
func (k *kvFollower) operation(n kvName, now int64) (op kvOp, ok bool, err error) {
	op = kvOp{op: kvDelete, of: n}
	if op.name, err = kvprimary.Name(k.f.object.KV(), int(n.db), n.key); err != nil {
		return op, false, nil // the name is too long
	}
	r := k.f.rows
	space := r.spaces[n.db]
	if space == 0 || !k.f.routes.of(n.key).kv {
		return op, true, nil
	}
	h, found, err := r.Key(n.db, engine.KeyHash(n.key), n.key)
	if err != nil || !found || h.ExpireAt != 0 && h.ExpireAt < now/1000 {
		return op, true, err
	}
	switch h.Type {
	case engine.TypeString:
		if h.Packed {
			k.left++
			return op, true, nil // the bytes are in R2, and stay there
		}
		op.value = h.Value
	case engine.TypeJSON:
		if op.value, err = k.document(h.ID); err != nil {
			return op, true, err
		}
	default:
		return op, true, nil // KV has strings and documents
	}
	if len(op.value) > maxValue {
		k.left++
		op.value = ""
		return op, true, nil // rather than what it was before
	}
	op.op = kvPut
	if h.ExpireAt != 0 && h.ExpireAt <= kvFarthest {
		op.expires = (h.ExpireAt + 999) / 1000
		if nearest := (now/1000 + kvNearest + 999) / 1000; op.expires < nearest {
			op.expires, op.short = nearest, (h.ExpireAt+1)*1000
		}
	}
	meta, err := smalljson.Marshal(kvMeta{Expires: h.ExpireAt, Seq: r.seq, Object: k.f.name})
	op.meta = string(meta)
	return op, true, err
}

// kvMeta is the metadata of a key in KV.
type kvMeta struct {
	Expires int64  `json:"expires"` // Unix milliseconds; 0: never. What is over is gone, though KV may still have it
	Seq     uint64 `json:"seq"`     // the object's last commit when the value was read
	Object  string `json:"object"`  // that put it
}

// document is the text of a JSON document.
func (k *kvFollower) document(id uint64) (text string, err error) {
	err = k.f.rows.Items(engine.Query{Type: engine.TypeJSON, ID: id}, func(it engine.Item) bool { text += it.Value; return true })
	return text, err
}

// followed takes the receipt of the last task.
func (k *kvFollower) followed(results []kvResult, now int64) error {
	ops := k.flight
	k.flight = nil
	if len(ops) == 0 {
		return nil // of a task that was given up
	}
	if len(results) != len(ops) {
		return fmt.Errorf("object: KV reports on %d operations of %d", len(results), len(ops))
	}
	failed := 0
	for i := range ops {
		op, res := &ops[i], &results[i]
		if res.failed {
			failed++
			k.fault = clipFault(res.text)
		}
		if op.op == kvList {
			if !res.failed {
				if err := k.listed(res.text, now); err != nil {
					return err
				}
			}
			continue
		}
		k.recent[op.of] = now
		if e := k.keys[op.of]; e != nil {
			k.settle(op, e, res, now)
		}
	}
	switch {
	case failed == 0:
		k.fails, k.fault = 0, ""
	case failed == len(ops):
		if k.fails++; k.fails == 1 {
			k.f.log(2, fmt.Sprintf("redis2cf: KV does not follow %s at the moment: %s", k.f.name, k.fault))
		}
		k.next = now + min(int64(kvEvery)<<min(k.fails-1, 10), kvLast)
	}
	return nil
}

// settle says of a key what became of its write.
func (k *kvFollower) settle(op *kvOp, e *kvKey, res *kvResult, now int64) {
	e.busy = false
	switch {
	case res.failed:
		e.fails++
		if e.seq > op.seq { // what it has by now may be taken
			e.fails = min(e.fails, 1)
		}
		if lasting(res.text) && e.fails >= kvTries {
			if op.op == kvPut {
				k.left++
				e.drop, e.fails, e.due = true, 0, now+kvEvery
				return
			}
			if !e.drop {
				k.left++
			}
			delete(k.keys, op.of)
			return
		}
		e.due = now + min(int64(kvEvery)<<min(e.fails-1, 10), kvLast)
	case e.seq > op.seq: // it changed meanwhile
		k.lag.confirmed(e.since, now)
		e.since = now
		e.fails, e.first, e.due, e.drop = 0, op.seq+1, now+kvEvery, false
	case op.short != 0:
		k.lag.confirmed(e.since, now)
		e.fails, e.short, e.due = 0, true, max(op.short, now+kvEvery)
	default:
		if !e.short {
			k.lag.confirmed(e.since, now)
		}
		delete(k.keys, op.of)
	}
}

// lasting reports whether KV's error is one that does not pass: one of 400 to 499
// that does not say that there were too many requests. The first number of three digits
// that begins with 4 or 5 is the status.
func lasting(fault string) bool {
	words := strings.FieldsFunc(fault, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	for _, word := range words {
		if code, err := strconv.Atoi(word); err == nil && len(word) == 3 && code >= 400 && code < 600 {
			return code < 500 && code != 429 && code != 408
		}
	}
	return false
}

// listed has names removed that this object put and has no more.
func (k *kvFollower) listed(text string, now int64) error {
	var page struct {
		Keys []struct {
			Name     string `json:"name"`
			Metadata any    `json:"metadata"` // what others have put may have metadata of any form
		} `json:"keys"`
		Complete bool   `json:"list_complete"`
		Cursor   string `json:"cursor"`
	}
	if err := smalljson.Unmarshal([]byte(text), &page); err != nil {
		return fmt.Errorf("object: KV's list is not as it is described: %w", err)
	}
	r := k.f.rows
	for _, entry := range page.Keys {
		if meta, _ := entry.Metadata.(map[string]any); meta["object"] != k.f.name {
			continue
		}
		ns, db, key, err := kvprimary.Key(entry.Name)
		if err != nil || ns != k.f.object.KV() || db >= lastDB {
			continue
		}
		n := kvName{uint32(db), key}
		if k.f.routes.of(key).primary {
			continue // it was put before the family was in KV alone
		}
		found := false
		if r.spaces[n.db] != 0 && k.f.routes.of(key).kv {
			_, found, err = r.Key(n.db, engine.KeyHash(key), key)
			if err != nil {
				return err
			}
		}
		if !found {
			k.changed(n, 0, now-kvDelay, now)
		}
	}
	if page.Complete || page.Cursor == "" {
		k.list = nil
	} else {
		k.list = &page.Cursor
	}
	return nil
}

func (k *kvFollower) status(now int64) FollowerStatus {
	done := k.done()
	st := FollowerStatus{State: "current", Seq: done, Behind: k.f.rows.seq - done, Left: k.left, Error: k.fault}
	k.lag.tell(&st)
	oldest := now
	for _, e := range k.keys {
		if !e.short {
			st.Waiting++
			oldest = min(oldest, e.since)
		}
	}
	for i := range k.walks {
		oldest = min(oldest, k.walks[i].at)
	}
	if k.read < k.last {
		// On an error this says less; the next call reports it.
		_, _ = k.f.rows.one(k.f.rows.ask(askKVSince).Int(int64(k.read)), func(q *result) { oldest = min(oldest, q.int()) })
	}
	st.LagMs = (now - oldest) / 1000
	switch {
	case k.fault != "":
		st.State = "failing"
	case k.leaving:
		st.State = "leaving"
	case k.state.Copy || k.list != nil || len(k.walks) > 0:
		st.State = "copying"
	}
	return st
}
