package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/r2"
)

// conflict reports whether something was made by somebody else in the meantime: HTTP's
// conflict, or one of Cloudflare's codes for it.
func conflict(err error, codes ...int) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range e.Codes {
		for _, code := range codes {
			if c.Code == code {
				return true
			}
		}
	}
	return e.Status == http.StatusConflict
}

// FindOrCreateKV finds the KV namespace with a title, or makes it.
func (c *Client) FindOrCreateKV(ctx context.Context, title string) (id string, created bool, err error) {
	if id, err = c.FindKV(ctx, title); err != nil || id != "" {
		return id, false, err
	}
	err = c.Do(ctx, fmt.Sprintf("creating the KV namespace %q", title), false, func(ctx context.Context) error {
		var q kv.NamespaceNewParams
		q.AccountID.Value, q.AccountID.Present = c.account, true
		q.Title.Value, q.Title.Present = title, true
		res, err := kv.NewNamespaceService(c.opts...).New(ctx, q)
		if err != nil {
			return err
		}
		id = res.ID
		return nil
	})
	if conflict(err, 10014) {
		if found, ferr := c.FindKV(ctx, title); ferr != nil || found != "" {
			return found, false, ferr
		}
	}
	return id, err == nil, err
}

// FindKV finds the KV namespace with a title; "" when there is none.
func (c *Client) FindKV(ctx context.Context, title string) (id string, err error) {
	const perPage = 100
	first := "" // of the last page
	for page := 1; ; page++ {
		var found []kv.Namespace
		err := c.Do(ctx, "listing the account's KV namespaces", true, func(ctx context.Context) error {
			var q kv.NamespaceListParams
			q.AccountID.Value, q.AccountID.Present = c.account, true
			q.Page.Value, q.Page.Present = float64(page), true
			q.PerPage.Value, q.PerPage.Present = perPage, true
			res, err := kv.NewNamespaceService(c.opts...).List(ctx, q)
			if err == nil {
				found = res.Result
			}
			return err
		})
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			if found[0].ID == first {
				return "", fmt.Errorf("rest: listing the account's KV namespaces: page %d is the one before it again", page)
			}
			first = found[0].ID
		}
		for _, n := range found {
			if n.Title == title {
				return n.ID, nil
			}
		}
		if len(found) < perPage {
			return "", nil
		}
	}
}

// FindOrCreateD1 finds the D1 database with a name, or makes it.
func (c *Client) FindOrCreateD1(ctx context.Context, name string) (id string, created bool, err error) {
	if id, err = c.FindD1(ctx, name); err != nil || id != "" {
		return id, false, err
	}
	err = c.Do(ctx, fmt.Sprintf("creating the D1 database %q", name), false, func(ctx context.Context) error {
		var q d1.DatabaseNewParams
		q.AccountID.Value, q.AccountID.Present = c.account, true
		q.Name.Value, q.Name.Present = name, true
		res, err := d1.NewDatabaseService(c.opts...).New(ctx, q)
		if err != nil {
			return err
		}
		id = res.UUID
		return nil
	})
	if conflict(err, 7502) {
		if found, ferr := c.FindD1(ctx, name); ferr != nil || found != "" {
			return found, false, ferr
		}
	}
	return id, err == nil, err
}

// FindD1 finds the D1 database with a name; "" when there is none.
func (c *Client) FindD1(ctx context.Context, name string) (id string, err error) {
	const perPage = 100
	first := "" // of the last page
	for page := 1; ; page++ {
		var found []d1.DatabaseListResponse
		err := c.Do(ctx, "listing the account's D1 databases", true, func(ctx context.Context) error {
			var q d1.DatabaseListParams
			q.AccountID.Value, q.AccountID.Present = c.account, true
			q.Name.Value, q.Name.Present = name, true
			q.Page.Value, q.Page.Present = float64(page), true
			q.PerPage.Value, q.PerPage.Present = perPage, true
			res, err := d1.NewDatabaseService(c.opts...).List(ctx, q)
			if err == nil {
				found = res.Result
			}
			return err
		})
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			if found[0].UUID == first {
				return "", fmt.Errorf("rest: listing the account's D1 databases: page %d is the one before it again", page)
			}
			first = found[0].UUID
		}
		for _, db := range found { // the API finds names that contain it
			if db.Name == name {
				return db.UUID, nil
			}
		}
		if len(found) < perPage {
			return "", nil
		}
	}
}

// FindOrCreateR2 finds the bucket with a name, or makes it.
func (c *Client) FindOrCreateR2(ctx context.Context, name string) (created bool, err error) {
	if err := checkID("bucket", name); err != nil {
		return false, err
	}
	err = c.Do(ctx, fmt.Sprintf("looking for the bucket %q", name), true, func(ctx context.Context) error {
		var q r2.BucketGetParams
		q.AccountID.Value, q.AccountID.Present = c.account, true
		_, err := r2.NewBucketService(c.opts...).Get(ctx, name, q)
		return err
	})
	if err == nil || !NotFound(err) {
		return false, err
	}
	err = c.Do(ctx, fmt.Sprintf("creating the bucket %q", name), false, func(ctx context.Context) error {
		var q r2.BucketNewParams
		q.AccountID.Value, q.AccountID.Present = c.account, true
		q.Name.Value, q.Name.Present = name, true
		_, err := r2.NewBucketService(c.opts...).New(ctx, q)
		return err
	})
	if conflict(err, 10004) {
		return false, nil // somebody was faster; that it is ours, the first look would have said
	}
	return err == nil, err
}
