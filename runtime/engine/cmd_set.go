package engine

var setHandlers = map[string]handler{}
