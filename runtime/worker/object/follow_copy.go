package object

import (
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
)

// A copyAt is how far D1 was fed from the rows: space by space, and in each by hash
// and key. What lies before has come, what lies behind comes yet; operations on
// either go to D1 meanwhile as they happen.
type copyAt struct {
	Space int64   `json:"space,omitempty"` // 0: nothing has come
	Hash  uint64  `json:"hash,omitempty"`
	Key   []byte  `json:"key,omitempty"`
	Item  *itemAt `json:"item,omitempty"`  // of the key's collection
	Done  bool    `json:"done,omitempty"`  // all keys have come
	Clean bool    `json:"clean,omitempty"` // and those of spaces that are no more are gone
}

// An itemAt is a place in a collection: the first item that comes next.
type itemAt struct {
	ID    uint64 `json:"id"`
	Kind  uint8  `json:"kind,omitempty"`
	Field []byte `json:"field,omitempty"`
	Pos   int64  `json:"pos,omitempty"`
}

// A keyLoad is one key that is to be copied: its collection has come under another
// name, or a commit changed more than is written down.
type keyLoad struct {
	Seq   uint64      `json:"seq"` // of the commit
	Space int64       `json:"space"`
	Hash  uint64      `json:"hash"`
	Key   []byte      `json:"key"`
	Item  *itemAt     `json:"item,omitempty"`
	Type  engine.Type `json:"type,omitempty"` // of the collection of which a part has come
}

// copyBytes is about how many bytes of rows one batch copies.
const copyBytes = 512 << 10

// A copier copies a part of the rows into a batch. Each part replaces a range of D1's
// rows, so nothing need be removed before, and whoever reads D1 meanwhile sees the old
// rows or the new ones. A collection's header comes after its items.
type copier struct {
	d       *d1Follower
	state   *d1State
	page    *rowSet
	ranges  *Program // what is removed before the page is written
	lists   rowWriter
	left    int       // rows that still fit
	bytes   int       // of rows that are copied
	pages   int       // of keys that were read
	read    int       // bytes of these
	from    *copyAt   // where the headers begin that this batch replaces in a space; nil: nowhere yet
	whole   [8][]byte // JSON lists of collections that are replaced whole
	garbage bool      // D1 may have rows that nothing refers to then
}

// Most keys may be of families that D1 does not follow: so many are looked at for one
// batch, since the object serves nobody meanwhile.
const (
	copyPages = 64
	copyRead  = 4 << 20 // bytes
)

var (
	d1ForgetDBs    = d1statement("DELETE FROM dbs WHERE object = ?")
	d1Forget       = d1statement("DELETE FROM garbage WHERE object = ?")
	d1ForgetSpaces = d1statement("DELETE FROM garbage_spaces WHERE object = ?")
	d1Live         = d1statement("DELETE FROM garbage WHERE (object, id) IN (SELECT ?, value FROM json_each(?))")
	d1Dead         = d1statement("INSERT OR REPLACE INTO garbage (object, id, type) VALUES (?, ?, ?)")
	d1KeysFrom     = d1statement("DELETE FROM keys WHERE object = ? AND space = ? AND (hash, key) >= (?, ?)")
	d1KeysRange    = d1statement("DELETE FROM keys WHERE object = ? AND space = ? AND (hash, key) >= (?, ?) AND (hash, key) < (?, ?)")
	d1OldItems     = d1statement("INSERT OR REPLACE INTO garbage (object, id, type) SELECT k.object, k.id, k.type FROM (SELECT ? AS object, value ->> 0 AS space, value ->> 1 AS hash, " +
		jsonBlob(2) + " AS key, value ->> 3 AS id FROM json_each(?)) n CROSS JOIN keys k ON k.object = n.object AND k.space = n.space AND k.hash = n.hash AND k.key = n.key WHERE k.id <> 0 AND k.id <> n.id")
	// The spaces are found one by one, since each may have millions of keys.
	d1OldSpaces = d1statement("WITH RECURSIVE n(object) AS (SELECT ?), s(space) AS (SELECT (SELECT min(space) FROM keys WHERE object = (SELECT object FROM n)) UNION ALL " +
		"SELECT (SELECT min(k.space) FROM keys k WHERE k.object = (SELECT object FROM n) AND k.space > s.space) FROM s WHERE s.space IS NOT NULL) " +
		"DELETE FROM keys WHERE (object, space, hash, key) IN (SELECT k.object, k.space, k.hash, k.key FROM s CROSS JOIN keys k ON k.object = (SELECT object FROM n) AND k.space = s.space " +
		"WHERE s.space NOT IN (SELECT space FROM dbs WHERE object = (SELECT object FROM n)) LIMIT ?)")

	askCopy      = statement("SELECT " + headerColumns + ", value FROM keys WHERE space = ? AND (hash, key) >= (?, ?) ORDER BY hash, key LIMIT ?")
	askCopyItems = copyItems()
)

