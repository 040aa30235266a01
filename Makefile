# make test      everything that must hold: gofmt, go vet, the tests of both
#                modules and of the sample, generated files up to date
# make race      the same tests under the race detector
# make difftest  random commands, the engine against redis-server (COMMANDS=n SEED=n)
# make difftest-cloudflare  random commands through the gateway and the Worker on a local workerd, which is
#                killed, without memory, asleep; D1 and KV are compared with the object (COMMANDS=n SEED=n)
# make crash     a process at work is killed ROUNDS times, and what it was told compared with what is stored
# make wasm-test the engine's tests with the engine compiled to WebAssembly (WASM_RUN=regexp for some of them,
#                WASM_FLAGS=-whole for the lines of those that fail)
# make fuzz      each fuzz target for FUZZTIME
# make bench     redis2cf against go list and go vet, the engine against redis-server
#                and its targets (BENCH_STRICT=1: a missed one is a failure)
# make everything  copies of the modules in DIR (default: the sample) are migrated: what was found, what moved, what
#                compiles and passes before and after, what was lost (EVERYTHING_FLAGS="-redis localhost:6379 -json FILE")
# make bench-cloudflare  the Worker on a local workerd against redis-server, rows, bills, pauses
#                (BENCH_FLAGS="-part load -only 'mix, 64'" for some of it)
# make bench-move  a copy of a million keys beside reading them alone; a million sessions and ten thousand
#                threads on the embedded store, a local workerd and Redis (BENCH_FLAGS="-keys 100000 -part copy")
#
# Only Go is needed. Suites that compare with redis-server run when it is
# installed; REDIS2CF_REQUIRE=all makes a missing program a failure.

GO       ?= go
FUZZTIME ?= 30s
COMMANDS ?= 1000000
SEED     ?= $(shell date +%s)
ROUNDS   ?= 200
WASM_RUN ?= .
WASM_FLAGS ?=
DIR      ?=
SAMPLE   := testdata/chat
WASMTEST := $(or $(TMPDIR),/tmp)/redis2cf-wasmtest

.PHONY: test fmt vet unit needs race race-short difftest difftest-cloudflare crash wasm-test fuzz bench everything bench-move bench-cloudflare generate

test: needs fmt vet unit

# One line for each program that is not there.
needs:
	@for p in redis-server git chromium; do \
	  command -v $$p >/dev/null 2>&1 && continue; \
	  if [ "$$REDIS2CF_REQUIRE" = all ]; then echo "$$p is not installed, and REDIS2CF_REQUIRE=all is set" >&2; exit 1; fi; \
	  echo "$$p is not installed: the suites that need it are left out"; \
	done
	@missing=; for p in workerd wrangler node typescript; do \
	  [ -n "$$REDIS2CF_NPM" ] && [ -d "$$REDIS2CF_NPM/node_modules/$$p" ] || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	how="npm ci in a copy of runtime/worker/project/npm; REDIS2CF_NPM names that directory"; \
	if [ "$$REDIS2CF_REQUIRE" = all ]; then echo "npm's$$missing: not installed, and REDIS2CF_REQUIRE=all is set ($$how)" >&2; exit 1; fi; \
	echo "npm's$$missing: not installed, the Worker's suites that need them are left out ($$how)"

fmt:
	@bad=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$bad" ]; then echo "not gofmt-clean:" >&2; echo "$$bad" >&2; exit 1; fi

vet:
	$(GO) vet ./...
	cd runtime && $(GO) vet ./...
	cd runtime/goredis && $(GO) vet ./...
	cd runtime/goredisv8 && $(GO) vet ./...
	cd runtime/dual && $(GO) vet ./...
	cd runtime/cfotel && $(GO) vet ./...
	cd runtime/cfotel/beside && $(GO) vet ./...
	cd runtime/store/rest && $(GO) vet ./...
	cd examples/ci && GOWORK=off $(GO) vet ./...
	cd examples/golangci-lint && GOWORK=off $(GO) vet ./...
	cd $(SAMPLE) && GOWORK=off $(GO) vet ./...

