package engine

// ShedOrdered lets every list and sorted set go as far as the store holds it as
// well, and says how many of them are served from their rows.
func (e *Engine) ShedOrdered() (served int) {
	for _, ks := range e.dbs {
		ks.scan(0, func(ent *entry) bool {
			p, ok := ent.obj.(paged)
			if !ok {
				return true
			}
			p.shed(&rows{e: e, typ: ent.typ, id: ent.id})
			switch obj := ent.obj.(type) {
			case *list:
				if obj.rows != nil {
					served++
				}
			case *zset:
				if obj.served != nil {
					served++
				}
			}
			return true
		})
	}
	return served
}

// SetFenceRows sets how many rows lie between two fences.
func SetFenceRows(n int64) (before int64) {
	before, zFenceRows = zFenceRows, n
	return before
}
