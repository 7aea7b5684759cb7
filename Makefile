# Two commands do all their own set-up: `make serve` and `make test`. They need Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
STAMP := $(VENV)/.installed-for-tests
SSSOM := .venv-sssom
TABLES_ENV := .venv-tables
CRATE_ENV := .venv-crate
SPARK := .spark
PEERS := .peers
# What judges the accessibility of pages. Without npm the tests that need it are skipped.
AXE := .node/axe-core-4.14.1
# What judges the OpenAPI document, beside the validator in the tests.
LINTERS := .node/openapi/redocly-2.77.0-spectral-6.16.3
PORT ?= 8000

.PHONY: fuzz-api serve test test-spark test-stores bench-long-lists bench-serving lint types unit sssom-validator tables-validators crate-validator exports lint-api soak bench bench-check bench-pages bench-start bench-memory bench-runaway bench-replicas bench-validation bench-align bench-alignment bench-gaps bench-align-speed bench-describe bench-learning bench-exports bench-progressions bench-reconcile faults release-check clean help

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

$(SPARK)/.installed: $(BIN)/python requirements-spark.txt
	rm -rf $(SPARK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(SPARK) --requirement requirements-spark.txt
	touch $@

test-spark: $(STAMP) $(SPARK)/.installed ## long lists on a cluster of Spark, row for row as on one machine
	$(BIN)/pytest -m spark tests/test_align_batch.py

# What is asked of each remote store: questions, protocol, partners' graphs and who sees them, pages.
STORES := oxigraph virtuoso
STORE_TESTS := tests/test_stores.py tests/test_sparql_protocol.py tests/test_audiences.py tests/test_isolation.py tests/test_graph_store.py \
  tests/test_remote_store.py::test_the_plug_is_pulled_while_queries_run

test-stores: $(STAMP) ## the same tests over Oxigraph's own server and over Virtuoso (Debian: virtuoso-opensource-7)
	$(BIN)/python tests/stores.py $(STORES) -- --quiet $(STORE_TESTS)

sssom-validator: $(SSSOM)/.installed ## the environment in which mapping sets are validated

tables-validators: $(TABLES_ENV)/.installed ## the environment in which exported tables are validated

crate-validator: $(CRATE_ENV)/.installed ## the environment in which the RO-Crate is validated

unit: $(STAMP) $(SSSOM)/.installed $(TABLES_ENV)/.installed $(CRATE_ENV)/.installed $(AXE)
	$(BIN)/cmh-graph build
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

exports: $(STAMP) ## write the exchange formats to exports/
	$(BIN)/cmh-graph export

$(LINTERS):
	rm -rf .node/openapi
	npm install --prefix .node/openapi --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3
	touch $@

lint-api: $(STAMP) $(LINTERS) ## judge the OpenAPI document by the linters of Redocly and Spectral: no error, no warning
	$(BIN)/cmh-graph build
	$(BIN)/python -c 'import json, sys; from cmh_graph.api.app import create_app; from cmh_graph.settings import Settings; json.dump(create_app(Settings()).openapi(), sys.stdout)' > .node/openapi/openapi.json
	REDOCLY_TELEMETRY=off .node/openapi/node_modules/.bin/redocly lint --config .ci/redocly.yaml .node/openapi/openapi.json
	.node/openapi/node_modules/.bin/spectral lint --ruleset .ci/spectral.yaml --fail-severity=warn .node/openapi/openapi.json

soak: $(STAMP) ## ten minutes of mixed load: no unexpected answer, memory flat
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/soak.py --seconds $(or $(SOAK_SECONDS),600)

fuzz-api: $(STAMP) ## thousands of requests made from the OpenAPI document, right and wrong ones
	$(BIN)/python tests/openapi_fuzz.py

# Without a word, all parts; PARTS="pages exports" chooses. QUICK=1 is a trial that writes to build/bench/.
bench: $(STAMP) $(PEERS)/.installed ## every measurement beside its peers, in about 90 minutes; PARTS=..., QUICK=1
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/whole.py $(PARTS) $(if $(QUICK),--quick)

bench-check: $(STAMP) $(PEERS)/.installed ## measure again, and say which ratio is 25% off the committed one; PARTS=...
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/whole.py $(PARTS) --check

bench-pages bench-start bench-memory bench-runaway bench-replicas bench-validation bench-exports bench-alignment bench-gaps bench-disk: bench-%: $(STAMP) $(PEERS)/.installed
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/$*.py $(if $(QUICK),--quick)

bench-align: $(STAMP) ## accuracy of title alignment
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/align_accuracy.py $(if $(TABLES),--tables $(TABLES))

bench-align-speed: $(STAMP) $(PEERS)/.installed ## speed of title alignment on one core, beside plain matchers
	$(BIN)/python benchmarks/align_speed.py

bench-long-lists: $(STAMP) $(SPARK)/.installed ## a million titles by both engines for long lists, row for row
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/long_lists.py $(if $(QUICK),--quick)

$(PEERS)/.installed: $(BIN)/python requirements-peers.txt
	rm -rf $(PEERS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(PEERS) --requirement requirements-peers.txt
	touch $@

bench-serving: $(STAMP) $(PEERS)/.installed ## SPARQL over HTTP beside Oxigraph's own server and rdflib-endpoint
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/serving.py

bench-learning: $(STAMP) ## how much an employer's decisions help the matching
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/learning_curve.py

bench-progressions: $(STAMP) ## how long ways between roles take to find
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/progressions.py $(if $(QUICK),--quick)

bench-describe: $(STAMP) ## how well descriptions are read, on labelled texts
	$(BIN)/python benchmarks/describe_accuracy.py

bench-reconcile: $(STAMP) ## how long a batch of 50 titles takes to reconcile
	$(BIN)/cmh-graph build
	$(BIN)/python benchmarks/reconcile.py

faults: $(STAMP) ## kill, cut, flip and fill the partner space, and look what is lost
	$(BIN)/python benchmarks/faults.py

release-check: $(STAMP) ## release twice in two environments and compare every byte
	$(BIN)/python benchmarks/release_twice.py

clean: ## remove the environment and everything built
	rm -rf $(VENV) $(SSSOM) $(TABLES_ENV) $(CRATE_ENV) $(SPARK) $(PEERS) .node build .pytest_cache .mypy_cache .ruff_cache .hypothesis
