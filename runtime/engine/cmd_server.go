package engine

var serverHandlers = map[string]handler{}
