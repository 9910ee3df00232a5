# What a checkout needs is made once, under .venv and generated/, and again only when its source
# changes. An install that was interrupted, or that was moved, begins again by itself.

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && exit; done; echo python3)
ARGS ?=
JOBS ?= 3

# Python keeps what it compiled, whatever the shell says: else each start compiles services/ again.
unexport PYTHONDONTWRITEBYTECODE

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo serve up down demo-stack test test-kafka check format bench contract errors lock clean FORCE

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/linked ## the 2020 round: every incentive, the clause behind it, the audit
	@.venv/bin/zoneledger demo $(ARGS)

serve: .venv/linked ## keep the three services running, with gRPC on loopback
	@.venv/bin/zoneledger serve $(ARGS)

up: ## PostgreSQL, Kafka and every service in containers, until all are healthy
	@deploy/stack up $(ARGS)

down: ## stop them; ARGS=--volumes forgets their data too
	@deploy/stack down $(ARGS)

demo-stack: .venv/linked ## make up, and the 2020 round again, through PostgreSQL and Kafka
	@deploy/stack up
	@deploy/stack demo $(ARGS)

test: .venv/linked .venv/tools ## all tests, JOBS=3 at once; ARGS="-k land" chooses
	@$(ALL_TESTS) $(ARGS)

test-kafka: .venv/linked .venv/tools ## bus, stack, faults on Apache Kafka (ours, or ZONELEDGER_TEST_KAFKA); a client in Java
	@ZONELEDGER_TEST_BROKER=apache ZONELEDGER_KAFKA_SESSION_SECONDS=6 .venv/bin/python -m pytest -q \
	  tests/runtime/test_kafka.py tests/runtime/test_relay.py tests/runtime/test_topics.py \
	  tests/system/test_stack.py tests/system/test_faults.py tests/contract/test_clients.py $(ARGS)

check: .venv/linked .venv/tools ## what CI runs: format, lint, types, imports, contract, all tests
	@.venv/bin/ruff format --check --quiet . || { echo "make format would fix the files above"; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo > .venv/imports.log || { cat .venv/imports.log; exit 1; }
	@.venv/bin/buf lint protos
	@.venv/bin/buf format --diff --exit-code protos
	@contract/compare
	@$(ALL_TESTS) $(ARGS)

format: .venv/tools ## write code and contract in the one format
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .
	@.venv/bin/buf format --write protos

bench: .venv/linked .venv/tools ## measure; writes benchmarks/results.json
	@.venv/bin/python -m benchmarks $(ARGS)

contract: generated/made ## what another agency installs: dist/zoneledger_contract-VERSION-py3-none-any.whl
	@rm -rf dist generated/build
	@.venv/bin/python -m pip --quiet --disable-pip-version-check wheel --no-build-isolation --no-deps --wheel-dir dist ./generated
	@ls dist/*.whl

errors: .venv/linked ## write docs/errors.md from the reasons to refuse
	@.venv/bin/python -m services.cli.errors_page > docs/errors.md

lock: .venv/tools contract ## pin the dependencies; ARGS=--upgrade takes the newest
	@.venv/bin/uv $(PIN) --extra contract --output-file requirements.lock pyproject.toml
	@.venv/bin/uv $(PIN) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## remove what make made; data in var/ stays
	@rm -rf .venv generated build dist zoneledger.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find services tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# --- what the targets above stand on ------------------------------------------------------------

# The contract is ours, so it is looked up in dist/ and not pinned.
ALL_TESTS = .venv/bin/python -m pytest -q --numprocesses $(JOBS) --dist worksteal
PIN = pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate --find-links dist --no-emit-package zoneledger-contract $(ARGS)
PIP = .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install
INSTALL = $(PIP) --only-binary :all: --require-hashes --requirement

# .venv holds while it is finished, where it was made, and its Python still runs.
SOUND := $(shell test ! -e .venv/unfinished && test "$$(cat .venv/made 2>/dev/null)" = "$$(pwd)" \
	&& .venv/bin/python -c '' 2>/dev/null && echo yes)

.venv/made: $(if $(SOUND),,FORCE)
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo "zoneledger needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "making .venv"
	@"$(PYTHON)" -m venv --clear .venv
	@pwd > $@

.venv/pinned: requirements.lock .venv/made
	@echo "installing $<"
	@touch .venv/unfinished
	@$(INSTALL) $<
	@rm .venv/unfinished
	@touch $@

.venv/tools: requirements-dev.lock .venv/pinned
	@echo "installing $<"
	@touch .venv/unfinished
	@$(INSTALL) $<
	@rm .venv/unfinished
	@touch $@

# Folders are prerequisites too, so that a deleted .proto is noticed.
CONTRACT := $(shell find protos) contract/generate.py contract/pyproject.toml contract/README.md pyproject.toml

generated/made: $(CONTRACT) .venv/pinned
	@echo "generating the contract"
	@.venv/bin/python contract/generate.py
	@touch $@

.venv/linked: pyproject.toml contract/pyproject.toml .venv/pinned | generated/made
	@$(PIP) --no-build-isolation --no-deps --editable ./generated --editable .
	@touch $@
