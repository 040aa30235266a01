package runtime

import (
	"errors"
	"strings"
)

// Error is an error that the store answered, as against one of the client.
// It is go-redis's own interface: its errors satisfy this one and ours satisfy
// theirs.
type Error interface {
	error

	// RedisError does nothing; having it makes an error a Redis error.
	RedisError()
}

// redisError is an error reply, its text as Redis words it.
type redisError string

func (e redisError) Error() string { return string(e) }

// RedisError marks the error as one that the store answered.
func (redisError) RedisError() {}

// The sentinels are variables: where a program keeps go-redis linked beside
// the facade, runtime/goredis sets them to go-redis's own values, and errors
// compare equal across the two. Nothing else may set them.
var (
	// Nil is the error of a key, field or member that does not exist.
	Nil Error = redisError("redis: nil")
	// TxFailedErr is the error of a transaction whose watched keys changed.
	TxFailedErr Error = redisError("redis: transaction failed")
	// ErrClosed is the error of every use of a closed client.
	ErrClosed = errors.New("redis: client is closed")
	// ErrPoolExhausted is go-redis's error of a full pool. The facade has no
	// pool and never returns it.
	ErrPoolExhausted = errors.New("redis: connection pool exhausted")
	// ErrPoolTimeout is go-redis's error of a wait for a connection. The
	// facade has no pool and never returns it.
	ErrPoolTimeout = errors.New("redis: connection pool timeout")
	// ErrCrossSlot is the error of keys that live in different shards.
	ErrCrossSlot Error = redisError("CROSSSLOT Keys in request don't hash to the same slot")
	// ErrNoScript is the error of EVALSHA for a script that is not loaded.
	ErrNoScript Error = redisError("NOSCRIPT No matching script. Please use EVAL.")
)

// isRedisError reports whether the store answered this error.
func isRedisError(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := err.(Error); ok {
		return true
	}
	var e Error
	return errors.As(err, &e)
}

// HasErrorPrefix reports whether err is an error of the store whose text
// starts with prefix; a leading "ERR " does not count.
func HasErrorPrefix(err error, prefix string) bool {
	var e Error
	if !errors.As(err, &e) {
		return false
	}
	return strings.HasPrefix(strings.TrimPrefix(e.Error(), "ERR "), prefix)
}

// errorText is the text of the store's error in err, or of err itself.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	var e Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}

func hasText(err error, prefix string) bool {
	return err != nil && strings.HasPrefix(errorText(err), prefix)
}

// IsLoadingError reports a LOADING error.
func IsLoadingError(err error) bool { return hasText(err, "LOADING ") }

// IsReadOnlyError reports a READONLY error.
func IsReadOnlyError(err error) bool {
	return hasText(err, "READONLY ") ||
		err != nil && strings.Contains(errorText(err), "-READONLY You can't write against a read only replica")
}

// IsClusterDownError reports a CLUSTERDOWN error.
func IsClusterDownError(err error) bool { return hasText(err, "CLUSTERDOWN ") }

// IsTryAgainError reports a TRYAGAIN error.
func IsTryAgainError(err error) bool { return hasText(err, "TRYAGAIN ") }

// IsMasterDownError reports a MASTERDOWN error.
func IsMasterDownError(err error) bool { return hasText(err, "MASTERDOWN ") }

// IsMaxClientsError reports that the server has too many clients.
func IsMaxClientsError(err error) bool { return hasText(err, "ERR max number of clients reached") }

// IsMovedError reports a MOVED error and the address that it names.
func IsMovedError(err error) (addr string, ok bool) { return redirect(err, "MOVED ") }

// IsAskError reports an ASK error and the address that it names.
func IsAskError(err error) (addr string, ok bool) { return redirect(err, "ASK ") }

func redirect(err error, prefix string) (string, bool) {
	if !hasText(err, prefix) {
		return "", false
	}
	text := errorText(err)
	i := strings.LastIndexByte(text, ' ')
	return text[i+1:], true
}

// IsAuthError reports that the store refused the credentials, or missed them.
func IsAuthError(err error) bool {
	return hasText(err, "NOAUTH ") || hasText(err, "WRONGPASS ") ||
		err != nil && strings.Contains(errorText(err), "unauthenticated")
}

// IsPermissionError reports a NOPERM error.
func IsPermissionError(err error) bool { return hasText(err, "NOPERM ") }

// IsExecAbortError reports an EXECABORT error.
func IsExecAbortError(err error) bool { return hasText(err, "EXECABORT ") }

// IsOOMError reports an OOM error.
func IsOOMError(err error) bool { return hasText(err, "OOM ") }

// IsNoReplicasError reports a NOREPLICAS error.
func IsNoReplicasError(err error) bool { return hasText(err, "NOREPLICAS ") }
