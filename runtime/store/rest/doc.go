// Package rest reaches Cloudflare over its REST API, through cloudflare-go, for what that
// can do honestly: KV, SELECTs on D1, objects of R2, and finding or making them. There is no
// way to a Durable Object over REST, and no promise of order: it is for provisioning, for
// copying and for families that are in KV alone. The package never prints a token, a
// key or a value.
//
//	c, err := rest.New(rest.Options{Account: "0123…"}) // the token is in $CLOUDFLARE_API_TOKEN
//	id, made, err := c.FindOrCreateKV(ctx, "chat-cache")
//	failed, err := c.KV(id).BulkPut(ctx, pairs)
//
// Package deploy, beside it, uploads Workers; it costs a program ten times as much to link.
//
// # The driver
//
// Importing the package makes URLs of the form
//
//	cloudflare://ACCOUNT?kv=NAMESPACE_ID[&gateway=https://HOST]
//
// known as stores. They serve the commands of families with consistency: primary
// (docs/kv-primary.md) and nothing else; every other command is an error that names the
// gateway. A store without a plan serves those commands on every key.
//
// # Requests
//
// Cloudflare takes 1,200 requests in 5 minutes from a user, all tokens together, and refuses
// everything for 5 minutes after that. A [Limiter] in front counts them, with a margin; a
// request waits for its turn, or fails with a [LimitError] that says how long it would have
// waited. A request that Cloudflare refused (429) was not run: it is sent again after the
// time that Cloudflare names, an hour at most. So is one for which there was no connection.
// What only reads is also sent again after a fault; what changes data never is, because
// nobody knows what became of it: see Error.Outcome.
//
// # Limits
//
// Requests of other programs of the same user count as well, and are not seen here.
// Listings of KV are as stale as KV.
package rest
