package engine

var bitmapHandlers = map[string]handler{}
