package object

import (
	"fmt"

	"github.com/redis2cf/redis2cf/runtime/internal/smalljson"
	"github.com/redis2cf/redis2cf/runtime/worker"
)

// ParseConfig reads a worker.Config.
func ParseConfig(text []byte) (cfg worker.Config, err error) {
	if err = smalljson.Unmarshal(text, &cfg); err != nil {
		return cfg, fmt.Errorf("object: the project's settings: %w", err)
	}
	return cfg, nil
}
