package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// An object that sends back what it gets, with a socket that may hibernate, with one
// that may not, and with one that may and whose message is stored as a row first: what
// a frame that reads and one that writes cost before anything of ours has run.
const (
	echoModule = `import { DurableObject } from "cloudflare:workers";
export class Redis2cfObject extends DurableObject {
  async fetch(request) {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    if (new URL(request.url).searchParams.has("awake")) {
      ours.accept();
      ours.addEventListener("message", (e) => ours.send(e.data));
    } else this.ctx.acceptWebSocket(ours);
    return new Response(null, { status: 101, webSocket: theirs });
  }
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS messages (slot INTEGER PRIMARY KEY, message BLOB)");
    this.slot = 0;
  }
  webSocketMessage(ws, message) {
    if (message.byteLength > 100) {
      this.slot = (this.slot + 1) % 256;
      this.ctx.storage.sql.exec("INSERT OR REPLACE INTO messages VALUES (?, ?)", this.slot, message);
    }
    ws.send(message);
  }
}
export default {
  fetch(request, env) {
    if (request.headers.get("Upgrade") !== "websocket") return new Response("an echo");
    return env.REDIS2CF_OBJECTS.get(env.REDIS2CF_OBJECTS.idFromName("echo")).fetch(request);
  },
};
`
	echoConfig = `{
	"name": "echo", "main": "echo.js", "compatibility_date": "2026-07-01", "no_bundle": true,
	"durable_objects": {"bindings": [{"name": "REDIS2CF_OBJECTS", "class_name": "Redis2cfObject"}]},
	"migrations": [{"tag": "v1", "new_sqlite_classes": ["Redis2cfObject"]}]
}`
)

// floor measures the echo beside PING on redis-server, one caller each.
func (b *bench) floor(ctx context.Context) (err error) {
	dir := filepath.Join(b.dir, "echo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"echo.js": echoModule, project.WranglerFile: echoConfig} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	local, err := project.Start(ctx, project.Options{Dir: dir, State: filepath.Join(b.dir, "echo-state"), Log: os.Stderr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, local.Stop()) }()

	dial := func(query string, bytes int) (echo *side, end func(), err error) {
		ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(local.URL(), "http")+query, nil)
		if err != nil {
			return nil, nil, err
		}
		message := make([]byte, bytes)
		return &side{
			name: "echo", cpu: func() time.Duration { return processCPU(local.PID()) },
			one: func(ctx context.Context, _ *step) error {
				binary.LittleEndian.PutUint64(message, rand.Uint64()) // SQLite writes no page that stays the same
				if err := ws.Write(ctx, websocket.MessageBinary, message); err != nil {
					return err
				}
				_, _, err := ws.Read(ctx)
				return err
			},
		}, func() { _ = ws.CloseNow() }, nil
	}
	asleep, end, err := dial("/", 64)
	if err != nil {
		return err
	}
	defer end()
	awake, end, err := dial("/?awake=1", 64)
	if err != nil {
		return err
	}
	defer end()
	stored, end, err := dial("/", 200)
	if err != nil {
		return err
	}
	defer end()

	sides := []*side{b.redis, asleep, awake, stored}
	names := []string{"GET on redis-server", "echo, a socket that may hibernate", "echo, a socket that may not", "echo of what is a row then"}
	rates, cpu := make([][]float64, len(sides)), make([][]sample, len(sides))
	for round := -1; round < b.rounds; round++ {
		for k, s := range sides {
			x, err := drive(ctx, s, shape{1, 1}, mixes[0].script(int(1_000_000*b.slice.Seconds())+4096), b.slice)
			if err != nil {
				return err
			}
			if round >= 0 {
				rates[k], cpu[k] = append(rates[k], x.rate()), append(cpu[k], x)
			}
		}
	}
	fmt.Printf("\nOne caller on an object that only sends back what it gets: what workerd takes for a frame by itself.\n\n")
	w := figures.NewTable()
	fmt.Fprint(w, "\ta second\tratio\tCPU of the server\t\n")
	for k := range sides {
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%s\t\n", names[k], figures.Middle(rates[k]), figures.Middle(rates[k])/figures.Middle(rates[0]), perCommand(cpu[k], false))
	}
	return w.Flush()
}
