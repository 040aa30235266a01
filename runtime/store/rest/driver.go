package rest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis2cf/redis2cf/runtime/internal/kvfront"
	"github.com/redis2cf/redis2cf/runtime/internal/kvprimary"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func init() { store.Register("cloudflare", driver{}) }

type driver struct{}

// place is what a URL says.
type place struct {
	account, kv, gateway, api, namespace string
}

func parse(u *url.URL) (place, error) {
	p := place{account: strings.ToLower(u.Host)}
	if u.Host == "" || u.Path != "" && u.Path != "/" || u.Opaque != "" || u.User != nil {
		return p, errors.New("write cloudflare://ACCOUNT?kv=NAMESPACE_ID; the API token is in $" + TokenVariable)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return p, errors.New("the settings cannot be read: write cloudflare://ACCOUNT?kv=NAMESPACE_ID")
	}
	for name := range q {
		value := q.Get(name)
		switch name {
		case "kv":
			p.kv = strings.ToLower(value)
		case "gateway":
			if g, err := url.Parse(value); err != nil || g.Host == "" || g.User != nil || g.Scheme != "https" && g.Scheme != "http" {
				return p, errors.New("gateway is no http or https URL")
			}
			p.gateway = value
		case "namespace":
			if err := store.CheckNamespace(value); err != nil {
				return p, err
			}
			p.namespace = value
		case "api":
			// The token goes there: to nobody but this machine, for tests.
			a, err := url.Parse(value)
			if err != nil || a.Scheme != "http" || !store.Loopback(a.Hostname()) || a.Hostname() == "" {
				return p, errors.New("api is for tests and takes an http URL of this machine alone")
			}
			p.api = value
		default:
			return p, fmt.Errorf("unknown setting %s: there are kv, gateway and namespace", name)
		}
	}
	if p.kv == "" || strings.Trim(p.kv, "0123456789abcdefABCDEF-") != "" {
		return p, errors.New("name the KV namespace by its id: cloudflare://ACCOUNT?kv=NAMESPACE_ID (wrangler kv namespace list shows it)")
	}
	return p, nil
}

// Key is what tells two stores apart: account, KV namespace and namespace.
func (driver) Key(u *url.URL) (string, error) {
	p, err := parse(u)
	return strings.Join([]string{p.account, p.kv, p.namespace, p.api}, "\x00"), err
}

// Namespace is the same KV namespace with other names of keys.
func (driver) Namespace(u *url.URL, name string) (*url.URL, error) {
	p, err := parse(u)
	if err != nil {
		return nil, err
	}
	if p.namespace != "" {
		return nil, errors.New("the URL names a namespace already")
	}
	q := u.Query()
	q.Set("namespace", name)
	n := *u
	n.RawQuery = q.Encode()
	return &n, nil
}

// Open sends nothing.
func (driver) Open(u *url.URL) (store.Backend, error) {
	p, err := parse(u)
	if err != nil {
		return nil, err
	}
	if _, err := New(Options{Account: p.account, Token: "checked at the first session", BaseURL: p.api}); err != nil {
		return nil, err
	}
	return &backend{place: p, url: store.Redact(u.String()), clients: map[string]*client{}}, nil
}

// backend is a KV namespace.
type backend struct {
	place
	url string

	mu      sync.Mutex
	clients map[string]*client // by token
	known   kvfront.Plan
}

var _ store.Planned = (*backend)(nil)

// URL names the store without secrets.
func (b *backend) URL() string { return b.url }

// Close does nothing: there is no connection.
func (b *backend) Close() error { return nil }

// UsePlan says which families are in KV alone.
func (b *backend) UsePlan(families []store.Family) error {
	b.known.Add(families)
	return nil
}

