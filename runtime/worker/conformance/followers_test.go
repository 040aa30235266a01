package conformance

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/internal/workerdtest"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/object/objecttest"
)

// catchUp is how long the followers may take at the end of a run.
const catchUp = time.Minute

// databases are those whose keys are compared.
const databases = 16

// followersHaveIt fails unless D1 and KV have what the objects have that the test has
// used: D1's views what commands answer, D1's rows those of the objects, and KV the
// values. It ends workerd.
func (r *rig) followersHaveIt() {
	r.t.Helper()
	if r.t.Failed() || len(r.spaces) == 0 {
		return
	}
	want := &expected{views: map[string][]string{}, kv: map[string]string{}}
	for _, space := range r.spaces {
		r.current(space)
		r.read(space, want)
	}
	r.compareViews(want)
	r.compareKV(want)
	if r.t.Failed() {
		return
	}
	if err := r.Stop(); err != nil {
		r.t.Fatal(err)
	}
	r.compareRows()
	r.t.Logf("D1 has %d rows in views and KV %d values of %d objects, as they do", want.rows(), len(want.kv), len(r.spaces))
}

// current waits until nothing of an object is on its way.
func (r *rig) current(space string) {
	r.t.Helper()
	client := workerdtest.Client{URL: r.URL(), Namespace: space, Object: "main/0"}
	var all struct {
		Followers map[string]struct {
			State   string `json:"state"`
			Behind  int    `json:"behind"`
			Waiting int    `json:"waiting"`
			LagMs   int64  `json:"lagMs"`
			Error   string `json:"error"`
		} `json:"followers"`
	}
	for end := time.Now().Add(catchUp); ; time.Sleep(20 * time.Millisecond) {
		all.Followers = nil
		if err := client.Get("/v1/stats", &all); err != nil {
			r.t.Fatal(err)
		}
		done := len(all.Followers) == 2
		for name, f := range all.Followers {
			done = done && f.State == "current" && f.Waiting == 0 && (name != "kv" || f.Behind == 0)
		}
		if done {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("the followers of %s have not caught up after %v: %+v", space, catchUp, all.Followers)
		}
	}
}

// expected is what the followers should have, as lines.
type expected struct {
	views map[string][]string // by family
	kv    map[string]string   // "expiry value" by name
}

func (e *expected) rows() (n int) {
	for _, lines := range e.views {
		n += len(lines)
	}
	return n
}

// route finds the families of a key: the one that it belongs to, and all whose
// pattern matches it.
func route(key string) (own *worker.Family, all []*worker.Family) {
	list := make([]kvprimary.Family, len(families))
	for i := range families {
		list[i] = kvprimary.Family{Pattern: families[i].Pattern}
		one := kvprimary.NewFamilies(list[i : i+1])
		if _, ok := one.Of(key); ok {
			all = append(all, &families[i])
		}
	}
	f, ok := kvprimary.NewFamilies(list).Of(key)
	for i := range families {
		if ok && families[i].Pattern == f.Pattern {
			own = &families[i]
		}
	}
	return own, all
}

// read asks an object for what it has.
func (r *rig) read(space string, want *expected) {
	r.t.Helper()
	b := r.open(space)
	s, err := b.NewSession(store.SessionOptions{Protocol: 3})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	do := func(cmds ...resp.Command) []resp.Reply {
		r.t.Helper()
		replies, err := s.Execute(ctx, cmds)
		if err != nil {
			r.t.Fatal(err)
		}
		for i, reply := range replies {
			if reply.Kind == resp.Error {
				r.t.Fatalf("%q: %s", cmds[i], reply.Str)
			}
		}
		return replies
	}
	object := "main/" + space + ":main/0"
	for db := 0; db < databases; db++ {
		keys := do(resp.Command{"SELECT", strconv.Itoa(db)}, resp.Command{"KEYS", "*"})[1].Elems
		for _, k := range keys {
			own, all := route(k.Str)
			if own == nil || own.Store == "do" {
				continue
			}
			about := do(resp.Command{"TYPE", k.Str}, resp.Command{"PEXPIRETIME", k.Str})
			typ, expires := strings.ToLower(about[0].Str), max(about[1].Int, 0)
			if typ == "rejson-rl" {
				typ = "json"
			}
			elements := elementsOf(typ, k.Str, do)
			if own.Store == "kv" {
				name, err := kvprimary.Name(worker.ParseObject(object).KV(), db, k.Str)
				if err == nil && (typ == "string" || typ == "json") {
					want.kv[name] = fmt.Sprintf("%d %q", expires, elements[0])
				}
				continue
			}
			for _, f := range all {
				if f.Store != "d1" || f.Type != typ {
					continue
				}
				for _, e := range elements {
					want.views[f.Name] = append(want.views[f.Name], fmt.Sprintf("%s %d %q %s %s", object, db, k.Str, e, people(expires)))
				}
			}
		}
	}
	if err := s.Close(); err != nil {
		r.t.Error(err)
	}
	if err := b.Close(); err != nil {
		r.t.Error(err)
	}
}

