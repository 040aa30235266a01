package runtime

import (
	"context"
	"sync"
)

// Pipeline collects commands; Exec sends them as one. Its methods return
// commands whose results are there after Exec. Commands may be added by several
// goroutines at once, as go-redis v8 promised.
type Pipeline struct {
	cmdable
	statefulCmdable
	exec ProcessPipelineHook

	mu   sync.Mutex
	cmds []Cmder
}

func newPipeline(exec ProcessPipelineHook) *Pipeline {
	p := &Pipeline{exec: exec}
	p.cmdable, p.statefulCmdable = p.Process, p.Process
	return p
}

// Len is the number of commands that wait for Exec.
func (p *Pipeline) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.cmds)
}

// Cmds are the commands that wait for Exec.
func (p *Pipeline) Cmds() []Cmder {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmds
}

// Do adds a command of any name.
func (p *Pipeline) Do(ctx context.Context, args ...interface{}) *Cmd {
	return do(ctx, p.Process, args)
}

// Process adds a command.
func (p *Pipeline) Process(ctx context.Context, cmd Cmder) error {
	p.mu.Lock()
	if p.cmds == nil {
		p.cmds = make([]Cmder, 0, 8)
	}
	p.cmds = append(p.cmds, cmd)
	p.mu.Unlock()
	return nil
}

// BatchProcess adds commands.
func (p *Pipeline) BatchProcess(ctx context.Context, cmd ...Cmder) error {
	p.mu.Lock()
	p.cmds = append(p.cmds, cmd...)
	p.mu.Unlock()
	return nil
}

// Discard forgets the commands that wait for Exec.
func (p *Pipeline) Discard() {
	p.mu.Lock()
	p.cmds = p.cmds[:0]
	p.mu.Unlock()
}

// Exec sends the commands and returns them with the first error among them.
func (p *Pipeline) Exec(ctx context.Context) ([]Cmder, error) {
	p.mu.Lock()
	cmds := p.cmds
	if len(cmds) > 0 {
		p.cmds = nil
	}
	p.mu.Unlock()
	if len(cmds) == 0 {
		return nil, nil
	}
	return cmds, p.exec(ctx, cmds)
}

// Pipelined adds the commands of fn and sends all.
func (p *Pipeline) Pipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	if err := fn(p); err != nil {
		return nil, err
	}
	return p.Exec(ctx)
}

// Pipeline returns the pipeline itself.
func (p *Pipeline) Pipeline() Pipeliner { return p }

// TxPipelined adds the commands of fn and sends all.
func (p *Pipeline) TxPipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return p.Pipelined(ctx, fn)
}

// TxPipeline returns the pipeline itself.
func (p *Pipeline) TxPipeline() Pipeliner { return p }