// copyItems are the statements that read a collection from an item on, by identity.
func copyItems() (list [8]Statement) {
	for typ, t := range itemTables {
		if t != nil {
			point := t.tuple(t.point, "")
			list[typ] = statement("SELECT " + strings.Join(t.names, ", ") + " FROM " + t.name + " WHERE id = ? AND " + point + " >= " +
				params(len(t.point)) + " ORDER BY " + t.list(t.point, "") + " LIMIT ?")
		}
	}
	return list
}

func (c *copier) full() bool {
	return c.left <= 0 || c.bytes >= copyBytes || c.pages >= copyPages || c.read >= copyRead
}

func (c *copier) add(op *rowOp) {
	c.page.add(op)
	c.left--
	c.bytes += 64 + len(op.key) + len(op.value) + len(op.item.Field) + len(op.item.Value)
}

// begin has D1 show the databases as they are.
func (c *copier) begin(dbs []dbSpace) {
	name := c.d.f.name
	c.ranges.d1(d1ForgetDBs).Text(name)
	c.ranges.d1(d1Forget).Text(name)
	c.ranges.d1(d1ForgetSpaces).Text(name)
	for _, s := range dbs {
		c.add(&rowOp{kind: rowDB, db: s.db, space: s.space})
	}
}

// run copies as much as fits: single keys first, because answers may wait for them.
func (c *copier) run() error {
	c.lists = rowWriter{p: c.ranges, object: c.d.f.name}
	for len(c.state.Loads) > 0 && !c.full() {
		if err := c.load(); err != nil {
			return err
		}
	}
	c.lists.flushAll()
	if len(c.state.Brought) > 0 { // one of them may have stood under a name that was loaded after it
		list := []byte{'['}
		for i, id := range c.state.Brought {
			if i > 0 {
				list = append(list, ',')
			}
			list = strconv.AppendUint(list, id, 10)
		}
		c.ranges.d1(d1Live).Text(c.d.f.name).Text(string(append(list, ']')))
	}
	if len(c.state.Loads) == 0 {
		c.state.Brought = nil
	}
	for c.state.Copy != nil && !c.state.Copy.Done && !c.full() {
		if err := c.keys(); err != nil {
			return err
		}
	}
	if c.from != nil {
		c.removed(c.from, c.state.Copy)
	}
	if at := c.state.Copy; at != nil && at.Clean && len(c.state.Loads) == 0 {
		c.state.Copy, c.state.Start = nil, 0
	}
	for typ, list := range c.whole {
		if len(list) > 0 {
			c.ranges.d1(d1Items[typ].delWhole).Text(c.d.f.name).Text(string(append(list, ']')))
		}
	}
	return nil
}

// end removes, when all keys have come, those of spaces that are no more, some at a
// time: cleans is which statement does. Their collections may be other keys' now: so
// what nothing refers to is looked for after that, table by table, some rows at a time,
// because a batch has 30 seconds; looks is the statement that says how far.
func (c *copier) end(p *Program, seq uint64) (cleans, looks int) {
	name := c.d.f.name
	if at := c.state.Copy; at != nil && at.Done {
		p.d1(d1OldSpaces).Text(name).Int(sweepD1)
		return p.Len() - 1, 0
	}
	if from := min(c.state.Orphans, c.d.last); c.state.Orphans == 0 || c.d.loadingState(c.state) || seq < from {
		return 0, 0
	}
	at := c.state.look()
	t := d1Items[at.Type]
	p.d1(t.orphans).Text(name).Int(int64(at.ID)).Int(int64(limits.look)).Text(name)
	p.d1(t.lookedTo).Text(name).Int(int64(at.ID)).Int(int64(limits.look))
	c.garbage = true
	return 0, p.Len() - 1
}

