package runtime

import (
	"time"

	"github.com/redis2cf/redis2cf/runtime/resp"
)

// XInfoConsumer is a consumer of a group in XINFO CONSUMERS.
type XInfoConsumer struct {
	Name     string
	Pending  int64
	Idle     time.Duration
	Inactive time.Duration
}

// XInfoGroup is a group in XINFO GROUPS. Lag is -1 when it cannot be told.
type XInfoGroup struct {
	Name            string
	Consumers       int64
	Pending         int64
	LastDeliveredID string
	EntriesRead     int64
	Lag             int64
}

// XInfoStream is the answer of XINFO STREAM.
type XInfoStream struct {
	Length               int64
	RadixTreeKeys        int64
	RadixTreeNodes       int64
	Groups               int64
	LastGeneratedID      string
	MaxDeletedEntryID    string
	EntriesAdded         int64
	FirstEntry           XMessage
	LastEntry            XMessage
	RecordedFirstEntryID string

	IDMPDuration   int64
	IDMPMaxSize    int64
	PIDsTracked    int64
	IIDsTracked    int64
	IIDsAdded      int64
	IIDsDuplicates int64
}

// XInfoStreamFull is the answer of XINFO STREAM with FULL.
type XInfoStreamFull struct {
	Length               int64
	RadixTreeKeys        int64
	RadixTreeNodes       int64
	LastGeneratedID      string
	MaxDeletedEntryID    string
	EntriesAdded         int64
	Entries              []XMessage
	Groups               []XInfoStreamGroup
	RecordedFirstEntryID string
	IDMPDuration         int64
	IDMPMaxSize          int64
	PIDsTracked          int64
	IIDsTracked          int64
	IIDsAdded            int64
	IIDsDuplicates       int64
}

// XInfoStreamGroup is a group in XINFO STREAM with FULL. Lag is 0 when it cannot
// be told.
type XInfoStreamGroup struct {
	Name            string
	LastDeliveredID string
	EntriesRead     int64
	Lag             int64
	PelCount        int64
	NackedCount     uint64
	Pending         []XInfoStreamGroupPending
	Consumers       []XInfoStreamConsumer
}

// XInfoStreamGroupPending is an entry that is pending in a group.
type XInfoStreamGroupPending struct {
	ID            string
	Consumer      string
	DeliveryTime  time.Time
	DeliveryCount int64
}

// XInfoStreamConsumer is a consumer in XINFO STREAM with FULL.
type XInfoStreamConsumer struct {
	Name       string
	SeenTime   time.Time
	ActiveTime time.Time
	PelCount   int64
	Pending    []XInfoStreamConsumerPending
}

// XInfoStreamConsumerPending is an entry that is pending for a consumer.
type XInfoStreamConsumerPending struct {
	ID            string
	DeliveryTime  time.Time
	DeliveryCount int64
}

// fieldReader reads the value of one field of a map.
type fieldReader func(r resp.Reply, proto int) error

// readFields reads a map with known fields; others are passed over.
func readFields(r resp.Reply, proto int, fields map[string]fieldReader) error {
	elems, err := readMap(r, proto)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(elems); i += 2 {
		name, err := readString(elems[i], proto)
		if err != nil {
			return err
		}
		if read := fields[name]; read != nil {
			if err := read(elems[i+1], proto); err != nil {
				return err
			}
		}
	}
	return nil
}

// into stores what a decoder reads.
func into[T any](to *T, read func(resp.Reply, int) (T, error)) fieldReader {
	return func(r resp.Reply, proto int) (err error) {
		*to, err = read(r, proto)
		return err
	}
}

// nullable is into for a field that may be null.
func nullable[T any](to *T, read func(resp.Reply, int) (T, error)) fieldReader {
	return func(r resp.Reply, proto int) (err error) {
		*to, err = read(r, proto)
		return unlessNil(err)
	}
}

func readMillis(r resp.Reply, proto int) (time.Duration, error) {
	n, err := readInt(r, proto)
	return time.Duration(n) * time.Millisecond, err
}

func readUnixMilli(r resp.Reply, proto int) (time.Time, error) {
	n, err := readInt(r, proto)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(n), nil
}

func readXInfoConsumers(r resp.Reply, proto int) ([]XInfoConsumer, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (c XInfoConsumer, err error) {
		err = readFields(r, proto, map[string]fieldReader{
			"name": into(&c.Name, readString), "pending": into(&c.Pending, readInt),
			"idle": into(&c.Idle, readMillis), "inactive": into(&c.Inactive, readMillis),
		})
		return c, err
	})
}

func readXInfoGroups(r resp.Reply, proto int) ([]XInfoGroup, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (g XInfoGroup, err error) {
		err = readFields(r, proto, map[string]fieldReader{
			"name": into(&g.Name, readString), "consumers": into(&g.Consumers, readInt), "pending": into(&g.Pending, readInt),
			"last-delivered-id": into(&g.LastDeliveredID, readString), "entries-read": nullable(&g.EntriesRead, readInt),
			"lag": func(r resp.Reply, proto int) (err error) {
				if g.Lag, err = readInt(r, proto); err == Nil {
					g.Lag, err = -1, nil
				}
				return err
			},
		})
		return g, err
	})
}

