package engine

var zsetHandlers = map[string]handler{}
