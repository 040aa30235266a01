// Package redismock has the names of a library that answers for go-redis's commands.
package redismock

import "github.com/redis/go-redis/v9"

// ClientMock is told what to answer.
type ClientMock interface {
	ExpectGet(key string) *ExpectedString
}

// ExpectedString is an answer.
type ExpectedString struct{}

// SetVal sets it.
func (*ExpectedString) SetVal(val string) {}

type mock struct{}

func (mock) ExpectGet(string) *ExpectedString { return &ExpectedString{} }

// NewClientMock gives a client and what it answers.
func NewClientMock() (*redis.Client, ClientMock) { return redis.NewClient(&redis.Options{}), mock{} }
