# Everything that is checked. `go test -timeout 40m ./...` runs every test; this adds what is not a test.
# Longer runs take a larger number: SCRIP_TEST_KILLS, SCRIP_TEST_RACES, SCRIP_TEST_HISTORIES, FUZZTIME.

FUZZTIME ?= 10s

.PHONY: check test lint race fuzz generate bench demo

check: test lint race fuzz

test:
	go test -timeout 40m ./...

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt these:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@test -z "$$(go fix -diff ./... 2>&1)" || { echo "go fix these:"; go fix -diff ./...; exit 1; }
	go mod tidy -diff
	go tool templ generate
	git diff --exit-code -- '*_templ.go'

# The race detector needs a C compiler, which the tests themselves do not.
race:
	SCRIP_TEST_HISTORIES=$${SCRIP_TEST_HISTORIES:-1000} SCRIP_TEST_RACES=$${SCRIP_TEST_RACES:-200} SCRIP_TEST_REQUESTS=$${SCRIP_TEST_REQUESTS:-1000} go test -race -timeout 40m $$(go list ./... | grep -v /browser)

# A fuzzer that reaches its time may fail for that alone (golang/go#75804): then no input has failed.
fuzz:
	@set -e; said=$$(mktemp); for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' | sort -u); do \
	    echo "$$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$package > $$said 2>&1 || \
	      { grep -q 'context deadline exceeded' $$said && ! grep -qE 'Failing input|panic|fatal error|_test\.go:' $$said; } || { cat $$said; exit 1; }; \
	    tail -1 $$said; \
	  done; \
	done; rm -f $$said

generate:
	go tool templ generate
	cd store/query && go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate

bench:
	go test -run '^$$' -bench . ./...

demo:
	go run ./cmd/scrip demo
