// Package respcheck holds the RESP server against outside clients: go-redis and
// redis-cli must see on it what they see on redis-server. It is all tests and
// never part of a program.
package respcheck
