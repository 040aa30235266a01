// Package adapter is storage for new code that would rather not speak Redis: sessions
// with versions, message logs, slots, and cached values, typed, over any store of the
// runtime. It makes commands and never keeps anything in the process.
//
//	store := adapter.New(client)              // the client that the generated package makes
//	store, err := adapter.Open("file:app.db") // or a store by its URL
//
// Code takes the interface that it needs (Sessions, Messages, Slots, Cache); a
// *Adapter is all of them.
//
// # Where the data is
//
// An id is a part of a key, so the families can be named in redis2cf.yaml:
//
//	session:ID   a hash        kept for as long as the session is
//	messages:ID  a list        each element one JSON object, the oldest first
//	slots:ID     a hash        a JSON value in each field
//	cache:KEY    a string      JSON; reads may be stale in a family with store: kv
//
// WithPrefix puts a word before all of them. The keys are not those of a program that
// was migrated, which goes on with its own.
package adapter
