package rewrite

// testServer declares what internal/flow lets move of the runtime's test server,
// over the standard library. A test compares it with the real package.
const testServer = `package cftest

import (
	"crypto/tls"
	"time"
)

type Miniredis struct{}

type Tester interface {
	Fatalf(format string, args ...any)
	Cleanup(func())
	Logf(format string, args ...any)
}

func Run() (*Miniredis, error)
func RunT(t Tester) *Miniredis
func RunTLS(cfg *tls.Config) (*Miniredis, error)
func NewMiniRedis() *Miniredis

func (m *Miniredis) Start() error
func (m *Miniredis) StartAddr(addr string) error
func (m *Miniredis) StartTLS(cfg *tls.Config) error
func (m *Miniredis) StartAddrTLS(addr string, cfg *tls.Config) error
func (m *Miniredis) Restart() error
func (m *Miniredis) Close()
func (m *Miniredis) Addr() string
func (m *Miniredis) Host() string
func (m *Miniredis) Port() string
func (m *Miniredis) RequireAuth(password string)
func (m *Miniredis) RequireUserAuth(username, password string)
func (m *Miniredis) SetError(text string)
func (m *Miniredis) SetTime(t time.Time)
func (m *Miniredis) FastForward(d time.Duration)
func (m *Miniredis) FlushAll()
func (m *Miniredis) FlushDB()
func (m *Miniredis) Select(i int)
func (m *Miniredis) Keys() []string
func (m *Miniredis) Exists(k string) bool
func (m *Miniredis) Del(k string) bool
func (m *Miniredis) Type(k string) string
func (m *Miniredis) TTL(k string) time.Duration
func (m *Miniredis) SetTTL(k string, ttl time.Duration)
func (m *Miniredis) Get(k string) (string, error)
func (m *Miniredis) Set(k, v string) error
func (m *Miniredis) Incr(k string, delta int) (int, error)
func (m *Miniredis) HGet(k, f string) string
func (m *Miniredis) HSet(k string, fv ...string)
func (m *Miniredis) HDel(k, f string)
func (m *Miniredis) HKeys(k string) ([]string, error)
func (m *Miniredis) List(k string) ([]string, error)
func (m *Miniredis) Lpush(k, v string) (int, error)
func (m *Miniredis) Push(k string, v ...string) (int, error)
func (m *Miniredis) Lpop(k string) (string, error)
func (m *Miniredis) Pop(k string) (string, error)
func (m *Miniredis) SAdd(k string, elems ...string) (int, error)
func (m *Miniredis) SetAdd(k string, elems ...string) (int, error)
func (m *Miniredis) SRem(k string, fields ...string) (int, error)
func (m *Miniredis) Members(k string) ([]string, error)
func (m *Miniredis) SMembers(k string) ([]string, error)
func (m *Miniredis) IsMember(k, v string) (bool, error)
func (m *Miniredis) SIsMember(k, v string) (bool, error)
func (m *Miniredis) ZAdd(k string, score float64, member string) (bool, error)
func (m *Miniredis) ZScore(k, member string) (float64, error)
func (m *Miniredis) ZMembers(k string) ([]string, error)
func (m *Miniredis) SortedSet(k string) (map[string]float64, error)
func (m *Miniredis) ZRem(k, member string) (bool, error)
func (m *Miniredis) Publish(channel, message string) int
func (m *Miniredis) Dump() string
`
