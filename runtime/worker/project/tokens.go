package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
)

// A Token is what the secret REDIS2CF_TOKENS says of a token. It has no part from
// which the token could be told.
type Token struct {
	Name      string `json:"name"`      // for people
	Digest    string `json:"digest"`    // SHA-256 of the token, in hexadecimal
	Namespace string `json:"namespace"` // what it gives access to
	Write     bool   `json:"write"`     // whether it may change anything
}

// DefaultNamespace is the namespace of a token that names none.
const DefaultNamespace = "main"

// namespacePattern is what the Worker takes as a namespace.
var namespacePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// noToken lets programs of this machine in without a token. The Worker honours it
// on loopback addresses only, and only a local run ever has it: tokens.json may not.
var noToken = Token{Name: "local", Digest: Digest(""), Namespace: DefaultNamespace, Write: true}

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
