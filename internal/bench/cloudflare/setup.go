package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/internal/testneed"
	cf "github.com/redis2cf/redis2cf/runtime"
	_ "github.com/redis2cf/redis2cf/runtime/store/gateway"
	"github.com/redis2cf/redis2cf/runtime/worker"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// bench is one run.
type bench struct {
	rounds  int
	slice   time.Duration
	profile string
	only    string // loads
	strict  bool

	dir        string // the project and its state
	plan       worker.Config
	gzip       int64 // bytes of the Worker
	local      *project.Local
	redis      *side
	cloudflare *side
	client     *cf.Client
	verdicts   figures.Verdicts
}

// parts by their names, in the order in which they run.
var parts = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"floor", (*bench).floor},
	{"load", (*bench).load},
	{"rows", (*bench).rows},
	{"bill", (*bench).bill},
	{"lag", (*bench).lag},
	{"pause", (*bench).pause},
	{"trap", (*bench).trap},
	{"memory", (*bench).memory},
	{"cold", (*bench).cold},
}

// plan has a family for each way in which data is followed; the load's keys, bench:*,
// are in the object alone.
var plan = worker.Config{
	Version: 1, Module: "example.com/bench",
	Groups: []worker.Group{{Name: "main", Shards: 1}},
	Families: []worker.Family{
		{Pattern: "*", Name: "Default", Type: "any", Store: "do", Group: "main"},
		{Pattern: "bench:*", Name: "Bench", Type: "any", Store: "do", Group: "main"},
		{Pattern: "d1:*", Name: "Rows", Type: "list", Store: "d1", Group: "main"},
		{Pattern: "kv:*", Name: "Session", Type: "string", Store: "kv", Group: "main"},
	},
}

func (b *bench) run(ctx context.Context, names []string) (err error) {
	for _, name := range names {
		known := false
		for _, p := range parts {
			known = known || p.name == name
		}
		if !known {
			return fmt.Errorf("there is no part %q", name)
		}
	}
	if b.dir, err = os.MkdirTemp("", "redis2cf-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	stop, err := b.startRedis()
	if err != nil {
		return err
	}
	defer stop()
	if err := b.startWorker(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.local.Stop()) }()
	b.client = cf.NewClient(&cf.Options{Addr: b.local.URL(), ReadTimeout: time.Minute})
	defer func() { err = errors.Join(err, b.client.Close()) }()
	b.cloudflare = cloudflareSide(b.client)
	b.cloudflare.cpu = func() time.Duration { return processCPU(b.local.PID()) }
	fmt.Printf("Worker: %d bytes gzipped, %.2f MiB\n", b.gzip, float64(b.gzip)/(1<<20))
	b.verdicts.AtMost("Worker, MiB gzipped", float64(b.gzip)/(1<<20), 2)

	if b.profile != "" {
		f, err := os.Create(b.profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for _, p := range parts {
		for _, name := range names {
			if name != p.name {
				continue
			}
			if err := p.run(b, ctx); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	fmt.Println()
	if missed := b.verdicts.Print(); missed > 0 && os.Getenv("BENCH_STRICT") == "1" {
		return fmt.Errorf("%d targets were missed", missed)
	}
	return nil
}

func (b *bench) startRedis() (stop func(), err error) {
	addr, end, err := testneed.StartRedis(b.dir)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("redis-server is not in $PATH: install it, since every ratio is one to Redis")
	}
	if err != nil {
		return nil, err
	}
	c := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 256})
	b.redis = redisSide(c)
	b.redis.cpu = func() time.Duration {
		text, err := c.Info(context.Background(), "cpu").Result()
		if err != nil {
			return 0
		}
		var total float64
		for _, line := range strings.Split(text, "\r\n") {
			name, value, _ := strings.Cut(line, ":")
			if name == "used_cpu_user" || name == "used_cpu_sys" {
				seconds, _ := strconv.ParseFloat(value, 64) // Redis writes a number
				total += seconds
			}
		}
		return time.Duration(total * float64(time.Second))
	}
	return func() { _ = c.Close(); end() }, nil
}

// startWorker writes the project and runs it.
func (b *bench) startWorker(ctx context.Context) error {
	say := func(s string) { fmt.Fprintln(os.Stderr, s) }
	tools, err := project.InstallTools(ctx, say)
	if err != nil {
		return err
	}
	o := project.WriteOptions{Dir: filepath.Join(b.dir, "project"), Config: plan, Progress: say}
	if name := os.Getenv("REDIS2CF_ENGINE"); name != "" {
		if o.Engine, err = os.ReadFile(name); err != nil {
			return err
		}
	}
	written, err := project.Write(ctx, o)
	if err != nil {
		return err
	}
	b.gzip = written.GzipBytes
	b.local, err = project.Start(ctx, project.Options{Dir: filepath.Join(b.dir, "project"), State: filepath.Join(b.dir, "state"), Tools: tools, Log: os.Stderr})
	return err
}

// stats are the figures that the Worker has of itself, some of /v1/stats.
type stats struct {
	LinearMemory  float64 `json:"linearMemory"` // bytes
	Memory        float64 `json:"memory"`       // bytes of data
	DatabaseBytes float64 `json:"databaseBytes"`
	Commands      float64 `json:"commands"`
	Traps         float64 `json:"traps"`
	Billed        struct {
		Messages    float64 `json:"messages"`
		Requests    float64 `json:"requests"`
		Alarms      float64 `json:"alarms"`
		RowsRead    float64 `json:"rowsRead"`
		RowsWritten float64 `json:"rowsWritten"`
	} `json:"billed"`
}

func (b *bench) stats(ctx context.Context) (s stats, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.local.URL()+"/v1/stats", nil)
	if err != nil {
		return s, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return s, fmt.Errorf("/v1/stats answers %s", res.Status)
	}
	return s, json.NewDecoder(res.Body).Decode(&s)
}
