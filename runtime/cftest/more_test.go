package cftest_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis2cf/redis2cf/runtime/cftest"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// certificate is a fresh one for 127.0.0.1, with the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cftest"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestServerWithTLS(t *testing.T) {
	cert, pool := certificate(t)
	s, err := cftest.RunTLS(&tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ping := func() {
		t.Helper()
		c, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: pool})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "PING\r\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "+PONG\r\n" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
	}
	ping()
	s.Close()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	ping() // with TLS again
	if _, err := cftest.RunTLS(nil); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestSubscriberReceivesInTheTest(t *testing.T) {
	m := cftest.RunT(t)
	s := m.NewSubscriber()
	if n := s.Subscribe("news"); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	if n := s.Psubscribe("w*"); n != 2 || s.Count() != 2 {
		t.Errorf("%d subscriptions, Count %d", n, s.Count())
	}
	for i := 0; i < 3; i++ {
		m.Publish("news", fmt.Sprint(i)) // nobody reads yet, and nobody waits
	}
	if n := m.Publish("weather", "rain"); n != 1 {
		t.Errorf("%d receivers", n)
	}
	if got := <-s.Pmessages(); got != (cftest.PubsubPmessage{Pattern: "w*", Channel: "weather", Message: "rain"}) {
		t.Errorf("%+v", got)
	}
	if got := fmt.Sprint(s.Channels(), s.Patterns()); got != "[news] [w*]" {
		t.Error(got)
	}
	if n := s.Unsubscribe("news") + s.Punsubscribe("w*"); n != 1 {
		t.Errorf("left: %d", n)
	}
	s.Close()
	s.Close()
	if _, open := <-s.Messages(); open {
		t.Error("Close must close the channel")
	}
	if got := m.PubSubChannels(""); len(got) != 0 {
		t.Errorf("after Close: %v", got)
	}
}

func TestPreHookSeesEveryCommandOfClients(t *testing.T) {
	m := cftest.RunT(t)
	var seen []string
	m.Server().SetPreHook(func(c *cftest.Peer, cmd string, args ...string) bool {
		seen = append(seen, cmd+" "+strings.Join(args, " "))
		if cmd == "GET" {
			c.WriteError("LOADING not yet")
			return true
		}
		return false
	})
	if r, err := exec(t, m.Addr(), "get", "k"); err != nil || r.Str != "LOADING not yet" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := dial(t, m.Addr(), "SET k v\r\nGET k\r\n"); !strings.HasPrefix(got, "+OK\r\n-LOADING not yet\r\n") {
		t.Errorf("over the network: %q", got)
	}
	if got := strings.Join(seen, ","); got != "GET k,SET k v,GET k" {
		t.Errorf("seen: %s", got)
	}
	m.CheckGet(t, "k", "v") // the test's own methods are not hooked
	m.Server().SetPreHook(nil)
	if r, err := exec(t, m.Addr(), "GET", "k"); err != nil || r.Str != "v" {
		t.Errorf("without the hook: %+v, %v", r, err)
	}
}

func TestRegisteredCommandAnswersWhatItWrites(t *testing.T) {
	m := cftest.RunT(t)
	answer := func(c *cftest.Peer, cmd string, args []string) {
		c.WriteLen(3)
		c.WriteBulk(cmd)
		c.WriteMapLen(1)
		c.WriteBulk("n")
		c.WriteInt(len(args))
		c.WriteStrings(args)
	}
	if err := m.Server().Register("shout", answer); err != nil {
		t.Fatal(err)
	}
	if err := m.Server().Register("SHOUT", answer); err == nil {
		t.Error("a command registered twice")
	}
	want := "[SHOUT [n 2] [a b]]"
	r, err := exec(t, m.Addr(), "Shout", "a", "b")
	if got := show(r); err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if err := m.Server().Register("silent", func(*cftest.Peer, string, []string) {}); err != nil {
		t.Fatal(err)
	}
	if r, err := exec(t, m.Addr(), "silent"); err != nil || r.Kind != resp.Error {
		t.Errorf("a command without an answer: %+v, %v", r, err)
	}
	if n := m.Server().TotalCommands(); n != 2 {
		t.Errorf("%d commands", n)
	}
}

func show(r resp.Reply) string {
	if len(r.Elems) == 0 {
		if r.Kind == resp.Int {
			return fmt.Sprint(r.Int)
		}
		return r.Str
	}
	words := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		words[i] = show(e)
	}
	return "[" + strings.Join(words, " ") + "]"
}

func TestHashFieldsExpire(t *testing.T) {
	m := cftest.RunT(t)
	m.HSet("h", "f", "1", "g", "2")
	if !m.HExpire("h", "f", time.Minute) || m.HExpire("h", "none", time.Minute) || m.HExpire("none", "f", time.Minute) {
		t.Error("HExpire must report whether the field is there")
	}
	if got := m.HTTL("h", "f"); got != time.Minute {
		t.Errorf("HTTL %v", got)
	}
	if got := m.HTTL("h", "g"); got != 0 {
		t.Errorf("HTTL without one: %v", got)
	}
	m.HSetEX("h", time.Hour, "x", "3", "y", "4")
	if !m.HPersist("h", "x") || m.HPersist("h", "x") {
		t.Error("HPersist must report whether there was a time to live")
	}
	m.FastForward(2 * time.Hour)
	if keys, err := m.HKeys("h"); err != nil || strings.Join(keys, " ") != "g x" {
		t.Errorf("left: %v, %v", keys, err)
	}
}
