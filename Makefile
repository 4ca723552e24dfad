# Two commands for everybody: `make up` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# More words for pytest, for instance: make test PYTEST_ARGS="tests/unit -x"
PYTEST_ARGS ?=
# More words for the bench: `.venv/bin/python -m bench --help` lists them
BENCH_ARGS ?=
BASE := .venv/.base-is-current
DEV := .venv/.dev-is-current

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: $(BASE) ## start the whole shop on http://127.0.0.1:8000; Ctrl-C stops it
	@SPRINGTIDE_PARENT_PID=$$PPID SPRINGTIDE_PEAK_INSTALL="$${SPRINGTIDE_PEAK_INSTALL-scripts/venv.sh peak}" \
		exec .venv/bin/springtide up

.PHONY: test
test: $(DEV) ## run all tests
	@scripts/programs.sh
ifeq ($(PYTEST_ARGS),)
	@trap 'echo "make test took $$((SECONDS / 60)) min $$((SECONDS % 60)) s"' EXIT; \
	.venv/bin/pytest -rs -m "not soak" -n 2 --dist worksteal --ignore=tests/system --ignore=tests/browser; \
	.venv/bin/pytest -rs -m "not soak" -n 2 --dist loadgroup tests/system tests/browser
else
	@.venv/bin/pytest -rs -m "not soak" $(PYTEST_ARGS)
endif

.PHONY: check
check: $(DEV) ## ruff, mypy strict, import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict springtide bench
	@.venv/bin/lint-imports

.PHONY: soak
soak: $(DEV) ## the tests that take longer, then 20 fault drills with 50 kills each (half an hour)
	@.venv/bin/pytest -rs -m soak $(PYTEST_ARGS)
	@.venv/bin/springtide drill --seed 1 --seeds 20 --kills 50 --seconds 30 --buyers 12 --report docs/drills.md

.PHONY: bench
bench: $(BASE) ## measure a shop of its own, thrown away after: about 40 minutes (BENCH_ARGS="--only orders --seconds 10")
	@exec .venv/bin/python -m bench $(BENCH_ARGS)

.PHONY: bench-peers
bench-peers: $(BASE) ## Vendure from npm and ours, the same work in one run (needs node and npm)
	@exec .venv/bin/python -m bench.peers $(BENCH_ARGS)

.PHONY: clean-venv
clean-venv: ## remove .venv and .tools; the next command makes them again
	@rm -rf .venv .tools

# What `up` needs is part of what `test` needs: having the larger set is having the smaller.
$(BASE): uv.lock pyproject.toml scripts/venv.sh
	@scripts/venv.sh base

$(DEV): uv.lock pyproject.toml scripts/venv.sh
	@scripts/venv.sh dev