// people is an expiry as the views show it.
func people(expires int64) string {
	if expires == 0 {
		return "-"
	}
	return time.UnixMilli(expires).UTC().Format("2006-01-02 15:04:05.000")
}

// elementsOf are a key's elements as viewRow writes them.
func elementsOf(typ, key string, do func(...resp.Command) []resp.Reply) (lines []string) {
	switch typ {
	case "string":
		return []string{do(resp.Command{"GET", key})[0].Str}
	case "json":
		return []string{do(resp.Command{"JSON.GET", key})[0].Str}
	case "hash":
		e := do(resp.Command{"HGETALL", key})[0].Elems
		for i := 0; i < len(e); i += 2 {
			lines = append(lines, fmt.Sprintf("%q %q", e[i].Str, e[i+1].Str))
		}
	case "list":
		for i, e := range do(resp.Command{"LRANGE", key, "0", "-1"})[0].Elems {
			lines = append(lines, fmt.Sprintf("%d %q", i, e.Str))
		}
	case "set":
		for _, e := range do(resp.Command{"SMEMBERS", key})[0].Elems {
			lines = append(lines, fmt.Sprintf("%q", e.Str))
		}
	case "zset":
		e := do(resp.Command{"ZRANGE", key, "0", "-1", "WITHSCORES"})[0].Elems
		for i := 0; i < len(e); i += 2 {
			// D1's parameters are JSON, which has no -0: adding 0 takes the sign away.
			lines = append(lines, fmt.Sprintf("%q %v", e[i].Str, e[i+1].Float()+0))
		}
	case "stream":
		for _, e := range do(resp.Command{"XRANGE", key, "-", "+"})[0].Elems {
			var pairs []string
			for _, w := range e.Elems[1].Elems {
				pairs = append(pairs, w.Str)
			}
			lines = append(lines, e.Elems[0].Str+" "+fieldsText(pairs))
		}
	}
	return lines
}

// fieldsText is a stream entry's names and values as its view can show them: SQLite's
// JSON ends a text at a NUL, and what is no UTF-8 then is not compared.
func fieldsText(pairs []string) string {
	shown := make([]string, len(pairs))
	for i, p := range pairs {
		shown[i], _, _ = strings.Cut(p, "\x00")
		if !utf8.ValidString(shown[i]) || strings.ContainsRune(shown[i], utf8.RuneError) {
			return "(bytes)"
		}
	}
	return fmt.Sprintf("%q", shown)
}

// columns reads the rows of a type's views, bytes as hexadecimal text.
var columns = map[string]string{
	"string": "hex(value) AS a",
	"hash":   "hex(field) AS a, hex(value) AS b",
	"list":   "idx AS n, hex(value) AS a",
	"set":    "hex(member) AS a",
	"zset":   "hex(member) AS a, CASE WHEN score = 9e999 THEN 'inf' WHEN score = -9e999 THEN '-inf' ELSE score END AS n",
	"stream": "id AS n, fields AS f",
	"json":   "hex(document) AS a",
}