// NewSession adds a client, whose password is the API token; "": the one in the
// environment. All clients of the process
// with one token see each other's writes at once.
func (b *backend) NewSession(opt store.SessionOptions) (store.Session, error) {
	if opt.DB < 0 || opt.DB > 15 {
		return nil, errors.New("ERR DB index is out of range")
	}
	token := opt.Password
	if token == "" {
		token = os.Getenv(TokenVariable)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clients[token]
	if c == nil {
		api, err := New(Options{Account: b.account, Token: token, BaseURL: b.api})
		if err != nil {
			return nil, err
		}
		c = &client{limiter: api.Limiter()}
		c.kv = kvprimary.NewClient(&carrier{api.KV(b.kv)}, kvprimary.Options{Namespace: b.namespace, Pace: time.Second, Timeout: writeTimeout, Reads: 2})
		b.clients[token] = c
	}
	return &session{b: b, c: c, db: opt.DB, name: opt.Name}, nil
}

// client is what all sessions with a token share.
type client struct {
	kv      *kvprimary.Client
	limiter *Limiter
}

// session is one client of the store.
type session struct {
	b *backend
	c *client

	mu     sync.Mutex
	db     int
	name   string
	closed bool
}

// Close ends the session.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Execute runs a frame: commands of KV together, until one changes the database.
func (s *session) Execute(ctx context.Context, cmds []resp.Command) ([]resp.Reply, error) {
	families := s.b.known.Families()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("rest: %w", store.ErrClosed)
	}
	replies := make([]resp.Reply, len(cmds))
	var lines []resp.Command
	var at []int
	ran := false // an earlier part of the frame was
	fail := func(err error) error {
		if ran { // the error is about the part behind it, and may say that nothing was written
			return fmt.Errorf("rest: the commands before SELECT were run, those behind it not all: %w", err)
		}
		return fmt.Errorf("rest: %w", err)
	}
	flush := func() error {
		if len(lines) == 0 {
			return nil
		}
		if err := s.c.limiter.Check(ctx); err != nil {
			return fail(err) // it says how long, which the context's own error would not
		}
		db := s.db
		s.mu.Unlock() // requests of one session may run side by side
		got, err := s.c.kv.Execute(ctx, db, lines)
		s.mu.Lock()
		if err != nil {
			return fail(err)
		}
		for i, r := range got {
			replies[at[i]] = r
		}
		lines, at, ran = nil, nil, true
		return nil
	}
	for i, cmd := range cmds {
		r, ok, err := s.own(cmd, flush)
		if err != nil { // what follows must not run in another database, nor what was sent again
			return nil, err
		}
		if ok {
			replies[i] = r
			continue
		}
		if text := s.b.refuse(families, cmd); text != "" {
			replies[i] = resp.NewError(text)
			continue
		}
		lines, at = append(lines, cmd), append(at, i)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return replies, nil
}

// own answers what is about the connection. Its error is that of flush.
func (s *session) own(cmd resp.Command, flush func() error) (r resp.Reply, ok bool, err error) {
	switch name := cmd.Name(); {
	case name == "PING" && len(cmd) == 1:
		return resp.NewStatus("PONG"), true, nil
	case (name == "PING" || name == "ECHO") && len(cmd) == 2:
		return resp.NewBulk(cmd[1]), true, nil
	case name == "SELECT" && len(cmd) == 2:
		n, err := strconv.Atoi(cmd[1])
		if err != nil || n < 0 || n > 15 {
			return resp.NewError("ERR DB index is out of range"), true, nil
		}
		if err := flush(); err != nil {
			return r, false, err
		}
		s.db = n
		return resp.OK, true, nil
	case name == "CLIENT" && len(cmd) >= 2:
		switch sub := strings.ToUpper(cmd[1]); {
		case sub == "SETNAME" && len(cmd) == 3:
			s.name = cmd[2]
			return resp.OK, true, nil
		case sub == "SETINFO" && len(cmd) == 4:
			return resp.OK, true, nil
		case sub == "GETNAME" && len(cmd) == 2:
			if s.name == "" {
				return r, true, nil
			}
			return resp.NewBulk(s.name), true, nil
		}
	}
	return r, false, nil
}

// refuse is the error of a command that REST cannot serve; "" when it can.
func (b *backend) refuse(families *kvprimary.Families, cmd resp.Command) string {
	name := strings.ToLower(cmd.Name())
	row, ok := kvprimary.Lookup(name)
	if ok && families == nil {
		return ""
	}
	why := fmt.Sprintf("over REST there is KV alone, which has %s", kvprimary.Names())
	if families != nil {
		keys := []string(nil)
		if ok {
			keys = row.Keys(cmd)
			if keys == nil {
				return "" // a wrong number of arguments: KV's side says so
			}
		} else if len(cmd) > 1 {
			keys = cmd[1:2] // where most commands have a key
		}
		switch verdict, text := families.Route(cmd, keys); {
		case verdict == kvprimary.Here:
			return ""
		case verdict == kvprimary.Refused: // by name: the family has no such command
			return text
		}
		for _, key := range keys {
			if f, found := families.Of(key); found && !f.Primary {
				why = fmt.Sprintf("the family %s is not in KV alone, and over REST there is nothing else", f)
				break
			}
		}
	}
	if len(name) > 40 {
		name = name[:40] + "..."
	}
	to := "set $CFSTORE_URL to the Worker's URL (https://NAME.SUBDOMAIN.workers.dev)"
	if b.gateway != "" {
		to = "set $CFSTORE_URL to " + b.gateway
	}
	return fmt.Sprintf("ERR unsupported command '%s': %s. The gateway serves it: %s", strings.ToValidUTF8(name, "?"), why, to)
}

// writeTimeout bounds the writes that leave together, with their wait for the limiter.
const writeTimeout = 10 * time.Minute

// carrier carries reads and writes of families in KV alone.
type carrier struct{ kv *KV }

// Read reads one name by itself, and several in bulk.
func (c *carrier) Read(ctx context.Context, names []string) ([]kvprimary.Value, error) {
	values := make([]kvprimary.Value, len(names))
	if len(names) == 1 {
		e, ok, err := c.kv.Get(ctx, names[0])
		if err != nil {
			return nil, err
		}
		values[0] = kvprimary.Value{Data: e.Value, Found: ok}
		return values, nil
	}
	found, err := c.kv.BulkGet(ctx, names)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		e, ok := found[name]
		values[i] = kvprimary.Value{Data: e.Value, Found: ok}
	}
	return values, nil
}

