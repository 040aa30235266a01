package engine

import "slices"

// Shed has collections let go of what the store holds as well: pick says for
// each whether it does (shed), or is forgotten altogether, to be read again at
// its next use. It returns how many serve from their rows.
func (e *Engine) Shed(pick func() (shed, forget bool)) (served int) {
	var dbs []uint32
	for db := range e.dbs {
		dbs = append(dbs, db)
	}
	slices.Sort(dbs)
	for _, db := range dbs {
		e.dbs[db].scan(0, func(ent *entry) bool {
			obj, ok := ent.obj.(paged)
			if !ok || ent.dirty {
				return true
			}
			switch shed, forget := pick(); {
			case forget:
				ent.obj = nil
			case shed:
				obj.shed(&rows{e: e, typ: ent.typ, id: ent.id})
			}
			if e.Paged(db, ent.key) {
				served++
			}
			return true
		})
	}
	return served
}

// Paged reports whether a key's collection is in memory and serves from its rows.
func (e *Engine) Paged(db uint32, key string) bool {
	ent := e.dbs[db].find(KeyHash(key), key)
	if ent == nil {
		return false
	}
	switch obj := ent.obj.(type) {
	case *hash:
		return obj.pages != nil
	case *set:
		return obj.pages != nil
	case *stream:
		return obj.pages != nil
	}
	return false
}

// Held is how many bytes a key's collection says that it takes in memory.
func (e *Engine) Held(db uint32, key string) int64 {
	return e.dbs[db].find(KeyHash(key), key).obj.(sizer).bytes()
}

// SetResidentRows changes what is read whole.
func (e *Engine) SetResidentRows(n int) { e.opt.ResidentRows = n }
