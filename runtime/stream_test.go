package runtime_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime"
)

// TestStreamsAllTheWay passes entries from a producer to the consumers of a
// group, in both protocols.
func TestStreamsAllTheWay(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		c := client(t, &runtime.Options{Addr: fmt.Sprintf("memory://streams%d", proto), Protocol: proto})
		if err := c.XGroupCreateMkStream(ctx, "s", "g", "$").Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.XGroupCreate(ctx, "s", "g", "0").Err(); !runtime.HasErrorPrefix(err, "BUSYGROUP") {
			t.Errorf("a second group of the name: %v", err)
		}
		type answer struct {
			streams []runtime.XStream
			err     error
		}
		answers := make(chan answer, 1)
		go func() {
			streams, err := c.XReadGroup(ctx, &runtime.XReadGroupArgs{
				Group: "g", Consumer: "c1", Streams: []string{"s", ">"}, Block: time.Minute,
			}).Result()
			answers <- answer{streams, err}
		}()
		for _, id := range []string{"1-1", "2-1"} {
			if got, err := c.XAdd(ctx, &runtime.XAddArgs{Stream: "s", ID: id, Values: []string{"f", id}}).Result(); got != id || err != nil {
				t.Errorf("XAdd: %q, %v", got, err)
			}
		}
		// The reader may have come before, between or after the two entries.
		got := <-answers
		if got.err != nil || len(got.streams) != 1 || got.streams[0].Stream != "s" || len(got.streams[0].Messages) == 0 {
			t.Fatalf("XReadGroup: %+v", got)
		}
		if m := got.streams[0].Messages[0]; m.ID != "1-1" || !reflect.DeepEqual(m.Values, map[string]interface{}{"f": "1-1"}) {
			t.Errorf("first entry %+v", m)
		}
		_ = c.XReadGroup(ctx, &runtime.XReadGroupArgs{Group: "g", Consumer: "c1", Streams: []string{"s", ">"}, Block: -1}).Err()
		pending, err := c.XPending(ctx, "s", "g").Result()
		if want := (&runtime.XPending{Count: 2, Lower: "1-1", Higher: "2-1", Consumers: map[string]int64{"c1": 2}}); !reflect.DeepEqual(pending, want) {
			t.Errorf("XPending: %+v, %v", pending, err)
		}
		claimed, start, err := c.XAutoClaim(ctx, &runtime.XAutoClaimArgs{Stream: "s", Group: "g", Consumer: "c2", Start: "-", Count: 1}).Result()
		if len(claimed) != 1 || claimed[0].ID != "1-1" || start != "2-1" || err != nil {
			t.Errorf("XAutoClaim: %v, %q, %v", claimed, start, err)
		}
		if n := c.XAck(ctx, "s", "g", "1-1", "2-1").Val(); n != 2 {
			t.Errorf("XAck: %d", n)
		}
		info, err := c.XInfoStreamFull(ctx, "s", 0).Result()
		if err != nil || info.Length != 2 || len(info.Groups) != 1 || len(info.Groups[0].Consumers) != 2 || info.Groups[0].EntriesRead != 2 {
			t.Errorf("XInfoStreamFull: %+v, %v", info, err)
		}
		if _, err := c.XRead(ctx, &runtime.XReadArgs{Streams: []string{"s"}, ID: "$", Block: time.Millisecond}).Result(); !errors.Is(err, runtime.Nil) {
			t.Errorf("XRead that nobody serves: %v", err)
		}
	}
}
