package transfer

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/runtime/value"
)

// ComparedKey is the hash in database 0 of a store that has its last comparison. It is one
// of the keys that no copy and no comparison sees.
const ComparedKey = "redis2cf:compared"

// A Comparison is what a store remembers of one.
type Comparison struct {
	Time      time.Time // by the store's clock
	From, To  string    // names of the ends, without passwords
	Databases []int     // that were compared
	Keys      int64     // that were compared
	Skipped   int64     // that a sample left out
	Differ    int64     // and were not repaired
	Unread    int64     // of types that cannot be compared
}

// Add counts what came of one database.
func (n *Comparison) Add(db int, c *Compared) {
	n.Databases = append(n.Databases, db)
	n.Keys += c.Keys
	n.Skipped += c.Skipped
	for _, of := range c.Unreadable {
		n.Unread += of
	}
	for i := range c.Differences {
		if !c.Differences[i].Repaired {
			n.Differ++
		}
	}
}

// Note leaves a comparison in database 0 of a store, in place of the one before.
func (n *Comparison) Note(ctx context.Context, store End) error {
	t, err := value.One(ctx, store, "TIME")
	if err != nil {
		return fmt.Errorf("%s: %w", store.Name(), err)
	}
	dbs := make([]string, len(n.Databases))
	for i, db := range n.Databases {
		dbs[i] = strconv.Itoa(db)
	}
	cmd := []string{"HSET", ComparedKey, "from", n.From, "to", n.To, "databases", strings.Join(dbs, " ")}
	if words := value.Texts(t); len(words) > 0 {
		cmd = append(cmd, "time", words[0])
	}
	for name, of := range n.numbers() {
		cmd = append(cmd, name, strconv.FormatInt(*of, 10))
	}
	if _, err := value.One(ctx, store, cmd...); err != nil {
		return fmt.Errorf("%s: %w", store.Name(), err)
	}
	return nil
}

// numbers are the fields that count.
func (n *Comparison) numbers() map[string]*int64 {
	return map[string]*int64{"keys": &n.Keys, "skipped": &n.Skipped, "differ": &n.Differ, "unread": &n.Unread}
}

// LastComparison reads what Note left in a store; ok is false when there is none.
func LastComparison(ctx context.Context, store End) (n Comparison, ok bool, err error) {
	r, err := value.One(ctx, store, "HGETALL", ComparedKey)
	if err != nil {
		return n, false, fmt.Errorf("%s: %w", store.Name(), err)
	}
	words, numbers := value.Texts(r), n.numbers()
	for i := 0; i+1 < len(words); i += 2 {
		name, v := words[i], words[i+1]
		switch name {
		case "from":
			n.From = v
		case "to":
			n.To = v
		case "databases":
			for _, s := range strings.Fields(v) {
				db, err := strconv.Atoi(s)
				if err != nil {
					return n, false, fmt.Errorf("%s: %s: %s is no list of databases", store.Name(), ComparedKey, v)
				}
				n.Databases = append(n.Databases, db)
			}
		case "time":
			sec, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return n, false, fmt.Errorf("%s: %s: %s is no time", store.Name(), ComparedKey, v)
			}
			n.Time = time.Unix(sec, 0).UTC()
		default:
			of := numbers[name]
			if of == nil {
				continue // of a newer redis2cf
			}
			if *of, err = strconv.ParseInt(v, 10, 64); err != nil {
				return n, false, fmt.Errorf("%s: %s: %s is no number", store.Name(), ComparedKey, v)
			}
		}
	}
	return n, len(words) > 0, nil
}