// Write puts and deletes: one of a kind by itself, several in bulk.
func (c *carrier) Write(ctx context.Context, writes []kvprimary.Write) ([]error, error) {
	var puts, near, deletes []int
	soon := time.Now().Add(kvprimary.MinExpiry*time.Second + writeTimeout).Unix()
	for i := range writes {
		switch {
		case writes[i].Delete:
			deletes = append(deletes, i)
		case writes[i].At > 0 && writes[i].At < soon:
			// Cloudflare refuses a request whole for one expiry that came too near on its
			// way: those that might do so do not go with the writes of others.
			near = append(near, i)
		default:
			puts = append(puts, i)
		}
	}
	errs := make([]error, len(writes))
	fail := func(which []int, names []string) {
		missed := make(map[string]bool, len(names))
		for _, n := range names {
			missed[n] = true
		}
		for _, i := range which {
			if missed[writes[i].Name] {
				errs[i] = errors.New("Cloudflare says that the key was not written and that it may be tried again")
			}
		}
	}
	all := func(which []int, err error) {
		for _, i := range which {
			errs[i] = err
		}
	}
	c.put(ctx, writes, puts, all, fail)
	c.put(ctx, writes, near, all, fail)
	switch {
	case len(deletes) == 1:
		errs[deletes[0]] = c.kv.Delete(ctx, writes[deletes[0]].Name)
	case len(deletes) > 1:
		names := make([]string, len(deletes))
		for j, i := range deletes {
			names[j] = writes[i].Name
		}
		done, missed, err := c.kv.BulkDelete(ctx, names)
		all(deletes[done:], err)
		fail(deletes, missed)
	}
	return errs, nil
}

// put writes some of the writes: one by itself, several in bulk.
func (c *carrier) put(ctx context.Context, writes []kvprimary.Write, which []int, all func([]int, error), fail func([]int, []string)) {
	switch len(which) {
	case 0:
	case 1:
		all(which, c.kv.Put(ctx, pair(&writes[which[0]])))
	default:
		pairs := make([]Pair, len(which))
		for j, i := range which {
			pairs[j] = pair(&writes[i])
		}
		done, missed, err := c.kv.BulkPut(ctx, pairs)
		all(which[done:], err)
		fail(which, missed)
	}
}

// pair marks what does not survive being read as text.
func pair(w *kvprimary.Write) Pair {
	p := Pair{Name: w.Name, Value: w.Data, TTL: w.TTL, At: w.At}
	if kvprimary.Binary(w.Data) {
		p.Metadata = binary
	}
	return p
}
