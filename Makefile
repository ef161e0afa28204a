# Everything a person does here, by name. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile -q --no-header --no-emit-index-url --generate-hashes --python-version 3.11
# The locks hold another aiobotocore than aioboto3 asks for (requirements/override.in says why), so
# they are made with that override and installed as they are.
COMPILE_PROJECT := $(COMPILE) --override requirements/override.in
LOCKED := --no-deps --require-hashes -r
SBOM := build/sbom
PLAIN := build/plain
CHECKOV := build/checkov
MINISTACK := build/ministack

.DEFAULT_GOAL := help
.PHONY: help run test plain dist check fix bench client recipes screenshots pictures image image-check sbom templates two-stages function lock clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.local ## Serve on an embedded engine: http://127.0.0.1:8000 (ARGS="--port 9000")
	@exec $(BIN)/handrail dev $(ARGS)

test: $(VENV)/.dev ## Run the tests (ARGS="-k hub")
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 2 --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

# The locked packages, then what the project's metadata asks for in their place: aioboto3's own pin.
plain: $(VENV)/.dev ## Run what touches AWS on the AWS SDK that a plain `pip install` gets
	$(BIN)/uv venv -q --clear --python $(BIN)/python $(PLAIN)
	$(BIN)/uv pip install -q --python $(PLAIN) $(LOCKED) requirements/dev.lock
	$(BIN)/uv pip install -q --python $(PLAIN) .
	$(BIN)/uv pip check -q --python $(PLAIN)
	$(PLAIN)/bin/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 2 --dist loadfile \
	  tests/aws $(ARGS)

dist: $(VENV)/.dev ## Build the sdist and the wheel, check them, and use the wheel: build/dist
	$(BIN)/python -m deploy.release

check: $(VENV)/.dev ## Lint, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/cfn-lint deploy/*.yaml deploy/sam/*.yaml
	$(BIN)/handrail lint state_machines

fix: $(VENV)/.dev ## Format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure, as ratios within one run (ARGS="start fanout")
	$(BIN)/python -m benchmarks $(ARGS)

client: ## Build the JavaScript client, for pages without a bundler and for the service's own
	cd packages/client && npm ci --silent --no-audit --no-fund --ignore-scripts && npm run -s build
	mkdir -p service/web/static/client
	cp packages/client/dist/*.js service/web/static/client/

recipes: client ## Install the JavaScript client's recipes and build what must be built, for their tests
	cd packages/client/recipes && for recipe in plain react-vite vue next; do \
		(cd $$recipe && npm ci --silent --no-audit --no-fund --ignore-scripts) || exit 1; done
	cd packages/client/recipes/next && NEXT_TELEMETRY_DISABLED=1 npm run -s build

screenshots: $(VENV)/.dev ## Show every view, wide and narrow, light and dark: build/screenshots (ARGS="overview")
	$(BIN)/python -m tests.e2e.page.screenshots build/screenshots $(ARGS)

pictures: $(VENV)/.dev ## Draw the README's pictures anew: docs/images
	$(BIN)/python -m tests.e2e.page.pictures docs/images

image: ## Build the container image with docker or buildah (IMAGE=handrail BASE_IMAGE=)
	$(PYTHON) -m deploy.image.build --tag "$(or $(IMAGE),handrail)" --base-image "$(BASE_IMAGE)"

image-check: $(VENV)/.local ## Build the image without a daemon, boot it read-only, drain it (BASE_IMAGE=)
	$(BIN)/python -m deploy.image.check --base-image "$(BASE_IMAGE)"

sbom: $(SBOM)/.installed ## Write what the image's environment is made of: build/sbom.cdx.json (CycloneDX)
	PYTHONWARNINGS=ignore::UserWarning $(SBOM)/bin/cyclonedx-py requirements --pyproject pyproject.toml \
		--short-PURLs --output-reproducible -o build/sbom.cdx.json requirements/service.lock

templates: $(CHECKOV)/.installed ## Hold the templates and Terraform's files against checkov's rules, offline
	$(CHECKOV)/bin/checkov --config-file .checkov.yaml

two-stages: $(VENV)/.dev $(MINISTACK)/.installed ## Deploy deploy/*.yaml twice into one account of MiniStack, an emulator, and use both
	$(BIN)/python -m deploy.stages.check $(MINISTACK)

function: $(VENV)/.dev ## Build what Lambda runs, with its Python (3.13): build/function, for deploy/serverless.yaml
	rm -rf build/function
	$(BIN)/uv pip install -q --target build/function --python-version 3.13 \
		--python-platform aarch64-manylinux2014 --only-binary :all: $(LOCKED) requirements/service.lock
	$(BIN)/uv run -q --no-project --python 3.13 python -m deploy.function build/function

lock: $(VENV)/.dev ## Refresh the locks from pyproject.toml
	$(COMPILE) --upgrade requirements/build.in -o requirements/build.lock
	$(COMPILE_PROJECT) --upgrade --all-extras pyproject.toml -o requirements/dev.lock
	$(COMPILE_PROJECT) --extra local -c requirements/dev.lock pyproject.toml -o requirements/local.lock
	$(COMPILE_PROJECT) --extra otel -c requirements/dev.lock pyproject.toml -o requirements/service.lock
	$(COMPILE) --upgrade requirements/sbom.in -o requirements/sbom.lock
	$(COMPILE) --upgrade requirements/checkov.in -o requirements/checkov.lock
	$(COMPILE) --upgrade requirements/stages.in -o requirements/stages.lock

clean: ## Remove the environment and every cache
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@echo "Setting up $(VENV): half a minute to some minutes, once."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Handrail needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed from the lock, hashes checked; the project itself stays editable.
$(VENV)/.local: requirements/local.lock requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) $(LOCKED) requirements/local.lock
	$(PIP) $(LOCKED) requirements/build.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) $(LOCKED) requirements/dev.lock
	$(PIP) $(LOCKED) requirements/build.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.local

# An environment of its own: nobody who runs the tests needs its dependencies.
$(SBOM)/.installed: requirements/sbom.lock
	$(PYTHON) -m venv $(SBOM)
	$(SBOM)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/sbom.lock
	@touch $@

# An environment of its own: it needs another boto3 than the service.
$(CHECKOV)/.installed: requirements/checkov.lock
	$(PYTHON) -m venv $(CHECKOV)
	$(CHECKOV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/checkov.lock
	@touch $@

# An environment of its own: the emulator, and AWS's command line with another botocore.
$(MINISTACK)/.installed: requirements/stages.lock
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/stages.lock
	@touch $@
