# Everything a person does here, by name. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile -q --no-header --no-emit-index-url --generate-hashes --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench lock clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.local ## Serve on an embedded engine: http://127.0.0.1:8000 (ARGS="--port 9000")
	@exec $(BIN)/handrail dev $(ARGS)

test: $(VENV)/.dev ## Run the tests (ARGS="-k hub")
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## Lint, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## Format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure, as ratios within one run (ARGS="start fanout")
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/.dev ## Refresh the locks from pyproject.toml
	$(COMPILE) --upgrade requirements/build.in -o requirements/build.lock
	$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements/dev.lock
	$(COMPILE) --extra local -c requirements/dev.lock pyproject.toml -o requirements/local.lock
	$(COMPILE) -c requirements/dev.lock pyproject.toml -o requirements/service.lock

clean: ## Remove the environment and every cache
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Handrail needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed from the lock, hashes checked; the project itself stays editable.
$(VENV)/.local: requirements/local.lock requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/local.lock
	$(PIP) --require-hashes -r requirements/build.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/dev.lock
	$(PIP) --require-hashes -r requirements/build.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.local
