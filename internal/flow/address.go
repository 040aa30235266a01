package flow

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
	"github.com/redis2cf/redis2cf/internal/syntax"
)

// addressField notes the address in a test's option struct, if it is one of
// this machine's that a test would take to find nobody there. An address that
// the program reads from a field or parameter of its own is the test's that sets it.
func (a *analysis) addressField(n node, field string, e ast.Expr) {
	switch field {
	case "Addr":
	case "Addrs": // several are a cluster's
		lit, ok := ast.Unparen(e).(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 1 {
			return
		}
		e = lit.Elts[0]
	default:
		return
	}
	a.address(n, e)
	if v := variableOf(a.info, e); v != nil {
		a.addresses[a.place(v.Origin().Pos())] = n
	}
}

// variableOf is the field or variable that an expression reads, nil for another.
func variableOf(info *types.Info, e ast.Expr) *types.Var {
	v, _ := info.Uses[syntax.Name(e)].(*types.Var)
	return v
}

// A given is an address that a test sets a field or parameter to, or the variable
// that code of the module sets it to.
type given struct {
	to   *types.Var
	pos  token.Pos
	addr string
	from *types.Var
}

// give remembers what the field or parameter v is set to; whether it is one for
// addresses is not known yet.
func (a *analysis) give(v *types.Var, e ast.Expr) {
	if v == nil || !isText(v.Type()) || !a.module(v.Pkg()) {
		return
	}
	if addr, ok := a.ownAddress(e); ok {
		a.tests = append(a.tests, given{to: v, pos: e.Pos(), addr: addr})
	} else if from := variableOf(a.info, e); from != nil {
		a.handed = append(a.handed, given{to: v, from: from})
	}
}

// linkAddresses notes what tests give to the variables that addresses come from,
// directly or through other variables.
func (a *analysis) linkAddresses() {
	if len(a.tests) == 0 || len(a.addresses) == 0 {
		return
	}
	at := func(v *types.Var) place { return a.place(v.Origin().Pos()) }
	next := map[place][]place{}
	for _, h := range a.handed {
		next[at(h.from)] = append(next[at(h.from)], at(h.to))
	}
	for _, g := range a.tests {
		seen := map[place]bool{}
		for list := []place{at(g.to)}; len(list) > 0; list = list[1:] {
			if n, ok := a.addresses[list[0]]; ok {
				a.answered(n, g.pos, g.addr)
				break
			}
			for _, p := range next[list[0]] {
				if !seen[p] {
					seen[p] = true
					list = append(list, p)
				}
			}
		}
	}
}

// address notes the address that an expression is.
func (a *analysis) address(n node, e ast.Expr) {
	if addr, ok := a.ownAddress(e); ok {
		a.answered(n, e.Pos(), addr)
	}
}

func (a *analysis) answered(n node, pos token.Pos, addr string) {
	a.note(n, pos, spec.AddressAnswered, "the embedded store answers at "+addr+" too; a test that wants nobody there takes localhost:1")
}

// ownAddress reads a constant address of a test, or the one of a constant URL:
// Redis's own port is where a server is expected, and where none can be the
// runtime has none either.
func (a *analysis) ownAddress(e ast.Expr) (addr string, ok bool) {
	tv := a.info.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.String || !strings.HasSuffix(a.position(e.Pos()).Filename, "_test.go") {
		return "", false
	}
	addr = constant.StringVal(tv.Value)
	if strings.Contains(addr, "://") {
		u, err := url.Parse(addr)
		if err != nil {
			return "", false
		}
		addr = u.Host
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", false
	}
	if p, err := strconv.Atoi(port); err != nil || p <= 1 || p == 6379 || p > 65535 {
		return "", false
	}
	return addr, true
}
