// Command build makes engine.wasm of the runtime's version in go.mod. It is the build
// step of a project's wrangler.jsonc, so that wrangler needs Go and nothing else:
//
//	go run -mod=readonly github.com/redis2cf/redis2cf/runtime/worker/project/build -o src/engine.wasm
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := flag.String("o", "", "write `FILE`")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	built, err := project.Build(ctx, project.BuildOptions{Out: *out})
	if err != nil {
		fmt.Fprintln(os.Stderr, "redis2cf:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %s, %s with gzip\n", *out, project.Size(built.Bytes), project.Size(built.GzipBytes))
}
