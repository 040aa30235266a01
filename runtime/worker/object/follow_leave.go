package object

import "fmt"

// leave has a follower to which no family belongs any more follow on, which takes away
// what it has, until nothing of it is left: see left.
func (f *followers) leave() error {
	var any struct{}
	for name, to := range map[string]struct{ follows, leaving *bool }{"d1": {&f.routes.d1, &f.d1.leaving}, "kv": {&f.routes.kv, &f.kv.leaving}} {
		if *to.follows {
			continue
		}
		_, found, err := f.stored(name, &any)
		if err != nil {
			return err
		}
		*to.follows, *to.leaving = found, found
	}
	return nil
}

// left ends a follower that has nothing of the object any more.
func (f *followers) left(name string, follows *bool) error {
	var p Program
	p.Statement(delFollower).Text(name)
	*follows = false
	pruned := f.pruned
	f.prune(&p)
	if err := f.rows.exec.Exec(p.Bytes()); err != nil {
		*follows, f.pruned = true, pruned
		return fmt.Errorf("object: storing that %s has nothing any more: %w", name, err)
	}
	return nil
}
