package keys

var keyCases = []struct{ name, src string }{
	{"constants and concatenation", `
const prefix = "user:"
const list = prefix + "list"
type kind string
const typed kind = "t:"
func f(id string, n int) {
	use("a")                     // want "a"
	use(list)                    // want "user:list"
	use(prefix + id)             // want "user:*"
	use(prefix + id + ":x")      // want "user:*:x"
	use(id + ":x")               // want "*:x"
	use(string(typed) + id)      // want "t:*"
	use(id)                      // want KEY_FROM_DATA
	use("n:" + string(rune(n)))  // want "n:*"
}`},
	{"glob characters in literal text are escaped", `
func f(id string) {
	use("what?" + id + "[1]*") // want "what\\?*\\[1]\\*"
	use("back\\slash")         // want "back\\\\slash"
}`},
	{"Sprintf fills in constants and makes holes of the rest", `
import "fmt"
const format = "%s:%d"
type id struct{ n int }
func (i id) String() string { return "x" }
func f(a string, n int, x id, args ...any) {
	use(fmt.Sprintf("k:%d", n))            // want "k:*"
	use(fmt.Sprintf("k:%d:%s", 7, "v"))    // want "k:7:v"
	use(fmt.Sprintf(format, "user", n))    // want "user:*"
	use(fmt.Sprintf("%v-%s", a, a))        // want "*-*"
	use(fmt.Sprintf("%05d:x", n))          // want "*:x"
	use(fmt.Sprintf("100%%:%s", a))        // want "100%:*"
	use(fmt.Sprintf("id:%s", x))           // want "id:*"
	use(fmt.Sprintf("all:%v:%v", args...)) // want "all:*:*"
	use(fmt.Sprintf(a, n))                 // want KEY_FROM_DATA
	use(fmt.Sprint("k:", n))               // want "k:*"
}`},
	{"Join, path.Join, strconv and case", `
import ("path"; "strconv"; "strings")
func f(id string, n int64, parts []string) {
	use(strings.Join([]string{"a", id, "c"}, ":"))              // want "a:*:c"
	use(strings.Join(append([]string{"a"}, parts...), ":"))     // want "a*"
	use(strings.Join(parts, ":"))                               // want KEY_FROM_DATA
	use(path.Join("a", id, "b"))                                // want "a/*/b"
	use("n:" + strconv.FormatInt(n, 10))                        // want "n:*"
	use("n:" + strconv.Itoa(5))                                 // want "n:5"
	use(strings.ToUpper("k:" + id))                             // want "K:*"
	use(strings.TrimSpace(id))                                  // want KEY_FROM_DATA
}`},
	{"locals, with all that is assigned", `
func f(id string, vip bool) {
	key := "user:" + id
	use(key) // want "user:*"
	k := "a:" + id
	if vip {
		k = "b:" + id
	}
	use(k) // want "a:*" "b:*"
	var unset string
	if vip {
		unset = "c"
	}
	use(unset) // want "c"
	grow := "g:"
	for range id {
		grow += id
	}
	use(grow) // want "g:*"
	addr := "d:"
	change(&addr)
	use(addr) // want "*" "d:"
}
func change(*string) {}`},
	{"fields with their writers", `
type store struct{ prefix, other string; hole string }
func newStore() *store { return &store{prefix: "s:"} }
func (s *store) set() { s.other = "o:" ; s.other = "p:" }
func (s *store) get(id string) {
	use(s.prefix + id) // want "s:*"
	use(s.other + id)  // want "o:*" "p:*"
	use(s.hole + id)   // want KEY_FROM_DATA
}`},
	{"a default and a setter: the default is the family", `
type Store struct{ prefix string }
func New() *Store { return NewWithPrefix("scs:session:") }
func NewWithPrefix(prefix string) *Store { return &Store{prefix} }
func (s *Store) SetPrefix(p string) { s.prefix = p }
func (s *Store) Get(token string) {
	use(s.prefix + token) // want "scs:session:*"
}`},
	{"a field behind literal text that can be anything is a hole", `
type task struct{ queue string }
func demo() task { return task{queue: "default"} }
func parse(b []byte) task { return task{queue: string(b)} }
func (t task) key() string { return "q:{" + t.queue + "}:t" }
func f(t task) {
	use(t.key()) // want "q:{*}:t"
}`},
	{"package variables", `
import "os"
var prefix = "app:"
var fromEnv = os.Getenv("X")
var table = map[string]string{"a": "x:1", "b": "x:2"}
func f(id string) {
	use(prefix + id)       // want "app:*"
	use(fromEnv)           // want KEY_FROM_DATA
	use(table[id])         // want "x:1" "x:2"
}`},
	{"key functions are templates over their parameters", `
import "fmt"
func queue(name string) string { return fmt.Sprintf("q:{%s}:", name) }
func pending(name string) string { return queue(name) + "pending" }
func both(name string, err bool) (string, error) {
	if err { return "", nil }
	return pending(name), nil
}
func branch(vip bool, id string) string {
	if vip { return "vip:" + id }
	return "std:" + id
}
func named(id string) (key string) { key = "n:" + id; return }
func f(n string) {
	use(pending(n))         // want "q:{*}:pending"
	use(pending("default")) // want "q:{default}:pending"
	k, _ := both(n, true)
	use(k)                  // want "q:{*}:pending"
	use(branch(true, n))    // want "std:*" "vip:*"
	use(named(n))           // want "n:*"
	build := func(id string) string { return "l:" + id }
	use(build(n))           // want "l:*"
}`},
	{"key methods and interfaces of the module", `
type keyer interface{ key(id string) string }
type a struct{}
func (a) key(id string) string { return "a:" + id }
type b struct{ prefix string }
func (x *b) key(id string) string { return x.prefix + id }
func newB() *b { return &b{prefix: "b:"} }
func f(k keyer, x a, id string) {
	use(x.key(id)) // want "a:*"
	use(k.key(id)) // want "a:*" "b:*"
}`},
	{"parameters of unexported functions are joined over their callers", `
func get(key string) {
	use(key) // want "a:*" "b"
}
func twice(key string) { get(key) }
func F(id string) { get("a:" + id); twice("b") }
func lonely(key string) {
	use(key) // want KEY_FROM_DATA
}
func handed(key string) {
	use(key) // want KEY_FROM_DATA
}
var hook = handed
func prefixed(prefix, id string) {
	use(prefix + ":" + id) // want "post:*" "user:*"
}
func G(id string) { prefixed("user", id); prefixed("post", "1") }
func tagged(name string) {
	use("{" + name + "}:ts") // want "{limit:*}:ts"
}
func H(id string) { tagged("limit:" + id) }`},
	{"a caller that knows nothing stays in the set", `
func get(key string) {
	use(key) // want "*" "a"
}
func F(b []byte) { get("a"); get(string(b)) }`},
	{"exported functions of a library are the importer's", `
func Get(key string) {
	use(key) // want KEY_FROM_IMPORTER
}
func Put(key string) {
	use(key) // want "*" "a"
}
func f() { Put("a") }
type hidden struct{}
func (hidden) Get(key string) {
	use(key) // want "h"
}
func g() { hidden{}.Get("h") }`},
	{"in package main they are not", `package main
func Get(key string) {
	use(key) // want "a"
}
func Unused(key string) {
	use(key) // want KEY_FROM_DATA
}
func main() { Get("a") }`},
	{"calls through an interface reach the method's parameters", `package main
type cache interface{ Get(key string) }
type redisCache struct{}
func (redisCache) Get(key string) {
	use(key) // want "user:*"
}
func load(c cache, id string) { c.Get("user:" + id) }
func main() { load(redisCache{}, "1") }`},
	{"what comes from data says so", `
import "os"
type request struct{ Key string }
func f(m map[string]string, ch chan string, v any, p *string, xs []string) {
	use(m["x"])          // want KEY_FROM_DATA
	use(<-ch)            // want KEY_FROM_DATA
	use(v.(string))      // want KEY_FROM_DATA
	use(*p)              // want KEY_FROM_DATA
	use(os.Args[1])      // want KEY_FROM_DATA
	for _, x := range xs {
		use(x) // want KEY_FROM_DATA
	}
}
func (r request) get() {
	use(r.Key) // want KEY_FROM_IMPORTER
}`},
	{"range over literals, slices and appends", `
func f(id string) {
	for _, k := range []string{"a", "b:" + id} {
		use(k) // want "a" "b:*"
	}
	keys := []string{"x"}
	keys = append(keys, "y:"+id)
	uses(keys...) // want "x" "y:*"
	made := make([]string, 2)
	made[0] = "m"
	uses(made...) // want "m"
	use(keys[0])  // want "x" "y:*"
}
func all(keys ...string) {
	uses(keys...) // want "p" "q:*"
}
func g(id string) { all("p", "q:"+id) }`},
	{"builders, in order until the first loop", `
import ("fmt"; "strings")
func f(id string, parts []string) {
	var b strings.Builder
	b.WriteString("user:")
	b.WriteString(id)
	use(b.String()) // want "user:*"
	var c strings.Builder
	c.WriteString("tags")
	for _, p := range parts {
		c.WriteString(":" + p)
	}
	use(c.String()) // want "tags*"
	var d strings.Builder
	fmt.Fprintf(&d, "f:%s:", id)
	d.WriteString("x")
	use(d.String()) // want "f:*:x"
}`},
	{"joined variadics are filled in by the caller", `
import "strings"
func key(parts ...string) string { return "app:" + strings.Join(parts, ":") }
func glue(strs ...string) string {
	var b strings.Builder
	for _, s := range strs {
		b.WriteString(s)
	}
	return b.String()
}
func f(id string, rest []string) {
	use(key("user", id))                            // want "app:user:*"
	use(key(rest...))                               // want "app:*"
	use(glue("{", id, "}", ":ts"))                  // want "{*}:ts"
	use(key())                                      // want "app:"
	use(strings.Join(append([]string{"a"}, id), ":")) // want "a:*"
}`},
	{"recursion ends", `
func loop(key string, n int) {
	if n > 0 { loop(key, n-1) }
	use(key) // want "a"
}
func build(n int) string {
	if n == 0 { return "z" }
	return build(n-1) + "x"
}
func f() {
	loop("a", 3)
	use(build(3)) // want "*x" "z"
	s := "a"
	s = s + "b"
	use(s) // want "ab"
}`},
	{"more than sixteen is unknown", `
func get(key string) {
	use(key) // want KEY_UNKNOWN
}
func f() {
	get("a"); get("b"); get("c"); get("d"); get("e"); get("f"); get("g"); get("h"); get("i")
	get("j"); get("k"); get("l"); get("m"); get("n"); get("o"); get("p"); get("q")
}`},
	{"bytes are text, generics are followed", `
func key[T ~string](id T) string { return "g:" + string(id) }
func f(id string) {
	use(string(append([]byte("b:"), id...))) // want "b:*"
	use(key(id))                             // want "g:*"
	use(string([]byte("raw")))               // want "raw"
}`},
	{"a local is what was last assigned where it is used", `
func f(id string, n int) {
	k := "a:" + id
	use(k) // want "a:*"
	k = "b:"
	k += id
	if n > 0 {
		k += ":x"
	}
	use(k) // want "b:*" "b:*:x"
	for range n {
		k += "!"
	}
	use(k) // want "b:*" "b:*:x*"
	{
		k := "inner"
		use(k) // want "inner"
	}
}`},
	{"what a closure or a pointer may change is any of what it is set to", `
func f(id string, later func(func())) {
	k := "a:"
	later(func() { k = "b:" + id })
	use(k) // want "a:" "b:*"
	n := "n"
	defer func() {
		use(n) // want "m" "n"
	}()
	n = "m"
	switch v := any(id).(type) {
	case string:
		use("t:" + v) // want "t:*"
	}
}
func result() (r string) {
	defer func() { r = "d:" + r }()
	return "x"
}
func g() {
	use(result()) // want "d:*" "x"
}`},
	{"function values are followed where all of them are in sight", `
import "strings"
type table struct{ key func(string) string }
func user(id string) string { return "user:" + id }
func post(id string) string { return "post:" + id }
func prefixer(p string) func(string) string { return func(id string) string { return p + id } }
var makers = map[string]func(string) string{"u": user, "p": post}
func with(key func(string) string, id string) {
	use(key(id)) // want "post:*" "user:*"
}
func f(id string, free func(string) string) {
	with(user, id)
	with(post, id)
	use(makers["u"](id))        // want "post:*" "user:*"
	use(prefixer("q:")(id))     // want "q:*"
	t := table{key: user}
	use(t.key(id))              // want "user:*"
	use(free(id))               // want KEY_UNKNOWN
	up := strings.ToUpper
	use("u:" + up(id))          // want "u:*"
}
func each(ids []string, do func(string)) {
	for _, id := range ids {
		do("e:" + id)
	}
}
func g(ids []string) {
	each(ids, func(k string) {
		use(k) // want "e:*"
	})
}`},
	{"what callers format, join and change is read with their arguments", `
import ("fmt"; "strings")
func key(format string, args ...any) string { return fmt.Sprintf("app:"+format, args...) }
func lower(kind, id string) string { return strings.ToLower(kind) + ":" + id }
func f(id string, n int) {
	use(key("u:%s:%d", id, n))                    // want "app:u:*:*"
	use(key("fixed"))                             // want "app:fixed"
	use(lower("User", id))                        // want "user:*"
	use(strings.TrimPrefix("/a:"+id, "/"))        // want "a:*"
	use(strings.TrimSuffix(id, ":x"))             // want KEY_FROM_DATA
	use(strings.ReplaceAll("a/b/"+id, "/", ":"))  // want "a:b:*"
	use(strings.TrimSpace(" k:" + id))            // want "k:*"
	use(fmt.Sprintf("%x:%q:%[1]d", 255, "q") + id) // want "ff:\"q\":255*"
}`},
	{"a placeholder's place is taken by what replaces it", `
import "strings"
const (
	member   = "team:{team}:member:{member}"
	queue    = "q:[{queue}]"
	untagged = "x:{tag}:{tag}"
)
func fill(format, id string) string { return strings.Replace(format, "{team}", id, 1) }
func hashed(format string, tags bool) string {
	if !tags {
		return format
	}
	return strings.Replace(format, "[{queue}]", "{{queue}}", 1)
}
func f(team, id string, n int) {
	key := strings.Replace(member, "{team}", team, 1)
	key = strings.Replace(key, "{member}", id, 1)
	use(key)                                                              // want "team:*:member:*"
	use(fill("team:{team}:names", team))                                  // want "team:*:names"
	use(fill(team, id))                                                   // want KEY_FROM_DATA
	use(strings.Replace(hashed(queue, n > 1), "{queue}", "a"+id, -1))      // want "q:\\[a*]" "q:{a*}"
	use(strings.ReplaceAll(untagged, "{tag}", "t"))                       // want "x:t:t"
	use(strings.Replace(untagged, "{tag}", "t", 1))                       // want "x:t:{tag}"
	use(strings.Replace("n:{tag}", "{tag}", "t", n))                      // want KEY_FROM_DATA
	use(strings.ReplaceAll("a/b/"+id, "/", id))                           // want "a*b*"
	use(strings.ReplaceAll("user:x"+id, "user:", "u:"))                   // want "u:x*"
	use(strings.ReplaceAll("a:us"+id, "user:", "u:"))                     // want KEY_FROM_DATA
	use(strings.ReplaceAll(id+"er:a", "user:", "u:"))                     // want KEY_FROM_DATA
	use(strings.Replace(id+":user:a", "user:", "u:", 1))                  // want KEY_FROM_DATA
}`},
	{"slices that are appended to and joined", `
import "strings"
func f(id string, deep bool) {
	parts := []string{"app", id}
	if deep {
		parts = append(parts, "deep")
	}
	use(strings.Join(parts, ":")) // want "app:*" "app:*:deep"
	var b []byte
	b = append(b, "bytes:"...)
	b = append(b, id...)
	use(string(b)) // want "bytes:*"
}`},
	{"elements change through every holder of a slice", `
func fill(xs []string) { xs[0] = "filled" }
func f(id string) {
	xs := []string{"a"}
	fill(xs)
	use(xs[0]) // want "a" "filled"
	ys := []string{"b"}
	zs := ys
	zs[0] = "c:" + id
	use(ys[0]) // want "b" "c:*"
	m := map[string]int{"k:" + id: 1}
	m["l"] = 2
	for k := range m {
		use(k) // want "k:*" "l"
	}
	ch := make(chan string, 1)
	ch <- "sent:" + id
	use(<-ch) // want "sent:*"
}`},
	{"fields that a decoder fills in are data unless there is a default", `package main
import "encoding/json"
type config struct{ Prefix, Queue string }
type hidden struct{ Prefix string }
type account struct{ Name string }
var seeds = []account{{Name: "admin"}, {Name: "guest"}}
var defaults = config{Prefix: "app:"}
func load(b []byte) (c config) {
	c = defaults
	_ = json.Unmarshal(b, &c)
	return c
}
func f(c config, h hidden, id string) {
	c.Queue = "q:" + id
	use(c.Prefix + id) // want "app:*"
	use(c.Queue)       // want KEY_FROM_DATA
}
func g(a account, b []byte) {
	_ = json.Unmarshal(b, &a)
	use(a.Name) // want KEY_FROM_DATA
}
func main() { f(load(nil), hidden{Prefix: "h"}, "x") }`},
	{"texts with methods are parameters of them", `
type path string
func (p path) child(name string) path { return p + "/" + path(name) }
func (p path) key() string { return "f:" + string(p) }
func f(id string) {
	use(path("root").child(id).key())        // want "f:root/*"
	use(string(path("r:" + id).child("x")))  // want "r:*/x"
}`},
	{"methods that embedding promotes are called through interfaces", `package main
type store interface{ Get(key string) }
type base struct{}
func (base) Get(key string) {
	use(key) // want "user:*"
}
type redisStore struct{ base }
func load(s store, id string) { s.Get("user:" + id) }
func main() { load(redisStore{}, "1") }`},
	{"methods that an exported interface gives to importers are theirs", `
type Cache interface{ Get(key string) }
type cache struct{}
func New() Cache { return cache{} }
func (cache) Get(key string) {
	use(key) // want KEY_FROM_IMPORTER
}`},
	{"a recursion that changes its argument is not known", `package main
func walk(key string, n int) {
	use(key) // want "*:x" "a"
	if n > 0 {
		walk(key+":x", n-1)
	}
}
func main() { walk("a", 2) }`},
}
