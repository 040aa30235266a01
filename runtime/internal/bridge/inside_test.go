package bridge

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime"
)

// keeper has a client out of sight, and says how to get at it.
type keeper struct{ c runtime.UniversalClient }

func (k keeper) Unwrap() runtime.UniversalClient { return k.c }

// silent does not.
type silent struct{ c *runtime.Client }

type Embeds struct{ runtime.UniversalClient }

type Deep struct{ *Embeds }

// itself unwraps to what it is.
type itself struct{ runtime.UniversalClient }

func (i itself) Unwrap() runtime.UniversalClient { return i }

func TestClientInWhatIsOrHasOne(t *testing.T) {
	c := runtime.NewClient(&runtime.Options{})
	for _, v := range []interface{}{c, keeper{c}, &keeper{c}, Embeds{c}, &Embeds{c}, Deep{&Embeds{c}}, keeper{Embeds{c}},
		struct{ *runtime.Client }{c}, struct{ Embeds }{Embeds{c}}, &struct{ Embeds }{Embeds{c}}} {
		if got := ClientIn(v); got != runtime.UniversalClient(c) {
			t.Errorf("in a %T: %v", v, got)
		}
	}
	cluster, ring := runtime.NewClusterClient(&runtime.ClusterOptions{}), runtime.NewRing(&runtime.RingOptions{})
	if ClientIn(Embeds{cluster}) != runtime.UniversalClient(cluster) || ClientIn(keeper{ring}) != runtime.UniversalClient(ring) {
		t.Error("a cluster client or a ring is not found")
	}
	type Value struct{ runtime.Client }
	if v := new(Value); ClientIn(v) != runtime.UniversalClient(&v.Client) {
		t.Error("a client that is embedded by its value is not found")
	}
	var missing *Embeds
	for _, v := range []interface{}{nil, 1, "client", silent{c}, missing, Deep{}, Embeds{}, keeper{}, itself{c}, c.Pipeline()} {
		if got := ClientIn(v); got != nil {
			t.Errorf("in a %T: %v", v, got)
		}
	}
}
