# Start with `make demo` and `make test`. Everything they make is in this folder; `make clean` removes it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PACKAGES := tap-seoshop target-copernica seoshop-copernica sandbox tap-copernica-optouts target-seoshop-optouts
PROJECTS := pyproject.toml $(PACKAGES:=/pyproject.toml)
MODULES := tap-seoshop/tap_seoshop target-copernica/target_copernica seoshop-copernica/seoshop_copernica sandbox/sandbox \
  tap-copernica-optouts/tap_copernica_optouts target-seoshop-optouts/target_seoshop_optouts
ENGINES := dagster queue
# One more than a small machine has cores, because many tests wait: for a timer, for a rate limit, for a container.
WORKERS ?= 3

# Settings of Meltano, tap or target in the caller's shell must not influence the tests.
export MELTANO_PROJECT_ROOT := $(CURDIR)
export MELTANO_DISABLE_USER_YAML_CONFIG := true
# By default Meltano keeps its logs in the home folder.
export XDG_STATE_HOME := $(CURDIR)/.meltano/xdg
export UV_PYTHON_DOWNLOADS := never

.PHONY: help check-deploy audit bench bench-engines bench-many chaos coverage mutants screenshots site release-check bench-fleet bench-size demo demo-move demo-stop doctor setup test test-fast test-sandbox test-pipeline test-long test-pythons test-sdk check format docs lock clean

help: ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

demo: setup ## fill a sandbox Copernica from a sandbox shop, with the real programs, and show the result
	@$(BIN)/python -m demo run

demo-move: setup ## let time pass in the demo's shop: new customers and orders; then `make demo` again
	@$(BIN)/python -m demo move

demo-stop: ## stop the demo's sandbox (its data stays)
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m demo stop; fi

doctor: setup ## check your shop and your Copernica without writing anything (SHOP=...)
	@$(BIN)/seoshop-copernica doctor $(SHOP)

# A worker that has finished its own tests takes some from another. So tests of one file mostly stay together
# and share what they have started.
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal

test: setup ## all tests except those of `make test-long`
	$(PYTEST) -m "not slow"

test-fast: setup ## the same without the tests of the whole pipeline and of the sandbox
	$(PYTEST) -m "not slow" tests --ignore=tests/pipeline

test-sandbox: setup ## the tests of the sandbox
	$(PYTEST) -m "not slow" sandbox/tests

test-pipeline: setup ## the tests of the whole pipeline
	$(PYTEST) -m "not slow" tests/pipeline

test-long: setup $(ENGINES:%=.venv-%/.installed) ## the tests that take longer, and the fast ones on Python 3.13, 3.14 and a newer singer-sdk, if available
	$(PYTEST) -m slow
	@$(MAKE) check-deploy test-pythons test-sdk

test-sdk: setup ## tests of tap and target with the newest singer-sdk, including pre-releases
	@SDK=pre scripts/test_on_python.sh 3.11 -n $(WORKERS) -m "not slow and not meltano" \
	  tests/tap/test_sdk.py tests/tap/test_contract.py tests/target/test_sdk.py

test-pythons: setup ## the fast tests on Python 3.13 and 3.14; random scenarios for a few seconds only
	@for version in 3.13 3.14; do \
	  CHAOS_SECONDS=10 scripts/test_on_python.sh $$version -n $(WORKERS) --dist worksteal -m "not slow and not meltano" || exit 1; done

chaos: setup ## the judge: random trouble, then both sides are compared (SEED=... RUNS=... PIPELINE=meltano WRITE=yes)
	@PYTHONPATH=tests $(BIN)/python -m chaos.judge $(if $(SEED),--seed $(SEED)) $(if $(SCENARIOS),--scenarios $(SCENARIOS)) \
	  --runs $(or $(RUNS),100) --pipeline $(or $(PIPELINE),forked) --jobs $(WORKERS) $(if $(WRITE),--write) \
	  $(if $(SABOTAGE),--sabotage "$(SABOTAGE)")

coverage: export COVERAGE_FILE := $(CURDIR)/.coverage
coverage: setup ## branch coverage of each package by `make test`, including the programs that tests start
	$(BIN)/pytest -q -n $(WORKERS) -m "not slow" --cov --cov-report= tests sandbox/tests
	@for package in tap_seoshop target_copernica seoshop_copernica sandbox; do \
	  echo; echo "$$package"; $(BIN)/coverage report --include="*/$$package/*" | sed -n '1,2p;$$p'; done

mutants: setup ## break the pure core on purpose and count what the tests notice (docs/mutants.md)
	@$(BIN)/python scripts/mutants.py

