package runtime

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// ParseURL reads options from a URL: redis://, rediss:// and unix:// as
// go-redis does, and a store's URL, which becomes the address as it is.
func ParseURL(redisURL string) (*Options, error) {
	u, err := url.Parse(redisURL)
	if err != nil {
		return nil, err
	}
	o := &Options{Network: "tcp"}
	switch u.Scheme {
	case "redis", "rediss":
		host := ""
		if host, o.Addr, o.TLSConfig, err = hostOf(u); err != nil {
			return nil, err
		}
		if o.TLSConfig != nil {
			o.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
		}
		if o.DB, err = database(u); err != nil {
			return nil, err
		}
	case "unix":
		if strings.TrimSpace(u.Path) == "" {
			return nil, errors.New("redis: empty unix socket path")
		}
		o.Network, o.Addr = "unix", u.Path
	case "memory", "file", "http", "https", "cloudflare":
		return &Options{Addr: redisURL}, nil
	default:
		return nil, fmt.Errorf("redis: invalid URL scheme: %s", u.Scheme)
	}
	o.Username, o.Password = userOf(u)
	q := query{values: u.Query()}
	if s := q.str("db"); s != "" {
		if o.DB, err = strconv.Atoi(s); err != nil {
			return nil, fmt.Errorf("redis: invalid database number: %w", err)
		}
	}
	q.number("protocol", &o.Protocol)
	o.ClientName = q.str("client_name")
	q.common(o)
	q.duration("pool_timeout", &o.PoolTimeout)
	q.either(&o.ConnMaxIdleTime, "conn_max_idle_time", "idle_timeout")
	q.either(&o.ConnMaxLifetime, "conn_max_lifetime", "max_conn_age")
	var v8 time.Duration // go-redis v8 looked for idle connections so often
	q.duration("idle_check_frequency", &v8)
	q.jitter(&o.ConnMaxLifetimeJitter, o.ConnMaxLifetime)
	if o.TLSConfig != nil {
		q.boolean("skip_verify", &o.TLSConfig.InsecureSkipVerify)
	}
	return o, q.rest()
}

// ParseClusterURL reads the options of a cluster client from a URL.
func ParseClusterURL(redisURL string) (*ClusterOptions, error) {
	u, err := url.Parse(redisURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil, fmt.Errorf("redis: invalid URL scheme: %s", u.Scheme)
	}
	o := &ClusterOptions{}
	_, addr, tlsConfig, err := hostOf(u)
	if err != nil {
		return nil, err
	}
	o.Addrs, o.TLSConfig = []string{addr}, tlsConfig
	o.Username, o.Password = userOf(u)
	q := query{values: u.Query()}
	c := &Options{}
	q.number("protocol", &c.Protocol)
	c.ClientName = q.str("client_name")
	q.number("max_redirects", &o.MaxRedirects)
	q.boolean("read_only", &o.ReadOnly)
	q.boolean("route_by_latency", &o.RouteByLatency)
	q.boolean("route_randomly", &o.RouteRandomly)
	q.common(c)
	q.dialer(c)
	q.number("failing_timeout_seconds", &c.FailingTimeoutSeconds)
	q.pool(c)
	username, password := o.Username, o.Password
	copyFields(o, c)
	o.Username, o.Password, o.TLSConfig = username, password, tlsConfig
	if o.Addrs, err = q.addrs(o.Addrs); err != nil {
		return nil, err
	}
	return o, q.rest()
}

