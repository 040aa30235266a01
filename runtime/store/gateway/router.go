package gateway

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/redis2cf/redis2cf/runtime/engine"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// A router says which object a key is in.
type router struct {
	sp       *space
	only     *object             // all keys are in it; nil: there are several
	primary  *kvprimary.Families // families that are in KV alone, for who serves those; none: nil
	families *kvprimary.Families
	groupOf  map[string]int // group by a family's pattern
	groups   []group
	all      []*object // of all groups, in order
	in       info      // what it was made of
}

type group struct {
	name    string
	objects []*object
}

// maxObjects bounds how many objects a plan may have: the cursor of SCAN has ten bits
// for them.
const maxObjects = 1 << scanBits

func newRouter(sp *space, in *info) (*router, error) {
	r := &router{sp: sp, groupOf: map[string]int{}, in: *in}
	groups := in.Groups
	if len(groups) == 0 {
		groups = []infoGroup{{Shards: 1}}
	}
	index := map[string]int{}
	objects := 0
	for i, g := range groups {
		_, twice := index[g.Name]
		index[g.Name] = i
		if objects += min(max(g.Shards, 1), maxObjects+1); twice {
			return nil, sp.noWorker("its groups make no sense")
		}
	}
	if objects > maxObjects {
		return nil, refuse("gateway: the plan of %s has more objects than the %d that this program can use", sp.b.url, maxObjects)
	}
	for _, g := range groups {
		made := group{name: g.Name}
		for shard := 0; shard < max(g.Shards, 1); shard++ {
			made.objects = append(made.objects, sp.object(g.Name, shard))
		}
		r.groups = append(r.groups, made)
		r.all = append(r.all, made.objects...)
	}
	var families []kvprimary.Family
	primary := false
	for _, f := range in.Families {
		if f.Client != "" && f.Client != sp.b.addr.client() {
			continue // of another namespace
		}
		at, ok := index[f.Group]
		if !ok && f.Group != "" {
			return nil, refuse("gateway: the plan of %s puts the family %s into a group %q that it has not", sp.b.url, f.Pattern, f.Group)
		}
		inKV := f.Store == "kv" && f.Consistency == "primary"
		primary = primary || inKV
		families = append(families, kvprimary.Family{Pattern: f.Pattern, Name: f.Name, Primary: inKV})
		r.groupOf[f.Pattern] = at
	}
	r.families = kvprimary.NewFamilies(families)
	if primary {
		r.primary = r.families
	}
	if len(r.all) == 1 {
		r.only = r.all[0]
	}
	return r, nil
}

func (r *router) same(other *router) bool { return reflect.DeepEqual(r.in, other.in) }

// A place is where a key is.
type place struct {
	group  int
	slot   int
	family kvprimary.Family
}

func (r *router) place(key string) place {
	p := place{slot: slotOf(key)}
	if f, ok := r.families.Of(key); ok {
		p.group, p.family = r.groupOf[f.Pattern], f
	}
	return p
}

func (r *router) object(p place) *object {
	objects := r.groups[p.group].objects
	return objects[p.slot%len(objects)]
}

const crossSlot = "CROSSSLOT Keys in request don't hash to the same slot"

// target is the object of keys, nil when there are none. bad says why there is no such
// object.
func (r *router) target(keys []string) (o *object, bad string) {
	if len(keys) == 0 {
		return nil, ""
	}
	first := r.place(keys[0])
	for _, key := range keys[1:] {
		p := r.place(key)
		if p.group != first.group {
			return nil, fmt.Sprintf("CROSSSLOT Keys in request are of the families %s and %s, which are in different groups: "+
				"give both one group in redis2cf.yaml (%s), run redis2cf worker and deploy again",
				familyText(first), familyText(p), r.groupLine(first, p))
		}
		if p.slot != first.slot && len(r.groups[p.group].objects) > 1 {
			return nil, crossSlot
		}
	}
	return r.object(first), ""
}

func familyText(p place) string {
	if p.family.Pattern == "" {
		return "of all other keys"
	}
	return p.family.String()
}

// groupLine is the lines of redis2cf.yaml that would put two families together.
func (r *router) groupLine(a, b place) string {
	for _, p := range []place{a, b} {
		if name := r.groups[p.group].name; name != "" {
			return "group: " + name
		}
	}
	return "leave out group:"
}

// channelObject is the object through which a channel's messages go.
func (r *router) channelObject(channel string) *object { return r.all[slotOf(channel)%len(r.all)] }

// keysOf are the keys of a command.
func keysOf(cmd resp.Command) []string { return engine.Keys(cmd) }

// slotOf is the slot of a key as Redis Cluster counts it: CRC16 of the hash tag, or
// of the key when it has none.
func slotOf(key string) int {
	if i := strings.IndexByte(key, '{'); i >= 0 {
		if n := strings.IndexByte(key[i+1:], '}'); n > 0 {
			key = key[i+1 : i+1+n]
		}
	}
	crc := uint16(0)
	for i := 0; i < len(key); i++ {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^key[i]]
	}
	return int(crc % 16384)
}

// crcTable is that of CRC-16/XMODEM.
var crcTable = func() (t [256]uint16) {
	for i := range t {
		crc := uint16(i) << 8
		for bit := 0; bit < 8; bit++ {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		t[i] = crc
	}
	return t
}()
