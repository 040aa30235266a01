package engine

import (
	"slices"
	"strconv"
)

func init() {
	collections[TypeSet] = func(track bool) collection { return &set{tracker: tracker{on: track}} }
}

const (
	// maxIntSet is the number of members up to which a set of integers is kept
	// sorted, as in Redis's intset; its members are then answered in order.
	maxIntSet = 512
	// smallSet is the number of members up to which another set keeps the order
	// in which they came.
	smallSet = 128
)

// A set holds its members in one of three forms and only ever changes to a
// later one: sorted integers, a small slice, a hash table.
type set struct {
	ints  []int64 // sorted
	small []string
	large *table[setMember, *setMember]
	mixed bool                               // the members are in small or large
	pages *fieldPages[setMember, *setMember] // large is just what is in memory; nil: it is all
	held  int64                              // bytes of the texts in small and large
	log   *undoLog
	tracker
}

type setMember struct{ chain[setMember] }

func (s *set) typ() Type { return TypeSet }

// bytes is about what the set takes in memory.
func (s *set) bytes() int64 {
	b := 128 + 8*int64(cap(s.ints)) + 16*int64(cap(s.small)) + s.held
	if s.large != nil {
		b += (32 + 8) * int64(s.large.len())
	}
	if s.pages != nil {
		b += s.pages.bytes()
	}
	return b
}

func (s *set) journal(log *undoLog) bool {
	off := s.log == nil
	s.log = log
	return off
}

func (s *set) length() int {
	switch {
	case s.pages != nil:
		return s.pages.length()
	case s.large != nil:
		return s.large.len()
	case s.mixed:
		return len(s.small)
	}
	return len(s.ints)
}

// empty reports whether no member is left, which length may have to count.
func (s *set) empty() bool {
	if s.pages != nil {
		return s.pages.empty()
	}
	return s.length() == 0
}

// room is how many members to make room for.
func (s *set) room() int {
	if s.pages != nil {
		return s.pages.room()
	}
	return s.length()
}

func (s *set) has(m string) bool { return s.lookUp(m, true) }

// holds is has for one of many members, which are not to fill the memory.
func (s *set) holds(m string) bool { return s.lookUp(m, false) }

func (s *set) lookUp(m string, keep bool) bool {
	switch {
	case s.large != nil:
		return s.find(m, KeyHash(m), keep) != nil
	case s.mixed:
		return slices.Contains(s.small, m)
	}
	n, ok := parseInt(m)
	if ok {
		_, ok = slices.BinarySearch(s.ints, n)
	}
	return ok
}

// find looks for a member in large. One that is read is kept in memory, if asked.
func (s *set) find(m string, hash uint64, keep bool) *setMember {
	found := s.large.find(hash, m)
	if found == nil && s.pages != nil {
		if found = s.pages.read(m, hash); found != nil && keep {
			s.hold(found)
		}
	}
	return found
}

func (s *set) hold(m *setMember) {
	s.large.insert(m)
	s.held += textBytes(m.key)
}

// add puts a member in and reports whether it is new.
func (s *set) add(m string) bool {
	if !s.insert(m) {
		return false
	}
	s.note(m)
	return true
}

func (s *set) insert(m string) bool {
	if !s.mixed {
		n, ok := parseInt(m)
		if ok {
			i, found := slices.BinarySearch(s.ints, n)
			if found {
				return false
			}
			if len(s.ints) < maxIntSet {
				s.ints = slices.Insert(s.ints, i, n)
				if s.log != nil {
					s.log.add(func() { s.ints = slices.Delete(s.ints, i, i+1); s.note(m) })
				}
				return true
			}
		}
		s.mix()
	}
	if s.large == nil {
		if slices.Contains(s.small, m) {
			return false
		}
		if len(s.small) < smallSet {
			s.small = append(s.small, m)
			s.held += textBytes(m)
			if s.log != nil {
				s.log.add(func() { s.small = s.small[:len(s.small)-1]; s.held -= textBytes(m); s.note(m) })
			}
			return true
		}
		s.grow()
	}
	hash := KeyHash(m)
	if s.find(m, hash, true) != nil {
		return false
	}
	s.hold(&setMember{chain[setMember]{key: m, hash: hash}})
	if s.pages != nil {
		s.pages.added(m, hash)
	}
	if s.log != nil {
		s.log.add(func() {
			s.drop(m, hash)
			s.note(m)
		})
	}
	return true
}

// mix turns a set of integers into one of strings.
func (s *set) mix() {
	s.small = make([]string, len(s.ints), len(s.ints)+1)
	for i, n := range s.ints {
		s.small[i] = strconv.FormatInt(n, 10)
		s.held += textBytes(s.small[i])
	}
	if s.log != nil {
		ints := s.ints
		s.log.add(func() { s.ints, s.small, s.large, s.mixed, s.held = ints, nil, nil, false, 0 })
	}
	s.ints, s.mixed = nil, true
	if len(s.small) > smallSet {
		s.grow()
	}
}

