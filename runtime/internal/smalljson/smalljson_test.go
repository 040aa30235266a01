package smalljson

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

type inner struct {
	ID    uint64  `json:"id"`
	Bytes []byte  `json:"bytes,omitempty"`
	Next  *inner  `json:"next,omitempty"`
	Score float64 `json:"score,omitempty"`
}

type outer struct {
	Name  string           `json:"name"`
	Small int8             `json:"small,omitempty"`
	On    bool             `json:"on"`
	List  []inner          `json:"list"`
	Words map[string]inner `json:"words"`
	Seq   uint64           `json:"seq"`
	Plain string
	Any   any    `json:"any"`
	Not   string `json:"-"`
	quiet int
}

var samples = []outer{
	{},
	{Name: "a\"b\\c\n\x01é\U0001f600</>", Small: -3, On: true, Seq: 1<<53 - 1, Plain: "x", List: []inner{{ID: 1, Bytes: []byte{0, 255}}, {Next: &inner{ID: 7, Score: -1.5e10}}},
		Words: map[string]inner{"b": {ID: 2}, "a": {}}},
	{List: []inner{}, Words: map[string]inner{}},
}

func TestWhatIsWrittenIsReadByBoth(t *testing.T) {
	for _, want := range samples {
		b, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var theirs, ours outer
		if err := json.Unmarshal(b, &theirs); err != nil || !reflect.DeepEqual(theirs, want) {
			t.Errorf("encoding/json reads %+v, not %+v: %v\n%s", theirs, want, err, b)
		}
		if err := Unmarshal(b, &ours); err != nil || !reflect.DeepEqual(ours, want) {
			t.Errorf("read is %+v, not %+v: %v", ours, want, err)
		}
		if b, err = json.MarshalIndent(want, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		ours = outer{}
		if err := Unmarshal(b, &ours); err != nil || !reflect.DeepEqual(ours, want) {
			t.Errorf("of encoding/json is read %+v, not %+v: %v", ours, want, err)
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for _, text := range []string{
		``, `{`, `{"name":}`, `{"name":"a"} x`, `{"name":1}`, `{"seq":-1}`, `{"seq":1.5}`, `{"small":1000}`, `{"list":{}}`, `{"name":"\u12"}`, `{"name":"\x"}`,
		"{\"name\":\"a\nb\"}", `{"seq":NaN}`, `{"seq":Inf}`, `{"seq":0x1}`, `[1]`, `{"list":[{"bytes":"*"}]}`,
	} {
		var o outer
		if err := Unmarshal([]byte(text), &o); err == nil {
			t.Errorf("%q is read as %+v", text, o)
		}
	}
	if _, err := Marshal(make(chan int)); err == nil {
		t.Error("a channel is written")
	}
}

// words are what the texts of the properties are made of: JSON, and what is nearly that.
var words = []string{
	"{", "}", "[", "]", ",", ":", " ", "\n", "null", "true", "false", "nul", "0", "-0", "00", "01", "-", "+1", "1.", ".5", "1.5", "1e5", "1E-3", "1e", "1e+", "1e400", "-1", "127", "128", "-129",
	"9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "NaN", "0x1", "1_0",
	`"name"`, `"small"`, `"on"`, `"list"`, `"words"`, `"seq"`, `"id"`, `"bytes"`, `"next"`, `"score"`, `"Plain"`, `"any"`, `"AAE="`, `"*"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\u00e9\/\b"`, `"\x"`, `"\u12"`, `"`, "\"\xff\"", "\"\x01\"", "\u00e9",
}

// text makes a text: half of the time a value of the form of outer.
func text(r *rand.Rand, depth int) string {
	word := func() string { return words[r.Intn(len(words))] }
	if depth > 4 || r.Intn(6) == 0 {
		return word()
	}
	var parts []string
	switch r.Intn(4) {
	case 0:
		for n := r.Intn(4); n > 0; n-- {
			parts = append(parts, text(r, depth+1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case 1:
		for n := r.Intn(6); n > 0; n-- {
			parts = append(parts, word())
		}
		return strings.Join(parts, "")
	}
	for n := r.Intn(6); n > 0; n-- {
		parts = append(parts, words[38+r.Intn(12)]+": "+text(r, depth+1))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// same fails where a text is read otherwise than encoding/json reads it.
func same(t *testing.T, b []byte) {
	t.Helper()
	if deep(b) {
		return
	}
	if _, err := parse(b); (err == nil) != json.Valid(b) {
		t.Fatalf("%q: %v, and to encoding/json it is JSON: %v", b, err, json.Valid(b))
	}
	var theirs, ours any
	// A number that is too large may stand under a name that comes again, and is not seen then.
	wrong := json.Unmarshal(b, &theirs)
	if err := Unmarshal(b, &ours); wrong == nil && (err != nil || !reflect.DeepEqual(ours, theirs)) {
		t.Fatalf("%q is %#v, %v, to encoding/json %#v", b, ours, err, theirs)
	}
	if json.Valid(b) && !strings.Contains(string(b), "null") && !doubled(b) {
		var theirs, ours outer
		wrong, err := json.Unmarshal(b, &theirs), Unmarshal(b, &ours)
		if (wrong == nil) != (err == nil) || err == nil && !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q is %+v, %v, to encoding/json %+v, %v", b, ours, err, theirs, wrong)
		}
	}
	if written, err := Marshal(ours); wrong != nil {
		return
	} else if err != nil {
		t.Fatalf("%#v is not written: %v", theirs, err)
	} else if err := json.Unmarshal(written, &ours); err != nil || !reflect.DeepEqual(ours, theirs) {
		t.Fatalf("%#v is written %q, which is %#v, %v", theirs, written, ours, err)
	}
}

// deep reports whether values may stand in each other more often than this package reads.
func deep(b []byte) bool {
	return bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) >= maxDepth
}

// doubled reports whether a name comes twice in an object, or in another case than its tag
// has it: encoding/json reads the second into what the first left.
func doubled(b []byte) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []map[string]bool // nil: an array
	name := false
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		in := len(open) > 0 && open[len(open)-1] != nil
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open, name = append(open, map[string]bool{}), true
				continue
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
				in = len(open) > 0 && open[len(open)-1] != nil
			}
			name = in
			continue
		case string:
			if in && name {
				folded := strings.ToLower(token)
				if open[len(open)-1][folded] || folded != token && token != "Plain" || folded == "plain" && token != "Plain" || strings.ContainsAny(token, "\u212a\u017f") {
					return true
				}
				open[len(open)-1][folded] = true
				name = false
				continue
			}
		}
		name = in
	}
}

func TestRandomTextsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	valid := 0
	for i := 0; i < 10_000; i++ {
		b := []byte(text(r, 0))
		if same(t, b); json.Valid(b) {
			valid++
		}
	}
	if valid < 1000 {
		t.Errorf("%d texts were JSON", valid)
	}
}

func TestRandomValuesAreWrittenAndReadAgain(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for i := 0; i < 500; i++ {
		var want outer
		fields := reflect.ValueOf(&want).Elem()
		for _, name := range []string{"Name", "Small", "On", "List", "Words", "Seq", "Plain"} {
			v, ok := quick.Value(fields.FieldByName(name).Type(), r)
			if !ok {
				t.Fatalf("no %s", name)
			}
			fields.FieldByName(name).Set(v)
		}
		want.Name, want.Plain = strings.ToValidUTF8(want.Name, "?"), strings.ToValidUTF8(want.Plain, "?")
		b, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var theirs, ours, round outer
		if err := json.Unmarshal(b, &theirs); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if err := Unmarshal(b, &ours); err != nil || !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%s is %+v, %v, to encoding/json %+v", b, ours, err, theirs)
		}
		// What omitempty leaves out is another nothing than what was there.
		wrote, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(wrote, &round); err != nil || !reflect.DeepEqual(ours, round) {
			t.Fatalf("%+v is written %s, and by encoding/json %s, %v", want, b, wrote, err)
		}
	}
}

