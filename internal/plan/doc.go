// Package plan turns sites into families, gives each family a store, and reads
// and writes redis2cf.yaml. It never looks at syntax and never edits code.
package plan
