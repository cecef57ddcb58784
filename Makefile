# `make train` and `make test` need Python >= 3.11 and make, nothing else.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin

# Some machines forbid it; the tests start hundreds of Pythons, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help train test lint format kill fuzz examples faults bench clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

train: $(VENV)/.package ## install, then train the book's network on the shipped digits
	$(BIN)/backproof train

test: $(VENV)/.develop ## install, then run the tests with coverage
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n 2 $(ARGS)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report
	$(BIN)/python tools/coverage_floor.py 90

lint: $(VENV)/.develop ## format check, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.develop ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kill: $(VENV)/.package ## kill a training run 100 times, resume it, compare with one never disturbed
	$(BIN)/python tools/kill.py $(ARGS)

fuzz: $(VENV)/.develop ## throw 100,000 broken files at the IDX reader (ARGS="inputs seed" for others)
	$(BIN)/python tests/datasets/fuzz_idx.py $(ARGS)

bench: .venv-bench/.ready ## measure speed beside the peers, write docs/benchmarks.md (ARGS="--only training")
	.venv-bench/bin/python -m benchmarks $(ARGS)

faults: .venv-bench/.ready ## plant faults in correct programs, ask every checker, write docs/faults.md (ARGS="--only hand --no-peers")
	nice .venv-bench/bin/python -m benchmarks.faults $(ARGS)

examples: $(VENV)/.package ## run every example, with a summary
	$(BIN)/python examples

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Backproof needs Python 3.11 or newer; none was found on PATH."; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.develop: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	touch $@ $(VENV)/.package

.venv-bench/.ready: benchmarks/requirements.txt pyproject.toml | $(BIN)/python
	test -x .venv-bench/bin/python || $(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt --editable .
	touch $@

clean: ## remove what the commands above made
	rm -rf $(VENV) .venv-bench runs .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
