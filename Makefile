# Everything a person or the CI does with a clone. Needs GNU make and Python 3.11 or newer, nothing else.
# The environment is .venv, installed once and again only when pyproject.toml or constraints.txt change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed-core
TEST := $(VENV)/.installed-test
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq --constraint constraints.txt
OUT ?= runs/demo
ARGS ?=
JOBS ?= auto --maxprocesses 4
PERF_SCRIPTS := $(addprefix tests/perf/,startup.py harness.py memory.py pages.py service.py speed.py adversarial.py)

.DEFAULT_GOAL := help
.PHONY: help demo test lint format perf accuracy fuzz proto constraints clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(CORE) ## Ask the embedded model the packaged sample of MathVista; the report lands in runs/demo
	$(BIN)/rfteval run --bench mathvista --split sample --model embedded --out $(OUT)

test: $(TEST) ## Run the tests, files side by side (ARGS="-k name" for some of them, JOBS=0 for one after the other)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

lint: $(TEST) ## Check format, lint rules and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(TEST) ## Rewrite the sources in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

perf: $(TEST) ## Measure speed and print it beside the bars
	@missed=0; for script in $(PERF_SCRIPTS); do \
	    echo "== $$script"; $(BIN)/python $$script || missed=1; echo; done; exit $$missed

accuracy: $(TEST) ## Measure the verifier on the labelled data beside the repository
	$(BIN)/python tests/perf/accuracy.py $(ARGS)

fuzz: $(TEST) ## Hostile random texts against the verifier; SECONDS=600 SEED=1
	$(BIN)/python tests/perf/fuzz.py --seconds $(or $(SECONDS),60) --seed $(or $(SEED),0)

proto: $(TEST) ## Generate reward_service/v1 from proto/
	$(BIN)/python -m grpc_tools.protoc -I proto --python_out=. --pyi_out=. --grpc_python_out=. \
	    proto/reward_service/v1/reward.proto

constraints: ## Write constraints.txt anew from the newest versions pyproject.toml allows
	rm -rf build/fresh && $(PYTHON) -m venv build/fresh
	build/fresh/bin/python -m pip install --quiet --upgrade "setuptools>=77"
	build/fresh/bin/python -m pip install --quiet torch==2.13.0
	build/fresh/bin/python -m pip install --quiet --no-build-isolation --editable '.[test]'
	{ sed -n '/^#/p' constraints.txt; \
	  build/fresh/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+cpu$$//'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt && rm -rf build/fresh

clean: ## Remove the environment, caches and build output; runs/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "rfteval needs Python 3.11 or newer, and '$(PYTHON)' is not; name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "could not create $(VENV); on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing rfteval and its pinned dependencies into $(VENV)"
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[models]'
	@touch $@

$(TEST): $(CORE)
	@echo "installing the pinned test tools into $(VENV)"
	@$(PIP) --no-build-isolation --editable '.[test]'
	@touch $@
