package runtime

import "context"

// AutoPipeline returns the client's pipeliner whose calls return with the result.
func (c *Client) AutoPipeline() (*AutoPipeliner, error) { return c.AutoPipelineWithOptions(nil) }

// AutoPipelineWithOptions is AutoPipeline with options; the first call's hold.
func (c *Client) AutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return autoPipeline(c, config, c.opt.AutoPipelineOptions, true)
}

// AsyncAutoPipeline returns the client's pipeliner whose calls return at once.
func (c *Client) AsyncAutoPipeline() (*AutoPipeliner, error) {
	return c.AsyncAutoPipelineWithOptions(nil)
}

// AsyncAutoPipelineWithOptions is AsyncAutoPipeline with options; the first
// call's hold.
func (c *Client) AsyncAutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return autoPipeline(c, config, c.opt.AutoPipelineOptions, false)
}

// AutoPipeline returns the client's pipeliner whose calls return with the result.
func (c *ClusterClient) AutoPipeline() (*AutoPipeliner, error) {
	return c.AutoPipelineWithOptions(nil)
}

// AutoPipelineWithOptions is AutoPipeline with options; the first call's hold.
func (c *ClusterClient) AutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return autoPipeline(c, config, c.cluster.AutoPipelineOptions, true)
}

// AsyncAutoPipeline returns the client's pipeliner whose calls return at once.
func (c *ClusterClient) AsyncAutoPipeline() (*AutoPipeliner, error) {
	return c.AsyncAutoPipelineWithOptions(nil)
}

// AsyncAutoPipelineWithOptions is AsyncAutoPipeline with options; the first
// call's hold.
func (c *ClusterClient) AsyncAutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return autoPipeline(c, config, c.cluster.AutoPipelineOptions, false)
}

// AutoPipeline returns ErrRingAutoPipelineUnsupported, as go-redis's Ring does.
func (c *Ring) AutoPipeline() (*AutoPipeliner, error) { return nil, ErrRingAutoPipelineUnsupported }

// AutoPipelineWithOptions is AutoPipeline.
func (c *Ring) AutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return nil, ErrRingAutoPipelineUnsupported
}

// AsyncAutoPipeline is AutoPipeline.
func (c *Ring) AsyncAutoPipeline() (*AutoPipeliner, error) {
	return nil, ErrRingAutoPipelineUnsupported
}

// AsyncAutoPipelineWithOptions is AutoPipeline.
func (c *Ring) AsyncAutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return nil, ErrRingAutoPipelineUnsupported
}

// What follows passes on to the pipeliner's client, as in go-redis.

// AddHook adds a hook to the client.
func (ap *AutoPipeliner) AddHook(hook Hook) { ap.client.AddHook(hook) }

// DBSize counts the keys at once.
func (ap *AutoPipeliner) DBSize(ctx context.Context) *IntCmd { return ap.client.DBSize(ctx) }

// ScriptLoad loads a script at once.
func (ap *AutoPipeliner) ScriptLoad(ctx context.Context, script string) *StringCmd {
	return ap.client.ScriptLoad(ctx, script)
}

// ScriptFlush forgets the scripts at once.
func (ap *AutoPipeliner) ScriptFlush(ctx context.Context) *StatusCmd {
	return ap.client.ScriptFlush(ctx)
}

// ScriptExists asks for scripts at once.
func (ap *AutoPipeliner) ScriptExists(ctx context.Context, hashes ...string) *BoolSliceCmd {
	return ap.client.ScriptExists(ctx, hashes...)
}

// Watch runs fn with a transaction that watches keys.
func (ap *AutoPipeliner) Watch(ctx context.Context, fn func(*Tx) error, keys ...string) error {
	return ap.client.Watch(ctx, fn, keys...)
}

// Subscribe returns a subscription to channels.
func (ap *AutoPipeliner) Subscribe(ctx context.Context, channels ...string) *PubSub {
	return ap.client.Subscribe(ctx, channels...)
}

// PSubscribe returns a subscription to the channels that match patterns.
func (ap *AutoPipeliner) PSubscribe(ctx context.Context, channels ...string) *PubSub {
	return ap.client.PSubscribe(ctx, channels...)
}

// SSubscribe returns a subscription to shard channels.
func (ap *AutoPipeliner) SSubscribe(ctx context.Context, channels ...string) *PubSub {
	return ap.client.SSubscribe(ctx, channels...)
}

// PoolStats returns the client's numbers.
func (ap *AutoPipeliner) PoolStats() *PoolStats { return ap.client.PoolStats() }

// AutoPipeline returns the client's pipeliner.
func (ap *AutoPipeliner) AutoPipeline() (*AutoPipeliner, error) { return ap.client.AutoPipeline() }

// AutoPipelineWithOptions returns the client's pipeliner.
func (ap *AutoPipeliner) AutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return ap.client.AutoPipelineWithOptions(config)
}

// AsyncAutoPipeline returns the client's pipeliner.
func (ap *AutoPipeliner) AsyncAutoPipeline() (*AutoPipeliner, error) {
	return ap.client.AsyncAutoPipeline()
}

// AsyncAutoPipelineWithOptions returns the client's pipeliner.
func (ap *AutoPipeliner) AsyncAutoPipelineWithOptions(config *AutoPipelineOptions) (*AutoPipeliner, error) {
	return ap.client.AsyncAutoPipelineWithOptions(config)
}

// Pipeline returns a pipeline of the client.
func (ap *AutoPipeliner) Pipeline() Pipeliner { return ap.client.Pipeline() }

// Pipelined sends the commands of fn as one.
func (ap *AutoPipeliner) Pipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return ap.client.Pipelined(ctx, fn)
}

// TxPipeline returns a transaction of the client.
func (ap *AutoPipeliner) TxPipeline() Pipeliner { return ap.client.TxPipeline() }

// TxPipelined runs the commands of fn as a transaction.
func (ap *AutoPipeliner) TxPipelined(ctx context.Context, fn func(Pipeliner) error) ([]Cmder, error) {
	return ap.client.TxPipelined(ctx, fn)
}

var _ UniversalClient = (*AutoPipeliner)(nil)
