package redislua

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"testing"
)

func TestSHA1IsTheStandardLibrarys(t *testing.T) {
	for n := 0; n < 300; n++ {
		text := strings.Repeat("return redis.call('GET', KEYS[1])\x00\xff", 9)[:n]
		sum := sha1.Sum([]byte(text))
		if got, want := SHA1(text), hex.EncodeToString(sum[:]); got != want {
			t.Fatalf("of %d bytes %s, not %s", n, got, want)
		}
	}
}
