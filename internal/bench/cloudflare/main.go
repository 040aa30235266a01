// Command cloudflare measures the deployed store against Redis: the same
// callers, the same commands, through go-redis on a redis-server of this
// machine and through the migrated program's client on a local workerd, which
// runs the project that redis2cf worker writes. Everything listens on loopback.
//
//	go run ./internal/bench/cloudflare [-rounds 5] [-slice 1s] [-part LIST]
//
// Every ratio is the median of alternating rounds of one run, so that a busy
// machine is busy for both. Each write carries a value that was never there
// before: SQLite does not write pages that stay the same, and a load of one
// constant value would flatter the object by two. With BENCH_STRICT=1 a missed
// target is an error.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "alternating rounds of each load")
	slice := flag.Duration("slice", time.Second, "how long a load runs in one round")
	parts := flag.String("part", "floor,load,rows,bill,lag,pause,trap,memory,cold", "parts to run, by name, with commas")
	only := flag.String("only", "", "of the loads just those whose name and shape contain this: \"mix, 64\"")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the client's process to this file")
	flag.Parse()
	if flag.NArg() > 0 || *rounds < 1 || *slice <= 0 {
		fmt.Fprintln(os.Stderr, "usage: cloudflare [-rounds N] [-slice D] [-part floor,load,rows,bill,lag,pause,trap,memory,cold] [-only LOAD] [-cpuprofile FILE]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := &bench{rounds: *rounds, slice: *slice, profile: *profile, only: *only}
	if err := b.run(ctx, strings.Split(*parts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
