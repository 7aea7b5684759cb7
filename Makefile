# Two commands do all their own set-up: `make serve` and `make test`. They need Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
STAMP := $(VENV)/.installed-for-tests
SSSOM := .venv-sssom
TABLES_ENV := .venv-tables
CRATE_ENV := .venv-crate
# What judges the accessibility of pages. Without npm the tests that need it are skipped.
AXE := .node/axe-core-4.14.1
PORT ?= 8000

.PHONY: serve test lint types unit sssom-validator tables-validators crate-validator exports bench bench-align bench-align-speed bench-describe bench-learning bench-exports bench-progressions bench-reconcile release-check clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(CORE): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

$(SSSOM)/.installed: $(BIN)/python requirements-sssom.txt
	$(BIN)/python -m venv --clear $(SSSOM)
	$(SSSOM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement requirements-sssom.txt
	touch $@

$(AXE):
	rm -rf .node
	npm install --prefix .node --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error $(@F:axe-core-%=axe-core@%) && touch $@ || echo "axe-core could not be had from npm: tests of accessibility will be skipped"

serve: $(CORE) ## build, validate and serve the graph on 127.0.0.1:8000
	$(BIN)/cmh-graph build
	$(BIN)/cmh-graph validate
	$(BIN)/cmh-graph serve --port $(PORT)

test: lint types unit ## everything that must be green

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

$(TABLES_ENV)/.installed: $(BIN)/python requirements-tables.txt
	$(BIN)/python -m venv --clear $(TABLES_ENV)
	$(TABLES_ENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement requirements-tables.txt
	touch $@

$(CRATE_ENV)/.installed: $(BIN)/python requirements-crate.txt
	$(BIN)/python -m venv --clear $(CRATE_ENV)
	$(CRATE_ENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement requirements-crate.txt
	touch $@

sssom-validator: $(SSSOM)/.installed ## the environment in which mapping sets are validated

tables-validators: $(TABLES_ENV)/.installed ## the environment in which exported tables are validated

crate-validator: $(CRATE_ENV)/.installed ## the environment in which the RO-Crate is validated

unit: $(STAMP) $(SSSOM)/.installed $(TABLES_ENV)/.installed $(CRATE_ENV)/.installed $(AXE)
	$(BIN)/cmh-graph build
	$(BIN)/pytest --numprocesses 2 --dist loadfile

exports: $(STAMP) ## write the exchange formats to exports/
	$(BIN)/cmh-graph export

bench: $(STAMP) ## runaway queries, and what they do to other clients
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/runaway.py

bench-align: $(STAMP) ## accuracy of title alignment
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/align_accuracy.py $(if $(TABLES),--tables $(TABLES))

bench-align-speed: $(STAMP) ## speed of title alignment on one core, beside plain matchers
	$(BIN)/python benchmarks/align_speed.py

bench-learning: $(STAMP) ## how much an employer's decisions help the matching
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/learning_curve.py

bench-progressions: $(STAMP) ## how long ways between roles take to find
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/progressions.py

bench-describe: $(STAMP) ## how well descriptions are read, on labelled texts
	$(BIN)/python benchmarks/describe_accuracy.py

bench-reconcile: $(STAMP) ## how long a batch of 50 titles takes to reconcile
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/reconcile.py

release-check: $(STAMP) ## release twice in two environments and compare every byte
	$(BIN)/python benchmarks/release_twice.py

bench-exports: $(STAMP) ## how long a million statements take to write, beside the engine's own dump
	$(BIN)/python benchmarks/exports.py --check

clean: ## remove the environment and everything built
	rm -rf $(VENV) $(SSSOM) $(TABLES_ENV) $(CRATE_ENV) .node build .pytest_cache .mypy_cache .ruff_cache .hypothesis
