# Rookery. `make help` lists what there is.

SWIFT ?= swift
# A directory of its own for what users run; tests build in the usual place.
# Frame pointers cost the processor in software a fifth of its speed: its handlers are a few instructions long.
BUILD_FLAGS = -c release --explicit-target-dependency-import-check error --omit-frame-pointers
PREFIX ?= /usr/local

.DEFAULT_GOAL := build
.PHONY: build demo test check bench conformance format install uninstall clean deps help fuzz

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what building and the demo need (Debian, as root)
	@./Scripts/install-dependencies.sh build

build: deps ## the executables, in .build/release
	@$(SWIFT) build $(BUILD_FLAGS)

demo: build ## a wide-area network with true delays, measured; leaves demo.svg
	@./Scripts/install-dependencies.sh demo
	@./Scripts/demo.sh

test: ## all tests, and the checks of `make check`
	@./Scripts/install-dependencies.sh test
	@./Scripts/test.sh

check: ## formatting, lint, declared imports, warnings, pure cores, hot functions
	@./Scripts/check.sh

bench: build ## the benchmarks against the peers; writes Benchmarks/results.md
	@./Scripts/install-dependencies.sh bench
	@./Benchmarks/run.sh

conformance: build ## the OpenFlow conformance suites that CONFORMANCE_DIR holds, against rookery-switchd
	@./Conformance/run.sh

fuzz: ## each fuzz target for a minute
	@for target in Fuzz/Sources/*/fuzz.swift; do ./Fuzz/run.sh $$(basename $$(dirname $$target)) 60 || exit 1; done

format: ## put the sources into the project's format
	@$(SWIFT) format format -i -p --configuration .swift-format -r Sources Tests Package.swift

install: build ## into PREFIX (/usr/local)
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install -m 755 .build/release/rookery .build/release/rookery-lab .build/release/rookery-switchd \
		.build/release/rookery-vmm .build/release/rookery-agent .build/release/rookery-work $(DESTDIR)$(PREFIX)/bin/

uninstall: ## what install put there
	@rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,rookery rookery-lab rookery-switchd rookery-vmm rookery-agent rookery-work)

clean: ## what building left
	@rm -rf .build demo.svg
