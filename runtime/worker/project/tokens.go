package project

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redis2cf/redis2cf/runtime/worker"
)

// A Token is what the secret REDIS2CF_TOKENS says of a token. It has no part from
// which the token could be told.
type Token struct {
	Name      string `json:"name"`      // for people
	Digest    string `json:"digest"`    // SHA-256 of the token, in hexadecimal
	Namespace string `json:"namespace"` // what it gives access to
	Write     bool   `json:"write"`     // whether it may change anything
}

// namespacePattern is what the Worker takes as a namespace.
var namespacePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// noToken lets programs of this machine in without a token. The Worker honours it
// on loopback addresses only, and only a local run ever has it: tokens.json may not.
var noToken = Token{Name: "local", Digest: Digest(""), Namespace: worker.DefaultNamespace, Write: true}

// Digest is how a token is stored.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// maxSecret is Cloudflare's limit for a secret, in bytes.
const maxSecret = 5 << 10

// encodeTokens writes the secret. The digest of no token is refused unless the
// Worker is to be open.
func encodeTokens(list []Token, open bool) ([]byte, error) {
	for _, t := range list {
		if t.Digest == noToken.Digest && !open {
			return nil, fmt.Errorf("the token %q is empty: anybody would have it", t.Name)
		}
		if !namespacePattern.MatchString(t.Namespace) {
			return nil, fmt.Errorf("%q is no namespace: allowed are 1 to 40 of a-z, 0-9, - and _, a letter first", t.Namespace)
		}
	}
	out, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return nil, err
	}
	if len(out) > maxSecret {
		return nil, fmt.Errorf("%d tokens take %d bytes, and a secret holds %d: revoke some", len(list), len(out), maxSecret)
	}
	return append(out, '\n'), nil
}

// tokenPrefix begins every token, so that tools that look for secrets know one.
const tokenPrefix = "r2cf_"

// newToken is 256 random bits in a form that URLs and headers carry as it is.
func newToken() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:]), nil
}

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// A NoProjectError is a directory that has no project.
type NoProjectError struct{ Dir string }

func (e *NoProjectError) Error() string {
	return fmt.Sprintf("%s has no %s: redis2cf worker -o writes a project", e.Dir, WranglerFile)
}

// Tokens reads a project's tokens.json; a project without one has no tokens. The error is
// a *NoProjectError when there is no project.
func Tokens(dir string) ([]Token, error) {
	if _, err := os.Stat(filepath.Join(dir, WranglerFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, &NoProjectError{dir}
	}
	name := filepath.Join(dir, TokensFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Token
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	for i, t := range list {
		if !digestPattern.MatchString(t.Digest) {
			return nil, fmt.Errorf("reading %s: record %d has no digest: take it out, and make that token anew", name, i)
		}
	}
	if _, err := encodeTokens(list, false); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return list, nil
}

// MakeToken makes a token, adds its record to the project's tokens.json and returns
// it: it is stored nowhere. Name and namespace of t say what for; its digest is made here.
func MakeToken(dir string, t Token) (token string, err error) {
	if t.Namespace == "" {
		t.Namespace = worker.DefaultNamespace
	}
	if t.Name == "" || len(t.Name) > 64 || !utf8.ValidString(t.Name) || strings.IndexFunc(t.Name, unicode.IsControl) >= 0 {
		return "", fmt.Errorf("%.64q is no name for a token, by which it is rotated and revoked: allowed are 1 to 64 bytes without control characters", t.Name)
	}
	return token, changeTokens(dir, func(list []Token) ([]Token, error) {
		if find(list, t.Name) >= 0 {
			return nil, fmt.Errorf("there is a token %s already: name another, or rotate it", t.Name)
		}
		if token, err = newToken(); err != nil {
			return nil, err
		}
		t.Digest = Digest(token)
		return append(list, t), nil
	})
}

// RotateToken puts a new token in the place of one, with the same rights.
func RotateToken(dir, name string) (token string, err error) {
	return token, changeTokens(dir, func(list []Token) ([]Token, error) {
		i := find(list, name)
		if i < 0 {
			return nil, noSuchToken(dir, name)
		}
		if token, err = newToken(); err != nil {
			return nil, err
		}
		list[i].Digest = Digest(token)
		return list, nil
	})
}

// RevokeToken takes a token out of tokens.json.
func RevokeToken(dir, name string) error {
	return changeTokens(dir, func(list []Token) ([]Token, error) {
		i := find(list, name)
		if i < 0 {
			return nil, noSuchToken(dir, name)
		}
		return append(list[:i], list[i+1:]...), nil
	})
}

func find(list []Token, name string) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

func noSuchToken(dir, name string) error {
	return fmt.Errorf("%s has no token %s: redis2cf worker token list shows them", filepath.Join(dir, TokensFile), name)
}

// changeTokens replaces tokens.json, which only its owner may read: it holds no
// secret, but says who uses the data. One run at a time changes it: of two, the token
// that the one has printed would be missing in what the other writes.
func changeTokens(dir string, change func([]Token) ([]Token, error)) error {
	if _, err := Tokens(dir); err != nil {
		return err
	}
	lock, err := lockDir(dir)
	if errors.Is(err, errLocked) {
		return fmt.Errorf("%s is being changed by another redis2cf worker token: run this one again when that is done", filepath.Join(dir, TokensFile))
	}
	if err != nil {
		return err
	}
	defer lock.free()
	list, err := Tokens(dir)
	if err != nil {
		return err
	}
	if list, err = change(list); err != nil {
		return err
	}
	if list == nil {
		list = []Token{}
	}
	data, err := encodeTokens(list, false)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, TokensFile), data, 0o600)
}