func readXInfoStream(r resp.Reply, proto int) (*XInfoStream, error) {
	var s XInfoStream
	if _, err := readMap(r, proto); err != nil {
		return nil, err
	}
	return &s, readFields(r, proto, map[string]fieldReader{
		"length": into(&s.Length, readInt), "radix-tree-keys": into(&s.RadixTreeKeys, readInt),
		"radix-tree-nodes": into(&s.RadixTreeNodes, readInt), "groups": into(&s.Groups, readInt),
		"last-generated-id": into(&s.LastGeneratedID, readString), "max-deleted-entry-id": into(&s.MaxDeletedEntryID, readString),
		"entries-added": into(&s.EntriesAdded, readInt), "recorded-first-entry-id": into(&s.RecordedFirstEntryID, readString),
		"first-entry": nullable(&s.FirstEntry, readXMessage), "last-entry": nullable(&s.LastEntry, readXMessage),
		"idmp-duration": into(&s.IDMPDuration, readInt), "idmp-maxsize": into(&s.IDMPMaxSize, readInt),
		"pids-tracked": into(&s.PIDsTracked, readInt), "iids-tracked": into(&s.IIDsTracked, readInt),
		"iids-added": into(&s.IIDsAdded, readInt), "iids-duplicates": into(&s.IIDsDuplicates, readInt),
	})
}

func readXInfoStreamFull(r resp.Reply, proto int) (*XInfoStreamFull, error) {
	var s XInfoStreamFull
	if _, err := readMap(r, proto); err != nil {
		return nil, err
	}
	return &s, readFields(r, proto, map[string]fieldReader{
		"length": into(&s.Length, readInt), "radix-tree-keys": into(&s.RadixTreeKeys, readInt),
		"radix-tree-nodes":  into(&s.RadixTreeNodes, readInt),
		"last-generated-id": into(&s.LastGeneratedID, readString), "max-deleted-entry-id": into(&s.MaxDeletedEntryID, readString),
		"entries-added": into(&s.EntriesAdded, readInt), "recorded-first-entry-id": into(&s.RecordedFirstEntryID, readString),
		"entries": into(&s.Entries, readXMessages), "groups": into(&s.Groups, readFullGroups),
		"idmp-duration": into(&s.IDMPDuration, readInt), "idmp-maxsize": into(&s.IDMPMaxSize, readInt),
		"pids-tracked": into(&s.PIDsTracked, readInt), "iids-tracked": into(&s.IIDsTracked, readInt),
		"iids-added": into(&s.IIDsAdded, readInt), "iids-duplicates": into(&s.IIDsDuplicates, readInt),
	})
}

func readFullGroups(r resp.Reply, proto int) ([]XInfoStreamGroup, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (g XInfoStreamGroup, err error) {
		err = readFields(r, proto, map[string]fieldReader{
			"name": into(&g.Name, readString), "last-delivered-id": into(&g.LastDeliveredID, readString),
			"entries-read": nullable(&g.EntriesRead, readInt), "lag": nullable(&g.Lag, readInt),
			"pel-count": into(&g.PelCount, readInt), "nacked-count": into(&g.NackedCount, readUint),
			"pending": into(&g.Pending, readGroupPending), "consumers": into(&g.Consumers, readFullConsumers),
		})
		return g, err
	})
}

func readGroupPending(r resp.Reply, proto int) ([]XInfoStreamGroupPending, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (p XInfoStreamGroupPending, err error) {
		elems, err := readFixed(r, proto, 4)
		if err != nil {
			return p, err
		}
		if p.ID, err = readString(elems[0], proto); err != nil {
			return p, err
		}
		if p.Consumer, err = readString(elems[1], proto); err != nil {
			return p, err
		}
		p.DeliveryTime, p.DeliveryCount, err = readDelivery(elems[2:], proto)
		return p, err
	})
}

func readDelivery(elems []resp.Reply, proto int) (at time.Time, count int64, err error) {
	if at, err = readUnixMilli(elems[0], proto); err != nil {
		return at, 0, err
	}
	count, err = readInt(elems[1], proto)
	return at, count, err
}

func readFullConsumers(r resp.Reply, proto int) ([]XInfoStreamConsumer, error) {
	return readEach(r, proto, func(r resp.Reply, proto int) (c XInfoStreamConsumer, err error) {
		err = readFields(r, proto, map[string]fieldReader{
			"name": into(&c.Name, readString), "seen-time": into(&c.SeenTime, readUnixMilli),
			"active-time": into(&c.ActiveTime, readUnixMilli), "pel-count": into(&c.PelCount, readInt),
			"pending": into(&c.Pending, func(r resp.Reply, proto int) ([]XInfoStreamConsumerPending, error) {
				return readEach(r, proto, readConsumerPending)
			}),
		})
		return c, err
	})
}

func readConsumerPending(r resp.Reply, proto int) (p XInfoStreamConsumerPending, err error) {
	elems, err := readFixed(r, proto, 3)
	if err != nil {
		return p, err
	}
	if p.ID, err = readString(elems[0], proto); err != nil {
		return p, err
	}
	p.DeliveryTime, p.DeliveryCount, err = readDelivery(elems[1:], proto)
	return p, err
}

func cloneXInfoStream(s *XInfoStream) *XInfoStream {
	if s = clonePtr(s); s != nil {
		s.FirstEntry.Values, s.LastEntry.Values = cloneMap(s.FirstEntry.Values), cloneMap(s.LastEntry.Values)
	}
	return s
}

func cloneXInfoStreamFull(s *XInfoStreamFull) *XInfoStreamFull {
	if s = clonePtr(s); s == nil {
		return nil
	}
	s.Entries, s.Groups = cloneXMessages(s.Entries), cloneSlice(s.Groups)
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Pending, g.Consumers = cloneSlice(g.Pending), cloneSlice(g.Consumers)
		for j := range g.Consumers {
			g.Consumers[j].Pending = cloneSlice(g.Consumers[j].Pending)
		}
	}
	return s
}
