# Two targets do everything on a fresh machine with python3, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete

.PHONY: demo test lint format types contracts tables unit bench lock env clean

demo: env
	$(BIN)/provenpoint demo

test: env lint types contracts tables unit

env: $(STAMP)

# Made again only when the lock or the project's own metadata changed.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Provenpoint needs Python 3.11 or later; say which: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
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

unit: env
	$(BIN)/pytest

bench: env
	$(BIN)/python -m tests.benchmarks

# Needs uv (https://docs.astral.sh/uv/) on the path; only whoever changes a dependency runs it.
lock:
	echo '# Everything that Provenpoint, its tests and its benchmarks install, pinned with hashes. Made by `make lock`; not edited by hand.' > requirements.lock.new
	uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 --generate-hashes --no-header \
		>> requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) .provenpoint demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis
