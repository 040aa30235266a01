package smalljson

import (
	"encoding/json"
	"reflect"
	"testing"
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

func FuzzRead(f *testing.F) {
	for _, o := range samples {
		b, _ := json.Marshal(o)
		f.Add(b)
	}
	f.Add([]byte("{\"\xee\":\"\xff\xfe\xc3\xa9\"}"))
	f.Add([]byte(`{"a":[1,-2.5e3,"\ud83d\ude00",null,true]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := Read(b)
		var theirs any
		if json.Unmarshal(b, &theirs) == nil && err == nil && !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%q is %#v, to encoding/json %#v", b, ours, theirs)
		}
	})
}
