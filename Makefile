# `make help` lists the targets.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY  := bin/lockscope
LDFLAGS := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help run run-spawn build test unit proof sim e2e check fmt generate tools fuzz latency load browser-speed scale pictures bench bench-full

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## start the dashboard with five nodes inside the program; needs only Go
	@exec ./$(BINARY)

run-spawn: build ## start it with five real redis-server or valkey-server children
	@exec ./$(BINARY) -nodes spawn

build: ## build bin/lockscope, one static program
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

SEEDS   ?= 40

test: tools check unit proof sim e2e ## install what the tests need and run them all

unit: build ## test the packages, with the race detector
	$(GO) test -race -timeout 10m ./...

proof: ## test engine and watcher beside other libraries, and the engine behind a proxy that breaks things
	cd lockengine/prooftest && $(GO) vet ./... && $(GO) test -count=1 -timeout 6m ./...
	cd bench && $(GO) vet ./... && $(GO) test -count=1 -timeout 3m ./...
	cd watcher/formattest && $(GO) vet ./... && $(GO) test -count=1 -timeout 4m -v ./...

sim: ## run the lock engine over simulated nodes with faults, SEEDS=n histories, and over broken engines
	$(GO) run ./lockengine/locksim/simrun -seeds $(SEEDS)

e2e: build ## drive the real program in a real Chromium
	cd e2e && $(GO) vet ./... && $(GO) test -count=1 -timeout 15m ./...

check: ## formatting, vet, generated files and go.mod are as they should be
	@out=$$(gofmt -l $$(git ls-files '*.go' ':!:*_templ.go')); \
	  if [ -n "$$out" ]; then echo "not formatted, run make fmt: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod tidy -diff
	cd e2e && $(GO) mod tidy -diff
	cd lockengine/prooftest && $(GO) mod tidy -diff
	cd bench && $(GO) mod tidy -diff
	cd watcher/formattest && $(GO) mod tidy -diff
	@scripts=$$(mktemp -d) && trap 'rm -rf "$$scripts"' EXIT && cp -R views "$$scripts/views" && \
	  $(GO) tool templ generate >/dev/null 2>&1 && \
	  if ! diff -r -q views "$$scripts/views"; then \
	    echo "generated files are stale, commit the result of make generate"; exit 1; fi

fmt: ## format Go and templ files
	$(GO) fmt ./...
	cd e2e && $(GO) fmt ./...
	cd lockengine/prooftest && $(GO) fmt ./...
	cd bench && $(GO) fmt ./...
	cd watcher/formattest && $(GO) fmt ./...
	$(GO) tool templ fmt views

generate: ## make the Go files of the templ components
	$(GO) tool templ generate

fuzz: ## fuzz everything that parses, 20 s each
	$(GO) test -run '^$$' -fuzz FuzzParseToken -fuzztime 20s ./lockengine
	$(GO) test -run '^$$' -fuzz FuzzParseMarker -fuzztime 20s ./lockengine
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime 20s ./lockengine/target
	$(GO) test -run '^$$' -fuzz FuzzParseInfo -fuzztime 20s ./lockengine/redisnode
	$(GO) test -run '^$$' -fuzz FuzzReply -fuzztime 20s ./lockengine/redisnode
	$(GO) test -run '^$$' -fuzz FuzzGlob -fuzztime 20s ./internal/glob
	$(GO) test -run '^$$' -fuzz FuzzGuard -fuzztime 20s ./watcher
	$(GO) test -run '^$$' -fuzz FuzzRecognise -fuzztime 20s ./watcher/format
	$(GO) test -run '^$$' -fuzz FuzzLoad -fuzztime 20s ./internal/config

pictures: build ## take the screenshots of the README
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && \
	  (cd e2e && E2E_LOOKS=all E2E_PICTURES="$$out" $(GO) test -count=1 -run TestThePageFits .) && \
	  for scheme in dark light; do cp "$$out/panel-1440-$$scheme.png" "docs/locks-$$scheme.png"; done

scale: ## print what 100,000 names on five nodes and 10,000 events a second cost, in 3 minutes
	$(GO) test -run '^$$' -bench 'Scale|Observe' -benchtime 1x ./watcher
	$(GO) test -run '^$$' -bench FromNodeToBoard -benchtime 500x ./watcher

latency: ## print p50 and p99 from SET on a node to the frame at a client
	$(GO) test -run '^$$' -bench SetToFrame -benchtime 1x ./web

browser-speed: build ## print what the Locks page costs a browser with 10,000 locks and 2,000 changes a second, for a minute
	cd e2e && E2E_SPEED=60s $(GO) test -count=1 -timeout 5m -v -run 'TestBrowserSpeed' .

load: ## print what 1,000 streams cost at 1,000 changes a second, what a slow one costs the others, and what a killed server loses; a minute
	$(GO) test -count=1 -timeout 8m -v ./web/loadtest -full

# Narrow it with NODES=5 CALLERS=64 SECONDS=3, and ROUNDS, ENGINES and SECTIONS:
# the flags of bench, see its -help. With PROFILE=file only our engine runs, on 5
# nodes with 64 callers unless told otherwise, and the functions that took most
# are printed.
BENCHFLAGS = -nodes '$(NODES)' -callers '$(CALLERS)' -seconds '$(SECONDS)' -rounds '$(ROUNDS)' \
             -engines '$(ENGINES)' -sections '$(SECTIONS)'

ifdef PROFILE
bench: NODES   ?= 5
bench: CALLERS ?= 64
bench: SECONDS ?= 3
bench: ENGINES ?= lockscope
BENCHFLAGS += -cpuprofile '$(abspath $(PROFILE))'
endif

bench: ## compare the engine with other lock libraries, under 4 minutes; NODES=5 CALLERS=64 SECONDS=3 PROFILE=file
	@cd bench && $(GO) build -o out/ . && ./out/bench $(BENCHFLAGS)
	@$(if $(PROFILE),$(GO) tool pprof -top -nodecount=10 '$(abspath $(PROFILE))')

bench-full: ## the same for about half an hour, for release notes
	@cd bench && $(GO) build -o out/ . && ./out/bench -full $(BENCHFLAGS)

# What the tests need, in Debian's names. Elsewhere, install the programs by hand.
tools: ## install redis-server, chromium, nginx, redis-py and node where they are missing
	@missing=""; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	command -v redis-cli >/dev/null || missing="$$missing redis-tools"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	/usr/bin/python3 -c 'import redis' 2>/dev/null || missing="$$missing python3-redis"; \
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$$missing nginx-light"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null || { echo "the tests need these programs, please install them:$$missing"; exit 1; }; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "installing$$missing"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null