// A lookAt is the first collection of a table of which is not known whether something
// refers to it.
type lookAt struct {
	Type engine.Type `json:"type"`
	ID   uint64      `json:"id"`
}

// look is where to look next.
func (st *d1State) look() lookAt {
	if st.Look != nil {
		return *st.Look
	}
	return lookAt{Type: nextTable(0)}
}

// nextTable is the next type that has a table of items; 0: there is none.
func nextTable(typ engine.Type) engine.Type {
	for typ++; int(typ) < len(d1Items); typ++ {
		if d1Items[typ] != nil {
			return typ
		}
	}
	return 0
}

// looked says how many rows were looked at, and which collection was the last.
func (st *d1State) looked(rows, last uint64) {
	at := st.look()
	switch {
	case rows < uint64(limits.look):
		at = lookAt{Type: nextTable(at.Type)}
	case at.ID == last:
		at.ID++ // it has more rows than that
	default:
		at.ID = last
	}
	st.Look = &at
	if at.Type == 0 {
		st.Orphans, st.Look = 0, nil
	}
}

// keys copies keys from where the copy is.
func (c *copier) keys() error {
	r, at := c.d.f.rows, c.state.Copy
	space := int64(0)
	for _, s := range c.d.f.followedSpaces() {
		if s.space >= at.Space {
			space = s.space
			break
		}
	}
	if space == 0 {
		*at = copyAt{Done: true}
		c.state.Orphans, c.state.Look = r.seq, nil // until then there may be items of keys that were not copied any more
		return nil
	}
	if space != at.Space {
		*at = copyAt{Space: space}
	}
	if c.from == nil {
		from := *at
		c.from = &from
	}
	const page = 128
	q, err := r.query(r.ask(askCopy).Int(space).Int(int64(at.Hash)).bytes(at.Key).Int(page), page)
	if err != nil {
		return err
	}
	c.pages, c.read = c.pages+1, c.read+len(q.b)
	headers := make([]engine.Header, q.rows)
	for i := range headers {
		headers[i] = q.header(0)
	}
	if q.err != nil {
		return q.err
	}
	for i := range headers {
		h := &headers[i]
		if i > 0 && (c.left <= 0 || c.bytes >= copyBytes) {
			return nil
		}
		if c.d.f.routes.of(h.Key).d1 {
			if h.ID != 0 {
				item := at.Item
				if item != nil && (item.ID != h.ID || at.Hash != h.Hash || string(at.Key) != h.Key) {
					item = nil // it is another one: what is there now was written since
				}
				rest, err := c.items(h.Type, h.ID, item)
				if err != nil {
					return err
				}
				if rest != nil {
					*at = copyAt{Space: space, Hash: h.Hash, Key: []byte(h.Key), Item: rest}
					return nil
				}
			}
			c.header(space, h)
		}
		*at = copyAt{Space: space, Hash: h.Hash, Key: append([]byte(h.Key), 0)}
	}
	if q.more || q.rows == page {
		return nil
	}
	c.ranges.d1(d1KeysFrom).Text(c.d.f.name).Int(space).Int(int64(c.from.Hash)).bytes(c.from.Key)
	c.from = nil
	*at = copyAt{Space: space + 1}
	return nil
}

// removed has D1's headers removed between two places of one space.
func (c *copier) removed(from, to *copyAt) {
	if from.Hash == to.Hash && string(from.Key) == string(to.Key) {
		return
	}
	c.ranges.d1(d1KeysRange).Text(c.d.f.name).Int(to.Space).Int(int64(from.Hash)).bytes(from.Key).Int(int64(to.Hash)).bytes(to.Key)
}

