# What one does with this repository. Everything sets itself up: python3 >= 3.11, git and make are enough.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/ready

# Words for pytest, or for sqnc: make test ARGS="tests/sqncshim -k uses", make run ARGS="--runtime process"
ARGS ?=
# What the images are built on, and what they are called: make images BASE_IMAGE=debian:13
BASE_IMAGE ?= scratch
SHIM_IMAGE ?= sqnc-shim:latest
RESOURCES_IMAGE ?= sqnc-resources:latest

.PHONY: help run test lint format images bench fuzz docker peers test-images clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: $(READY) ## run the tour: a workflow of several jobs on this repository
	@$(BIN)/sqnc run workflow $(ARGS) examples/tour/workflow.yml

test: $(READY) ## run the tests; those that need Docker are skipped where no engine answers
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY) ## check format, style, types on three platforms, and the arrow of imports
	@$(BIN)/ruff format --check --quiet . || { echo "'make format' formats these files" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/python scripts/typecheck.py
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log >&2; exit 1; }
	@echo "lint: all clean"

format: $(READY) ## format the sources, and mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

images: $(READY) ## build the shim image, and the images of the resource types
	@BASE_IMAGE=$(BASE_IMAGE) SHIM_IMAGE=$(SHIM_IMAGE) RESOURCES_IMAGE=$(RESOURCES_IMAGE) \
		scripts/make-images $(BIN)/python

bench: $(READY) docker test-images ## measure side by side with act, and print the tables of docs/benchmarks.md
	@$(BIN)/python -m bench.run $(ARGS)

fuzz: $(READY) ## look for inputs that break a promise of actions_compat: make fuzz ARGS="expressions --seconds 60"
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --group fuzz
	@$(BIN)/python -m fuzz.run $(ARGS)

docker: ## install Docker Engine from the distribution's packages (as root) and start it
	@scripts/docker-engine

peers: ## install the servers and programs that tests talk to, from the distribution's packages (as root)
	@scripts/peers

test-images: docker ## make the images of the tests from Debian's packages (as root, once)
	@python3 tests/images/make_images.py

clean: ## remove what was made here: the virtual environment and the caches
	@rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .fuzz build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml scripts/make-venv
	@scripts/make-venv .venv
	@touch $@
