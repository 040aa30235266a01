package embedded_test

import (
	"testing"

	"github.com/redis2cf/redis2cf/runtime/store/embedded"
)

func TestMemoryIsReadWithItsUnit(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "64MB": 64 << 20, "64mb": 64 << 20, "64m": 64 << 20, "1GB": 1 << 30, "2g": 2 << 30, "2048KB": 2 << 20, "1048576": 1 << 20, "1048576B": 1 << 20,
		"0": -1, "-64MB": -1, "64 MB": -1, "1.5GB": -1, "MB": -1, "64TB": -1, "1MB1": -1, "1023KB": -1, "99999999999GB": -1, "99999999999999999999": -1, "+1GB": -1,
	} {
		got, err := embedded.ParseMemory(text)
		if want < 0 {
			if err == nil {
				t.Errorf("%q is read as %d bytes", text, got)
			}
		} else if got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}
