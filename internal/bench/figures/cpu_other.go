//go:build !unix

package figures

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
