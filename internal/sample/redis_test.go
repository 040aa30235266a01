package sample

import (
	"os"
	"os/exec"
	"testing"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

// The tests of the sample are what judges a migration, so they must pass on
// Redis itself first.
func TestSamplePassesOnRedis(t *testing.T) {
	cmd := exec.Command("go", "test", "-count=1", "./...")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "REDIS_ADDR="+testneed.RedisServer(t), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go test ./... in %s: %v\n%s", source, err, out)
	}
}
