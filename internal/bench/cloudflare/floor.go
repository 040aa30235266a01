package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/redis2cf/redis2cf/internal/bench/figures"
	"github.com/redis2cf/redis2cf/runtime/worker/project"
)

// An object that sends back what it gets, with a socket that may hibernate and with one
// that may not: what a frame costs before anything of ours has run.
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
  webSocketMessage(ws, message) { ws.send(message); }
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

	dial := func(query string) (echo *side, end func(), err error) {
		ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(local.URL(), "http")+query, nil)
		if err != nil {
			return nil, nil, err
		}
		message := make([]byte, 64)
		return &side{
			name: "echo", cpu: func() time.Duration { return processCPU(local.PID()) },
			one: func(ctx context.Context, _ *step) error {
				if err := ws.Write(ctx, websocket.MessageBinary, message); err != nil {
					return err
				}
				_, _, err := ws.Read(ctx)
				return err
			},
		}, func() { _ = ws.CloseNow() }, nil
	}
	asleep, end, err := dial("/")
	if err != nil {
		return err
	}
	defer end()
	awake, end, err := dial("/?awake=1")
	if err != nil {
		return err
	}
	defer end()

	sides := []*side{b.redis, asleep, awake}
	names := []string{"GET on redis-server", "echo, a socket that may hibernate", "echo, a socket that may not"}
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
