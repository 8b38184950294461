# Two commands: `make demo` and `make test`. Both set up what they need on a machine with python3, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

.PHONY: demo test lint bench bench-alerts study clean

demo: $(STAMP)  ## load the sample data and start the app
	@$(BIN)/tailwatch demo --db tailwatch-demo.duckdb

test: $(STAMP)  ## every test; the browser tests need chromium
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

study: $(STAMP)  ## the sample recursion over seeds 0 to 19: false alarms, detection, lead
	@$(BIN)/python sample_data/study.py

bench: $(STAMP)  ## timings that the README quotes
	@$(BIN)/python -m tests.benchmarks.timings
	@$(BIN)/python -m tests.benchmarks.first_chart
	@$(BIN)/python -m tests.benchmarks.cycles
	@$(BIN)/python -m tests.benchmarks.catalog

bench-alerts: $(STAMP)  ## the early warning beside other rules: hours the first time, goes on where it was stopped
	@$(BIN)/python -m tests.benchmarks.lead_time report --jobs 2

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tailwatch needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python cannot make virtual environments here: install python3-venv (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Setting up $(VENV) (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
