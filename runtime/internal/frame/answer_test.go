package frame

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

func someResults() Answer {
	return Answer{Seq: 7, Epoch: 9, Results: []Result{
		{DB: 3, Protocol: 2, Replies: []resp.Reply{resp.OK, resp.NewBulk("v"), resp.NewDouble(1.5), {Kind: resp.Blob, Str: "id", Int: 3}}},
		{Status: StatusBlocked, Protocol: 3, Replies: []resp.Reply{resp.NewArray(resp.NewInt(-1), resp.NewArray(resp.NewStatus("odd")))}},
		{Status: StatusStale, Protocol: 3, Replies: []resp.Reply{}},
		{Protocol: 3, Replies: []resp.Reply{resp.Bulks([]string{"a", "b"}), {Kind: resp.Nil}}},
	}}
}

// What a reader finds in an answer is what Decode finds, whichever results it passes over.
func TestAnswersAreReadResultByResult(t *testing.T) {
	want := someResults()
	b := want.Append(nil)
	for skipped := 0; skipped < 1<<len(want.Results); skipped++ {
		a, err := ReadAnswer(b)
		if err != nil || a.Seq != want.Seq || a.Epoch != want.Epoch || a.Left() != len(want.Results) {
			t.Fatalf("%+v %v", a, err)
		}
		var scratch resp.Scratch
		for i := range want.Results {
			if skipped>>i&1 == 1 {
				var status Status
				if status, err = a.Skip(); status != want.Results[i].Status {
					t.Errorf("result %d has the status %d, want %d", i, status, want.Results[i].Status)
				}
			} else {
				got := Result{Replies: scratch.Replies(4)}
				err = a.Next(&got, &scratch)
				if !reflect.DeepEqual(got, want.Results[i]) {
					t.Errorf("result %d: %+v, want %+v", i, got, want.Results[i])
				}
			}
			if err != nil {
				t.Fatalf("result %d: %v", i, err)
			}
		}
	}
}

func TestAnswersThatAreCutOffAreRefusedByTheReader(t *testing.T) {
	m := someResults()
	whole := m.Append(nil)
	read := func(b []byte, skip bool) error {
		a, err := ReadAnswer(b)
		for err == nil && a.Left() > 0 {
			if skip {
				_, err = a.Skip()
			} else {
				err = a.Next(&Result{}, nil)
			}
		}
		return err
	}
	for n := range whole {
		for _, skip := range []bool{false, true} {
			if err := read(whole[:n], skip); !errors.Is(err, ErrMalformed) {
				t.Fatalf("cut after %d of %d bytes, skipped %v: %v", n, len(whole), skip, err)
			}
		}
	}
	if err := read(append(whole, 0), false); !errors.Is(err, ErrMalformed) {
		t.Errorf("a byte too many: %v", err)
	}
}

// A reader and Decode agree, whatever the bytes are, and so does one that skips.
func FuzzAnswers(f *testing.F) {
	for _, m := range samples() {
		if a, ok := m.(*Answer); ok {
			f.Add(a.Append(nil), uint8(1))
		}
	}
	f.Add([]byte{KindAnswer, 1, 1, 1, 0, 3, 0, 2, byte(resp.Array), 200, byte(resp.Status), 2, 'O', 'K'}, uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, skip uint8) {
		var whole Answer
		want := whole.Decode(b)
		a, err := ReadAnswer(b)
		var got []Result
		for i := 0; err == nil && a.Left() > 0; i++ {
			res := Result{Replies: []resp.Reply{}}
			if skip>>(i%8)&1 == 1 {
				_, err = a.Skip()
			} else {
				err = a.Next(&res, new(resp.Scratch))
			}
			got = append(got, res)
		}
		if (err == nil) != (want == nil) {
			t.Fatalf("a reader says %v, Decode %v", err, want)
		}
		if want != nil {
			return
		}
		for i := range got {
			if skip>>(i%8)&1 == 1 {
				continue
			}
			if x, y := AppendResult(nil, &got[i]), AppendResult(nil, &whole.Results[i]); !bytes.Equal(x, y) {
				t.Errorf("result %d: %q and %q", i, x, y)
			}
		}
	})
}