func TestIntegersAreExact(t *testing.T) {
	type numbers struct {
		I int64
		U uint64
		S int8
	}
	want := numbers{math.MaxInt64, math.MaxUint64, -128}
	b, err := Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got numbers
	if err := Unmarshal(b, &got); err != nil || got != want {
		t.Errorf("%s is %+v, %v", b, got, err)
	}
	for _, text := range []string{`{"I":9223372036854775808}`, `{"U":18446744073709551616}`, `{"S":128}`, `{"I":1.0}`, `{"I":1e3}`, `{"U":-0}`} {
		if err := Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is read as %+v", text, got)
		}
	}
}

func TestMapsHaveKeysOfAnyStringType(t *testing.T) {
	type word string
	want := map[word]int{"a": 1}
	b, err := Marshal(want)
	var got map[word]int
	if err != nil || Unmarshal(b, &got) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v: %v", b, got, err)
	}
	if b, err := Marshal(map[int]int{1: 1}); err == nil {
		t.Errorf("keys that are numbers are written: %s", b)
	}
	if b, err := Marshal(math.NaN()); err == nil {
		t.Errorf("no number is written: %s", b)
	}
}

func FuzzRead(f *testing.F) {
	for _, o := range samples {
		b, _ := json.Marshal(o)
		f.Add(b)
	}
	f.Add([]byte("{\"\xee\":\"\xff\xfe\xc3\xa9\"}"))
	f.Add([]byte(`{"a":[1,-2.5e3,"\ud83d\ude00",null,true]}`))
	for _, w := range words {
		f.Add([]byte(w))
	}
	f.Fuzz(same)
}
