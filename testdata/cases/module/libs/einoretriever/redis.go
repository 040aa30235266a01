// Package redis has the names of a library that searches.
package redis

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// RetrieverConfig has a client in a field.
type RetrieverConfig struct{ Client *redis.Client }

// A Retriever searches.
type Retriever struct{ client *redis.Client }

// NewRetriever takes a client.
func NewRetriever(c *RetrieverConfig) *Retriever { return &Retriever{c.Client} }

// Retrieve sends FT.SEARCH.
func (r *Retriever) Retrieve(ctx context.Context, query string) error {
	return r.client.FTSearch(ctx, "idx", query).Err()
}
