package engine

var scriptHandlers = map[string]handler{}

// scripts are the scripts that EVALSHA knows.
type scripts struct{}