// ParseFailoverURL reads the options of a failover client from a URL.
func ParseFailoverURL(redisURL string) (*FailoverOptions, error) {
	u, err := url.Parse(redisURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil, fmt.Errorf("redis: invalid URL scheme: %s", u.Scheme)
	}
	o, c := &FailoverOptions{}, &Options{}
	host, addr, tlsConfig, err := hostOf(u)
	if err != nil {
		return nil, err
	}
	if tlsConfig != nil {
		c.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	if c.DB, err = database(u); err != nil {
		return nil, err
	}
	q := query{values: u.Query()}
	q.number("protocol", &c.Protocol)
	c.ClientName = q.str("client_name")
	c.Username, c.Password = q.str("username"), q.str("password")
	q.common(c)
	q.dialer(c)
	q.boolean("context_timeout_enabled", &c.ContextTimeoutEnabled)
	q.pool(c)
	q.boolean("disableIdentity", &c.DisableIdentity)
	c.IdentitySuffix = q.str("identitySuffix")
	q.boolean("unstable_resp3", &c.UnstableResp3)
	if s := q.str("db"); s != "" {
		if c.DB, err = strconv.Atoi(s); err != nil {
			return nil, fmt.Errorf("redis: invalid database number: %w", err)
		}
	}
	if c.TLSConfig != nil {
		q.boolean("skip_verify", &c.TLSConfig.InsecureSkipVerify)
	}
	copyFields(o, c)
	o.SentinelUsername, o.SentinelPassword = userOf(u)
	o.MasterName = q.str("master_name")
	q.boolean("route_by_latency", &o.RouteByLatency)
	q.boolean("route_randomly", &o.RouteRandomly)
	q.boolean("replica_only", &o.ReplicaOnly)
	q.boolean("use_disconnected_replicas", &o.UseDisconnectedReplicas)
	if o.SentinelAddrs, err = q.addrs([]string{addr}); err != nil {
		return nil, err
	}
	return o, q.rest()
}

// hostOf is the host and the address of a URL, with Redis's defaults, and a TLS
// configuration for rediss.
func hostOf(u *url.URL) (host, addr string, config *tls.Config, err error) {
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	if u.Scheme == "rediss" {
		config = &tls.Config{ServerName: host}
	}
	return host, net.JoinHostPort(host, port), config, nil
}

func userOf(u *url.URL) (user, password string) {
	if u.User == nil {
		return "", ""
	}
	password, _ = u.User.Password()
	return u.User.Username(), password
}

// database is the number in a URL's path, 0 if there is none.
func database(u *url.URL) (int, error) {
	path := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	switch len(path) {
	case 0:
		return 0, nil
	case 1:
		n, err := strconv.Atoi(path[0])
		if err != nil {
			return 0, fmt.Errorf("redis: invalid database number: %q", path[0])
		}
		return n, nil
	}
	return 0, fmt.Errorf("redis: invalid URL path: %s", u.Path)
}

// query takes parameters out of a URL's query. What nobody took is an error,
// and so is the first value that cannot be read.
type query struct {
	values url.Values
	err    error
}

func (q *query) str(name string) string {
	list := q.values[name]
	if len(list) == 0 {
		return ""
	}
	delete(q.values, name)
	return list[len(list)-1]
}

func (q *query) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

func (q *query) number(name string, dst *int) {
	s := q.str(name)
	if s == "" {
		return
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		q.fail(fmt.Errorf("redis: invalid %s number: %s", name, err))
		return
	}
	*dst = n
}

// duration reads seconds or a Go duration; what is not above zero switches a
// limit off, which the options write as -1.
func (q *query) duration(name string, dst *time.Duration) {
	s := q.str(name)
	if s == "" {
		return
	}
	var d time.Duration
	if n, err := strconv.Atoi(s); err == nil {
		d = time.Duration(n) * time.Second
	} else if d, err = time.ParseDuration(s); err != nil {
		q.fail(fmt.Errorf("redis: invalid %s duration: %w", name, err))
		return
	}
	if d <= 0 {
		d = -1
	}
	*dst = d
}

func (q *query) boolean(name string, dst *bool) {
	switch s := q.str(name); s {
	case "true", "1":
		*dst = true
	case "false", "0", "":
	default:
		q.fail(fmt.Errorf("redis: invalid %s boolean: expected true/false/1/0 or an empty string, got %q", name, s))
	}
}

// either reads a duration by its name or, without it, by its old name.
func (q *query) either(dst *time.Duration, name, old string) {
	if len(q.values[name]) == 0 {
		name = old
	}
	q.duration(name, dst)
}

func (q *query) jitter(dst *time.Duration, lifetime time.Duration) {
	if len(q.values["conn_max_lifetime_jitter"]) > 0 {
		q.duration("conn_max_lifetime_jitter", dst)
		*dst = min(*dst, lifetime)
	}
}

func (q *query) common(o *Options) {
	q.number("max_retries", &o.MaxRetries)
	q.duration("min_retry_backoff", &o.MinRetryBackoff)
	q.duration("max_retry_backoff", &o.MaxRetryBackoff)
	q.duration("dial_timeout", &o.DialTimeout)
	q.duration("read_timeout", &o.ReadTimeout)
	q.duration("write_timeout", &o.WriteTimeout)
	q.boolean("pool_fifo", &o.PoolFIFO)
	q.number("pool_size", &o.PoolSize)
	q.number("min_idle_conns", &o.MinIdleConns)
	q.number("max_idle_conns", &o.MaxIdleConns)
	q.number("max_active_conns", &o.MaxActiveConns)
	q.number("max_concurrent_dials", &o.MaxConcurrentDials)
}

func (q *query) dialer(o *Options) {
	q.number("dialer_retries", &o.DialerRetries)
	q.duration("dialer_retry_timeout", &o.DialerRetryTimeout)
}

func (q *query) pool(o *Options) {
	q.duration("pool_timeout", &o.PoolTimeout)
	q.duration("conn_max_lifetime", &o.ConnMaxLifetime)
	q.jitter(&o.ConnMaxLifetimeJitter, o.ConnMaxLifetime)
	q.duration("conn_max_idle_time", &o.ConnMaxIdleTime)
}

// addrs adds the addresses that are parameters.
func (q *query) addrs(list []string) ([]string, error) {
	if q.err != nil {
		return nil, q.err
	}
	for _, addr := range q.values["addr"] {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("redis: unable to parse addr param: %s", addr)
		}
		list = append(list, net.JoinHostPort(host, port))
	}
	delete(q.values, "addr")
	return list, nil
}

// rest is the error of what could not be read or was not taken.
func (q *query) rest() error {
	if q.err != nil || len(q.values) == 0 {
		return q.err
	}
	names := make([]string, 0, len(q.values))
	for name := range q.values {
		names = append(names, name)
	}
	sort.Strings(names)
	return fmt.Errorf("redis: unexpected option: %s", strings.Join(names, ", "))
}
