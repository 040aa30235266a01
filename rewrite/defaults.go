package rewrite

import (
	"go/types"

	"golang.org/x/mod/semver"

	"github.com/redis2cf/redis2cf/internal/spec"
)

// defaults says what an option is in the program's go-redis when nothing sets it, and
// on the facade. A go-redis without a version, one of a work tree, counts as a new one.
func (r *run) defaults(option *types.Var) (was, is string) {
	if v := r.prog.Module.GoRedis; !isV8(option) && (v == "" || semver.Compare(v, spec.DefaultsSince) >= 0) {
		return "", ""
	}
	return spec.ChangedDefault(option.Name())
}