func (s *set) grow() {
	s.large = &table[setMember, *setMember]{}
	for _, m := range s.small {
		s.large.insert(&setMember{chain[setMember]{key: m, hash: KeyHash(m)}})
	}
	if s.log != nil {
		small := s.small
		s.log.add(func() { s.small, s.large = small, nil })
	}
	s.small = nil
}

// remove takes a member out and reports whether it was there.
func (s *set) remove(m string) bool {
	switch {
	case s.large != nil:
		hash := KeyHash(m)
		if s.pages != nil {
			s.find(m, hash, true)
		}
		found := s.drop(m, hash)
		if found == nil {
			return false
		}
		if s.log != nil {
			s.log.add(func() {
				s.hold(found)
				if s.pages != nil {
					s.pages.added(m, hash)
				}
				s.note(m)
			})
		}
	case s.mixed:
		i := slices.Index(s.small, m)
		if i < 0 {
			return false
		}
		s.small = slices.Delete(s.small, i, i+1)
		s.held -= textBytes(m)
		if s.log != nil {
			s.log.add(func() { s.small = slices.Insert(s.small, i, m); s.held += textBytes(m); s.note(m) })
		}
	default:
		n, ok := parseInt(m)
		if !ok {
			return false
		}
		i, found := slices.BinarySearch(s.ints, n)
		if !found {
			return false
		}
		s.ints = slices.Delete(s.ints, i, i+1)
		if s.log != nil {
			s.log.add(func() { s.ints = slices.Insert(s.ints, i, n); s.note(m) })
		}
	}
	s.note(m)
	return true
}

// drop takes a member out of large.
func (s *set) drop(m string, hash uint64) *setMember {
	found := s.large.remove(hash, m)
	if found != nil {
		s.held -= textBytes(m)
		if s.pages != nil {
			s.pages.removed(m)
		}
	}
	return found
}

// each calls yield for every member until it returns false.
func (s *set) each(yield func(m string) bool) {
	switch {
	case s.pages != nil && !s.own():
		s.pages.each(func(m *setMember) bool { return yield(m.key) })
	case s.large != nil:
		s.large.scan(0, func(m *setMember) bool { return yield(m.key) })
	case s.mixed:
		for _, m := range s.small {
			if !yield(m) {
				return
			}
		}
	default:
		for _, n := range s.ints {
			if !yield(strconv.FormatInt(n, 10)) {
				return
			}
		}
	}
}

// own reads all members into memory, unless they are too many, and reports it.
func (s *set) own() bool {
	all, held := s.pages.whole(func(m *setMember) int64 { return textBytes(m.key) })
	if all == nil {
		return false
	}
	s.large, s.held, s.pages = &table[setMember, *setMember]{}, held, nil
	for _, m := range all {
		s.large.insert(m)
	}
	return true
}

// members is all members, in the order of each.
func (s *set) members() []string {
	all := make([]string, 0, s.room())
	s.each(func(m string) bool { all = append(all, m); return true })
	return all
}

// random returns any member of a set that is not empty.
func (s *set) random(rnd func() uint64) string {
	switch {
	case s.pages != nil:
		return s.pages.draw(rnd)
	case s.large != nil:
		return s.large.random(rnd).key
	case s.mixed:
		return s.small[rnd()%uint64(len(s.small))]
	}
	return strconv.FormatInt(s.ints[rnd()%uint64(len(s.ints))], 10)
}

// encoding is the name of the encoding that Redis would choose.
func (s *set) encoding() string {
	if s.mixed {
		return "hashtable"
	}
	return "intset"
}

func (s *set) load(it Item) { s.insert(it.Field) }

// pinned reports whether a member that was noted is there: it is in memory then.
func (s *set) pinned(m string) bool {
	if s.large != nil {
		return s.large.find(KeyHash(m), m) != nil
	}
	return s.has(m)
}

func (s *set) emit(id uint64, ops []Op) []Op {
	for _, m := range s.take() {
		var op *Op
		ops, op = extend(ops)
		op.Kind, op.Type, op.ID, op.Item.Field = OpDelItem, TypeSet, id, m
		if s.pinned(m) {
			op.Kind = OpPutItem
		}
	}
	return ops
}

func (s *set) clone() collection {
	twin := &set{tracker: tracker{on: s.on}}
	s.each(func(m string) bool { twin.add(m); return true })
	return twin
}

func parseMember(Item) *setMember { return &setMember{} } // its name is all there is

func (s *set) page(r *rows) {
	s.large, s.mixed = &table[setMember, *setMember]{}, true
	s.pages = newFieldPages(r, s.large, parseMember)
}

func (s *set) shed(r *rows) {
	switch {
	case len(s.names) > 0 || s.log != nil:
	case s.pages != nil:
		s.large, s.held = &table[setMember, *setMember]{}, 0
		s.pages.shed(s.large)
	case s.length() > r.e.opt.ResidentRows:
		n := s.length()
		s.ints, s.small, s.held = nil, nil, 0
		s.page(r)
		s.pages.n, s.pages.counted = n, true
	}
}
