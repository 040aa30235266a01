package flow

import (
	"go/ast"
	"go/constant"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// addressField notes the address in a test's option struct, if it is one of
// this machine's that a test would take to find nobody there.
func (a *analysis) addressField(n node, field string, e ast.Expr) {
	switch field {
	case "Addr":
		a.address(n, e)
	case "Addrs": // several are a cluster's
		if lit, ok := ast.Unparen(e).(*ast.CompositeLit); ok && len(lit.Elts) == 1 {
			a.address(n, lit.Elts[0])
		}
	}
}

// address notes a constant address, or the one of a constant URL: Redis's own
// port is where a server is expected, and where none can be the runtime has
// none either.
func (a *analysis) address(n node, e ast.Expr) {
	if !strings.HasSuffix(a.position(e.Pos()).Filename, "_test.go") {
		return
	}
	tv := a.info.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return
	}
	addr := constant.StringVal(tv.Value)
	if strings.Contains(addr, "://") {
		u, err := url.Parse(addr)
		if err != nil {
			return
		}
		addr = u.Host
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return
	}
	if p, err := strconv.Atoi(port); err != nil || p <= 1 || p == 6379 || p > 65535 {
		return
	}
	a.note(n, e.Pos(), spec.AddressAnswered, "the embedded store answers at "+addr+" too; a test that wants nobody there takes localhost:1")
}
