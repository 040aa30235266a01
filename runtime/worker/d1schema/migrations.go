package d1schema

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/internal/sqlviews"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// Lines by which a later run knows what a file did. They are comments to SQLite.
const (
	markTables = "-- redis2cf: tables "   // and the version that the file brings them to
	markView   = "-- redis2cf: view "     // and a view's name, before the statement that makes it
	markGone   = "-- redis2cf: no view "  // and a view's name, before the statement that drops it
	markEnd    = "-- redis2cf: view ends" // behind the statement that makes one
)

// Migrations returns the files that a project's migrations directory needs beside
// those that it has: existing is their contents by name (without a directory).
// families is the plan's; those whose store is not d1 have no view. A type without a
// table, or a pattern that D1 cannot match, is noted in the file instead. Nothing is
// added when nothing changed.
func Migrations(existing map[string]string, families []worker.Family) (added map[string]string, err error) {
	had, err := read(existing)
	if err != nil {
		return nil, err
	}
	added = map[string]string{}
	if had.version > len(steps) {
		return nil, fmt.Errorf("the migrations bring D1's tables to version %d and this program knows them up to %d; update redis2cf", had.version, len(steps))
	}
	for v := had.version; v < len(steps); v++ {
		had.number++
		added[fileName(had.number, steps[v].name)] = fmt.Sprintf("%s%d\n%s", markTables, v+1, steps[v].sql)
	}
	want, notes, err := wanted(families)
	if err != nil {
		return nil, err
	}
	if sql := difference(had.views, want, notes); sql != "" {
		had.number++
		added[fileName(had.number, "views")] = sql
	}
	return added, nil
}

func fileName(number int, name string) string { return fmt.Sprintf("%04d_%s.sql", number, name) }

// written is what a directory's files do.
type written struct {
	number  int // highest that is used
	version int // of the tables
	views   map[string]string
}

var numbered = regexp.MustCompile(`^([0-9]+)_.*\.sql$`)

// read follows the files in the order in which wrangler applies them.
func read(files map[string]string) (written, error) {
	w := written{views: map[string]string{}}
	type file struct {
		number int
		name   string
	}
	var list []file
	for name := range files {
		m := numbered.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return w, fmt.Errorf("migration %s: its number is too large", name)
		}
		list = append(list, file{n, name})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return a.number < b.number || a.number == b.number && a.name < b.name
	})
	for _, f := range list {
		w.number = f.number
		if err := w.follow(strings.ReplaceAll(files[f.name], "\r\n", "\n")); err != nil {
			return w, fmt.Errorf("migration %s: %w", f.name, err)
		}
	}
	return w, nil
}

// follow reads one file's marks.
func (w *written) follow(sql string) error {
	lines := strings.Split(sql, "\n")
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case strings.HasPrefix(line, markTables):
			v, err := strconv.Atoi(strings.TrimPrefix(line, markTables))
			if err != nil || v != w.version+1 {
				return fmt.Errorf("line %d brings the tables to version %s and the files before it to %d; is a file missing?",
					i+1, strings.TrimPrefix(line, markTables), w.version)
			}
			w.version = v
		case strings.HasPrefix(line, markView):
			name, from := strings.TrimPrefix(line, markView), i+1
			if w.version == 0 {
				return fmt.Errorf("line %d makes a view, and no file before it the tables; is a file missing?", from)
			}
			for i < len(lines) && lines[i] != markEnd {
				i++
			}
			if i == len(lines) {
				return fmt.Errorf("line %d begins the view %s, which does not end", from, name)
			}
			w.views[name] = strings.Join(lines[from:i], "\n")
		case strings.HasPrefix(line, markGone):
			delete(w.views, strings.TrimPrefix(line, markGone))
		}
	}
	return nil
}

