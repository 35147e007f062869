# A checkout, Python 3.11 or newer and a package index are all that these need; see `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help audit test test-oracle bench fuzz corpus readme docs lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

audit: $(VENV)/base ## audit sample_models/: prints the report, writes report.json and report.html
	$(BIN)/portlint audit sample_models --exit-zero --output json=report.json --output html=report.html

test: $(VENV)/dev ## formatting, lint, types and every test but those of test-oracle
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy --strict
	$(BIN)/pytest --numprocesses auto --dist loadgroup -rs -m "not oracle" $(REQUIRE)

test-oracle: $(VENV)/dev ## ask the real torch-xla; once installs it (12 GB, then 7.5) in the user's cache
	$(BIN)/portlint oracle install
	$(BIN)/portlint oracle status
	$(BIN)/pytest -rs -m oracle --require-oracle

bench: $(VENV)/dev ## CPU and memory beside ruff, TorchFix, Fixit and semgrep; ROWS="warm --full": some only
	$(BIN)/python -m tests.bench $(ROWS)

TIME := 600
fuzz: $(VENV)/dev ## inputs made at random, by coverage where atheris installs; TIME=600 KIND="source yaml"
	-$(INSTALL) --only-binary :all: --requirement tests/fuzz/requirements.txt
	$(BIN)/python -m tests.fuzz $(KIND) --time $(TIME)

corpus: $(VENV)/dev ## fetch real packages to read findings on, into .corpus/ (kept by make clean)
	$(BIN)/python -m tests.corpus

readme: $(VENV)/base ## write what the commands in README.md print today into README.md
	$(BIN)/python -m tests.readme

KINDS := api attention compiler-error dtype environment feature hardware hlo kernel library model op \
	port release

docs: $(VENV)/base ## write the reference of all rules and facts into docs/
	$(BIN)/portlint rule --all --format markdown --into docs/rules
	@mkdir -p docs/facts
	@$(foreach kind,$(KINDS),$(BIN)/portlint query --kind $(kind) --matrix --format markdown \
		>docs/facts/$(kind).md &&) true

clean: ## remove the environment, caches, builds and reports
	rm -rf $(VENV) .bench .fuzz build dist report.json report.html .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find portlint tests sample_models -name __pycache__ -prune -exec rm -rf {} +

lock: $(VENV)/base ## write requirements/ anew: every package of a check by version and hash
	$(INSTALL) uv
	$(BIN)/python -m tests.lock

# Each stamp is younger than what it was installed from.
ifdef LOCKED
# Only files that requirements/ci.txt names by their hash, ready-made: nothing is built but portlint.
# torch has other files on every index (see tests/lock.py); constraints.txt holds its version.
$(VENV)/base: pyproject.toml constraints.txt requirements/ci.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: \
		--requirement requirements/ci.txt
	$(INSTALL) --only-binary :all: torch
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check
	@touch $@

$(VENV)/dev: $(VENV)/base
	@touch $@
else
$(VENV)/base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	@touch $@

$(VENV)/dev: $(VENV)/base
	$(INSTALL) --editable ".[dev,lsp,trace]"
	@touch $@
endif
