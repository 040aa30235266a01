package bridge

import "reflect"

// carried are the options that mean the same on both sides. Credentials are not
// among them: the connections are let in, and the sessions behind them have the
// facade's.
var carried = []string{
	"DB", "ClientName", "Protocol", "MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ReadTimeout", "WriteTimeout",
	"ContextTimeoutEnabled", "PoolFIFO", "PoolSize", "PoolTimeout", "MaxIdleConns", "MaxActiveConns",
	"ConnMaxIdleTime", "ConnMaxLifetime", "Limiter", "MaxRedirects", "DisableIdentity", "DisableIndentity", "IdentitySuffix",
}

// CarryOver sets the options of a go-redis client by those of a facade's: by name,
// because go-redis has more of them with every version; renamed are those that its
// version calls otherwise. from has its defaults filled in, in which 0 means none
// and -1 not even asking; go-redis reads those as -1 and -2.
func CarryOver(to, from interface{}, renamed map[string]string) {
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, name := range carried {
		theirs := name
		if other, ok := renamed[name]; ok {
			theirs = other
		}
		d, s := dst.FieldByName(theirs), src.FieldByName(name)
		if !d.IsValid() || !s.IsValid() || s.Kind() == reflect.Interface && s.IsNil() {
			continue
		}
		if s.Kind() == reflect.Interface {
			s = s.Elem()
		}
		if !s.Type().AssignableTo(d.Type()) {
			continue
		}
		d.Set(s)
		switch name {
		case "MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ReadTimeout", "WriteTimeout":
			if n := s.Int(); n <= 0 {
				d.SetInt(n - 1)
			}
		}
	}
}

// TakeOver sets a facade's options by those of a go-redis client, which its Options
// method gives: what decides the shapes of replies, what a program may look at, and
// what is named besides. Other retries, timeouts and limits stay with go-redis.
func TakeOver(opt, client interface{}, besides ...string) {
	get := reflect.ValueOf(client).MethodByName("Options")
	if !get.IsValid() || get.Type().NumIn() != 0 || get.Type().NumOut() != 1 {
		return
	}
	src, dst := get.Call(nil)[0], reflect.ValueOf(opt).Elem()
	if src.Kind() != reflect.Pointer || src.IsNil() || src.Elem().Kind() != reflect.Struct {
		return
	}
	for _, name := range append([]string{"DB", "Protocol", "ReadTimeout", "WriteTimeout", "PoolSize"}, besides...) {
		s, d := src.Elem().FieldByName(name), dst.FieldByName(name)
		if !s.IsValid() || !d.IsValid() || s.Type() != d.Type() {
			continue
		}
		d.Set(s)
		switch name {
		case "MaxRetries", "MinRetryBackoff", "MaxRetryBackoff", "ReadTimeout", "WriteTimeout":
			if d.Int() <= 0 {
				d.SetInt(d.Int() - 1) // filled in there, about to be filled in here
			}
		}
	}
}

// IsNil reports whether a client is nil, of whatever type.
func IsNil(client interface{}) bool {
	if client == nil {
		return true
	}
	v := reflect.ValueOf(client)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
