package facade_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// shouting parses itself by each of the three ways.
type (
	byScanner struct{ S string }
	byText    struct{ S string }
	byBinary  struct{ S string }
)

func (s *byScanner) ScanRedis(v string) error  { s.S = "scanned " + v; return nil }
func (s *byText) UnmarshalText(v []byte) error { s.S = "text " + string(v); return nil }
func (s *byBinary) UnmarshalBinary(v []byte) error {
	if string(v) == "bad" {
		return errors.New("bad")
	}
	s.S = "binary " + string(v)
	return nil
}

type record struct {
	Str    string         `redis:"str"`
	Bytes  []byte         `redis:"bytes"`
	Int    int            `redis:"int"`
	I8     int8           `redis:"i8"`
	U16    uint16         `redis:"u16,omitempty"`
	F32    float32        `redis:"f32"`
	F64    *float64       `redis:"f64"`
	Bool   bool           `redis:"bool"`
	Ptr    *string        `redis:"ptr"`
	Self   byScanner      `redis:"self"`
	SelfP  *byScanner     `redis:"selfp"`
	Text   byText         `redis:"text"`
	Bin    *byBinary      `redis:"bin"`
	When   time.Time      `redis:"when"`
	Wait   time.Duration  `redis:"wait"`
	Ints   []int          `redis:"ints"`
	Not    map[string]int `redis:"not"`
	Hidden string         `redis:"-"`
	Plain  string
}

var pairs = [][2]string{
	{"str", "text"}, {"bytes", "raw"}, {"int", "12"}, {"int", "x"}, {"i8", "300"}, {"i8", "-5"}, {"u16", "7"}, {"u16", "-1"}, {"f32", "1.5"},
	{"f32", "1e60"}, {"f64", "2.25"}, {"bool", "true"}, {"bool", "1"}, {"bool", "maybe"}, {"ptr", "p"}, {"self", "a"}, {"selfp", "b"},
	{"text", "c"}, {"bin", "d"}, {"bin", "bad"}, {"when", "2026-11-23T07:00:00.5Z"}, {"when", "now"}, {"wait", "5000000000"}, {"wait", "5s"},
	{"ints", "1"}, {"not", "1"}, {"Hidden", "x"}, {"Plain", "x"}, {"-", "x"}, {"unknown", "x"},
}

func TestStructsAreScannedAsGoRedisScansThem(t *testing.T) {
	ctx := context.Background()
	for _, p := range pairs {
		tw := newTwins(t, 3, resp.Reply{Kind: resp.Map, Elems: []resp.Reply{bulk(p[0]), bulk(p[1])}})
		var a, b record
		x, y := tw.real.HGetAll(ctx, "k").Scan(&a), tw.facade.HGetAll(ctx, "k").Scan(&b)
		tw.close()
		if errText(x) != errText(y) || !reflect.DeepEqual(a, b) {
			t.Errorf("HGetAll %q: go-redis %v %+v, the facade %v %+v", p, x, a, y, b)
		}
		tw = newTwins(t, 3, resp.NewArray(bulk(p[1]), resp.Reply{}))
		a, b = record{}, record{}
		x, y = tw.real.HMGet(ctx, "k", p[0], "str").Scan(&a), tw.facade.HMGet(ctx, "k", p[0], "str").Scan(&b)
		tw.close()
		if errText(x) != errText(y) || !reflect.DeepEqual(a, b) {
			t.Errorf("HMGet %q: go-redis %v %+v, the facade %v %+v", p, x, a, y, b)
		}
	}
	tw := newTwins(t, 3, resp.Reply{Kind: resp.Map})
	defer tw.close()
	theirs, ours := tw.real.HGetAll(ctx, "k"), tw.facade.HGetAll(ctx, "k")
	var notStruct int
	for _, dst := range []interface{}{nil, record{}, (*record)(nil), &notStruct} {
		x, y := theirs.Scan(dst), ours.Scan(dst)
		if errText(x) != errText(y) {
			t.Errorf("Scan(%T): %v and %v", dst, x, y)
		}
	}
}

func TestValuesAreScannedAsGoRedisScansThem(t *testing.T) {
	ctx := context.Background()
	targets := []func() interface{}{
		func() interface{} { return new(string) }, func() interface{} { return new([]byte) }, func() interface{} { return new(int) },
		func() interface{} { return new(int8) }, func() interface{} { return new(int16) }, func() interface{} { return new(int32) },
		func() interface{} { return new(int64) }, func() interface{} { return new(uint) }, func() interface{} { return new(uint8) },
		func() interface{} { return new(uint16) }, func() interface{} { return new(uint32) }, func() interface{} { return new(uint64) },
		func() interface{} { return new(float32) }, func() interface{} { return new(float64) }, func() interface{} { return new(bool) },
		func() interface{} { return new(time.Time) }, func() interface{} { return new(time.Duration) }, func() interface{} { return new(net.IP) },
		func() interface{} { return new(byBinary) }, func() interface{} { return new(struct{}) }, func() interface{} { return nil },
		func() interface{} { return record{} },
	}
	for _, s := range []string{"", "1", "12", "-3", "300", "1.5", "1e400", "true", "2026-11-23T07:00:00Z", "text", "99999999999999999999"} {
		tw := newTwins(t, 3, bulk(s))
		theirs, ours := tw.real.Get(ctx, "k"), tw.facade.Get(ctx, "k")
		for i, target := range targets {
			a, b := target(), target()
			x, y := theirs.Scan(a), ours.Scan(b)
			if errText(x) != errText(y) || !reflect.DeepEqual(a, b) {
				t.Errorf("target %d, %q: go-redis %v %v, the facade %v %v", i, s, x, a, y, b)
			}
		}
		tw.close()
	}
	for _, dst := range []func() interface{}{
		func() interface{} { return &[]string{} }, func() interface{} { return &[]int{} }, func() interface{} { return &[]*int{} },
		func() interface{} { s := make([]int, 1, 5); return &s }, func() interface{} { return []int{} }, func() interface{} { return new(int) },
		func() interface{} { return nil },
	} {
		for _, list := range [][]string{{"1", "2"}, {"x"}, {}} {
			tw := newTwins(t, 3, resp.Bulks(list))
			a, b := dst(), dst()
			x, y := tw.real.LRange(ctx, "k", 0, -1).ScanSlice(a), tw.facade.LRange(ctx, "k", 0, -1).ScanSlice(b)
			tw.close()
			if errText(x) != errText(y) || !reflect.DeepEqual(a, b) {
				t.Errorf("ScanSlice(%T) of %q: %v %v and %v %v", a, list, x, a, y, b)
			}
		}
	}
}
