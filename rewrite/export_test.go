package rewrite

import (
	"context"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/internal/flow"
	"github.com/redis2cf/redis2cf/internal/load"
	"github.com/redis2cf/redis2cf/internal/plan"
)

// RunWithCuts is Run with something done to the cuts before they are made.
func RunWithCuts(ctx context.Context, prog *load.Program, sites []analyzer.Site, p *plan.Plan, opts Options, do func(*flow.Cut)) (*Result, error) {
	r := newRun(ctx, prog, sites, p, opts)
	r.collectFiles()
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.group()
	for _, c := range r.flow.Cuts {
		do(c)
	}
	return r.verified()
}
