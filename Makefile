# Every task has one name. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
KERNEL := $(shell find kernel -name target -prune -o -type f \( -name '*.rs' -o -name '*.toml' -o -name '*.rustflags' -o -name '*.pyi' -o -name Cargo.lock -o -name '*.py' \) -print)
BOOTH := booth/node_modules/.package-lock.json
JOBS ?= $(shell nproc)

.PHONY: help setup demo demo-attack demo-files test check-fast soak bench bench-booth docs lock clean system demo-system
.PHONY: format lint types contracts rust go booth python hooks

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: system $(VENV)/.kernel hooks ## install everything into .venv (Debian packages too, where allowed)

system: ## Debian packages that tests and benchmarks need
	@scripts/system-packages age belenios-tool caddy chromium nginx strace

demo-system: # and those that demos need
	@scripts/system-packages age

$(VENV)/.requirements: requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

$(VENV)/.kernel: $(VENV)/.requirements $(KERNEL) scripts/build-kernel pyproject.toml
	@PATH="$(BIN):$$PATH" scripts/build-kernel
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall kernel/target/wheels/*.whl
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src/psephos
	@touch $@

hooks:
	@git rev-parse --git-dir >/dev/null 2>&1 && git config core.hooksPath .githooks || true

demo: demo-system $(VENV)/.kernel $(BOOTH) ## a whole referendum over a board: 5 observers, 5 trustees, 2 registrars, 3 organisers, 60 voters
	@cd booth && npm run --silent build:check
	@PATH="$(BIN):$$PATH" scripts/demo

demo-attack: demo-system $(VENV)/.kernel ## what happens when whoever holds the board's key and disk turns against the vote
	@PATH="$(BIN):$$PATH" scripts/demo-attack

demo-files: demo-system $(VENV)/.kernel ## the same by files alone, without a board: 1,000 voters
	@PATH="$(BIN):$$PATH" scripts/demo-files

test: setup go lint types contracts rust booth python ## everything that CI runs
	@echo "all of it passed"

check-fast: $(VENV)/.kernel $(BOOTH) ## the inner loop: lint, types and the quick tests
	@$(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet && $(BIN)/mypy && $(BIN)/pytest -n $(JOBS) -m "not slow"

format: $(VENV)/.requirements ## format Python and Rust
	@$(BIN)/ruff format --quiet && $(BIN)/ruff check --fix --quiet && cd kernel && cargo fmt

lint: $(VENV)/.kernel
	@$(BIN)/ruff format --check --quiet && $(BIN)/ruff check --quiet

types: $(VENV)/.kernel
	@$(BIN)/mypy

contracts: $(VENV)/.kernel
	@$(BIN)/lint-imports

rust:
	@cd kernel && cargo fmt --check && cargo clippy --quiet --locked --all-targets -- -D warnings && cargo test --quiet --locked --release

go:
	@command -v go >/dev/null || [ -x /usr/local/go/bin/go ] || { echo "Go is missing: tests let Go programs check our board (https://go.dev/dl)" >&2; exit 1; }

$(BOOTH): booth/package.json booth/package-lock.json booth/.npmrc
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node.js and npm are missing: the booth and the second verifier are built with them (20.19 or newer, https://nodejs.org)" >&2; exit 1; }
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2019 ? 1 : 0)' || { echo "Node.js is too old: 20.19 or newer is needed (https://nodejs.org)" >&2; exit 1; }
	cd booth && npm ci --loglevel=error
	@touch $@

booth: $(BOOTH) ## the booth and the second verifier: format, lint, types, tests
	@cd booth && npm run --silent lint && npm run --silent types && npm test --silent && npm run --silent build && npm run --silent build:page && npm run --silent build:check

python: $(VENV)/.kernel $(BOOTH)
	@PATH="$(BIN):$$PATH" $(BIN)/pytest -n $(JOBS)
	@PSEPHOS_KERNEL=portable $(BIN)/pytest -n $(JOBS) tests/protocol/test_kernel_*.py # whichever build the machine prefers

soak: setup ## the long crash tests of the log and the server
	@PATH="$(BIN):$$PATH" scripts/soak-log

bench: setup ## microseconds per ballot, the floor, memory; a board under load; regions; ratios in one run
	@PATH="$(BIN):$$PATH" $(BIN)/python bench/run.py && $(BIN)/python bench/board.py && $(BIN)/python bench/server.py && $(BIN)/python bench/server.py --rate 2000 && $(BIN)/python bench/regional.py

bench-booth: $(BOOTH) ## milliseconds for a ballot, in Node and in Chromium
	@cd booth && npm run --silent bench

docs: $(VENV)/.kernel ## write the generated parts of docs/
	@$(BIN)/python scripts/generate_docs.py

lock: $(VENV)/.requirements ## pin and hash the requirements again
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 --universal requirements/runtime.in --output-file requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 --universal requirements/dev.in --output-file requirements/dev.txt
	@cd kernel && cargo update --workspace --quiet

clean: ## remove everything that was built
	rm -rf $(VENV) kernel/target booth/node_modules booth/dist .mypy_cache .ruff_cache .hypothesis demo-run attack-run
