# Two commands do all their own set-up: `make serve` and `make test`. They need Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
STAMP := $(VENV)/.installed-for-tests
PORT ?= 8000

.PHONY: serve test lint types unit exports bench bench-align bench-reconcile clean help

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

unit: $(STAMP)
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

bench-reconcile: $(STAMP) ## how long a batch of 50 titles takes to reconcile
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/reconcile.py

clean: ## remove the environment and everything built
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
