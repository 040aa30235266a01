// Command redis2cf moves a Go program from go-redis to Cloudflare storage. This
// package only tells a person's call from the go command's; it holds no logic.
package main

import (
	"os"

	"github.com/redis2cf/redis2cf/internal/cli"
	"github.com/redis2cf/redis2cf/internal/vettool"
	"github.com/redis2cf/redis2cf/vet"
)

func main() {
	args := os.Args[1:]
	if vettool.Called(args) {
		os.Exit(vettool.Main(args, vet.Analyzer, os.Stdout, os.Stderr))
	}
	os.Exit(cli.Run(args, os.Stdin, os.Stdout, os.Stderr))
}
