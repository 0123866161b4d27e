PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
OPENSSL := $(VENV)/redis-libs
NODE_MODULES := $(addsuffix /node_modules,tests/node $(wildcard examples/node_*))
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run test test-all lint format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with everything in it

# An editable install, which also writes the stubs from proto/.
$(INSTALLED): pyproject.toml constraints.txt hatch_build.py $(wildcard proto/nearhit/v1/*.proto)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[server,tracing,dev]"
	@touch $@

run: $(INSTALLED) ## Start the server on the embedded store (ARGS="--grpc HOST:PORT ...")
	$(BIN)/nearhit serve $(ARGS)

# The Redis of the tests needs OpenSSL 1.1, which Debian 12 no longer has.
$(OPENSSL): tests/redis_servers/get_openssl.sh | $(INSTALLED)
	tests/redis_servers/get_openssl.sh $(OPENSSL)
	@touch $@

# Exactly the packages of package-lock.json, for the tests and the examples in JavaScript.
%/node_modules/.installed: %/package.json %/package-lock.json
	@command -v npm >/dev/null || { echo "make: the tests need Node 20 and its npm" >&2; exit 1; }
	npm ci --prefix $* --loglevel=error --no-audit --no-fund >/dev/null
	@touch $@

test: lint $(OPENSSL) $(NODE_MODULES:=/.installed) ## Check style and types, then run the tests (ARGS="-k name ...")
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m "not slow" $(ARGS)

test-all: test ## The same, then the slow tests: clusters, failovers, soaks and attacks
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m slow $(ARGS)

lint: $(INSTALLED) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED) ## Put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what make made
	rm -rf $(VENV) $(NODE_MODULES) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f client/nearhit/v1/*_pb2*.py client/nearhit/v1/*_pb2*.pyi
