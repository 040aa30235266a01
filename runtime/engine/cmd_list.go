package engine

var listHandlers = map[string]handler{}
