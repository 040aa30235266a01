package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis2cf/redis2cf/analyzer"
	"github.com/redis2cf/redis2cf/runtime/store"
)

func TestServersOfOnePackageBecomeNamespaces(t *testing.T) {
	at := func(pkg string, names ...string) analyzer.Server { return analyzer.Server{Package: pkg, Names: names} }
	test := at("a", "test:6379")
	test.Test = true
	for want, servers := range map[string][]analyzer.Server{
		"":                                      {at("a", "redis:6379"), at("a", "redis:6379"), at("b", "other:6379"), test},
		"cache:6379= queue.internal:6379=queue": {at("a", "cache:6379"), at("a", "queue.internal:6379")},
		"localhost:6379= localhost:6380=redis-6380 10.0.0.7:1=redis-1":          {at("a", "localhost:6379"), at("a", "localhost:6380"), at("a", "10.0.0.7:1")},
		"c1:1= c2:2= c3:3= master:jobs@s1:26379=jobs":                           {at("a", "c1:1", "c2:2"), at("b", "c2:2", "c3:3"), at("b", "master:jobs@s1:26379")},
		"a:1= q.x:1=q q.y:1=q-b unix:/run/My Redis.sock=my-redis 7.x:1=redis-7": {at("a", "a:1"), at("a", "q.x:1"), at("a", "q.y:1"), at("a", "unix:/run/My Redis.sock"), at("a", "7.x:1")},
	} {
		p := &Plan{}
		p.InferClients(servers)
		var got []string
		for _, c := range p.Clients {
			got = append(got, c.Addr+"="+c.Namespace)
			if c.Namespace != "" && store.CheckNamespace(c.Namespace) != nil {
				t.Errorf("%q is no name", c.Namespace)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v became\n%s, want\n%s", servers, strings.Join(got, " "), want)
		}
		before := fmt.Sprint(p.Clients)
		p.InferClients([]analyzer.Server{at("z", "new:1"), at("z", "newer:1")})
		if len(servers) > 0 && want != "" && fmt.Sprint(p.Clients) != before {
			t.Error("what the plan says was changed")
		}
	}
}
