# crampwatch: `make run` and `make test` are all a newcomer needs.
PYTHON ?= $(or $(shell command -v python3.11),python3)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SRC    := parsers service migrations tests fixtures benchmarks

.PHONY: help install run test check bench lock fixtures format docs clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

install: $(STAMP) ## .venv with the locked requirements and the crampwatch command

$(STAMP): requirements/test.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "crampwatch needs Python 3.11; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: install ## start the service on 127.0.0.1:8000 with its data under ./data
	@exec $(BIN)/crampwatch serve

test: install ## every test but the slow suites
	$(BIN)/python -m pytest

check: install ## format, lint, types
	$(BIN)/ruff format --check $(SRC)
	$(BIN)/ruff check $(SRC)
	$(BIN)/mypy

format: install ## write the house style
	$(BIN)/ruff format $(SRC)
	$(BIN)/ruff check --fix $(SRC)

bench: install ## both sides of every benchmark, as ratios
	$(BIN)/python -m benchmarks

fixtures: install ## make the watch files under fixtures/ again
	$(BIN)/python -m fixtures.make

lock: install ## resolve requirements/*.txt again, with hashes and without addresses
	$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o requirements/runtime.txt
	$(BIN)/uv pip compile -q pyproject.toml --group test --group build --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links -c requirements/runtime.txt -o requirements/test.txt
	$(BIN)/uv pip compile -q pyproject.toml --group bench --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links -c requirements/runtime.txt -o requirements/bench.txt

clean: ## remove what the targets above made, but never ./data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
