package analyzer

import (
	"go/ast"
	"go/constant"
	"time"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// ttl words the expiry that a site sets: a constant duration, "none" for a
// string written without one, "varies" for one computed at run time.
func (f *finder) ttl(site *Site, a *args) string {
	row := site.Row
	if !row.Write || row.Block {
		return ""
	}
	var value ast.Expr
	for _, name := range [...]string{"expiration", "ttl"} {
		if v, _ := a.values(name); len(v) == 1 {
			value = v[0]
		}
	}
	switch row.Redis {
	case "EXPIREAT", "PEXPIREAT":
		return "varies"
	case "MSET":
		return "none"
	case "SET":
		if v, _ := a.values("a"); len(v) == 1 {
			value = f.field(v[0], "TTL")
			if value == nil {
				return "varies"
			}
		}
	case "INCR", "INCRBY", "DECR", "DECRBY", "RESTORE", "COPY":
		return ""
	}
	if value == nil {
		return ""
	}
	d, ok := f.duration(value)
	switch {
	case !ok:
		return "varies"
	case d == 0:
		if row.Redis == "SET" {
			return "none"
		}
		return ""
	case d < 0:
		site.KeepTTL = row.Redis == "SET"
		return "" // KeepTTL, or gone at once
	case row.Type == spec.Hash:
		return "" // of a field, not of the key
	}
	return d.String()
}

// field gives the value of a field of a struct that is written out in sight.
func (f *finder) field(e ast.Expr, name string) ast.Expr {
	for _, o := range f.keys.Origins(e) {
		if un, ok := o.(*ast.UnaryExpr); ok {
			o = ast.Unparen(un.X)
		}
		lit, ok := o.(*ast.CompositeLit)
		if !ok {
			return nil
		}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok && id.Name == name {
					return kv.Value
				}
			}
		}
	}
	return nil
}

// duration gives the one constant duration that e has, through variables and
// fields.
func (f *finder) duration(e ast.Expr) (time.Duration, bool) {
	if d, ok := f.constant(e); ok {
		return d, true
	}
	origins := f.keys.Origins(e)
	var all time.Duration
	for i, o := range origins {
		d, ok := f.constant(o)
		if !ok || i > 0 && d != all {
			return 0, false
		}
		all = d
	}
	return all, len(origins) > 0
}

func (f *finder) constant(e ast.Expr) (time.Duration, bool) {
	info := f.keys.Info(e)
	if info == nil {
		return 0, false
	}
	tv := info.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.Int {
		return 0, false
	}
	n, ok := constant.Int64Val(tv.Value)
	return time.Duration(n), ok
}
