# Everything a newcomer needs: `make demo` shows Coffer at work, `make test`
# proves it. Both install what they need beyond Go, Node, Python and make.

SHELL   := /bin/bash
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/coffer-ml/coffer/server.Version=$(VERSION)
# The driver for Google Cloud Storage speaks HTTP alone; gRPC would be 13 MB of the program.
TAGS    := disable_grpc_modules
LINT    := $(GO) tool -modfile=tools/go.mod golangci-lint
NEWEST  := .venv/compat-newest/bin/python
OLDEST  := .venv/compat-2.1.7/bin/python
# One file after another: each has a server, an SDK and a browser of its own.
BROWSER := cd web && node --test --test-concurrency=1 e2e/
PYTEST  := -m pytest -q -p no:cacheprovider

.PHONY: demo run build web browser test test-compat test-types test-pages test-all check fmt gen fuzz load packages venv

build: ## bin/coffer, with the web app in it if that was built
	$(GO) build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/coffer ./cmd/coffer

web: ## the web app, for build to embed; needs Node
	cd web && npm ci --silent && VITE_VERSION='$(VERSION)' npm run --silent build

browser: packages web build venv ## every page in a real Chromium, filled by the Python SDK; pictures in web/e2e/shots
	$(BROWSER)

run: build ## a server for people, on the usual ports, data in ./coffer-data
	bin/coffer serve

demo: packages build venv ## one artifact of every kind, stored, read back and compared
	$(GO) run ./examples/demo -coffer bin/coffer -python $(NEWEST)

test: packages web build venv ## everything that must hold at each commit
	$(LINT) run ./...
	$(GO) test -timeout 20m ./...
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-compat test-types test-pages

# Parts of test, which makes what they need. They wait more than they work, so that two run beside each other.
test-compat:
	$(NEWEST) $(PYTEST) test/compat

test-types:
	$(OLDEST) $(PYTEST) -m types test/compat
	COFFER_COMPAT_DB=postgres $(NEWEST) $(PYTEST) -m types test/compat
	for store in s3 gs azure folder; do COFFER_COMPAT_BLOBS=$$store $(NEWEST) $(PYTEST) -m types test/compat || exit 1; done

test-pages:
	$(BROWSER)

test-all: test ## the full product: every compat test on the oldest SDK, long counts, and the race detector everywhere
	COFFER_INTERRUPTION=30s $(GO) test -race -timeout 40m ./...
	$(GO) test -timeout 40m ./test/crash -run Kill -rounds 100
	COFFER_LARGE=1073741824 COFFER_CUTS=100 $(GO) test -timeout 40m ./blob/gcs ./blob/azure -run "Large|Cuts"
	COFFER_CACHE_READ=10737418240 $(GO) test -timeout 60m ./test/sdk -run ManyProcesses
	COFFER_TOGETHER=2m $(GO) test -timeout 20m ./test/crash -run TwoServers
	$(OLDEST) $(PYTEST) test/compat

check: packages ## lint with the import rules, vet, race tests of the touched packages
	$(LINT) run ./...
	$(GO) vet ./...
	tools/race-touched.sh

fmt: ## format all Go code
	$(LINT) fmt ./...

gen: ## write generated files anew: golden pairs, endpoint tables
	$(GO) test ./rpc/... -update

fuzz: ## each fuzz target for FUZZTIME (30s), then 100,000 random list requests on each engine
	tools/fuzz.sh $(or $(FUZZTIME),30s)
	COFFER_ORACLE_CASES=100000 $(GO) test -timeout 180m -run TestRandomRequests ./rpc

load: packages build venv ## the table of ratios in docs/performance.md
	$(GO) run ./test/load -coffer bin/coffer -python $(NEWEST)

packages:
	@tools/packages.sh

venv:
	@test/compat/venv.sh newest >/dev/null
	@test/compat/venv.sh 2.1.7 >/dev/null