audit: setup ## licences and known vulnerabilities of the packages in requirements.lock (asks a vulnerability service)
	@$(BIN)/uv tool run --from pip-licenses==5.5.5 pip-licenses --python $(BIN)/python --summary --partial-match \
	  --fail-on "GPL v2;GPL v3;GPLv2;GPLv3;AGPL"
	@$(BIN)/uv tool run --from pip-audit==2.10.1 pip-audit --no-deps --disable-pip -r requirements.lock --format json \
	  --progress-spinner off 2>/dev/null | $(BIN)/python scripts/audit.py

release-check: setup ## build the packages, and try each alone on every installed Python (TAG=... OUT=... SBOM=...)
	@$(BIN)/python -m scripts.release_check $(if $(TAG),--tag $(TAG)) $(if $(OUT),--out $(OUT)) $(if $(SBOM),--sbom $(SBOM))

bench: setup ## what a run costs: requests on both sides, compared with the minimum, and memory
	@$(BIN)/python benchmarks/pipeline.py
	@$(BIN)/python benchmarks/tap_cost.py
	@$(BIN)/python benchmarks/target.py
	@$(BIN)/python benchmarks/derived.py

bench-fleet: setup ## what a tick costs: CPU, memory, disk and calls, idle and busy, with the pipe and with Meltano
	@$(BIN)/python benchmarks/fleet.py

bench-many: setup ## 200 shops with the pipe, then 40 with Meltano: cron's lines in real time, twenty minutes each
	@$(BIN)/python benchmarks/many.py --shops 200
	@$(BIN)/python benchmarks/many.py --shops 40 --runner meltano

bench-engines: setup $(ENGINES:%=.venv-%/.installed) ## what an idle tick costs under Dagster and under the queue
	@$(BIN)/python benchmarks/engines.py

bench-size: setup ## what large shops cost the sandbox: time, disk, memory, first pages
	@$(BIN)/python benchmarks/sandbox_size.py

check: setup ## style, types, dependencies, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(MODULES) benchmarks demo scripts tests sandbox/tests
	@for package in $(PACKAGES); do echo "deptry $$package" && (cd $$package && ../$(BIN)/deptry .) || exit 1; done
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.settings --check
	$(BIN)/python scripts/target_tables.py --check

check-deploy: setup $(ENGINES:%=.venv-%/.installed) ## check the types in deploy/, each folder in its own environment
	@for engine in $(ENGINES); do \
	  $(BIN)/mypy --python-executable .venv-$$engine/bin/python deploy/$$engine/*.py || exit 1; done

format: setup ## fix style automatically where possible
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: setup ## regenerate docs/reference, the settings in meltano.yml and the tables in the READMEs
	$(BIN)/python -m scripts.settings
	$(BIN)/python scripts/target_tables.py
	$(BIN)/seoshop-copernica schema > seoshop-copernica/seoshop_copernica/shops.schema.json

site: setup ## build the website of docs/ into site/; fails at a dead link or anchor
	@$(BIN)/zensical build --strict --clean

screenshots: setup ## take the screenshots of the sandbox's page and of the board again
	$(BIN)/python scripts/screenshots.py

COMPILE := $(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --all-extras

RELEASED := $(filter-out sandbox/%,$(PACKAGES:=/pyproject.toml))

lock: setup ## compile the lock files again: for everything, for a server, and for a server with each scheduler
	$(COMPILE) --group dev $(PROJECTS) --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock --no-annotate $(RELEASED) \
	  --output-file deploy/requirements.lock
	@# Dagster needs an older protobuf than OpenTelemetry uses in the others.
	for engine in $(ENGINES); do grep -vE '^(opentelemetry|protobuf|googleapis)' deploy/requirements.lock | \
	  $(COMPILE) --constraint - --no-annotate $(RELEASED) \
	  deploy/$$engine/requirements.in --output-file deploy/$$engine/requirements.lock || exit 1; done

clean: demo-stop ## remove everything the other commands made (a real shop's state in state/ stays)
	rm -rf .venv .venv-* .meltano .mutants .demo output dist build logs site
	rm -rf .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf state/sandbox && { rmdir state 2>/dev/null || true; }
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Setup happens once: stamp files record what has been installed, and a second time needs no network.
# While a plugin runs, Meltano keeps its settings, including secrets, in a world-readable file below .meltano.
setup: .venv/.installed .meltano/.installed ## install everything into this folder (other commands do this when needed)
	@chmod go-rwx .meltano

.venv/.installed: requirements.lock $(PROJECTS)
	@scripts/install.sh

# What deploy/ needs besides our own packages; only the long tests and `make check-deploy` use it.
.venv-%/.installed: deploy/%/requirements.lock .venv/.installed
	@scripts/install_engine.sh $*

.meltano/.installed: .venv/.installed meltano.yml
	@echo "Installing the Meltano plugins into .meltano ..."
	@mkdir -p .meltano
	@$(BIN)/meltano --log-level=warning --env-file=/dev/null install
	@touch $@
