package runtime

import "context"

// Pipeline collects commands; Exec sends them as one. Its methods return
// commands whose results are there after Exec. It is not safe for concurrent
// use.
type Pipeline struct {
	cmdable
	statefulCmdable
	exec ProcessPipelineHook
	cmds []Cmder
}

func newPipeline(exec ProcessPipelineHook) *Pipeline {
	p := &Pipeline{exec: exec}
	p.cmdable, p.statefulCmdable = p.Process, p.Process
	return p
}

// Len is the number of commands that wait for Exec.
func (p *Pipeline) Len() int { return len(p.cmds) }

// Cmds are the commands that wait for Exec.
func (p *Pipeline) Cmds() []Cmder { return p.cmds }

// Do adds a command of any name.
func (p *Pipeline) Do(ctx context.Context, args ...interface{}) *Cmd {
	return do(ctx, p.Process, args)
}

// Process adds a command.
func (p *Pipeline) Process(ctx context.Context, cmd Cmder) error {
	if p.cmds == nil {
		p.cmds = make([]Cmder, 0, 8)
	}
	p.cmds = append(p.cmds, cmd)
	return nil
}

// BatchProcess adds commands.
func (p *Pipeline) BatchProcess(ctx context.Context, cmd ...Cmder) error {
	p.cmds = append(p.cmds, cmd...)
	return nil
}

// Discard forgets the commands that wait for Exec.
func (p *Pipeline) Discard() { p.cmds = p.cmds[:0] }

// Exec sends the commands and returns them with the first error among them.
func (p *Pipeline) Exec(ctx context.Context) ([]Cmder, error) {
	if len(p.cmds) == 0 {
		return nil, nil
	}
	cmds := p.cmds
	p.cmds = nil
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
