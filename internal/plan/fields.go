package plan

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// Values of Family.Consistency.
const (
	Follow  = "follow"
	Primary = "primary"
	Sync    = "sync"
)

// Values of Plan.API.
const (
	APISwap = "swap"
	APIKeep = "keep"
)

// A field is one key of redis2cf.yaml that holds a single value of a T.
type field[T any] struct {
	key string
	get func(*T) string // empty: not written
	set func(*T, string) error
}

func choice(allowed ...string) func(string) error {
	return func(v string) error {
		for _, a := range allowed {
			if v == a {
				return nil
			}
		}
		return fmt.Errorf("allowed are %s", strings.Join(allowed, ", "))
	}
}

var (
	typeChoice = choice(string(spec.String), string(spec.Hash), string(spec.List), string(spec.Set), string(spec.ZSet),
		string(spec.Stream), string(spec.HyperLogLog), string(spec.JSON), string(spec.Any))
	storeChoice = choice(string(StoreDO), string(StoreKV), string(StoreD1), string(StoreR2))
	apiChoice   = choice(APISwap, APIKeep)
	phaseChoice = choice("redis", "cloudflare", "only")
)

// consistencies are the values that make sense with a store.
var consistencies = map[Store][]string{
	StoreDO: {Follow},
	StoreKV: {Follow, Primary},
	StoreD1: {Follow, Sync},
	StoreR2: {Follow},
}

var planFields = []field[Plan]{
	{"version",
		func(p *Plan) string { return strconv.Itoa(p.Version) },
		func(p *Plan, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 {
				return fmt.Errorf("allowed is %d", version)
			}
			if n > version {
				return fmt.Errorf("this redis2cf knows version %d: use a newer redis2cf", version)
			}
			p.Version = n
			return nil
		}},
	{"module",
		func(p *Plan) string { return p.Module },
		func(p *Plan, v string) error { p.Module = v; return nil }},
	{"package",
		func(p *Plan) string { return p.Package },
		func(p *Plan, v string) error {
			if v == "." || v == "" || strings.Contains(v, `\`) || !filepath.IsLocal(filepath.FromSlash(v)) {
				return fmt.Errorf("allowed is a directory below the module, with slashes: %s", DefaultPackage)
			}
			p.Package = v
			return nil
		}},
	{"default",
		func(p *Plan) string { return p.Default },
		func(p *Plan, v string) error {
			if v != "" {
				u, err := url.Parse(v)
				if err != nil || choice("memory", "file", "http", "https", "cloudflare")(u.Scheme) != nil {
					return fmt.Errorf("allowed are store URLs: memory://name, file:path.db, https://gateway, cloudflare://ACCOUNT")
				}
			}
			p.Default = v
			return nil
		}},
	{"api",
		func(p *Plan) string { return p.API },
		func(p *Plan, v string) error { p.API = v; return apiChoice(v) }},
}

var groupFields = []field[Group]{
	{"name",
		func(g *Group) string { return g.Name },
		func(g *Group, v string) error {
			if v == "" {
				return fmt.Errorf("allowed is any word")
			}
			g.Name = v
			return nil
		}},
	{"shards",
		func(g *Group) string {
			if g.Shards == 0 {
				return ""
			}
			return strconv.Itoa(g.Shards)
		},
		func(g *Group, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > 1024 {
				return fmt.Errorf("allowed are numbers from 1 to 1024")
			}
			g.Shards = n
			return nil
		}},
}

var clientFields = []field[Client]{
	{"addr",
		func(c *Client) string { return c.Addr },
		func(c *Client, v string) error {
			if v == "" || strings.ContainsAny(v, " \t\r\n") {
				return fmt.Errorf("allowed are a server's host:port, unix:PATH or master:NAME@SENTINEL, with * for any bytes")
			}
			c.Addr = v
			return nil
		}},
	{"namespace",
		func(c *Client) string { return c.Namespace },
		func(c *Client, v string) error { c.Namespace = v; return namespace(v) }},
}

// namespace says what is wrong with a namespace's name.
func namespace(v string) error {
	if v == "" || store.CheckNamespace(v) == nil {
		return nil
	}
	return fmt.Errorf("allowed are up to 40 of a-z, 0-9, - and _, a letter first")
}

var familyFields = []field[Family]{
	{"pattern",
		func(f *Family) string { return f.Pattern },
		func(f *Family, v string) error {
			if _, err := parseGlob(v); err != nil {
				return err
			}
			f.Pattern = v
			return nil
		}},
	{"name",
		func(f *Family) string { return f.Name },
		func(f *Family, v string) error {
			if !validName(v) {
				return fmt.Errorf("allowed is a Go name that begins with a capital letter")
			}
			if Reserved(v) {
				return fmt.Errorf("the generated package has this name already: try %sKeys", v)
			}
			f.Name = v
			return nil
		}},
	{"type",
		func(f *Family) string { return string(f.Type) },
		func(f *Family, v string) error { f.Type = spec.Type(v); return typeChoice(v) }},
	{"store",
		func(f *Family) string { return string(f.Store) },
		func(f *Family, v string) error { f.Store = Store(v); return storeChoice(v) }},
	{"consistency",
		func(f *Family) string { return f.Consistency },
		func(f *Family, v string) error {
			f.Consistency = v
			return choice(Follow, Primary, Sync)(v)
		}},
	{"ttl",
		func(f *Family) string { return f.TTL },
		func(f *Family, v string) error {
			if v != "none" && v != "varies" {
				if d, err := time.ParseDuration(v); err != nil || d <= 0 {
					return fmt.Errorf("allowed are none, varies, or a duration such as 24h or 90s")
				}
			}
			f.TTL = v
			return nil
		}},
	{"reason",
		func(f *Family) string { return f.Reason },
		func(f *Family, v string) error { f.Reason = v; return nil }},
	{"phase",
		func(f *Family) string { return f.Phase },
		func(f *Family, v string) error { f.Phase = v; return phaseChoice(v) }},
	{"group",
		func(f *Family) string { return f.Group },
		func(f *Family, v string) error { f.Group = v; return nil }},
	{"client",
		func(f *Family) string { return f.Client },
		func(f *Family, v string) error { f.Client = v; return namespace(v) }},
}

func keys[T any](fields []field[T]) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.key
	}
	return out
}

func find[T any](fields []field[T], key string) *field[T] {
	for i := range fields {
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}