func (r *rig) compareViews(want *expected) {
	r.t.Helper()
	for _, f := range families {
		if f.Store != "d1" {
			continue
		}
		rows, err := r.Query(context.Background(), `SELECT object, db, hex(key) AS key, expires_at, `+columns[f.Type]+` FROM "`+f.Name+`"`)
		if err != nil {
			r.t.Fatalf("the view %s: %v", f.Name, err)
		}
		var got []string
		for _, row := range rows {
			line, err := viewRow(f.Type, row)
			if err != nil {
				r.t.Fatalf("the view %s: %v in %v", f.Name, err, row)
			}
			got = append(got, line)
		}
		missing, extra := objecttest.Difference(want.views[f.Name], got)
		if len(missing)+len(extra) > 0 {
			r.t.Errorf("the view %s has not what the objects have:\nmissing %q\nmore    %q", f.Name, some(missing), some(extra))
		}
	}
}

// viewRow is a view's row as a line.
func viewRow(typ string, row map[string]any) (string, error) {
	bytes := func(name string) string {
		text, _ := row[name].(string)
		b, err := hex.DecodeString(text)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	var e string
	switch typ {
	case "hash":
		e = fmt.Sprintf("%q %q", bytes("a"), bytes("b"))
	case "list":
		e = fmt.Sprintf("%v %q", row["n"], bytes("a"))
	case "set":
		e = fmt.Sprintf("%q", bytes("a"))
	case "zset":
		n := row["n"]
		if text, ok := n.(string); ok {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return "", err
			}
			n = f
		}
		e = fmt.Sprintf("%q %v", bytes("a"), n)
	case "stream":
		text, _ := row["f"].(string)
		pairs, err := jsonPairs(text)
		if err != nil {
			return "", err
		}
		e = fmt.Sprintf("%v %s", row["n"], pairs)
	default:
		e = bytes("a")
	}
	at, _ := row["expires_at"].(string)
	if at == "" {
		at = "-"
	}
	return fmt.Sprintf("%v %v %q %s %s", row["object"], row["db"], bytes("key"), e, at), nil
}

// jsonPairs is a JSON object of texts, in order, names that come twice included.
func jsonPairs(text string) (string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	var pairs []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return "", fmt.Errorf("%q: %w", text, err)
		}
		if s, ok := token.(string); ok {
			pairs = append(pairs, s)
		}
	}
	return fieldsText(pairs), nil
}

func (r *rig) compareKV(want *expected) {
	r.t.Helper()
	ctx, now := context.Background(), time.Now().UnixMilli()
	keys, err := r.KVList(ctx, "")
	if err != nil {
		r.t.Fatal(err)
	}
	left := map[string]string{}
	for name, v := range want.kv {
		left[name] = v
	}
	for _, k := range keys {
		var meta objecttest.KVMetadata
		if err := json.Unmarshal(k.Metadata, &meta); err != nil {
			r.t.Fatalf("the metadata of %q: %q: %v", k.Name, k.Metadata, err)
		}
		if meta.Expires != 0 && meta.Expires < now {
			continue // it is over, which KV cannot know to the second
		}
		v, err := r.KVGet(ctx, k.Name)
		if err != nil || v == nil {
			r.t.Fatalf("KV lists %q and has %v: %v", k.Name, v, err)
		}
		if got := fmt.Sprintf("%d %q", meta.Expires, v.Value); got != left[k.Name] {
			r.t.Errorf("KV has %s for %q since change %d, the object %s", got, k.Name, meta.Seq, left[k.Name])
		}
		never := meta.Expires == 0 || meta.Expires > math.MaxInt32*1000 // KV counts seconds in 32 bits
		if (k.Expiration == 0) != never || !never && k.Expiration*1000 < meta.Expires {
			r.t.Errorf("KV forgets %q at %d, and it is over at %d ms", k.Name, k.Expiration, meta.Expires)
		}
		delete(left, k.Name)
	}
	for name, v := range left {
		r.t.Errorf("KV has nothing for %q, the object %s", name, v)
	}
}

func some(lines []string) []string {
	if len(lines) > 8 {
		return append(lines[:8:8], fmt.Sprintf("and %d more", len(lines)-8))
	}
	return lines
}
