# Everything needs python3 (3.11 or newer) and make alone: each target sets up .venv for itself, once.
#   make demo      run a collection against the embedded API       make check   ruff, mypy --strict
#   make test      run the tests                                   make bench   measure, as ratios
# Another interpreter: make test PYTHON=python3.12 (the venv is made anew for it).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

# Words for the tools: make test ARGS="-k tokens", make bench ARGS="--only start --json bench.json"
ARGS ?=

# An interpreter that was asked for by name and is not the one in .venv: start anew.
ifneq ($(filter demo test check bench reference venv,$(MAKECMDGOALS)),)
  ifneq ($(origin PYTHON),file)
    version = $(shell $(1) -c 'import sys; print(sys.version)' 2>/dev/null)
    ifneq ($(call version,$(PYTHON)),$(call version,$(BIN)/python))
      $(shell rm -rf $(VENV))
    endif
  endif
endif

.PHONY: help demo test check bench reference servers venv clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.runtime
	@$(BIN)/python -m runner demo $(ARGS)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff check --quiet . && lint=0 || lint=1; $(BIN)/mypy --strict && exit $$lint

bench: $(VENV)/.runtime
	@$(BIN)/python -m bench $(ARGS)

# What is written from the model: the schema for editors, and docs/reference.md.
reference: $(VENV)/.runtime
	@$(BIN)/python -m runner schema -o schema/collection.json
	@$(BIN)/python docs/reference.py

# The real servers that tests/live talks to; without them those tests are skipped.
servers:
	@PYTHON=$(PYTHON) tests/live/servers/install.sh

venv: $(VENV)/.dev

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis examples/downloads
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a second call finds them newer than pyproject.toml and does nothing.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "runner needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1): try PYTHON=python3.12"; exit 1; }
	@echo "setting up $(VENV) …"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv --clear $(VENV) \
	  || { echo "python3 -m venv does not work here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.runtime: pyproject.toml | $(VENV)/.python
	@$(PIP) install --editable .
	@touch $@

# --group is known to pip from 25.1 on; a Python may come with an older one.
$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	@echo "installing the development tools …"
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --group dev
	@touch $@
