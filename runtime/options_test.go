package runtime

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"context"
)

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Printf(_ context.Context, format string, v ...interface{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, fmt.Sprintf(format, v...))
}

// nonzero makes a value of any option field's type.
func nonzero(t *testing.T, typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(typ.Elem()))
	case reflect.Func:
		v.Set(reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value { return nil }))
	case reflect.Map:
		v.Set(reflect.MakeMap(typ))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(typ, 1, 1))
	case reflect.Interface:
		if typ.NumMethod() == 0 {
			v.Set(reflect.ValueOf("x"))
		} else if reflect.TypeOf(everything{}).Implements(typ) {
			v.Set(reflect.ValueOf(everything{}))
		}
	}
	if v.IsZero() {
		t.Fatalf("no value of %s", typ)
	}
	return v
}

// everything implements the interfaces that options have.
type everything struct{}

func (everything) Next(int) int       { return 0 }
func (everything) Allow() error       { return nil }
func (everything) ReportResult(error) {}
func (everything) Subscribe(CredentialsListener) (Credentials, UnsubscribeFunc, error) {
	return nil, nil, nil
}

func TestEveryOptionIsUsedLoggedOrRefused(t *testing.T) {
	said := &lines{}
	SetLogger(said)
	defer Enable()
	for _, opt := range []interface{}{&Options{}, &ClusterOptions{}, &FailoverOptions{}, &RingOptions{}} {
		typ := reflect.TypeOf(opt).Elem()
		use := optionUses[typ.Name()]
		for i := 0; i < typ.NumField(); i++ {
			name := typ.Field(i).Name
			if !typ.Field(i).IsExported() {
				continue
			}
			one := reflect.New(typ)
			one.Elem().Field(i).Set(nonzero(t, typ.Field(i).Type))
			logged = sync.Map{}
			said.all = nil
			err := checkOptions(one.Interface())
			log := strings.Join(said.all, "\n")
			switch {
			case has(use.refused, name):
				if err == nil || !strings.Contains(err.Error(), "option "+name+" ") {
					t.Errorf("%s.%s: %v", typ, name, err)
				}
			case has(use.ignored, name):
				if err != nil || len(said.all) != 1 || !strings.HasSuffix(log, ": "+name) {
					t.Errorf("%s.%s: %v, logged %q", typ, name, err, log)
				}
			case err != nil || log != "":
				t.Errorf("%s.%s is used, but: %v, logged %q", typ, name, err, log)
			}
		}
	}
}

func has(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func TestOptionsGetGoRedisDefaults(t *testing.T) {
	o := &Options{ReadTimeout: -1, MaxRetries: -1, MinRetryBackoff: -1, Addr: "/tmp/redis.sock"}
	o.fill()
	if o.ReadTimeout != 0 || o.WriteTimeout != 0 || o.MaxRetries != 0 || o.MinRetryBackoff != 0 || o.MaxRetryBackoff != time.Second ||
		o.Network != "unix" || o.Protocol != 3 || o.PoolTimeout != 30*time.Second || o.DialTimeout != 5*time.Second {
		t.Errorf("%+v", o)
	}
	o = &Options{}
	o.fill()
	if o.ReadTimeout != 5*time.Second || o.WriteTimeout != 5*time.Second || o.PoolTimeout != 6*time.Second || o.DialTimeout != 5*time.Second ||
		o.MaxRetries != 3 || o.MinRetryBackoff != 10*time.Millisecond || o.MaxRetryBackoff != time.Second ||
		o.Addr != "localhost:6379" || o.Network != "tcp" {
		t.Errorf("of nothing: %+v", o)
	}
}

// TestEveryUniversalOptionArrives: the fields of UniversalOptions mean what they
// mean for the kind of client that they make.
func TestEveryUniversalOptionArrives(t *testing.T) {
	renamed := map[string]map[string]string{
		"Options":         {"Addrs": "Addr"},
		"FailoverOptions": {"Addrs": "SentinelAddrs", "ReadOnly": "ReplicaOnly"},
	}
	typ := reflect.TypeOf(UniversalOptions{})
	for i := 0; i < typ.NumField(); i++ {
		name := typ.Field(i).Name
		one := &UniversalOptions{}
		value := nonzero(t, typ.Field(i).Type)
		if name == "Addrs" {
			value = reflect.ValueOf([]string{"localhost:6380"})
		}
		reflect.ValueOf(one).Elem().Field(i).Set(value)
		arrived := false
		for _, made := range []interface{}{one.Simple(), one.Cluster(), one.Failover()} {
			to := reflect.ValueOf(made).Elem()
			field := name
			if other := renamed[to.Type().Name()][name]; other != "" {
				field = other
			}
			f := to.FieldByName(field)
			if !f.IsValid() {
				continue
			}
			arrived = true
			if f.IsZero() {
				t.Errorf("%s of UniversalOptions does not arrive in %s", name, to.Type().Name())
			}
		}
		if !arrived && name != "IsClusterMode" { // which is which kind it makes
			t.Errorf("%s of UniversalOptions goes nowhere", name)
		}
		if has(optionUses["Options"].refused, name) {
			c := NewUniversalClient(one)
			if err := c.Ping(context.Background()).Err(); err == nil || !strings.Contains(err.Error(), "option "+name+" ") {
				t.Errorf("a universal client with %s: %v", name, err)
			}
			_ = c.Close()
		}
	}
}
