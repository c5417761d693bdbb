# Each target does everything from a bare clone: it makes .venv, installs, runs. A second run installs nothing.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# A Python that is named is looked at again: a .venv of another one is made anew.
ifeq ($(origin PYTHON),command line)
.PHONY: named
$(READY): named
endif

.PHONY: test test-all fuzz postgres postgres-contract chaos kills prove soak ablations bench bench-short browser check lint types stubs reference format demo docs wheel frameworks lowest clean

# Tests wait more than they work.
WORKERS ?= 3
test: $(READY)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m 'not browser'

# The dashboard in a headless Chromium (apt-get install chromium); SCREENSHOTS=1 takes the pictures of the docs anew.
browser: .venv/.browser
	$(BIN)/python -m pytest -m browser tests/browser

.venv/.browser: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,browser]'
	@touch $@

# The same tests on each of these, which are looked for on PATH and in pyenv.
PYTHONS ?= 3.11 3.12 3.13
test-all: $(PYTHONS:%=.venv-%/.ready)
	@for version in $(PYTHONS); do \
		echo "Python $$version:"; \
		.venv-$$version/bin/python -m pytest --numprocesses auto --dist loadfile -m 'not browser' -p no:cacheprovider $(TESTS) || exit 1; \
	done

chaos: $(READY)
	$(BIN)/python -m tests.chaos.streams --seeds 60 --seconds 20 --jobs 4

kills: $(READY)
	$(BIN)/python -m tests.chaos.kills --cycles 100

# Every mutation of tests/ablations has to be caught by the tests that it names; THIRD=N takes every third.
ablations: $(READY)
	$(BIN)/python -m tests.ablations $(if $(THIRD),--third $(THIRD))

# What the sandbox is sent by fuzzing, twenty times as much of it as in the tests.
fuzz: $(READY)
	FUZZ=20 $(BIN)/python -m pytest tests/sandbox/test_openapi.py tests/security/test_hostile_clients.py

# What the sandbox promises, on PostgreSQL, and its processes killed there; without an installed PostgreSQL it fails.
postgres: postgres-contract
	$(BIN)/python -m pytest tests/postgres

postgres-contract: $(READY)
	$(BIN)/python -m pytest -p tests.postgres.everywhere tests/sandbox/test_storage.py tests/sandbox/test_commands.py \
		tests/sandbox/test_fills.py tests/sandbox/test_events.py tests/sandbox/test_contract.py \
		tests/sandbox/test_corners.py tests/sandbox/test_ws_contract.py tests/sandbox/test_reads.py \
		tests/sandbox/test_positions.py tests/sandbox/test_seeds.py

# All figures of docs/performance.md, and the ratios that bench-short is held against.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks

bench-short: $(READY)
	$(BIN)/python -m tests.benchmarks --short

# The disasters, played from seeds in simulated time, and what came of them as one table (docs/reliability.md).
prove: $(READY)
	$(BIN)/python -m tests.simulation --seeds 3000 --minutes 5

# Seeds that `make prove` does not play; FIRST=20000 goes on after those of an earlier run.
FIRST ?= 1000
soak: $(READY)
	$(BIN)/python -m tests.simulation --seeds 50000 --first $(FIRST)

demo: $(READY)
	$(BIN)/oms-ccxt demo

check: lint types test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

stubs: $(READY)
	$(BIN)/python -m tests.typing.make_stubs

# What the docs say that the code says: options, commands, methods, errors, llms.txt.
reference: $(READY)
	$(BIN)/python -m tests.docs.reference
	$(BIN)/python -m tests.docs.llms
	$(BIN)/python -m tests.dropin.collection

# The site, in site/; warnings are errors.
docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

.venv/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs]'
	@touch $@

# A release in dist/, checked as the index checks it, and used from a fresh environment.
wheel: .venv/.release
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m tests.release

.venv/.release: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,release]'
	@touch $@

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("oms-ccxt needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@test ! -d .venv || test "$$($(BIN)/python -V 2>&1)" = "$$($(PYTHON) -V 2>&1)" || rm -rf .venv
	@echo 'Making .venv and installing what is needed; the first time this takes a minute or two.'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv-3.%/.ready: pyproject.toml constraints.txt
	python=$$(command -v python3.$* | grep -v /shims/ || ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.$*.*/bin/python | sort -V | tail -1) && \
		$$python -m venv --clear .venv-3.$*
	.venv-3.$*/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# The rooms that libraries can break, with the lowest versions of them that are allowed.
lowest: .venv-lowest/.ready
	.venv-lowest/bin/python -m pytest --numprocesses auto --dist loadfile -p no:cacheprovider \
		tests/oms_ccxt_async/wire tests/oms_ccxt_async/cli tests/oms_ccxt_pro/test_connection.py tests/oms_ccxt_pro/test_stream.py \
		tests/oms_ccxt_pro/test_account_stream.py tests/oms_ccxt_pro/test_market_stream.py tests/oms_ccxt_pro/test_order_entry.py \
		tests/sandbox/test_server.py tests/sandbox/test_app.py tests/sandbox/test_contract.py tests/sandbox/test_ws_contract.py

.venv-lowest/.ready: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt -e '.[dev]'
	@touch $@

frameworks: .venv/.frameworks

.venv/.frameworks: $(READY)
	@echo 'Installing the frameworks that tests marked dropin run; this takes another minute or two.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,dropin]'
	@touch $@

clean:
	rm -rf .venv .venv-* site .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
