# SimLab: make lab (set up and open), make test (set up and check everything), make help.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
SEEDS ?= 3

.PHONY: help lab setup test check demo bench bench-short nightly lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make lab      set up once and open SimLab (without a terminal: play the demo)'
	@echo 'make test     set up and run every check: style, types, imports, tests, exercises'
	@echo 'make demo     play one exercise from start to full marks, without a screen'
	@echo 'make bench    measure what must hold, beside Orthanc and dcmqrscp where they are installed'
	@echo 'make nightly  everything, with twenty seeds an exercise, 100,000 damaged inputs and twenty kills'
	@echo 'make setup    only set up .venv        make clean    remove what was made'

lab: $(VENV)/lab.stamp
	@if [ -t 1 ]; then $(PY) -m simlab; else $(PY) -m simlab demo; fi

demo: $(VENV)/lab.stamp
	@$(PY) -m simlab demo

setup: $(VENV)/dev.stamp

test check: $(VENV)/dev.stamp
	@echo '-- style'
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check .
	@echo '-- types'
	@$(PY) -m mypy --no-error-summary
	@echo '-- imports'
	@$(BIN)/lint-imports >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@echo '-- tests'
	@$(PY) -m pytest -n auto -q
	@echo '-- exercises'
	@$(PY) -m simlab author verify --seeds $(SEEDS)

bench: $(VENV)/dev.stamp
	@$(PY) -m tests.benchmarks $(if $(QUICK),--quick)

bench-short:
	@$(MAKE) --no-print-directory bench QUICK=1 || echo 'The benchmark did not finish.'

nightly:
	@$(MAKE) --no-print-directory test SEEDS=20
	@$(PY) -m tests.nightly $(if $(SEED),--seed $(SEED))
	@$(MAKE) --no-print-directory bench

# The locks hold for Linux, macOS and Windows and every Python that we support; see CONTRIBUTING.md.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--annotation-style line --group pyproject.toml:build
lock:
	@$(LOCK) --group pyproject.toml:dev pyproject.toml -o requirements/dev.lock
	@$(LOCK) -c requirements/dev.lock pyproject.toml -o requirements/lab.lock

$(VENV)/made.stamp:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo 'SimLab needs Python 3.11 or newer$(if $(PYTHON), and $(PYTHON) is not). Name one: make lab PYTHON=/path/to/python3' >&2; \
		exit 1; fi
	@echo 'Setting up $(VENV) (once) ...'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@touch $@

$(VENV)/lab.stamp: $(VENV)/made.stamp requirements/lab.lock pyproject.toml
	@$(PIP) install --require-hashes -r requirements/lab.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/lab.stamp requirements/dev.lock
	@echo 'Setting up the tools for tests ...'
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
