# The image of the manager, as `docker-build` tags it and `deploy` and `build-installer` use it.
IMG ?= arize-operator:dev
CONTAINER_TOOL ?= docker
KUBECTL ?= kubectl
PLATFORMS ?= linux/amd64,linux/arm64

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c

# Every tool is pinned in a module under hack/, which keeps its dependencies out of ours.
TOOL := go tool -modfile=hack/tools/go.mod
TOOLS := controller-gen crd-ref-docs kustomize setup-envtest
LINT := bin/golangci-lint

# The race detector needs a C compiler on most platforms; without one the tests still run, and say so.
RACE = $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

# The modules with Go code: what is in a module below the root is not in the root's ./...
MODULES := . hack/assets hack/bench/plot hack/lint

# A recipe that needs the control plane begins with this. The variable is the one that envtest reads; it is exported by a
# command of its own because `export X=$(...)` succeeds even when what is in it fails.
WITH_ASSETS = KUBEBUILDER_ASSETS="$$(hack/assets/assets.sh)"; export KUBEBUILDER_ASSETS;

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*##"; printf "Usage:\n  make \033[36m<target>\033[0m\n"} \
		/^[a-zA-Z_0-9-]+:.*?##/ { printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2 } \
		/^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) }' $(MAKEFILE_LIST)

##@ Set-up (every target also works without it)

.PHONY: assets
assets: ## Find or build the control plane (a few minutes, once per machine); the last line is its directory.
	@hack/assets/assets.sh

.PHONY: tools
tools: $(LINT) ## Download all modules and build the pinned tools.
	go mod download
	for tool in $(TOOLS); do $(TOOL) -n $$tool >/dev/null; done

# golangci-lint with our plugins. It is built again when its pins change.
$(LINT): hack/lint/go.mod hack/lint/go.sum hack/lint/main.go
	@echo 'building golangci-lint (about a minute, once)' >&2
	cd hack/lint && go build -o ../../$@ .

##@ Development

.PHONY: generate
generate: ## Generate the DeepCopy methods.
	$(TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...

.PHONY: manifests
manifests: ## Generate the CRDs and the manager's ClusterRole.
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=manager-role paths=./internal/... output:rbac:dir=config/rbac

.PHONY: api-docs
api-docs: ## Generate the API reference, docs/reference/api.md.
	@mkdir -p docs/reference
	$(TOOL) crd-ref-docs --source-path=api --config=hack/api-docs/config.yaml --templates-dir=hack/api-docs/templates \
		--renderer=markdown --output-path=docs/reference/api.md --log-level=ERROR

.PHONY: verify
verify: ## Check that everything generated, and every go.mod, is as it should be.
	@hack/verify.sh $(MODULES) hack/tools

.PHONY: fmt
fmt: $(LINT) ## Format the Go code.
	$(LINT) fmt

.PHONY: vet
vet: ## Run go vet.
	for module in $(MODULES); do go -C $$module vet ./...; done

# Runs the linters in every module, with the flags in $1. Beside the root most exclusions of .golangci.yml find nothing and
# need not say so, and Kubernetes (hack/assets) can't be built without the replacements in its go.mod.
RUN_LINT = for module in $(MODULES); do ( cd $$module; \
	[[ $$module == . ]] || export LOG_LEVEL=error; \
	[[ $$module != hack/assets ]] || set -- --disable=gomoddirectives; \
	$(CURDIR)/$(LINT) run $1 "$$@" ); done

.PHONY: lint
lint: $(LINT) ## Run the linters.
	@$(call RUN_LINT,)

.PHONY: lint-fix
lint-fix: $(LINT) ## Run the linters, and repair what they can.
	@$(call RUN_LINT,--fix)

.PHONY: lint-config
lint-config: $(LINT) ## Check the configuration of the linters.
	$(LINT) config verify

##@ Tests

.PHONY: test
test: ## Run all tests. TEST_FLAGS adds to the flags of `go test`.
	@[[ -n "$(RACE)" ]] || echo 'no C compiler here: the tests run WITHOUT the race detector' >&2
	$(WITH_ASSETS) for module in $(filter-out hack/lint,$(MODULES)); do \
		go -C $$module test $(RACE) -timeout=20m $(TEST_FLAGS) ./...; done

FUZZTIME ?= 30s
.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s).
	@hack/fuzz.sh $(FUZZTIME)