# The tests hold the generated files up to date and run the sample's own tests too.
unit:
	$(GO) test -timeout 20m ./...
	cd runtime && $(GO) test -timeout 20m ./...
	cd runtime/goredis && $(GO) test -timeout 20m ./... && GOWORK=off $(GO) test ./...
	cd runtime/goredisv8 && $(GO) test -timeout 20m ./... && GOWORK=off $(GO) test ./...
	cd runtime/dual && $(GO) test -timeout 20m ./... && GOWORK=off $(GO) test -short ./...
	cd runtime/cfotel && GOWORK=off $(GO) build ./...
	cd runtime/cfotel/beside && $(GO) test ./... && GOWORK=off $(GO) test ./...
	cd runtime/store/rest && $(GO) test -timeout 20m ./... && GOWORK=off $(GO) test -short ./...
	cd examples/ci && GOWORK=off $(GO) test ./...
	cd examples/golangci-lint && GOWORK=off $(GO) test ./...

race:
	$(GO) test -race ./...
	cd runtime && $(GO) test -race ./...
	cd runtime/goredis && $(GO) test -race ./...
	cd runtime/goredisv8 && $(GO) test -race ./...
	cd runtime/dual && $(GO) test -race ./...
	cd runtime/cfotel/beside && $(GO) test -race ./...
	cd runtime/store/rest && $(GO) test -short -race ./...

# The packages that have goroutines.
race-short:
	$(GO) test -short -race -skip Killed ./internal/transfer # those kill processes of their own
	cd runtime && $(GO) test -short -race . ./store/... ./respserver ./internal/stress ./cftest/... ./phase ./fault ./adapter ./value
	cd runtime/goredis && $(GO) test -short -race ./...
	cd runtime/goredisv8 && $(GO) test -short -race ./...
	cd runtime/dual && $(GO) test -short -race ./...
	cd runtime/cfotel/beside && $(GO) test -race ./...
	cd runtime/store/rest && $(GO) test -short -race ./...

difftest:
	cd runtime && REDIS2CF_REQUIRE=all $(GO) test -count=1 -v -timeout 2h -run 'LikeRedis|LikeByRedis|RowsAreTheWholeState|ServedFromTheirRows' ./engine ./store/sqlite -commands $(COMMANDS) -seed $(SEED)

difftest-cloudflare:
	cd runtime && REDIS2CF_REQUIRE=all $(GO) test -count=1 -v -timeout 24h ./worker/conformance -commands $(COMMANDS) -seed $(SEED) -hibernations 20

crash:
	cd runtime && $(GO) test -count=1 -v -timeout 1h -run Killed ./store/sqlite -rounds $(ROUNDS) -seed $(SEED)

# What measures seconds is left out: WebAssembly takes several times as long.
wasm-test:
	$(GO) build -o $(WASMTEST) ./internal/wasmtest
	cd runtime && GOOS=wasip1 GOARCH=wasm $(GO) test -short -timeout 1h -run '$(WASM_RUN)' -skip NoScriptEscapesItsBudget -exec "$(WASMTEST) $(WASM_FLAGS)" ./engine ./internal/lua ./internal/redislua

fuzz:
	@set -e; for d in . runtime; do \
	  (cd $$d && grep -rl --include='*_test.go' '^func Fuzz' . | grep -v -e '^./testdata/' -e '^./runtime/' | while read -r file; do \
	    for f in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	      echo "$$file $$f"; $(GO) test -tags withoutfiles -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
	    done; \
	  done) || exit 1; \
	done

bench:
	$(GO) run ./internal/bench $(DIR)

everything:
	$(GO) run ./internal/bench/everything $(EVERYTHING_FLAGS) $(or $(DIR),$(SAMPLE))

bench-move:
	$(GO) run ./internal/bench/move $(BENCH_FLAGS)

bench-cloudflare:
	$(GO) run ./internal/bench/cloudflare $(BENCH_FLAGS)

generate:
	$(GO) generate ./...
	cd runtime && $(GO) generate ./...
