package plan

// header is the comment at the top of a new redis2cf.yaml: every key, for the
// person who edits it.
const header = `# redis2cf.yaml: which keys this module has and where they live on Cloudflare.
# Written by redis2cf -w, read ever after and yours to edit: edits and comments
# stay, new families are added at the end of the list. After an edit run
# redis2cf generate, and redis2cf worker -o for a Worker that is deployed; no call
# site changes.
#
# version    of this file's format
# module     the Go module the plan is for
# package    directory of the generated package, relative to the module
# default    store URL used when neither $CFSTORE_URL nor the program names one:
#            memory://name, file:path.db, https://gateway…, cloudflare://ACCOUNT
# api        what becomes of go-redis's types in exported signatures: swap (they are
#            the generated package's, as without the line) or keep, for a library
#            whose users pass go-redis clients
# groups     placement groups: each is one Durable Object, or shards of them by
#            {hash tag}; families used in one transaction share a group
# clients    when the module talks to several servers: where the data of each is.
#            The first line that fits a client counts; without a line it is the
#            store itself, and a second server there is refused when it is used
#   addr         the server as the program names it, * is any run of bytes:
#                queue*:6379, unix:/run/redis.sock, master:NAME@* of Sentinel
#   namespace    a word: databases of their own beside the store's, which survive
#                a change of address; without it the store itself
# keep       packages that stay on go-redis, by import path; end in /... for a tree
# families   sets of keys with one meaning:
#   pattern      * is any run of bytes, ? any one byte, \ takes the next literally;
#                of several patterns that fit a key the one with most literal
#                bytes wins; "*" takes what no other pattern takes
#   name         the view in the generated package: Session gives cfstore.Session
#   type         string, hash, list, set, zset, stream, hyperloglog, json, any
#   store        do  the Durable Object alone, which orders and keeps everything
#                kv  its values also go to KV, for reads at the edge
#                d1  its rows also go to D1, for SQL
#                r2  its values above 64 KB are kept in R2
#   consistency  kv: follow (default), or primary: KV alone, up to 60 s old
#                d1: follow (default), or sync: answers wait for D1
#   ttl          expiry as seen in the code: 24h0m0s, none, varies
#   reason       why this store
#   phase        how far the family goes while data moves: redis, cloudflare, only (default)
#   group        placement group, when it is not the first
#   client       namespace that it is in, when the module talks to several servers
`