# Without N this is the published benchmark. Runs with other numbers of roles are kept in the same place.
BENCH_OUT ?= $(if $(N),bin/bench,docs/benchmarks)
.PHONY: bench
bench: ## Measure what 100, 1000 and 10,000 roles cost (about an hour), or only N=100; write tables and plots to BENCH_OUT. BENCH_FLAGS are flags of hack/bench.
	@$(WITH_ASSETS) failed=0; go run ./hack/bench $(if $(N),-n="$(N)") -out=$(BENCH_OUT) $(BENCH_FLAGS) || failed=$$?; \
		go -C hack/bench/plot run . $(abspath $(BENCH_OUT)); exit $$failed

.PHONY: bench-render
bench-render: ## Write the tables and plots of BENCH_OUT anew, without measuring anything.
	@go run ./hack/bench -render -out=$(BENCH_OUT)
	@go -C hack/bench/plot run . $(abspath $(BENCH_OUT))

DURATION ?= 1m
.PHONY: chaos
chaos: ## Soak the operator in random failures for DURATION (1m), and check that no role is lost, leaked or taken over; SEED repeats a mix.
	@$(WITH_ASSETS) SEED=$(SEED) DURATION=$(DURATION) go run ./hack/chaos

.PHONY: demo
demo: ## Run the demo on a control plane of its own, then stay up; DEMO=once exits at the end.
	@$(WITH_ASSETS) DEMO=$(DEMO) go run ./hack/demo

##@ Build

.PHONY: build
build: ## Build the binaries into bin/.
	go build -trimpath -o bin/manager ./cmd
	go build -trimpath -o bin/arize-sim ./cmd/arize-sim

.PHONY: run
run: ## Run the manager here, against the cluster of your kubeconfig.
	go run ./cmd

.PHONY: docker-build
docker-build: ## Build the image IMG with CONTAINER_TOOL (docker); BASE_IMAGE is the Go image to build in.
	$(CONTAINER_TOOL) build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) -t $(IMG) .

.PHONY: docker-buildx
docker-buildx: ## Build the image IMG for all PLATFORMS, and push it; CONTAINER_TOOL and BASE_IMAGE as above.
	$(CONTAINER_TOOL) buildx build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) --platform=$(PLATFORMS) --push -t $(IMG) .

# Everything that is deployed, with the image in its place. `kustomize edit set image` would leave the tree changed.
MANIFESTS = $(TOOL) kustomize build config/default | sed 's|image: arize-operator:dev|image: $(IMG)|'

.PHONY: build-installer
build-installer: manifests ## Write what `make deploy` applies to dist/install.yaml, with the image IMG.
	@mkdir -p dist
	$(MANIFESTS) >dist/install.yaml

##@ Deployment (to the cluster of your kubeconfig)

.PHONY: install
install: ## Install the CRDs.
	$(TOOL) kustomize build config/crd | $(KUBECTL) apply -f -

.PHONY: uninstall
uninstall: ## Delete the CRDs, and with them every ArizeRole and ArizeAccount. The manager has to run; the roles stay in Arize.
	$(TOOL) kustomize build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: ## Install the CRDs and the manager, with the image IMG.
	$(MANIFESTS) | $(KUBECTL) apply -f -

# The CRDs go first: the manager has to be there still to take its finalizers off the objects.
.PHONY: undeploy
undeploy: uninstall ## As uninstall; then delete the manager and the namespace arize-system with all that is in it, the API key too.
	$(MANIFESTS) | $(KUBECTL) delete --ignore-not-found -f -