func (c *copier) header(space int64, h *engine.Header) {
	c.add(&rowOp{kind: rowKey, space: space, hash: h.Hash, key: h.Key, typ: h.Type, id: h.ID, at: h.ExpireAt, null: h.ID != 0 || h.Packed, value: h.Value})
}

// items copies a collection from a place on, nil being its start. It returns where to
// go on, nil when all has come.
func (c *copier) items(typ engine.Type, id uint64, from *itemAt) (rest *itemAt, err error) {
	t, err := tableOf(typ)
	if err != nil {
		return nil, err
	}
	r, first := c.d.f.rows, from == nil
	start := engine.Item{Pos: d1Bounds[typ].Pos}
	if !first {
		start = engine.Item{Kind: from.Kind, Field: string(from.Field), Pos: from.Pos}
	}
	limit := max(c.left, 1)
	p := r.ask(askCopyItems[typ]).Int(int64(id))
	p.item(t, t.point, &start)
	q, err := r.query(p.Int(int64(limit)), limit)
	if err != nil {
		return nil, err
	}
	var last engine.Item
	for i := 0; i < q.rows; i++ {
		it := q.item(t)
		if q.err != nil {
			return nil, q.err
		}
		last = it
		c.add(&rowOp{kind: rowItem, typ: typ, id: id, item: it})
	}
	name := c.d.f.name
	if !q.more && q.rows < limit {
		if first && len(c.whole[typ]) < jsonBytes {
			if len(c.whole[typ]) == 0 {
				c.whole[typ] = append(c.whole[typ], '[')
			} else {
				c.whole[typ] = append(c.whole[typ], ',')
			}
			c.whole[typ] = addInts(c.whole[typ], int64(id))
		} else {
			c.ranges.d1(d1Items[typ].delFrom).Text(name).Int(int64(id)).item(t, t.point, &start)
		}
		return nil, nil
	}
	next := last
	switch typ {
	case engine.TypeList, engine.TypeJSON:
		next.Pos++
	default:
		next.Field += "\x00"
	}
	p = c.ranges.d1(d1Items[typ].delRange).Text(name).Int(int64(id))
	p.item(t, t.point, &start)
	p.item(t, t.point, &next)
	return &itemAt{ID: id, Kind: next.Kind, Field: []byte(next.Field), Pos: next.Pos}, nil
}

// load copies the first of the single keys, or a part of it.
func (c *copier) load() error {
	l := &c.state.Loads[0]
	r, name := c.d.f.rows, c.d.f.name
	if !c.d.f.followsSpace(l.Space) { // its database was flushed
		c.state.Orphans, c.state.Look = r.seq, nil
		c.state.Loads = c.state.Loads[1:]
		c.left--
		return nil
	}
	h, found, err := r.keyIn(l.Space, l.Hash, string(l.Key))
	if err != nil {
		return err
	}
	if l.Item != nil && (!found || h.ID != l.Item.ID) {
		// A part of a collection has come that is another key's now, which is to be copied
		// too, or gone.
		c.garbage = true
		c.ranges.d1(d1Dead).Text(name).Int(int64(l.Item.ID)).Int(int64(l.Type))
	}
	if found && h.ID != 0 {
		item := l.Item
		if item == nil || item.ID != h.ID {
			// It may have been garbage under its old name.
			item = nil
			c.state.Brought = append(c.state.Brought, h.ID)
		}
		rest, err := c.items(h.Type, h.ID, item)
		if err != nil {
			return err
		}
		if rest != nil {
			l.Item, l.Type = rest, h.Type
			return nil
		}
	}
	c.garbage = true
	old := c.lists.rows(d1OldItems)
	old.begin()
	old.b = addInts(old.b, l.Space, int64(l.Hash))
	old.b = addJSON(append(old.b, ','), string(l.Key))
	old.b = strconv.AppendUint(append(old.b, ','), h.ID, 10)
	c.lists.end(old)
	if found {
		c.header(l.Space, &h)
	} else {
		c.add(&rowOp{kind: rowNoKey, space: l.Space, hash: l.Hash, key: string(l.Key)})
	}
	c.state.Loads = c.state.Loads[1:]
	return nil
}
