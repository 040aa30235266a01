package workerdtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/runtime/internal/frame"
	"github.com/redis2cf/redis2cf/runtime/resp"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// A Client is who connects and to what. Its zero value has no token and asks for
// the first object.
type Client struct {
	URL       string
	Token     string
	Namespace string
	Object    string // GROUP/SHARD
}

func (c Client) header() http.Header {
	h := http.Header{}
	for name, value := range map[string]string{"X-Redis2cf-Namespace": c.Namespace, "X-Redis2cf-Object": c.Object} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if c.Token != "" {
		h.Set("Authorization", "Bearer "+c.Token)
	}
	return h
}

// NewSession is 128 random bits.
func NewSession() (id frame.SessionID) {
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	return id
}

// A Refusal is an HTTP answer that says what went wrong.
type Refusal struct {
	Status int
	Code   frame.Code `json:"code"`
	Text   string     `json:"text"`
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d, code %d: %s", r.Status, r.Code, r.Text) }

func refusal(res *http.Response) error {
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	r := &Refusal{Status: res.StatusCode}
	if err := json.Unmarshal(body, r); err != nil {
		return fmt.Errorf("%s with a body that is no refusal: %q", res.Status, body)
	}
	return r
}

// Get asks a path of the Worker; the error of an answer that is not 200 is a Refusal.
func (c Client) Get(path string, into any) error {
	res, err := c.do(context.Background(), http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return refusal(res)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

func (c Client) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = c.header()
	return http.DefaultClient.Do(req)
}

// Post sends messages as one request and returns those of the answer.
func (c Client) Post(messages ...[]byte) ([][]byte, error) {
	return c.PostContext(context.Background(), messages...)
}

// PostContext is Post, and ends with the context.
func (c Client) PostContext(ctx context.Context, messages ...[]byte) ([][]byte, error) {
	var body []byte
	for _, m := range messages {
		body = frame.AppendPart(body, m)
	}
	res, err := c.do(ctx, http.MethodPost, "/v1/frame", body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return nil, refusal(res)
	}
	if body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	return frame.Parts(body)
}

// A Conn is a WebSocket on which a session has said hello.
type Conn struct {
	Welcome frame.Welcome
	Session frame.SessionID
	Seq     uint64 // of the last frame
	// Messages are those that came while an answer was waited for.
	Messages []frame.Messages

	t  testing.TB
	ws *websocket.Conn
}

// Connect opens a WebSocket for a new session until the test ends.
func (c Client) Connect(t testing.TB) *Conn {
	t.Helper()
	return c.Resume(t, NewSession(), 0)
}

// Resume opens a WebSocket for a session that has sent so many frames.
func (c Client) Resume(t testing.TB, session frame.SessionID, seq uint64) *Conn {
	t.Helper()
	conn, err := c.Dial(t)
	if err != nil {
		t.Fatal(err)
	}
	conn.Session, conn.Seq = session, seq
	conn.Write((&frame.Hello{Version: frame.Version, Session: session, Library: "test/1"}).Append(nil))
	if err := conn.Welcome.Decode(conn.Read()); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Dial opens a WebSocket until the test ends and says nothing. The error of a
// Worker that refuses it is a Refusal.
func (c Client) Dial(t testing.TB) (*Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.URL, "http")+"/v1/connect", &websocket.DialOptions{
		HTTPHeader:      c.header(),
		Subprotocols:    []string{frame.Subprotocol},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusal(res)
		}
		return nil, err
	}
	ws.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() }) // the other end may have closed it
	return &Conn{t: t, ws: ws}, nil
}

// Write sends a message.
func (c *Conn) Write(message []byte) { c.write(websocket.MessageBinary, message) }

// WriteText sends a text message, which the protocol has not.
func (c *Conn) WriteText(text string) { c.write(websocket.MessageText, []byte(text)) }

func (c *Conn) write(kind websocket.MessageType, message []byte) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, kind, message); err != nil {
		c.t.Fatal(err)
	}
}

// Read waits for a message.
func (c *Conn) Read() []byte {
	c.t.Helper()
	b, err := c.TryRead(patience)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// TryRead waits so long for a message.
func (c *Conn) TryRead(wait time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	kind, b, err := c.ws.Read(ctx)
	if err == nil && kind != websocket.MessageBinary {
		err = fmt.Errorf("a text message came: %.200q", b)
	}
	return b, err
}

// CloseCode waits for the socket's end and returns its code.
func (c *Conn) CloseCode() int {
	c.t.Helper()
	for {
		_, err := c.TryRead(patience)
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			return int(closed.Code)
		}
		c.t.Fatal(err)
	}
}

// Close ends the socket as a client does.
func (c *Conn) Close() { _ = c.ws.Close(websocket.StatusNormalClosure, "") } // the other end may have been faster

// Cut ends the connection without a word.
func (c *Conn) Cut() { _ = c.ws.CloseNow() } // as above

// Groups runs groups as the next frame.
func (c *Conn) Groups(groups ...frame.Group) *frame.Answer {
	c.t.Helper()
	c.Seq++
	return c.Frame(&frame.Frame{Seq: c.Seq, Groups: groups})
}

// Frame sends a frame and waits for its answer.
func (c *Conn) Frame(f *frame.Frame) *frame.Answer {
	c.t.Helper()
	c.Write(f.Append(nil))
	a, e := c.Answer()
	if e != nil {
		c.t.Fatalf("frame %d: code %d: %s", f.Seq, e.Code, e.Text)
	}
	if a.Seq != f.Seq {
		c.t.Fatalf("the answer is of frame %d, not %d", a.Seq, f.Seq)
	}
	return a
}

// Answer waits for an answer or an error; other messages are kept.
func (c *Conn) Answer() (*frame.Answer, *frame.Error) {
	c.t.Helper()
	for {
		b := c.Read()
		var err error
		switch frame.Kind(b) {
		case frame.KindAnswer:
			a := new(frame.Answer)
			if err = a.Decode(b); err == nil {
				return a, nil
			}
		case frame.KindError:
			e := new(frame.Error)
			if err = e.Decode(b); err == nil {
				return nil, e
			}
		case frame.KindMessages:
			var m frame.Messages
			if err = m.Decode(b); err == nil {
				c.Messages = append(c.Messages, m)
				continue
			}
		case frame.KindWelcome: // the object was opened anew
			var w frame.Welcome
			if err = w.Decode(b); err == nil {
				c.Welcome = w
				continue
			}
		default:
			err = fmt.Errorf("a message of the kind %q came", frame.Kind(b))
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// Commands runs commands of one client in one frame and returns their replies.
func (c *Conn) Commands(cmds ...resp.Command) []resp.Reply {
	c.t.Helper()
	a := c.Groups(frame.Group{Client: 1, Protocol: 3, Commands: cmds})
	if len(a.Results) != 1 || a.Results[0].Status != frame.StatusDone || len(a.Results[0].Replies) != len(cmds) {
		c.t.Fatalf("%d commands were answered with %+v", len(cmds), a)
	}
	return a.Results[0].Replies
}

// Do runs a command and returns its reply.
func (c *Conn) Do(words ...string) resp.Reply {
	c.t.Helper()
	return c.Commands(resp.Command(words))[0]
}
