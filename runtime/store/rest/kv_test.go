package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/store/rest/internal/fakeapi"
)

// values are what must come back as it was written.
var values = []string{"", "plain", "\x00\xff\xfe binary", "\ufeffwith a mark", "U+FFFD \ufffd itself", "\"quotes\" \\ \n <&> \u2028", "ключ", strings.Repeat("x", 1<<16)}

// odd are names that need escaping.
var odd = []string{"a", "session:42", "a/b/c", "a b", "100%", "%2F", "a?b=c&d#e", "ключ", "+", "..a", "a..", "a/../b", "a\"b'c", "@queue/1#00ff", ":", ";x=y"}

func TestValuesComeBackAsTheyWereWritten(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	kv := c.KV(s.NewKV("cache").ID())
	for i, v := range values {
		name := fmt.Sprintf("one:%d", i)
		must(t, kv.Put(ctx, Pair{Name: name, Value: v}))
		e, ok, err := kv.Get(ctx, name)
		if err != nil || !ok || e.Value != v {
			t.Errorf("value %d: %q, %v, %v", i, e.Value, ok, err)
		}
	}
	var pairs []Pair
	var names []string
	for i, v := range values {
		pairs = append(pairs, Pair{Name: fmt.Sprintf("bulk:%d", i), Value: v})
		if strings.HasPrefix(v, "\ufeff") {
			pairs[i].Metadata = binary // text cannot show it: its writer says so
		}
		names = append(names, pairs[i].Name)
	}
	done, failed, err := kv.BulkPut(ctx, pairs)
	if err != nil || done != len(pairs) || len(failed) != 0 {
		t.Fatal(done, failed, err)
	}
	found, err := kv.BulkGet(ctx, append(names, "absent"))
	must(t, err)
	if len(found) != len(values) {
		t.Errorf("%d values found", len(found))
	}
	for i, v := range values {
		if got := found[names[i]].Value; got != v {
			t.Errorf("value %d in bulk: %q, want %q", i, got, v)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	kv := c.KV(n.ID())
	for i, name := range odd {
		must(t, kv.Put(ctx, Pair{Name: name, Value: fmt.Sprint(i)}))
		if v, _, ok := n.Get(name); !ok || v != fmt.Sprint(i) {
			t.Errorf("%q arrived as something else", name)
		}
		if e, ok, err := kv.Get(ctx, name); err != nil || !ok || e.Value != fmt.Sprint(i) {
			t.Errorf("reading %q: %+v %v %v", name, e, ok, err)
		}
	}
	for _, name := range odd {
		must(t, kv.Delete(ctx, name))
	}
	if n.Len() != 0 {
		t.Errorf("%d values are left", n.Len())
	}
	must(t, kv.Delete(ctx, "absent"))
	if _, ok, err := kv.Get(ctx, "absent"); ok || err != nil {
		t.Errorf("an absent name: %v %v", ok, err)
	}
}

func TestExpiryAndMetadataTravel(t *testing.T) {
	s := fakeapi.Start(t)
	now := time.Unix(1_800_000_000, 0)
	s.Now = func() time.Time { return now }
	c, _ := noWait(t, s)
	kv := c.KV(s.NewKV("cache").ID())
	must(t, kv.Put(ctx, Pair{Name: "ttl", Value: "v", TTL: 90}))
	must(t, kv.Put(ctx, Pair{Name: "at", Value: "\xff\x00", At: now.Unix() + 1e9, Metadata: json.RawMessage(`{"a": [1]}`)}))
	_, _, err := kv.BulkPut(ctx, []Pair{{Name: "bulk", Value: "v", TTL: 60, Metadata: json.RawMessage(`"m"`)}, {Name: "for ever", Value: "v"}})
	must(t, err)
	e, _, err := kv.Get(ctx, "at")
	if err != nil || e.Value != "\xff\x00" || e.At != now.Unix()+1e9 {
		t.Errorf("%+v %v", e, err)
	}
	page, next, err := kv.List(ctx, "", "", 1000)
	must(t, err)
	want := []Entry{
		{Name: "at", At: now.Unix() + 1e9, Metadata: json.RawMessage(`{"a":[1]}`)}, {Name: "bulk", At: now.Unix() + 60, Metadata: json.RawMessage(`"m"`)},
		{Name: "for ever"}, {Name: "ttl", At: now.Unix() + 90},
	}
	if !reflect.DeepEqual(page, want) || next != "" {
		t.Errorf("listed %+v, next %q", page, next)
	}
	now = now.Add(90 * time.Second)
	if _, ok, err := kv.Get(ctx, "ttl"); ok || err != nil {
		t.Errorf("an expired value: %v %v", ok, err)
	}
}

func TestWhatKVDoesNotTakeIsNotSent(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	kv := c.KV(s.NewKV("cache").ID())
	long := strings.Repeat("k", 513)
	for what, err := range map[string]error{
		"names that are empty":    kv.Put(ctx, Pair{Value: "v"}),
		"513 bytes":               kv.Put(ctx, Pair{Name: long}),
		"26214401 bytes":          kv.Put(ctx, Pair{Name: "a", Value: strings.Repeat("v", 26214401)}),
		"an expiry of 59 s":       kv.Put(ctx, Pair{Name: "a", TTL: 59}),
		"metadata of 1025 bytes":  kv.Put(ctx, Pair{Name: "a", Metadata: bytes.Repeat([]byte("1"), 1025)}),
		"no JSON":                 kv.Put(ctx, Pair{Name: "a", Metadata: []byte("{")}),
		"that are empty, . or ..": kv.Delete(ctx, ".."),
		"an expiry at -1 s":       kv.Put(ctx, Pair{Name: "a", At: -1}),
		"no UTF-8":                kv.Put(ctx, Pair{Name: "a\xff"}),
	} {
		if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), long) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := kv.BulkPut(ctx, []Pair{{Name: "good"}, {Name: "."}}); err == nil {
		t.Error("a bad name in bulk has no error")
	}
	// As JSON has it, it would be the name of another value.
	for _, name := range []string{"", "session:\xff"} {
		if _, err := kv.BulkGet(ctx, []string{"good", name}); err == nil {
			t.Errorf("reading %q in bulk has no error", name)
		}
		if _, _, err := kv.BulkDelete(ctx, []string{"good", name}); err == nil {
			t.Errorf("deleting %q in bulk has no error", name)
		}
	}
	if r := s.Requests(); len(r) != 0 {
		t.Errorf("sent %q", r)
	}
}

func TestBulkIsCutAtItsLimits(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	kv := c.KV(n.ID())
	pairs := make([]Pair, 20_001)
	names := make([]string, len(pairs))
	for i := range pairs {
		pairs[i] = Pair{Name: fmt.Sprintf("key:%05d", i), Value: fmt.Sprint(i)}
		names[i] = pairs[i].Name
	}
	done, failed, err := kv.BulkPut(ctx, pairs)
	if err != nil || done != len(pairs) || len(failed) > 0 || n.Len() != len(pairs) {
		t.Fatalf("%d of %d, %q, %v", done, n.Len(), failed, err)
	}
	if r := s.Requests(); len(r) != 3 {
		t.Errorf("%d requests for 20,001 pairs, want 3", len(r))
	}
	found, err := kv.BulkGet(ctx, names[:250])
	if err != nil || len(found) != 250 || found["key:00249"].Value != "249" {
		t.Errorf("%d found, %v", len(found), err)
	}
	if r := s.Requests(); len(r) != 3 {
		t.Errorf("%d requests to read 250, want 3", len(r))
	}
	seen, cursor := 0, ""
	for {
		page, next, err := kv.List(ctx, "key:1", cursor, 1000)
		must(t, err)
		seen += len(page)
		if cursor = next; cursor == "" {
			break
		}
	}
	if r := s.Requests(); seen != 10_000 || len(r) != 10 {
		t.Errorf("listed %d in %d pages", seen, len(r))
	}
	done, failed, err = kv.BulkDelete(ctx, names)
	if err != nil || done != len(names) || len(failed) > 0 || n.Len() != 0 {
		t.Errorf("deleted %d, %d left, %v", done, n.Len(), err)
	}
	if r := s.Requests(); len(r) != 3 {
		t.Errorf("%d requests to delete 20,001", len(r))
	}
	if testing.Short() {
		return
	}
	big := make([]Pair, 5)
	for i := range big {
		big[i] = Pair{Name: fmt.Sprint("big", i), Value: strings.Repeat("x", 24<<20)}
	}
	big[2].Value = strings.Repeat("\xff", 20<<20) // 27 MB in base64
	if done, _, err = kv.BulkPut(ctx, big); err != nil || done != 5 {
		t.Fatal(done, err)
	}
	var kinds []string
	for _, r := range s.Requests() {
		kinds = append(kinds, r[strings.LastIndexByte(r, '/')+1:])
	}
	if !reflect.DeepEqual(kinds, []string{"bulk", "big2", "bulk"}) {
		t.Errorf("requests %q", kinds)
	}
	for i := range big[:2] {
		must(t, kv.Put(ctx, Pair{Name: fmt.Sprint("big", i), Value: "small"})) // makes room for what follows
	}
	rest := append(append([]Pair(nil), big[0:2]...), big[3:5]...)
	rest = append(rest, Pair{Name: "big2", Value: strings.Repeat("y", 24<<20)})
	s.Requests()
	if done, _, err = kv.BulkPut(ctx, rest); err != nil || done != 5 || len(s.Requests()) != 2 {
		t.Errorf("120 MB: %d, %v", done, err)
	}
	must(t, kv.Put(ctx, big[2]))
	for i := range big {
		if v, _, _ := n.Get(fmt.Sprint("big", i)); v != big[i].Value {
			t.Errorf("value %d is another", i)
		}
	}
}

func TestBulkReadThatIsTooLargeIsHalved(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	var names []string
	for i := 0; i < 4; i++ {
		names = append(names, fmt.Sprint("big", i))
		n.Put(names[i], strings.Repeat(fmt.Sprint(i), 10<<20))
	}
	found, err := c.KV(n.ID()).BulkGet(ctx, names)
	must(t, err)
	for i, name := range names {
		if v, _, _ := n.Get(name); found[name].Value != v {
			t.Errorf("value %d is another", i)
		}
	}
	if r := s.Requests(); len(r) != 3 {
		t.Errorf("%q", r)
	}
}

// What KV did not store of a request is told by name, and nothing else of it is.
func TestBulkTellsWhichNamesFailed(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	kv := c.KV(n.ID())
	var pairs []Pair
	var names []string
	for i := 0; i < 10_003; i++ {
		pairs = append(pairs, Pair{Name: fmt.Sprintf("key:%05d", i), Value: "v"})
		names = append(names, pairs[i].Name)
	}
	n.Refuse("key:00007")
	n.Refuse("key:10001")
	want := []string{"key:00007", "key:10001"}
	if done, failed, err := kv.BulkPut(ctx, pairs); err != nil || done != len(pairs) || !reflect.DeepEqual(failed, want) || n.Len() != len(pairs)-2 {
		t.Errorf("wrote %d, not %q, %v; %d are there", done, failed, err, n.Len())
	}
	n.Put("key:00007", "an older one")
	if done, failed, err := kv.BulkDelete(ctx, names); err != nil || done != len(names) || !reflect.DeepEqual(failed, want) || n.Len() != 1 {
		t.Errorf("deleted %d, not %q, %v; %d are left", done, failed, err, n.Len())
	}
	// The second request is lost: the first one's names are done, and those of the second are not.
	for _, cut := range []fakeapi.Fault{{Method: "PUT", Contains: "/bulk"}, {Method: "PUT", Contains: "/bulk", After: true}} {
		s.Requests()
		s.FailAfter(1, cut)
		done, failed, err := kv.BulkPut(ctx, pairs)
		var e *Error
		if !errors.As(err, &e) || e.Outcome != Unknown || done != 10_000 || len(failed) != 1 || len(s.Requests()) != 2 {
			t.Errorf("wrote %d, not %q, %v", done, failed, err)
		}
	}
}

// A value whose JSON is larger than a request may be goes by itself, with the others around it.
func TestValueThatJSONMakesTooLargeGoesByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("150 MB of JSON")
	}
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	zeros := strings.Repeat("\x00", 25<<20)
	done, failed, err := c.KV(n.ID()).BulkPut(ctx, []Pair{{Name: "first", Value: "1"}, {Name: "zeros", Value: zeros}, {Name: "last", Value: "3"}})
	if err != nil || done != 3 || len(failed) != 0 {
		t.Fatal(done, failed, err)
	}
	if v, _, _ := n.Get("zeros"); v != zeros {
		t.Error("another value arrived")
	}
	if r := s.Requests(); len(r) != 3 || n.Len() != 3 {
		t.Errorf("%q", r)
	}
}

// A value that fills the answer of a bulk read is read by itself, and keeps its metadata.
func TestLargestValueIsReadInBulk(t *testing.T) {
	s := fakeapi.Start(t)
	c, _ := noWait(t, s)
	n := s.NewKV("cache")
	large := strings.Repeat("x", 25<<20)
	n.PutMetadata("large:1", large, `{"a":1}`)
	n.Put("large:2", large)
	n.Put("small", "s")
	found, err := c.KV(n.ID()).BulkGet(ctx, []string{"large:1", "small", "large:2", "gone"})
	must(t, err)
	if len(found) != 3 || found["large:1"].Value != large || string(found["large:1"].Metadata) != `{"a":1}` || found["large:2"].Value != large || found["large:2"].Metadata != nil || found["small"].Value != "s" {
		t.Errorf("%d found", len(found))
	}
}
