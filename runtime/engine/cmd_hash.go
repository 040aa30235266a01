package engine

var hashHandlers = map[string]handler{}
