package rewrite

import (
	"go/types"

	"github.com/redis2cf/redis2cf/internal/flow"
)

// library says what a foreign function, or a struct with a field for a client, does
// with it. Nothing is known of any but those of the workspace's other modules.
func (r *run) library(obj types.Object) flow.Library {
	if obj.Pkg() != nil && r.prog.Module.Beside(obj.Pkg().Path()) {
		return flow.OwnRun
	}
	return flow.BridgeUnknown
}
