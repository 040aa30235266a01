// Package project makes the Worker's deployable project and runs it: it builds
// engine.wasm, writes wrangler.jsonc, modules and migrations, and starts the very
// same files on a local workerd with Durable Objects, KV, D1 and R2. It knows
// nothing of commands or frames, it never talks to Cloudflare (wrangler does), and
// programs that use the runtime never link it: it is for the command line and tests.
//
// # A local run
//
// workerd runs the project's modules. KV, D1 and R2 are the simulators that
// miniflare brings: Workers too, each in front of a Durable Object, which workerd
// runs without Node. All state is below one directory, in the layout of wrangler's
// own local state, so that
//
//	wrangler d1 execute DB --local --persist-to STATE --command 'SELECT …'
//
// reads what a run has written.
//
// Both come from npm at the versions that npm/package.json pins; see FindTools.
package project
