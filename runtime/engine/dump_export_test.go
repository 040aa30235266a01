package engine

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// Sealed is a payload with the checksum that it should have.
func Sealed(payload string) string {
	return string(binary.LittleEndian.AppendUint64([]byte(payload), xxhash.Sum64String(payload)))
}
