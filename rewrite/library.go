package rewrite

import (
	"go/types"

	"github.com/redis2cf/redis2cf/internal/flow"
)

// library says what a foreign function, or a struct with a field for a client, does
// with it. Nothing is known of any.
func library(obj types.Object) flow.Library { return flow.BridgeUnknown }
