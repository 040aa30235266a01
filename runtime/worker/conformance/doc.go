// Package conformance holds the tests that compare what a program gets from the
// Worker on a real workerd, through the gateway, with what redis-server answers:
// random commands, several clients, recorded answers and known scripts, while workerd
// is killed and memory is short. At the end of a run D1 and KV must have what the
// object has. It has nothing that programs use.
//
// The tests start redis-server and workerd themselves; see internal/testneed for where
// one of them is missing.
package conformance