// wanted is the statements of the families' views by name, and notes about those
// that have none.
func wanted(families []worker.Family) (views map[string]string, notes []string, err error) {
	views = map[string]string{}
	folded := map[string]string{}
	for _, f := range families {
		if f.Store != "d1" {
			continue
		}
		// Names stand in comments and in strings, people's plan is where they come from.
		if strings.IndexFunc(f.Name, unicode.IsControl) >= 0 || !utf8.ValidString(f.Name) {
			return nil, nil, fmt.Errorf("the family %q cannot have a view of that name: rename it in redis2cf.yaml", f.Name)
		}
		if f.Client != "" {
			if err := store.CheckNamespace(f.Client); err != nil {
				return nil, nil, fmt.Errorf("the client of the family %q: %w", f.Name, err)
			}
		}
		name, sql, ok := sqlviews.D1.Family(sqlviews.View{Name: f.Name, Pattern: f.Pattern, Type: f.Type}, taken)
		if !ok {
			if f.Type != "any" && f.Type != "" {
				notes = append(notes, fmt.Sprintf("-- The family %s has no view: D1 matches no pattern that is longer than 50 bytes behind its first wildcard.\n",
					strings.Join(strings.Fields(f.Name), " ")))
			}
			continue
		}
		if f.Client != "" {
			sql = strings.Replace(sql, "\nWHERE ", "\nWHERE "+inNamespace(f.Client)+" AND ", 1)
		}
		fold := strings.ToLower(name) // SQLite's names have no case
		if other, twice := folded[fold]; twice {
			return nil, nil, fmt.Errorf("the families %s and %s would have one view in D1: rename one in redis2cf.yaml", other, f.Name)
		}
		folded[fold] = f.Name
		views[name] = sql
	}
	return views, notes, nil
}

// ViewName is the name of the view that shows a family's rows; ok is false for a family
// that has none: its store is not d1, its type has no table, or D1 cannot match its
// pattern.
func ViewName(f worker.Family) (name string, ok bool) {
	if f.Store != "d1" {
		return "", false
	}
	name, _, ok = sqlviews.D1.Family(sqlviews.View{Name: f.Name, Pattern: f.Pattern, Type: f.Type}, taken)
	return name, ok
}

// difference is a file that makes the views that are there those that are wanted.
func difference(had, want map[string]string, notes []string) string {
	var names []string
	for name, sql := range had {
		if want[name] != sql {
			names = append(names, name)
		}
	}
	for name := range want {
		if had[name] == "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("-- The views of key families: SELECT * FROM \"" + strings.ReplaceAll(names[0], `"`, `""`) + "\";\n")
	for _, note := range notes {
		b.WriteString(note)
	}
	// First what goes: a name may come back in another spelling.
	for _, name := range names {
		if had[name] != "" {
			fmt.Fprintf(&b, "%s%s\nDROP VIEW IF EXISTS %s;\n", markGone, name, sqlviews.Quoted(name))
		}
	}
	for _, name := range names {
		if sql := want[name]; sql != "" {
			// The semicolon stands last: what follows the last one would be a statement
			// that is none, which D1 refuses.
			fmt.Fprintf(&b, "%s%s\n%s\n%s\n;\n", markView, name, sql, markEnd)
		}
	}
	return b.String()
}

// taken reports whether the tables use a name, or D1 itself does.
func taken(name string) bool {
	lower := strings.ToLower(name)
	if lower == "d1_migrations" || strings.HasPrefix(lower, "_cf_") {
		return true
	}
	for _, s := range steps {
		for _, line := range strings.Split(s.sql, "\n") {
			w := strings.Fields(line)
			if len(w) > 2 && w[0] == "CREATE" && (w[1] == "TABLE" || w[1] == "VIEW" || w[1] == "INDEX") && strings.EqualFold(w[2], name) {
				return true
			}
		}
	}
	return false
}

// inNamespace is the condition on k.object that holds in a client's namespace: see
// worker.ObjectName. A namespace has 40 bytes of a-z, 0-9, - and _ at most.
func inNamespace(client string) string { return "k.object GLOB '*/" + client + ":*'" }
