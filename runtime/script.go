package runtime

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"sync"
)

// Script is a Lua script that is sent once and then named by its digest.
type Script struct {
	src    string
	server bool // the store computes the digest

	mu   sync.RWMutex
	hash string
}

// NewScript returns a script.
func NewScript(src string) *Script {
	sum := sha1.Sum([]byte(src))
	return &Script{src: src, hash: hex.EncodeToString(sum[:])}
}

// NewScriptServerSHA returns a script whose digest comes from SCRIPT LOAD.
func NewScriptServerSHA(src string) *Script { return &Script{src: src, server: true} }

// Hash is the script's digest, empty before the store was asked for it.
func (s *Script) Hash() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.hash
}

// Load sends the script without running it.
func (s *Script) Load(ctx context.Context, c Scripter) *StringCmd {
	cmd := c.ScriptLoad(ctx, s.src)
	if s.server && cmd.Err() == nil && cmd.Val() != "" {
		s.mu.Lock()
		s.hash = cmd.Val()
		s.mu.Unlock()
	}
	return cmd
}

// Exists asks whether the store knows the script.
func (s *Script) Exists(ctx context.Context, c Scripter) *BoolSliceCmd {
	if s.known(ctx, c) != nil {
		return c.ScriptExists(ctx, "")
	}
	return c.ScriptExists(ctx, s.Hash())
}

// Eval runs the script by its text.
func (s *Script) Eval(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	return c.Eval(ctx, s.src, keys, args...)
}

// EvalRO runs the script by its text; it may not write.
func (s *Script) EvalRO(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	return c.EvalRO(ctx, s.src, keys, args...)
}

// EvalSha runs the script by its digest.
func (s *Script) EvalSha(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	return s.bySHA(ctx, c, c.EvalSha, s.Eval, keys, args)
}

// EvalShaRO runs the script by its digest; it may not write.
func (s *Script) EvalShaRO(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	return s.bySHA(ctx, c, c.EvalShaRO, s.EvalRO, keys, args)
}

// Run runs the script by its digest and, if the store does not know it, by its
// text.
func (s *Script) Run(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	r := s.EvalSha(ctx, c, keys, args...)
	if noScript(r.Err()) {
		return s.Eval(ctx, c, keys, args...)
	}
	return r
}

// RunRO is Run for a script that may not write.
func (s *Script) RunRO(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd {
	r := s.EvalShaRO(ctx, c, keys, args...)
	if noScript(r.Err()) {
		return s.EvalRO(ctx, c, keys, args...)
	}
	return r
}

type (
	bySHA  func(ctx context.Context, sha1 string, keys []string, args ...interface{}) *Cmd
	byText func(ctx context.Context, c Scripter, keys []string, args ...interface{}) *Cmd
)

func (s *Script) bySHA(ctx context.Context, c Scripter, sha bySHA, text byText, keys []string, args []interface{}) *Cmd {
	if s.known(ctx, c) != nil {
		return text(ctx, c, keys, args...)
	}
	return sha(ctx, s.Hash(), keys, args...)
}

// known has the store compute the digest if nobody did.
func (s *Script) known(ctx context.Context, c Scripter) error {
	if !s.server || s.Hash() != "" {
		return nil
	}
	return s.Load(ctx, c).Err()
}

func noScript(err error) bool {
	return err != nil && (errors.Is(err, ErrNoScript) || HasErrorPrefix(err, "NOSCRIPT"))
}
