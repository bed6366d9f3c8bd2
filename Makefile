# The person's entry: `make` alone lists what there is. tox.ini defines the environments.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?=
BENCH ?=
TESTS ?=
HOST ?=
SRC ?=
HOST_PYTHON ?=
JOBS ?= $(if $(filter 1,$(FULL)),0,2)
export FULL ?=
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints/newest.txt
# JOBS processes, of which who is idle takes tests from the others; 0 is one, for a debugger too.
PYTEST := $(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=worksteal --max-worker-restart=0
PYTHON_CHECK := import sys; sys.version_info >= (3, 11) or sys.exit( \
	"Python 3.11 or newer is needed, $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12" \
	% sys.version_info[:2])

# Before what uses the Python that is found: else a too old one ends in a trace.
define CHECK_PYTHON
@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: Python 3.11 or newer is needed" >&2; exit 1; }
@$(PYTHON) -c '$(PYTHON_CHECK)'
endef

.DEFAULT_GOAL := help
# With -j, too: several pips at once would write into one .venv.
.NOTPARALLEL:
.PHONY: help install dev demo test coverage services services-stop test-services test-host walk-host faults-report bench package quality audit docs reference constraints clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

install: $(VENV)/.runtime ## set up .venv with what the project needs to run

dev: $(VENV)/.dev ## set up .venv with what changes need, and Git's hooks

demo: $(VENV)/.runtime ## run the rooms on an embedded broker; options: DEMO="--events 5000 --exit --json"
	@$(BIN)/python manage.py migrate --verbosity 0 1>&2
	@$(BIN)/python manage.py demo $(DEMO)

# In .venv, not in tox: the same dependency group and constraints, and no second installation to wait for.
test: $(VENV)/.test ## run the tests that need only Python; options: TESTS="-k ordering" JOBS=4
	@$(PYTEST) $(TESTS)

coverage: $(VENV)/.test ## run the tests and show the branches that they miss
	@$(BIN)/python -m pytest --cov $(TESTS)

services: $(VENV)/.services ## start Kafka, a schema registry, PostgreSQL and MariaDB, without Docker
	@$(BIN)/python -m tests.services start

services-stop: ## stop those servers and erase their data
	$(CHECK_PYTHON)
	@$(PYTHON) -m tests.services stop

test-services: $(VENV)/.services ## run the tests that need real servers; options: TESTS="-k kafka" FULL=1
	@$(BIN)/python -m tests.services run --sets $(JOBS) -- $(PYTEST) -o "testpaths=tests/faults tests/deploy tests/shared/dashboard/test_in_browser.py" $(TESTS)

test-host: ## run a destination's tests inside a checkout of its host: HOST=credentials SRC=../credentials
	$(CHECK_PYTHON)
	@$(PYTHON) -m tests.hosts --python "$(HOST_PYTHON)" "$(HOST)" "$(SRC)" $(TESTS)

walk-host: $(VENV)/.services ## run a host on real servers, from its old way to the bus and back: HOST=credentials SRC=../credentials
	@$(BIN)/python -m tests.services run -- $(BIN)/python -m tests.hosts --walk --python "$(HOST_PYTHON)" "$(HOST)" "$(SRC)" $(TESTS)

faults-report: $(VENV)/.services ## compare with the stock consumer under faults, half an hour; writes docs/reference/comparison.md
	@$(BIN)/python -m tests.services run -- $(BIN)/python -m tests.faults compare --write docs/reference/comparison.md

bench: $(VENV)/.benchmark ## measure this worker and its rivals; options: BENCH=--quick, or BENCH="--only rates --write docs/reference/performance.md"
	@$(BIN)/python -m tests.services run -- $(BIN)/python -m tests.benchmark $(BENCH)

package: $(VENV)/.package ## build dist/ anew and try it where nothing else of the project is
	@rm -rf dist
	@PIP_CONSTRAINT=constraints/newest.txt $(BIN)/python -m build
	@$(BIN)/python -m pytest -o testpaths=tests/package $(TESTS)

quality: $(VENV)/.tox ## lint, format, types, insecure code, missing migrations, also of generated rooms
	@$(BIN)/tox run -q -e quality

audit: $(VENV)/.tox ## look for known vulnerabilities of the pinned versions; asks pypi.org
	@$(BIN)/tox run -q -e audit

docs: $(VENV)/.tox ## build the documentation into docs/_build/html, and check its spelling
	@$(BIN)/tox run -q -e docs

reference: $(VENV)/.runtime ## write the pages of docs/reference that are made from the code
	@$(BIN)/python manage.py event_catalog --markdown > docs/reference/events.md
	@$(BIN)/python manage.py event_catalog --asyncapi > docs/reference/asyncapi.yaml
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml
	@DJANGO_SETTINGS_MODULE=shared.project.settings $(BIN)/python -m docs.commands_page > docs/reference/commands.md

constraints: $(VENV)/.tox ## resolve the pinned versions anew
	@$(BIN)/tox run -q -e constraints

clean: ## remove .venv and everything else that was made here
	@test ! -d .services || $(MAKE) --no-print-directory services-stop
	rm -rf $(VENV) .hosts .services .tox build dist *.egg-info .coverage* htmlcov event_sync.sqlite3* .mypy_cache .pytest_cache .ruff_cache .hypothesis docs/_build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	$(CHECK_PYTHON)
	@echo "Setting up $(VENV), once; this takes half a minute" >&2
	@$(PYTHON) -m venv --clear $(VENV) 1>&2
	@$(PIP_INSTALL) --upgrade pip 1>&2
	@touch $@

$(VENV)/.runtime: $(VENV)/.created pyproject.toml constraints/newest.txt
	@$(PIP_INSTALL) --editable '.[postgresql]' 1>&2
	@touch $@

$(VENV)/.test: $(VENV)/.runtime
	@$(PIP_INSTALL) --group test 1>&2
	@touch $@

$(VENV)/.package: $(VENV)/.test
	@$(PIP_INSTALL) --group package 1>&2
	@touch $@

# Hooks for this clone only: an unpacked source distribution may lie inside somebody's repository.
$(VENV)/.dev: $(VENV)/.package
	@$(PIP_INSTALL) --group dev 1>&2
	@test ! -e .git || $(BIN)/pre-commit install || echo "Git's hooks are not installed; the rest is" >&2
	@touch $@

$(VENV)/.services: $(VENV)/.test
	@$(BIN)/python -m tests.services install
	@$(PIP_INSTALL) --group services 1>&2
	@touch $@

$(VENV)/.benchmark: $(VENV)/.services
	@$(PIP_INSTALL) --group benchmark 1>&2
	@touch $@

$(VENV)/.tox: $(VENV)/.created constraints/newest.txt
	@$(PIP_INSTALL) tox 1>&2
	@touch $@
