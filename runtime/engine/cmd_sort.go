package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

var sortHandlers = map[string]handler{"sort": cmdSort, "sort_ro": cmdSort}

// A sorting is a parsed SORT.
type sorting struct {
	desc, alpha   bool
	offset, limit int64 // limit is negative when there is none
	by            string
	weighed       bool // by names the keys whose values decide
	unsorted      bool // BY a constant: leave the order as it is
	get           []string
	store         string
	stored        bool
}

// sorting reads SORT's options.
func (c *call) sorting() (q sorting, bad resp.Reply) {
	q.limit = -1
	for i := 2; i < len(c.args); i++ {
		left := len(c.args) - i - 1
		switch word := strings.ToUpper(c.args[i]); {
		case word == "ASC":
			q.desc = false
		case word == "DESC":
			q.desc = true
		case word == "ALPHA":
			q.alpha = true
		case word == "LIMIT" && left >= 2:
			var ok1, ok2 bool
			q.offset, ok1 = parseInt(c.args[i+1])
			q.limit, ok2 = parseInt(c.args[i+2])
			if !ok1 || !ok2 {
				return q, errNotInt
			}
			i += 2
		case word == "STORE" && left >= 1 && c.cmd.name == "sort":
			i++
			q.store, q.stored = c.args[i], true
		case word == "BY" && left >= 1:
			i++
			q.by = c.args[i]
			if strings.Contains(q.by, "*") {
				q.weighed = true
			} else {
				q.unsorted = true
			}
		case word == "GET" && left >= 1:
			i++
			q.get = append(q.get, c.args[i])
		default:
			return q, errSyntax
		}
	}
	return q, bad
}

// A sortee is an element being sorted.
type sortee struct {
	value  string
	weight float64
	text   string // what BY … ALPHA compares
	none   bool   // BY found nothing: comes before every text
}

func cmdSort(c *call) resp.Reply {
	q, bad := c.sorting()
	if bad.Kind == resp.Error {
		return bad
	}
	values, typ, ok := c.sortInput(&q)
	if !ok {
		return errWrongType
	}
	if q.unsorted && typ == TypeSet && (q.stored || c.script) {
		// A set has no order that another run would repeat.
		q.unsorted, q.alpha, q.weighed = false, true, false
	}
	items := make([]sortee, len(values))
	for i, v := range values {
		items[i].value = v
	}
	if !q.unsorted {
		if bad := c.sortItems(&q, items); bad.Kind == resp.Error {
			return bad
		}
	}
	n := int64(len(items))
	from := min(max(q.offset, 0), n)
	to := n
	if q.limit >= 0 {
		to = from + min(q.limit, n-from)
	}
	return c.sortOutput(&q, items[from:to])
}

// sortInput lists the elements in the order that they have.
func (c *call) sortInput(q *sorting) (values []string, typ Type, ok bool) {
	ent := c.e.lookup(c.s.db, c.args[1])
	if ent == nil {
		return nil, TypeList, true
	}
	if ent.typ == TypeString {
		return nil, ent.typ, false
	}
	switch obj := c.e.object(ent).(type) {
	case *list:
		obj.each(0, obj.n, func(_ int64, v string) bool { values = append(values, v); return true })
	case *set:
		values = obj.members()
	case *zset:
		obj.loose = true // Redis unpacks what it sorts
		obj.each(func(k zkey) bool { values = append(values, k.m.key); return true })
	default:
		return nil, ent.typ, false
	}
	if q.unsorted && q.desc && ent.typ != TypeSet {
		slices.Reverse(values)
	}
	return values, ent.typ, true
}

// sortItems gives each element what it is compared by and sorts.
func (c *call) sortItems(q *sorting, items []sortee) resp.Reply {
	for i := range items {
		it := &items[i]
		text, found := it.value, true
		if q.weighed {
			var bad resp.Reply
			if text, found, bad = c.deref(q.by, it.value); bad.Kind == resp.Error {
				return bad
			}
		}
		if !q.stored {
			// Redis collates C strings when it answers, and compares all bytes when
			// it stores.
			it.text, _, _ = strings.Cut(text, "\x00")
		} else {
			it.text = text
		}
		it.none = !found
		if !q.alpha && found {
			var ok bool
			if it.weight, ok = strtodC(text); !ok {
				return resp.NewError("ERR One or more scores can't be converted into double")
			}
		}
	}
	slices.SortStableFunc(items, func(a, b sortee) int {
		order := 0
		switch {
		case !q.alpha:
			if order = cmp.Compare(a.weight, b.weight); order == 0 {
				order = strings.Compare(a.value, b.value)
			}
		case a.none || b.none:
			order = boolOrder(b.none, a.none)
		default:
			order = strings.Compare(a.text, b.text)
		}
		if q.desc {
			return -order
		}
		return order
	})
	return resp.Reply{}
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// deref finds the value that a pattern of BY or GET means for an element: the
// pattern's * is replaced by the element, and "->field" reads a hash. It is refused
// where the value is in R2.
func (c *call) deref(pattern, element string) (v string, ok bool, bad resp.Reply) {
	if pattern == "#" {
		return element, true, bad
	}
	before, after, ok := strings.Cut(pattern, "*")
	if !ok {
		return "", false, bad
	}
	field := ""
	if i := strings.Index(after, "->"); i >= 0 && i+2 < len(after) {
		after, field = after[:i], after[i+2:]
	}
	ent := c.e.lookup(c.s.db, before+element+after)
	switch {
	case ent == nil:
	case field == "" && ent.ref:
		return "", false, errInR2(c.cmd.name, ent.refSize())
	case field == "" && ent.typ == TypeString:
		return ent.text(), true, bad
	case field != "" && ent.typ == TypeHash:
		if f := c.e.object(ent).(*hash).peek(field); f != nil {
			return f.value, true, bad
		}
	}
	return "", false, bad
}

// sortOutput answers or stores what the options ask for of each element.
func (c *call) sortOutput(q *sorting, items []sortee) resp.Reply {
	elems := make([]resp.Reply, 0, len(items)*max(len(q.get), 1))
	for i := range items {
		if len(q.get) == 0 {
			elems = append(elems, resp.NewBulk(items[i].value))
		}
		for _, pattern := range q.get {
			r := nilReply
			v, ok, bad := c.deref(pattern, items[i].value)
			switch {
			case bad.Kind == resp.Error:
				return bad
			case ok:
				r = resp.NewBulk(v)
			}
			elems = append(elems, r)
		}
	}
	if !q.stored {
		return resp.Reply{Kind: resp.Array, Elems: elems}
	}
	result := newCollection(TypeList, !c.e.volatile).(*list)
	for _, r := range elems {
		result.pushBack(r.Str)
	}
	return c.replace(q.store, result)
}
