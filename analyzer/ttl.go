package analyzer

import (
	"go/ast"
	"go/constant"
	"strconv"
	"strings"
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

// rawTTL words the expiry that the words of a raw command set. A word that is not
// constant is empty.
func rawTTL(site *Site, words []string) string {
	at := func(i int, unit time.Duration) string {
		if i >= len(words) {
			return ""
		}
		n, err := strconv.ParseInt(words[i], 10, 64)
		switch {
		case err != nil:
			return "varies"
		case n <= 0 || n > int64(1<<63-1)/int64(unit):
			return ""
		}
		return (time.Duration(n) * unit).String()
	}
	switch site.Command {
	case "SETEX", "EXPIRE":
		return at(2, time.Second)
	case "PSETEX", "PEXPIRE":
		return at(2, time.Millisecond)
	case "EXPIREAT", "PEXPIREAT":
		return "varies"
	case "MSET":
		return "none"
	case "SET":
		for i := 3; i < len(words); i++ {
			switch strings.ToUpper(words[i]) {
			case "EX":
				return at(i+1, time.Second)
			case "PX":
				return at(i+1, time.Millisecond)
			case "", "EXAT", "PXAT":
				return "varies"
			case "KEEPTTL":
				site.KeepTTL = true
				return ""
			}
		}
		return "none"
	}
	return ""
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
