package keys

// changeCases are about texts, slices and maps that change behind the back of the
// variable that is used as a key, and about who can call what.
var changeCases = []struct{ name, src string }{
	{"bytes are changed in place", `
import ("crypto/rand"; "encoding/binary"; "fmt"; "strings")
func stamp(b []byte) { b[0] = 'z' }
func show(b []byte) { fmt.Println(strings.ToUpper(string(b))) }
func f(id string) {
	copied := []byte("a:00")
	copy(copied[2:], id)
	use(string(copied)) // want KEY_FROM_DATA
	handed := []byte("b:00")
	stamp(handed)
	use(string(handed)) // want KEY_FROM_DATA
	filled := []byte("c:00")
	binary.BigEndian.PutUint16(filled[2:], 7)
	use(string(filled)) // want KEY_FROM_DATA
	random := []byte("d:00")
	rand.Read(random)
	use(string(random)) // want KEY_FROM_DATA
	read := []byte("e:")
	show(read)
	use(string(read)) // want "e:"
}`},
	{"elements change through interfaces, function values and parts of a slice", `
type filler interface{ fill(xs []string) }
type one struct{}
func (one) fill(xs []string) { xs[0] = "filled" }
type hooks struct{ on func(xs []string) }
func f(any filler, h hooks, part bool) {
	xs := []string{"a"}
	any.fill(xs)
	use(xs[0]) // want "a" "filled"
	ys := []string{"b"}
	set := func(xs []string) { xs[0] = "set" }
	set(ys)
	use(ys[0]) // want "b" "set"
	zs := []string{"c", "d"}
	one{}.fill(zs[1:])
	use(zs[1]) // want "c" "d" "filled"
	es := []string{"e"}
	one.fill(one{}, es)
	use(es[0]) // want "e" "filled" "h"
	gs := append(es, "g")
	gs[0] = "h"
	use(es[0]) // want "e" "filled" "h"
}
func G(h hooks, free func([]string)) {
	h.on = func(xs []string) { xs[0] = "on" }
	xs := []string{"a"}
	h.on(xs)
	use(xs[0]) // want "a" "on"
	ys := []string{"b"}
	free(ys)
	use(ys[0]) // want "*" "b"
}`},
	{"maps and slices that a library changes", `
import ("maps"; "slices"; "sort"; "strings")
func f(other map[string]int, id string) {
	m := map[string]int{"k": 1}
	maps.Copy(m, other)
	for k := range m {
		use(k) // want KEY_FROM_DATA
	}
	sorted := []string{"b", id}
	sort.Strings(sorted)
	use(strings.Join(sorted, ":")) // want KEY_FROM_DATA
	turned := []string{"b", "a"}
	slices.Reverse(turned)
	use(strings.Join(turned, ":")) // want KEY_FROM_DATA
	use(turned[0])                 // want "a" "b"
	seen := []string{"c", "d"}
	if slices.Contains(seen, id) {
		use(strings.Join(seen, ":")) // want "c:d"
	}
}`},
	{"an unexported type whose methods an exported one promotes is the importer's", `
type base struct{}
func (base) Get(key string) {
	use(key) // want "*" "own"
}
type middle struct{ base }
type Store struct{ *middle }
func f(s Store) { s.Get("own") }
type hidden struct{}
func (hidden) Set(key string) {
	use(key) // want "own"
}
type inner struct{ hidden }
func g(i inner) { i.Set("own") }
type aliased struct{}
func (aliased) Del(key string) {
	use(key) // want "*" "own"
}
type Alias = aliased
func h(a aliased) { a.Del("own") }
type listed struct{}
func (listed) Has(key string) {
	use(key) // want "*" "own"
}
func All() []*listed { return nil }
func i(l listed) { l.Has("own") }`},
	{"a function literal that importers can call", `
type Hooks struct{ On func(key string) }
var Get = func(key string) {
	use(key) // want "*" "own"
}
func New() *Hooks {
	return &Hooks{On: func(key string) {
		use(key) // want "*" "own"
	}}
}
func f(h *Hooks) { Get("own"); h.On("own") }
var get = func(key string) {
	use(key) // want "own"
}
func g() { get("own") }`},
	{"parts of a path that are empty, dots or end in slashes", `
import "path"
func f(id string) {
	use(path.Join("", id, "x"))     // want "*/x"
	use(path.Join("a/", id+"/"))    // want "a/*"
	use(path.Join("a", "", id))     // want "a/*"
	use(path.Join("a", "..", id))   // want KEY_FROM_DATA
	use(path.Join("a", ".b", id))   // want "a/.b/*"
}`},
	{"verbs that name a type or operands by number", `
import "fmt"
func f(id string) {
	use(fmt.Sprintf("a:%T", 5))              // want "a:*"
	use(fmt.Sprintf("b:%[2]*[1]d:x", 7, 3))  // want "b:*:x*"
	use(fmt.Sprintf("c:%[2]s:%[1]s", id, "y")) // want "c:y:*"
	use(fmt.Sprint("d:", float32(0.1)))      // want "d:*"
}`},
	{"a slice that is appended to once", `
import "strings"
func f(id string) {
	var parts []string
	parts = append(parts, "a", id)
	use(strings.Join(parts, ":")) // want "a:*"
}`},
	{"of more than sixteen patterns those that a wider one covers are left out", `
func get(key string) {
	use(key)              // want "*:x" "a"
	use("{" + key + "}")  // want "{*:x}" "{a}"
}
func any(key string) {
	use(key) // want KEY_FROM_DATA
}
func f(id string) {
	get("a"); get(id + ":x"); get("b:x"); get("c:x"); get("d:x"); get("e:x"); get("f:x"); get("g:x"); get("h:x"); get("i:x")
	get("j:x"); get("k:x"); get("l:x"); get("m:x"); get("n:x"); get("o:x"); get("p:x"); get("q:x"); get(id + ":" + id + ":x")
	any("a"); any("b"); any("c"); any("d"); any("e"); any("f"); any("g"); any("h"); any("i"); any("j"); any("k")
	any(id); any("l"); any("m"); any("n"); any("o"); any("p"); any("q")
}`},
	{"a parameter behind text that is also something else keeps what it also is", `
func key(a, b string) string {
	if b != "" {
		a = b
	}
	return "x:" + a
}
func double(a string, twice bool) string {
	if twice {
		a = a + a
	}
	return "d:" + a
}
func f(id string) {
	use(key("one", "two"))    // want "x:one" "x:two"
	use(double("z", id != "")) // want "d:z" "d:zz"
	key("one", "two")
}
func own(id string, all bool) {
	if all {
		id = "all"
	}
	use("u:" + id) // want "u:*" "u:all"
}`},
	{"functions that are called where they stand change elements", `
func f() {
	xs := []string{"a"}
	func(ys []string) { ys[0] = "b" }(xs)
	use(xs[0]) // want "a" "b"
	zs := []string{"c", "d"}
	es := append(zs[:1], "e")
	uses(es...) // want "c" "d" "e"
	use(zs[1]) // want "c" "d" "e"
}`},
	{"slices that a function returns share their elements", `
var kept = []string{"a"}
func all() []string { return kept }
func same(xs []string) []string { return xs }
type box struct{ xs []string }
func (b *box) list() []string { return b.xs }
func f() {
	xs := all()
	xs[0] = "b"
	use(kept[0]) // want "a" "b"
	ys := []string{"c"}
	zs := same(ys)
	zs[0] = "d"
	use(ys[0]) // want "c" "d"
	b := &box{xs: []string{"e"}}
	l := b.list()
	l[0] = "g"
	use(b.xs[0]) // want "e" "g"
}`},
}
