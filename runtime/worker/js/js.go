// Package js holds the Worker's ES modules, as files for the deployable project.
// The Go program never runs them; what they do is in the comments of the modules.
package js

import "embed"

// Main is the module that the project names as its entry.
const Main = "worker.js"

// Modules are the ES modules, all in one directory. Beside them the entry imports
// two files that the project makes: engine.wasm, as a WebAssembly module, and
// plan.json, as text.
//
//go:embed *.js
var Modules embed.FS
