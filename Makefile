# make demo: the whole pipeline on the embedded data set.   make test: what has to hold.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS := .ci/constraints.txt
BIN := $(VENV)/bin
EPOCHS ?= 10
# Tests start hundreds of processes, and every worker reads 250 modules of tests: without bytecode on disk each would compile them anew.
# Many tests wait for servers, signals and jobs: a worker more than there are cores.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
PYTEST = PYTHONDONTWRITEBYTECODE= PYTEST_XDIST_AUTO_NUM_WORKERS=$(WORKERS) $(BIN)/pytest

.DEFAULT_GOAL := help
.PHONY: help demo test test-exhaustive lint types docs coverage generate check-generated install clean

help: ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

$(VENV)/.eegcli: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "eegcli needs Python 3.11 or later; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable .
	@touch $@

$(VENV)/.eegcli-dev: $(VENV)/.eegcli
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[dev,docs]'
	@touch $@

install: $(VENV)/.eegcli-dev ## Make the virtual environment with all development tools.

demo: $(VENV)/.eegcli ## Simulate 40 subjects and run the whole pipeline on them.
	$(BIN)/eegcli fetch demo \
	  | $(BIN)/eegcli preprocess - --recipe hbn \
	  | $(BIN)/eegcli epoch - --recipe hbn \
	  | $(BIN)/eegcli train - --recipe hbn --epochs $(EPOCHS) \
	  | $(BIN)/eegcli evaluate - \
	  | $(BIN)/eegcli explain -
	@$(BIN)/eegcli evaluate demo-run-vgg-sex >/dev/null
	@echo "Report: demo-run-vgg-sex/report.html"

test: $(VENV)/.eegcli-dev ## Run the tests, in parallel, and list the slowest twenty.
	$(PYTEST) --durations=20 -m 'not exhaustive'

test-exhaustive: $(VENV)/.eegcli-dev ## Run what takes minutes more: documented workflows on a simulated HBN and on a Slurm.
	OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 MKL_NUM_THREADS=2 $(PYTEST) --durations=20 -m exhaustive

coverage: $(VENV)/.eegcli-dev ## Run all tests and show which lines none of them reaches.
	$(BIN)/pytest --cov eegcli --cov-report term-missing:skip-covered

lint: $(VENV)/.eegcli-dev ## Check style.
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.eegcli-dev ## Check types.
	$(BIN)/mypy

generate: $(VENV)/.eegcli-dev ## Write completions, man page and reference anew from the command tree.
	$(BIN)/python completions/generate.py
	$(BIN)/python docs/generate.py

check-generated: $(VENV)/.eegcli-dev ## Fail if they are stale.
	$(BIN)/python completions/generate.py --check
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.eegcli-dev ## Build the documentation; warnings are errors.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --config-file .ci/mkdocs.yml

clean: ## Remove the environment and the demo.
	rm -rf $(VENV) site demo demo-recordings demo-windows demo-run-*
