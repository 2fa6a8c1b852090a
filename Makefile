.DEFAULT_GOAL := help

.PHONY: help
help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## examine a made-up cluster with a broken link; SCENARIO=name chooses another
	@go build -o irsa-doctor . && { ./irsa-doctor demo $(SCENARIO) || test $$? -eq 1; }

.PHONY: build
build: ## build ./irsa-doctor
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o irsa-doctor .

.PHONY: install
install: ## install irsa-doctor where go install puts programs
	go install .

.PHONY: test
test: ## run all tests that need no cluster
	go test ./...

.PHONY: race
race: ## run the tests of what runs in parallel under the race detector; it needs a C compiler
	go test -race -short . ./kube ./aws $$(go list ./internal/... | grep -v -e /anonymous -e /secret)

.PHONY: e2e
e2e: ## run against a real control plane, built once; IRSA_DOCTOR_E2E_KUBECONFIG names a cluster to spoil instead
	cd e2e && go test -count=1 -timeout 40m -v ./...

.PHONY: lint
lint: ## look for what the compiler lets pass
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	go vet ./...
	go mod tidy -diff
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	cd e2e && go vet ./... && go mod tidy -diff && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

.PHONY: golden
golden: ## rewrite the expected outputs and the generated docs; read the diff
	go test ./checks ./report ./kube ./aws -update
	go test . -update

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each, ten seconds by default
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz); do \
		echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzzminimizetime 10x -fuzztime $(or $(FUZZTIME),10s) $$p || exit 1; done; done

.PHONY: bench
bench: ## measure judging, looking and policy evaluation
	go test -run '^$$' -bench . -benchmem ./checks/... ./kube ./aws ./internal/cli
