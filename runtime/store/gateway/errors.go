package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
	"github.com/redis2cf/redis2cf/runtime/store"
)

// ErrOutcome is in the error of commands that may or may not have been run: they
// were sent, and no answer will come. They are never sent again.
var ErrOutcome = errors.New("ERR outcome unknown")

// errClosed is the error of what was not run because the session or the store was closed.
var errClosed = fmt.Errorf("gateway: %w", store.ErrClosed)

// notRun is the error of commands of which nothing was run.
type notRun struct{ why error }

func (n *notRun) Error() string {
	return "gateway: nothing was run, " + strings.TrimPrefix(n.why.Error(), "gateway: ")
}
func (n *notRun) Unwrap() error { return n.why }

// why is an error without the claim that nothing was run.
func why(err error) error {
	var n *notRun
	if errors.As(err, &n) {
		return n.why
	}
	return err
}

// unknown is the error of commands that may have been run.
func unknown(err error) error {
	if errors.Is(err, ErrOutcome) {
		return err
	}
	return fmt.Errorf("gateway: %w: %w", ErrOutcome, why(err))
}

// partly is the error of a frame of which there are replies already: what says that
// nothing was run speaks of the rest of it.
func partly(err error, replies []resp.Reply) error {
	var n *notRun
	switch {
	case err == nil || len(replies) == 0 || errors.Is(err, ErrOutcome):
		return err
	case errors.Is(err, store.ErrClosed):
		return errClosedHalfway
	case !errors.As(err, &n) && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return err
	}
	return fmt.Errorf("gateway: %w: commands before this one were run: %w", ErrOutcome, why(err))
}

// errClosedHalfway is the error of a frame that the end of the session cut.
var errClosedHalfway = errors.New("gateway: the session was closed while a command waited; those before it were run")

// A refusal is an answer that trying again would not change.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// Is says so to those who do not know this package.
func (r *refusal) Is(target error) bool { return target == store.ErrRefused }

func refuse(format string, args ...interface{}) error {
	return &refusal{fmt.Errorf(format, args...)}
}

func isRefusal(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// tooLarge is the error of a frame that is too large, whichever connection it takes.
type tooLarge string

func (t tooLarge) Error() string {
	return "the commands are too large for one message: " + string(t)
}
func (t tooLarge) Is(target error) bool { return target == store.ErrRefused }

// clip bounds what is repeated of somebody else's text.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 128 {
		s = strings.ToValidUTF8(s[:128], "") + "…"
	}
	return strings.TrimSpace(s)
}

// dialError says what to do about a connection that could not be made.
func (sp *space) dialError(err error) error {
	url := sp.b.url
	var (
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		hostname x509.HostnameError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("gateway: there is no host %q; is the URL %s right?", dns.Name, url)
	case errors.Is(err, syscall.ECONNREFUSED):
		if store.Loopback(sp.b.base.Hostname()) {
			return fmt.Errorf("gateway: nothing listens at %s; start the Worker with redis2cf worker -run %s", url, sp.b.base.Host)
		}
		return fmt.Errorf("gateway: %s refuses the connection", url)
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &hostname), errors.As(err, &verify):
		return refuse("gateway: the certificate of %s is not valid for it: %w", url, err)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return refuse("gateway: %s does not speak TLS; is it http:// that is meant?", url)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("gateway: %s does not answer", url)
	case errors.Is(err, io.EOF), strings.Contains(err.Error(), "malformed HTTP"):
		return fmt.Errorf("gateway: %s does not speak HTTP: is that the address of a Worker?", url)
	}
	return fmt.Errorf("gateway: connecting to %s: %w", url, err)
}

// codeError says what an error of the object means.
func (sp *space) codeError(e *frame.Error) error {
	text := clip(e.Text)
	switch e.Code {
	case frame.CodeToken:
		return sp.tokenError(text)
	case frame.CodeRotated:
		return refuse("gateway: the token in %s was rotated; set the new one", sp.tokenFrom)
	case frame.CodeVersion:
		return refuse("gateway: %s speaks another version of the protocol than this program, version %d (%s); "+
			"deploy the Worker again with this version of redis2cf, or update the program", sp.b.url, frame.Version, text)
	case frame.CodeOutcome:
		return fmt.Errorf("gateway: %w: %s", ErrOutcome, text)
	case frame.CodeTooLarge:
		return &notRun{tooLarge(text)}
	case frame.CodeOverload:
		return &notRun{fmt.Errorf("the object is overloaded; try again later, or spread the keys over shards in redis2cf.yaml: %s", text)}
	case frame.CodeFault:
		return &notRun{fmt.Errorf("the object's storage failed: %s", text)}
	case frame.CodeNotFound:
		return refuse("gateway: %s has no such object: %s", sp.b.url, text)
	case frame.CodeUnserved:
		return refuse("gateway: the Worker at %s cannot do this, because its plan has no part for it; run redis2cf worker and deploy again: %s", sp.b.url, text)
	}
	return fmt.Errorf("gateway: %s: %s", sp.b.url, text)
}

func (sp *space) tokenError(text string) error {
	if text != "" {
		text = " (" + text + ")"
	}
	if sp.token == "" {
		return refuse("gateway: %s asks for a token and there is none; set $%s, or write it as the URL's password, https://:TOKEN@HOST%s",
			sp.b.url, TokenVariable, text)
	}
	return refuse("gateway: %s does not accept the token in %s; make one with redis2cf worker token%s", sp.b.url, sp.tokenFrom, text)
}
