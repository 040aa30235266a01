package store

import "context"

// A Usage is what one object of a store has used since it was started: what Cloudflare
// bills, and not what it includes.
type Usage struct {
	Object      string // GROUP/SHARD
	Requests    uint64
	Messages    uint64 // over WebSockets, twenty of which are billed as a request
	Alarms      uint64
	RowsRead    uint64
	RowsWritten uint64
}

// A Meter is a Backend that can be asked what it has used. Asking is a request of each
// object.
type Meter interface {
	Usage(ctx context.Context) ([]Usage, error)
}
