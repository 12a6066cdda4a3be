# Two targets do everything on a fresh machine with python3, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
NPM := $(shell command -v npm 2> /dev/null)
NODE_MODULES := $(if $(NPM),tests/interop/node_modules/.package-lock.json)

# The tests start hundreds of processes; each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all lint format types contracts tables unit every-test interop bench lock env clean

demo: env
	$(BIN)/provenpoint demo

# What a newcomer runs, and whoever has changed something: minutes. Tests marked `exhaustive` and mypy are left out.
test: env lint contracts tables unit

# All there is, as the continuous integration runs it: every test, the campaigns among them, and what a user would run, as
# he would run it: the whole proof, every case of OCTT that applies, the demo.
test-all: env lint types contracts tables $(NODE_MODULES) every-test
	$(BIN)/provenpoint verify --workers 2 --cross-check
	$(BIN)/provenpoint conformance
	$(BIN)/provenpoint demo

env: $(STAMP)

# Made again only when the lock or the project's own metadata changed.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Provenpoint needs Python 3.11 or later; say which: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(STAMP)

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: env
	$(BIN)/mypy

contracts: env
	$(BIN)/lint-imports

tables: env
	$(BIN)/provenpoint lint

# Three tests at once, even on two cores: many wait for processes, timers and disks as often as they work.
SIDE_BY_SIDE := --numprocesses 3 --dist worksteal
unit: env
	$(BIN)/pytest $(SIDE_BY_SIDE) -m 'not exhaustive'

every-test: env
	$(BIN)/pytest $(SIDE_BY_SIDE)

# The station against central systems of other people. `make test-all` runs it too, and skips ocpp-rpc where there is no npm.
interop: env $(NODE_MODULES)
	$(if $(NPM),,@echo 'make interop: npm is not installed (Debian: nodejs, npm)' >&2; exit 3)
	$(BIN)/pytest tests/interop

tests/interop/node_modules/.package-lock.json: tests/interop/package-lock.json
	npm ci --prefix tests/interop --ignore-scripts --no-audit --no-fund --loglevel=error

bench: env
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.queue
	$(BIN)/python -m tests.benchmarks.composite
	$(BIN)/python -m tests.benchmarks.longest_step
	$(BIN)/python -m tests.benchmarks.transfer

# Needs uv (https://docs.astral.sh/uv/) on the path; only whoever changes a dependency runs it.
lock:
	echo '# Everything that Provenpoint, its tests and its benchmarks install, pinned with hashes. Made by `make lock`; not edited by hand.' > requirements.lock.new
	uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 --generate-hashes --no-header \
		>> requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) tests/interop/node_modules .provenpoint demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis
