# Everything that the project needs is installed here; nothing is assumed but make and Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: setup demo test check tests bench torture clocks clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q crisisctl
	touch $@

demo: setup
	$(BIN)/crisisctl demo

test: check tests

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/crisisctl playbook check --strict
	$(BIN)/crisisctl playbook test

tests: setup
	$(BIN)/pytest -n $(WORKERS) -m 'not torture and not bench' --cov --cov-report=
	$(BIN)/coverage report --include='crisisctl/domain/*,crisisctl/service/*' --fail-under=95
	$(BIN)/coverage report --skip-covered | tail -n 1

bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	$(BIN)/pytest -m bench -p no:xdist tests/benchmarks

clocks: setup
	$(BIN)/python -m tests.press

torture: setup
	$(BIN)/pytest -m torture -n 0 tests/torture

clean:
	rm -rf $(VENV) dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
